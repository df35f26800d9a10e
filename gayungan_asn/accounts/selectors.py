"""Reads about accounts."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from gayungan_asn.accounts.models import SignInName

DEMONSTRATION_TASKS = {
    "pegawai": _("Kesenjangan saya, pelatihan, dan rencana pengembangan"),
    "atasan": _("Menilai pegawai dan memutuskan pengajuan"),
    "rekan": _("Diminta menilai satu rekan kerja, sekitar 5 menit"),
    "hr": _("Kepegawaian: data pegawai, siklus penilaian, pelatihan"),
    "sekretaris": _("Kepegawaian kedua: menetapkan rencana milik yang pertama"),
    "pimpinan": _("Camat: peta kesenjangan dan pegawai yang dinilai"),
    "auditor": _("Membaca catatan perubahan, tidak mengubah"),
    "admin": _("Teknis: akun dan hak akses"),
}
"""Short name → what there is to do, in the order of the sign-in page."""


@dataclass(frozen=True)
class DemonstrationAccount:
    """One line of "Coba sebagai" on the sign-in page."""

    username: str
    name: str
    text: str


def demonstration_accounts() -> list[DemonstrationAccount]:
    """The accounts to try, none where the installation holds real people."""
    if not settings.DEMO:
        return []
    names = dict(
        SignInName.objects.filter(
            kind=SignInName.Kind.SHORT, user__is_demonstration=True, user__is_active=True
        ).values_list("value", "user__display_name")
    )
    return [
        DemonstrationAccount(username=value, name=names[value] or value, text=str(text))
        for value, text in DEMONSTRATION_TASKS.items()
        if value in names
    ]
