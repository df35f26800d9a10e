"""`manage.py load_demo [--as-of DATE]`."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from gayungan_asn.accounts.clock import today
from reports.demonstration.load import AlreadyThereError, TooEarlyError, load_demonstration


class Command(BaseCommand):
    help = "Load invented people, cycles, courses and plans into an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of",
            type=dt.date.fromisoformat,
            default=None,
            metavar="YYYY-MM-DD",
            help="the day the data is made for; today if not given",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            load_demonstration(
                day=options["as_of"] or today(), say=lambda text: self.stdout.write(f"  {text}")
            )
        except AlreadyThereError:
            raise CommandError(
                _("Basis data sudah berisi pegawai. Data peragaan hanya untuk basis data kosong.")
            ) from None
        except TooEarlyError:
            raise CommandError(_("Pilih tanggal mulai 1 Januari 2026.")) from None
