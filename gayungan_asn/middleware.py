"""What wraps every request: an id for logs and audit entries, and private caching."""

import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from gayungan_asn.accounts.requests import request_id

Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives each request a random id, kept in logs and audit entries."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = uuid.uuid4().hex
        token = request_id.set(identifier)
        structlog.contextvars.bind_contextvars(request_id=identifier)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.clear_contextvars()
            request_id.reset(token)
        response.headers["X-Request-ID"] = identifier
        return response


class PrivatePagesMiddleware:
    """Pages of a signed-in person are kept by no cache: offices share computers."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
