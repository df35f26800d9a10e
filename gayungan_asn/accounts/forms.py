"""Forms of signing in and of passwords."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.utils.translation import gettext_lazy as _

from gayungan_asn.accounts.form_fields import PoliteErrorsMixin

PASSWORD_HELP = _(
    "Paling sedikit 10 karakter. Kalimat pendek lebih mudah diingat daripada kata yang rumit."
)


class SignInForm(PoliteErrorsMixin, allauth_forms.LoginForm):
    """One field for whatever the person knows of: NIP, e-mail address, short name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        self.fields["login"].label = _("NIP, surel, atau nama pendek")
        self.fields["login"].widget.attrs.update({"autocomplete": "username", "placeholder": ""})
        word_password(self.fields["password"], _("Kata sandi"))


class ChangePasswordForm(PoliteErrorsMixin, allauth_forms.ChangePasswordForm):
    """The present password and a new one; typed once, since it can be shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2")
        word_password(self.fields["oldpassword"], _("Kata sandi sekarang"))
        word_password(self.fields["password1"], _("Kata sandi baru"), PASSWORD_HELP)


class ResetPasswordForm(PoliteErrorsMixin, allauth_forms.ResetPasswordForm):
    """Where to send the link for a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Surel")
        self.fields["email"].widget.attrs["placeholder"] = ""


class NewPasswordForm(PoliteErrorsMixin, allauth_forms.ResetPasswordKeyForm):
    """A new password after following the link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2")
        word_password(self.fields["password1"], _("Kata sandi baru"), PASSWORD_HELP)


class ReauthenticateForm(PoliteErrorsMixin, allauth_forms.ReauthenticateForm):
    """The password once more before something sensitive."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word_password(self.fields["password"], _("Kata sandi"))


def word_password(field: forms.Field, label: Any, help_text: Any = "") -> None:
    """Our label and help in place of the library's."""
    field.label = label
    field.help_text = help_text
    field.widget.attrs["placeholder"] = ""
