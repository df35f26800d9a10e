from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "gayungan_asn.accounts"
    label = "accounts"
    verbose_name = _("Akun dan jejak audit")

    def ready(self) -> None:
        from gayungan_asn.accounts import signals  # noqa: F401 -- connects the hooks
