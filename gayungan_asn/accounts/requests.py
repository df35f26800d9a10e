"""The id of the request being answered, for logs and audit entries."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
