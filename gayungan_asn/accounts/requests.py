"""The request being answered: its id for logs and audit entries, and who asks."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User

request_id: ContextVar[str] = ContextVar("request_id", default="")


class SignedInRequest(HttpRequest):
    """What a page behind the sign-in receives: its user is an account, never anonymous."""

    user: "User"
