"""Set phrases peers choose from. HR may switch one off; loading again changes nothing there."""

from typing import Final

from django.db import transaction

from evaluations.models import FeedbackPhrase
from gayungan_asn.accounts.services import record

PHRASES: Final[tuple[tuple[str, str, str], ...]] = (
    ("kerja_sama", "strength", "Mudah diajak bekerja sama."),
    ("teliti", "strength", "Teliti dan rapi dalam pekerjaan."),
    ("tepat_waktu", "strength", "Menyelesaikan tugas tepat waktu."),
    ("melayani", "strength", "Ramah dan sabar melayani warga."),
    ("berbagi", "strength", "Mau berbagi pengetahuan."),
    ("tenang", "strength", "Tetap tenang ketika pekerjaan menumpuk."),
    ("jujur", "strength", "Jujur dan dapat dipercaya."),
    ("inisiatif", "strength", "Bergerak sebelum diminta."),
    ("sampaikan_awal", "suggestion", "Sampaikan kendala lebih awal."),
    ("dengar", "suggestion", "Beri lebih banyak ruang bagi pendapat orang lain."),
    ("prioritas", "suggestion", "Dahulukan pekerjaan yang paling mendesak."),
    ("catat", "suggestion", "Catat kesepakatan agar mudah ditindaklanjuti."),
    ("alat_baru", "suggestion", "Coba cara atau aplikasi baru yang tersedia."),
    ("minta_bantuan", "suggestion", "Jangan ragu meminta bantuan."),
    ("jelaskan", "suggestion", "Jelaskan pekerjaan dengan lebih runtut."),
    ("berbagi_tugas", "suggestion", "Bagi tugas lebih merata."),
)
"""Code, kind, text: eight strengths, eight suggestions. Wordings are this project's."""


@transaction.atomic
def load_phrases() -> int:
    """Add the phrases that are missing; what is there, renamed or switched off, stays."""
    known = set(FeedbackPhrase.objects.values_list("code", flat=True))
    orders = {"strength": 0, "suggestion": 0}
    rows = []
    for code, kind, text in PHRASES:
        orders[kind] += 1
        if code not in known:
            rows.append(FeedbackPhrase(code=code, kind=kind, text=text, display_order=orders[kind]))
    FeedbackPhrase.objects.bulk_create(rows)
    if rows:
        record(actor=None, action="feedback_phrases.loaded", after={"phrases": len(rows)})
    return len(rows)
