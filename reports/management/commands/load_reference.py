"""Load the reference data that ships with the product."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from competencies.services.reference import load_reference
from evaluations.services.reference import load_phrases
from training.services.reference import load_development_kinds


class Command(BaseCommand):
    """Adds what is missing in every app; running it again changes nothing."""

    help = "Memuat data acuan. Baris yang sudah ada tidak diubah; aman dijalankan ulang."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        added = load_reference()
        added["feedback_phrases"] = load_phrases()
        added["development_kinds"] = load_development_kinds()
        if options["verbosity"]:
            for table, count in added.items():
                self.stdout.write(f"{table}: {count} baris baru")
