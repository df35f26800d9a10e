"""How django-allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from HR, never from a sign-up form."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("Nama masuk dan kata sandi tidak cocok. Coba lagi."),
        "too_many_login_attempts": _(
            "Terlalu banyak percobaan. Tunggu sekitar 15 menit, lalu coba lagi."
        ),
        "account_inactive": _("Akun ini tidak aktif. Hubungi bagian kepegawaian."),
        "enter_current_password": _("Kata sandi sekarang belum cocok"),
        "incorrect_password": _("Kata sandi belum cocok"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
