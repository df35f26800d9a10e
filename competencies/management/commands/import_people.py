"""Bring in people from a file in the shell: `manage.py import_people FILE [--apply]`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from competencies.import_rules.cells import Problem, message
from competencies.import_rules.plan import Choices, Plan, PlannedRow, plan_people, skipped
from competencies.import_rules.structure import UNIT_UNKNOWN
from competencies.models import Unit
from competencies.selectors.people_import import load_snapshot
from competencies.services.people_file import read_people
from competencies.services.people_import import apply_people
from competencies.spreadsheets.limits import RefusedFileError
from gayungan_asn.accounts.clock import today


class Command(BaseCommand):
    """Shows what a file would change, and applies it where asked."""

    help = (
        "Baca berkas pegawai (ekspor SIASN, XLSX atau CSV) dan tampilkan hasilnya. "
        "Tanpa --apply tidak ada data yang berubah."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--apply", action="store_true", help="terapkan dalam satu transaksi")
        parser.add_argument(
            "--create-units",
            action="store_true",
            help="buat unit yang belum tercatat di bawah SATUAN KERJA",
        )
        parser.add_argument(
            "--skip-refused", action="store_true", help="terapkan walau ada baris ditolak"
        )
        parser.add_argument("--unit", metavar="KODE", help="unit puncak; bila ada beberapa")

    def handle(self, *args: Any, **options: Any) -> None:
        root = self._root(options["unit"])
        try:
            people = read_people(options["file"])
        except RefusedFileError as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as error:
            raise CommandError(f"Berkas tidak dapat dibuka: {error.strerror}.") from None
        for notice in people.notices:
            self.stdout.write(notice)
        snapshot = load_snapshot(people.rows, root)
        plan = plan_people(people.rows, snapshot, Choices(), today())
        if not options["create_units"]:
            _refuse_unknown_units(plan)
        refused = [
            row for row in plan.rows if row.state == "refused" or skipped(row, plan, Choices())
        ]
        self._tell(plan, refused)
        if refused and not options["skip_refused"]:
            raise CommandError(
                "Tidak ada yang diterapkan: perbaiki baris yang ditolak, "
                "atau lewati dengan --skip-refused."
                if options["apply"]
                else "Ada baris yang ditolak."
            )
        if not options["apply"]:
            self.stdout.write("Belum ada data yang berubah. Tambahkan --apply untuk menerapkan.")
            return
        try:
            applied = apply_people(
                actor=None,
                root=root,
                rows=people.rows,
                choices=Choices(),
                chosen=frozenset(row.parsed.number for row in plan.rows if row not in refused),
                fingerprint=snapshot.fingerprint(),
                purpose="import_people",
            )
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        self.stdout.write(
            f"Diterapkan: {applied.new} baru, {applied.changed} berubah, "
            f"{len(applied.units)} unit baru, {len(applied.positions)} jabatan baru."
        )

    def _root(self, code: str | None) -> Unit:
        roots = list(Unit.objects.filter(code=code) if code else Unit.objects.filter(depth=1))
        if len(roots) == 1:
            return roots[0]
        if code:
            raise CommandError(f"Unit {code} tidak dikenal.")
        if roots:
            codes = ", ".join(root.code for root in roots)
            raise CommandError(f"Ada beberapa unit puncak. Pilih dengan --unit: {codes}.")
        raise CommandError("Belum ada unit. Jalankan manage.py load_reference lebih dulu.")

    def _tell(self, plan: Plan, refused: list[PlannedRow]) -> None:
        out = {row.parsed.number for row in refused}
        counts = dict.fromkeys(("new", "changed", "unchanged"), 0)
        for row in plan.rows:
            if row.parsed.number not in out:
                counts[row.state] += 1
        self.stdout.write(
            f"Baru {counts['new']}, Berubah {counts['changed']}, "
            f"Sama {counts['unchanged']}, Ditolak {len(refused)}"
        )
        for row in plan.rows:
            for problem in row.parsed.problems:
                if problem.weight == "refused" or row.parsed.number not in out:
                    write = self.stderr if problem.weight == "refused" else self.stdout
                    write.write(message(row.parsed.number, problem.plain()))


def _refuse_unknown_units(plan: Plan) -> None:
    for row in plan.rows:
        if row.unit_key and row.state in ("new", "changed"):
            _refuse_row(row)


def _refuse_row(row: PlannedRow) -> None:
    name = row.parsed.data.get("unit", "")
    row.parsed.problems.append(Problem(UNIT_UNKNOWN.format(v=name[:40]), "UNOR NAMA", name[:40]))
    row.state = "refused"
