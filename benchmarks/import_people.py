"""Import of 10,000 people: preview and apply, seconds and memory.

    python benchmarks/import_people.py [PEOPLE]

Works in a database of its own beside the one in DATABASE_URL and drops it at the end.
Budget: 15 seconds each, 512 MB (design, chapter 10).
"""

import datetime as dt
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gayungan_asn.settings")

import django

django.setup()

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection

from competencies.models import Employee, ImportJob, RoleGrant, Unit
from competencies.models.periods import since
from competencies.services import imports
from competencies.services.reference import load_reference
from competencies.spreadsheets.reading import Sheet, read_rows
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import create_account

EXAMPLE = Path(__file__).resolve().parents[1] / "competencies/examples/siasn_pegawai_gayungan.xlsx"


def export_of(people: int, grade: str = "") -> bytes:
    """The example's people again and again, in as many sub-districts, all 69 columns."""
    rows = [row.cells for row in read_rows(EXAMPLE, Sheet())]
    titles, rows = rows[0], rows[1:]
    place = {title: at for at, title in enumerate(titles)}
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    sheet.append(titles)
    for number in range(people):
        copy, row = divmod(number, len(rows))
        cells = [*rows[row], *[None] * (len(titles) - len(rows[row]))]
        birth = dt.date(1970, 1, 1) + dt.timedelta(days=number % 9_000)
        sex = "1" if cells[place["JENIS KELAMIN"]] == "M" else "2"
        is_pppk = cells[place["JENIS PEGAWAI NAMA"]].startswith("PPPK")
        middle = "202221" if is_pppk else "201403"
        cells[place["NIP BARU"]] = f"{birth:%Y%m%d}{middle}{sex}{number // 9_000 + 1:03d}"
        cells[place["TANGGAL LAHIR"]] = f"{birth:%d-%m-%Y}"
        cells[place["TMT CPNS"]] = "01-03-2022" if is_pppk else "01-03-2014"
        cells[place["PNS ID"]] = f"PNS-{number}"
        cells[place["EMAIL"]] = f"pegawai{number}@example.org" if number % 3 else None
        if copy:
            for title in ("UNOR ID", "UNOR NAMA", "SATUAN KERJA KERJA NAMA"):
                cells[place[title]] = f"{cells[place[title]]} {copy}"
        if grade:
            cells[place["GOL AKHIR NAMA"]] = grade
        sheet.append(cells)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def timed(work: Callable[[], object]) -> float:
    """Seconds the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main(people: int) -> None:
    """Run the trials and print one table."""
    load_reference()
    root = Unit.objects.get(depth=1)
    hr = create_account(actor=None, username="hr", display_name="HR", names={"short": "hr"})
    other = create_account(actor=None, username="a", display_name="A", names={"short": "a"})
    RoleGrant.objects.create(
        user=hr, role="hr", unit=root, period=since(dt.date(2020, 1, 1)), applied_by=other
    )
    print(f"{'file':<22}{'MB':>6}{'preview s':>11}{'apply s':>9}{'new':>8}{'changed':>9}")
    for name, content in (
        ("all new", export_of(people)),
        ("the same again", export_of(people)),
        ("every grade changed", export_of(people, grade="IV/e")),
    ):
        job = imports.create_import(
            actor=User.objects.get(pk=hr.pk), upload=ContentFile(content, "b.xlsx"), unit=root
        ).job
        preview = timed(lambda job=job: imports.read_upload(job_id=job.pk))
        job.refresh_from_db()
        if job.state != ImportJob.State.READY:
            raise SystemExit(f"{job.state}: {job.message}")
        imports.request_apply(
            actor=User.objects.get(pk=hr.pk), job=job, unticked=frozenset(), shown=frozenset(),
            leave_unshown=False, places={}, values={},
        )  # fmt: skip
        applied = timed(lambda job=job: imports.apply_import(job_id=job.pk))
        job.refresh_from_db()
        if job.state != ImportJob.State.APPLIED:
            raise SystemExit(f"{job.state}: {job.message} {job.counts}")
        print(
            f"{name:<22}{len(content) / 1e6:>6.1f}{preview:>11.1f}{applied:>9.1f}"
            f"{job.counts['applied_new']:>8}{job.counts['applied_changed']:>9}"
        )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"people {Employee.objects.count()}, memory {own:.0f} MB, reading process {child:.0f} MB")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        settings.MEDIA_ROOT = folder
        name = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
        finally:
            connection.creation.destroy_test_db(name, verbosity=0)
