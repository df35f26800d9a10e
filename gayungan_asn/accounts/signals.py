"""Hooks of the libraries that sign people in and out, written to the audit trail."""

from typing import Any

from allauth.account.signals import user_logged_in
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import record


@receiver(user_logged_in)
def note_sign_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Somebody signed in."""
    record(actor=user, action="user.signed_in", obj=user)


@receiver(user_logged_out)
def note_sign_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    """Somebody signed out; a session without account leaves no trace."""
    if user is not None and user.pk:
        record(actor=user, action="user.signed_out", obj=user)


@receiver(user_login_failed)
def note_failed_sign_in(sender: Any, **kwargs: Any) -> None:
    """A try that failed. What was typed is not kept: people type passwords into name fields."""
    record(actor=None, action="user.sign_in_failed")
