"""Signing in by NIP, e-mail address or short name."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import normalised_sign_in_name


class SignInNameBackend(BaseBackend):
    """Finds the account through `SignInName`; an unknown name costs the same time."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **other: Any
    ) -> User | None:
        if not username or not password:
            return None
        value = normalised_sign_in_name(username)
        user = User.objects.filter(sign_in_names__value=value).first()
        if user is None:
            User().set_password(password)
            return None
        if user.check_password(password) and user.is_active:
            return user
        return None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
