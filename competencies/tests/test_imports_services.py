"""Imports from upload to applied: what is written, what is refused, what is never doubled."""

import datetime as dt
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from competencies import tasks
from competencies.models import (
    Assignment,
    Employee,
    EmployeeNumber,
    EmployeeStatus,
    ImportJob,
    ImportRow,
    Position,
    RoleGrant,
    Supervision,
    Unit,
)
from competencies.models.periods import since
from competencies.services import imports
from competencies.tests.builders import (
    assign,
    grant,
    make_employee,
    make_position,
    make_tier,
    make_unit,
    make_user,
)
from competencies.tests.sheets import TITLES, people_xlsx, person
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import AuditEntry, SignInName, User


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media" / "imports"


@pytest.fixture
def root(db: None) -> Unit:
    for code in ("ADMINISTRATOR", "PENGAWAS", "PELAKSANA", "JF_TERAMPIL"):
        make_tier(code)
    unit = make_unit("Kecamatan Uji", kind="kecamatan", code="UJI")
    make_unit("Seksi Uji", unit, code="UJI-SU")
    return Unit.objects.get(pk=unit.pk)


@pytest.fixture
def hr(root: Unit) -> User:
    user = make_user("hr")
    grant(user, "hr", root)
    return user


def upload(hr: User, root: Unit, *rows: dict[str, Any], **more: Any) -> ImportJob:
    """Upload and read: the preview is ready."""
    content = ContentFile(people_xlsx(*rows, **more), name="pegawai.xlsx")
    job = imports.create_import(actor=hr, upload=content, unit=root).job
    assert imports.read_upload(job_id=job.pk)
    job.refresh_from_db()
    return job


def decide(hr: User, job: ImportJob, unticked: Sequence[int] = (), **more: Any) -> bool:
    numbers = frozenset(job.rows.values_list("number", flat=True))
    decided = {"places": {}, "values": {}, "leave_unshown": False, "shown": numbers} | more
    return imports.request_apply(actor=hr, job=job, unticked=frozenset(unticked), **decided)


def apply(hr: User, job: ImportJob, **more: Any) -> ImportJob:
    decide(hr, job, **more)
    imports.apply_import(job_id=job.pk)
    job.refresh_from_db()
    return job


def bring_in(hr: User, root: Unit, *rows: dict[str, Any], **more: Any) -> ImportJob:
    job = apply(hr, upload(hr, root, *rows), **more)
    assert job.state == "applied", job.message
    return job


def parent_of(unit: Unit) -> Unit:
    return Unit.objects.get(path=unit.path[:-4])


def counts() -> dict[str, int]:
    tables = (Employee, EmployeeNumber, EmployeeStatus, Assignment, Position, Unit, Supervision)
    return {table.__name__: table.objects.count() for table in tables}


# What is written


def test_import_new_people_writes_person_number_status_and_post(hr: User, root: Unit) -> None:
    job = upload(hr, root, person(1, EMAIL="Satu@Example.org"), person(2))
    before = counts()
    assert (job.state, job.counts["new"], before["Employee"]) == ("ready", 2, 0)
    apply(hr, job)
    employee = Employee.objects.get(name="Pegawai Sa")
    assert employee.numbers.get(is_current=True).nip == person(1)["NIP BARU"]
    assert (employee.sex, employee.employment_kind, employee.grade) == ("L", "PNS", "III/a")
    assert employee.email == "satu@example.org"
    assert employee.statuses.get().period == since(dt.date(2015, 5, 1))
    post = employee.assignments.get()
    assert post.period == since(dt.date(2020, 2, 1))
    assert (post.position.name, post.position.unit.name) == ("Pengolah Data", "Seksi Uji")
    assert (post.position.tier.code, post.position.is_head) == ("PELAKSANA", False)
    assert post.position.seats == 2
    assert job.rows.count() == 0
    assert job.counts["applied_new"] == 2


def test_import_same_file_again_changes_nothing(hr: User, root: Unit) -> None:
    rows = [person(n) for n in range(1, 6)]
    bring_in(hr, root, *rows)
    before = counts()
    job = upload(hr, root, *rows)
    assert (job.counts["unchanged"], job.counts["changed"], job.counts["new"]) == (5, 0, 0)
    assert counts() == before


def test_import_heads_make_supervisors(hr: User, root: Unit) -> None:
    head = {"JENIS JABATAN NAMA": "Jabatan Struktural"}
    bring_in(
        hr,
        root,
        person(
            1,
            **head,
            **{"JABATAN NAMA": "Camat", "UNOR NAMA": "Kecamatan Uji", "ESELON NAMA": "III.a"},
        ),
        person(2, **head, **{"JABATAN NAMA": "Kepala Seksi Uji", "ESELON NAMA": "IV.a"}),
        person(3),
    )
    names = {
        row.employee.name: row.supervisor.name
        for row in Supervision.objects.on().select_related("employee", "supervisor")
    }
    assert names == {
        "Pegawai Du": "Pegawai Sa",
        "Pegawai Ti": "Pegawai Du",
    }


def test_import_changed_person_keeps_old_and_new_in_the_trail(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1), person(2))
    changed = person(1, **{"GOL AKHIR NAMA": "III/b", "NAMA": "PEGAWAI NOMOR SATU"})
    job = upload(hr, root, changed, person(2))
    row = job.rows.get(state="changed")
    assert [(c["label"], c["old"], c["new"]) for c in row.changes] == [
        ("Nama", "Pegawai Sa", "Pegawai Nomor Satu"),
        ("Golongan", "III/a", "III/b"),
    ]
    apply(hr, job)
    employee = Employee.objects.get(name="Pegawai Nomor Satu")
    assert (employee.grade, employee.version) == ("III/b", 2)
    entry = AuditEntry.objects.get(action="employee.updated")
    assert (entry.before["grade"], entry.after["grade"]) == ("III/a", "III/b")
    assert entry.subject_employee_id == employee.pk
    assert entry.actor_id == hr.pk
    assert AuditEntry.objects.filter(action="import.applied", object_id=str(job.pk)).count() == 1


def test_import_unticked_change_stays_out(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1), person(2))
    rows = [person(n, **{"GOL AKHIR NAMA": "IV/a"}) for n in (1, 2)]
    apply(hr, upload(hr, root, *rows), unticked=[3])
    assert sorted(Employee.objects.values_list("grade", flat=True)) == ["III/a", "IV/a"]


def test_import_moved_person_closes_the_former_post(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1))
    moved = person(1, **{"UNOR NAMA": "Kecamatan Uji", "TMT JABATAN": "01-06-2024"})
    job = upload(hr, root, moved)
    assert [c["field"] for c in job.rows.get().changes] == ["unit", "position_since"]
    apply(hr, job)
    posts = list(Assignment.objects.order_by("period"))
    assert [post.period for post in posts] == [
        since(dt.date(2020, 2, 1), dt.date(2024, 6, 1)),
        since(dt.date(2024, 6, 1)),
    ]
    assert posts[1].position.unit == root


def test_import_post_earlier_than_the_recorded_one_is_refused(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1))
    job = upload(hr, root, person(1, **{"JABATAN NAMA": "Lain", "TMT JABATAN": "01-01-2019"}))
    assert job.counts["refused"] == 1
    assert "lebih awal daripada jabatan yang tercatat" in job.rows.get().problems[0]["text"]


def test_import_new_nip_of_a_known_person_keeps_the_history(hr: User, root: Unit) -> None:
    first = person(1, **{"PNS ID": "A-1"})
    bring_in(hr, root, first)
    user = make_user("budi")
    employee = Employee.objects.get()
    employee.user = user
    employee.save()
    new_nip = "198002072015051777"
    bring_in(hr, root, first | {"NIP BARU": new_nip})
    assert Employee.objects.count() == 1
    numbers = dict(employee.numbers.values_list("nip", "is_current"))
    assert numbers == {first["NIP BARU"]: False, new_nip: True}
    assert SignInName.objects.get(user=user, kind="nip").value == new_nip
    assert SignInName.objects.filter(user=user, kind="short").exists()


def test_import_older_nip_of_a_known_person_finds_that_person(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1, **{"PNS ID": "A-1"}))
    employee = Employee.objects.get()
    employee.numbers.update(is_current=False)
    employee.numbers.create(nip="198002072015051777")
    job = upload(hr, root, person(1))
    assert job.counts["unchanged"] == 1


def test_import_retired_person_keeps_the_record_and_leaves_the_post(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1))
    user = make_user("pensiun")
    Employee.objects.update(user=user)
    retired = person(1, **{"KEDUDUKAN HUKUM NAMA": "Pensiun"})
    bring_in(hr, root, retired)
    employee = Employee.objects.get()
    assert employee.statuses.on().get().status == "retired"
    assert employee.assignments.get().period.upper == today()
    user.refresh_from_db()
    assert not user.is_active
    assert upload(hr, root, retired).counts["unchanged"] == 1


def test_import_leave_known_only_here_is_not_ended_by_the_file(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1))
    EmployeeStatus.objects.update(status="maternity")
    assert upload(hr, root, person(1)).counts["unchanged"] == 1


def test_import_nobody_is_removed_by_absence(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1), person(2))
    bring_in(hr, root, person(2), person(3))
    assert Employee.objects.active().count() == 3


def test_import_empty_cells_and_missing_columns_erase_nothing(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1, EMAIL="a@example.org", **{"NOMOR HP": "0812345"}))
    titles = [title for title in TITLES if title not in ("EMAIL", "TMT JABATAN", "GOL AKHIR NAMA")]
    job = upload(hr, root, person(1), titles=titles)
    assert job.counts["unchanged"] == 1


def test_import_more_people_than_seats_raises_the_seats(hr: User, root: Unit) -> None:
    unit = Unit.objects.get(name="Seksi Uji")
    position = make_position(unit, name="Pengolah Data", seats=1)
    bring_in(hr, root, person(1), person(2), person(3))
    position.refresh_from_db()
    assert position.seats == 3


def test_import_national_id_of_a_unit_is_filled_once(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1, **{"UNOR ID": "U-1"}))
    assert Unit.objects.get(name="Seksi Uji").national_id == "U-1"
    renamed = upload(hr, root, person(1, **{"UNOR ID": "U-1", "UNOR NAMA": "Nama Lain"}))
    assert renamed.counts["unchanged"] == 1


# Units that are not recorded


def test_import_unknown_unit_is_made_below_the_chosen_parent(hr: User, root: Unit) -> None:
    job = upload(hr, root, person(1, **{"UNOR NAMA": "Seksi Baru", "UNOR ID": "U-9"}))
    assert job.counts["look"] == 1
    unit = job.choices["units"][0]
    assert unit["place"] == f"below:{root.pk}"
    section = Unit.objects.get(name="Seksi Uji")
    apply(hr, job, places={unit["key"]: f"below:{section.pk}"})
    made = Unit.objects.get(name="Seksi Baru")
    assert parent_of(made) == section
    assert (made.national_id, made.kind) == ("U-9", "seksi")


def test_import_unknown_unit_can_be_one_that_is_recorded(hr: User, root: Unit) -> None:
    job = upload(hr, root, person(1, **{"UNOR NAMA": "Seksi Ujicoba"}))
    section = Unit.objects.get(name="Seksi Uji")
    apply(hr, job, places={job.choices["units"][0]["key"]: f"use:{section.pk}"})
    assert Unit.objects.count() == 2
    assert Assignment.objects.get().position.unit == section


def test_import_skipped_unit_leaves_its_people_out(hr: User, root: Unit) -> None:
    job = upload(hr, root, person(1, **{"UNOR NAMA": "Seksi Baru"}), person(2))
    apply(hr, job, places={job.choices["units"][0]["key"]: "skip"})
    assert Employee.objects.count() == 1
    assert Unit.objects.count() == 2


def test_import_office_that_is_new_comes_before_its_units(hr: User, root: Unit) -> None:
    desk = {"SATUAN KERJA KERJA NAMA": "Kelurahan Baru", "UNOR NAMA": "Sekretariat Kelurahan Baru"}
    bring_in(hr, root, person(1, **desk))
    made = Unit.objects.get(name="Sekretariat Kelurahan Baru")
    assert parent_of(made).name == "Kelurahan Baru"
    assert parent_of(parent_of(made)) == root


def test_import_unit_place_outside_the_own_tree_is_refused(hr: User, root: Unit) -> None:
    foreign = make_unit("Kecamatan Lain")
    job = upload(hr, root, person(1, **{"UNOR NAMA": "Seksi Baru"}))
    before = counts()
    apply(hr, job, places={job.choices["units"][0]["key"]: f"use:{foreign.pk}"})
    assert counts() == before
    job = upload(hr, root, person(2, **{"UNOR NAMA": "Seksi Baru"}))
    apply(hr, job, places={job.choices["units"][0]["key"]: f"below:{foreign.pk}"})
    assert job.state == "refused"
    assert counts() == before


# Whose people


def test_import_nip_of_another_organisation_is_refused_and_tells_nothing(
    hr: User, root: Unit
) -> None:
    foreign = make_unit("Kecamatan Lain")
    make_employee("Rahasia Sekali", make_position(foreign), nip=person(1)["NIP BARU"])
    job = upload(hr, root, person(1))
    row = job.rows.get()
    assert [problem["text"] for problem in row.problems] == ["NIP tidak dapat digunakan."]
    assert row.employee is None
    assert "Rahasia" not in str(ImportRow.objects.values())


def test_import_own_record_is_left_to_a_second_person(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1))
    Employee.objects.update(user=hr)
    job = upload(hr, root, person(1, **{"GOL AKHIR NAMA": "IV/e"}))
    assert job.counts["refused"] == 1
    assert upload(hr, root, person(1)).counts["unchanged"] == 1


def test_import_unlike_birth_date_once_settled_is_asked_no_more(hr: User, root: Unit) -> None:
    odd = person(1, **{"TANGGAL LAHIR": "01-01-1981"})
    job = upload(hr, root, odd)
    assert job.counts["look"] == 1
    apply(hr, job, values={2: "file"})
    assert Employee.objects.get().birth_date == dt.date(1981, 1, 1)
    assert upload(hr, root, odd).counts["unchanged"] == 1


def test_import_birth_date_of_a_known_person_unlike_the_nip_is_asked(hr: User, root: Unit) -> None:
    bring_in(hr, root, person(1))
    job = upload(hr, root, person(1, **{"TANGGAL LAHIR": "01-01-1981"}))
    assert (job.counts["look"], job.counts["unchanged"]) == (1, 0)
    apply(hr, job, values={2: "file"})
    assert Employee.objects.get().birth_date == dt.date(1981, 1, 1)


# The way of a job


def test_create_import_without_the_right_is_refused(root: Unit) -> None:
    with pytest.raises(ValidationError):
        imports.create_import(actor=make_user(), upload=ContentFile(b"x", name="x"), unit=root)
    assert not ImportJob.objects.exists()


def test_create_import_twice_while_pending_gives_the_first_job(
    hr: User, root: Unit, folder: Path
) -> None:
    content = people_xlsx(person(1))
    first = imports.create_import(actor=hr, upload=ContentFile(content, name="a.xlsx"), unit=root)
    second = imports.create_import(actor=hr, upload=ContentFile(content, name="b.xlsx"), unit=root)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.job == second.job
    assert len(list(folder.iterdir())) == 1


def test_create_import_stores_under_a_random_name(hr: User, root: Unit, folder: Path) -> None:
    names = ["../../settings.py", "a" * 300 + ".xlsx", '"><img onerror=x>.xlsx', "a\0b.csv"]
    for count, name in enumerate(names):
        file = ContentFile(people_xlsx(person(count + 1)), name="x")
        file.name = name
        job = imports.create_import(actor=hr, upload=file, unit=root).job
        assert "/" not in job.file_name
        assert "\0" not in job.file_name
        assert imports.stored_path(job).exists()
    assert all(len(path.name) == 32 for path in folder.iterdir())


def test_create_import_on_a_full_disk_leaves_nothing(
    hr: User, root: Unit, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(ContentFile):
        def chunks(self, chunk_size: int | None = None) -> Any:
            yield b"half"
            raise OSError(28, "No space left on device")

    with pytest.raises(ValidationError, match="Penyimpanan penuh"):
        imports.create_import(actor=hr, upload=Full(b"x" * 10, name="a.xlsx"), unit=root)
    assert not ImportJob.objects.exists()
    assert not list(folder.iterdir())


def test_read_upload_of_a_bad_file_ends_refused_with_the_message(hr: User, root: Unit) -> None:
    job = imports.create_import(
        actor=hr, upload=ContentFile(b"%PDF-1.7", name="a.xlsx"), unit=root
    ).job
    before = counts()
    imports.read_upload(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == ("refused", "Isi berkas bukan XLSX atau CSV.")
    assert counts() == before


def test_read_upload_twice_reads_once(hr: User, root: Unit) -> None:
    job = upload(hr, root, person(1))
    assert not imports.read_upload(job_id=job.pk)


def test_apply_import_twice_applies_once(hr: User, root: Unit) -> None:
    job = upload(hr, root, person(1))
    assert decide(hr, job)
    assert not decide(hr, job)
    assert imports.apply_import(job_id=job.pk)
    assert not imports.apply_import(job_id=job.pk)
    assert Employee.objects.count() == 1


def test_apply_import_after_the_data_changed_is_refused_as_a_whole(hr: User, root: Unit) -> None:
    first, second = upload(hr, root, person(1)), upload(hr, root, person(1, NAMA="LAIN"), person(2))
    apply(hr, first)
    before = counts()
    apply(hr, second)
    assert second.state == "refused"
    assert second.message == "Data berubah sejak pratinjau. Muat ulang pratinjau."
    assert counts() == before
    imports.refresh_preview(actor=hr, job=second)
    imports.read_upload(job_id=second.pk)
    second.refresh_from_db()
    assert (second.state, second.counts["changed"], second.counts["new"]) == ("ready", 1, 1)


def test_apply_import_after_the_right_was_taken_is_refused(hr: User, root: Unit) -> None:
    job = upload(hr, root, person(1))
    decide(hr, job)
    RoleGrant.objects.update(period=since(dt.date(2015, 1, 1), today()))
    imports.apply_import(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == ("refused", "Anda tidak lagi berwenang atas impor ini.")
    assert not Employee.objects.exists()


def test_apply_import_that_fails_in_the_middle_writes_nothing(
    hr: User, root: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = upload(hr, root, person(1))
    decide(hr, job)
    Unit.objects.filter(name="Seksi Uji").update(closed_on=None)
    before = counts()

    def stop(**kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("competencies.services.people_import.refresh_supervision", stop)
    assert tasks.apply_import(job.pk) is False
    assert counts() == before
    job.refresh_from_db()
    assert job.state == "applying"


def test_reconciler_rings_for_silent_workers_and_gives_up_after_three(hr: User, root: Unit) -> None:
    job = upload(hr, root, person(1))
    decide(hr, job)
    assert imports.imports_to_ring(wanted="apply") == [job.pk]
    ImportJob.objects.update(
        state="applying", attempt=1, lease_until=now() + dt.timedelta(seconds=9)
    )
    assert imports.imports_to_ring(wanted="apply") == []
    ImportJob.objects.update(lease_until=now() - dt.timedelta(seconds=1))
    assert imports.imports_to_ring(wanted="apply") == [job.pk]
    ImportJob.objects.update(attempt=3)
    assert imports.imports_to_ring(wanted="apply") == []
    job.refresh_from_db()
    assert (job.state, job.message) == ("failed", "Impor terhenti. Tekan Coba lagi.")
    imports.refresh_preview(actor=hr, job=job)
    assert imports.apply_import(job_id=job.pk)
    assert Employee.objects.count() == 1


def test_discard_import_changes_nothing_and_drops_the_rows(hr: User, root: Unit) -> None:
    job = imports.discard_import(actor=hr, job=upload(hr, root, person(1)))
    assert job.state == "discarded"
    assert not job.rows.exists()
    assert not Employee.objects.exists()
    with pytest.raises(ValidationError):
        decide(hr, job)


def test_delete_old_uploads_removes_the_file_and_keeps_the_record(
    hr: User, root: Unit, folder: Path
) -> None:
    old, young = upload(hr, root, person(1)), upload(hr, root, person(2))
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    ImportJob.objects.filter(pk=old.pk).update(created_at=now() - dt.timedelta(days=31))
    assert imports.delete_old_uploads() == 1
    assert not imports.stored_path(old).exists()
    assert imports.stored_path(young).exists()
    old.refresh_from_db()
    assert old.state == "discarded"
    assert not old.rows.exists()


def test_apply_import_statements_do_not_grow_with_people(hr: User, root: Unit) -> None:
    def statements(first: int, many: int) -> int:
        job = upload(hr, root, *(person(n) for n in range(first, first + many)))
        decide(hr, job)
        with CaptureQueriesContext(connection) as caught:
            imports.apply_import(job_id=job.pk)
        return len(caught)

    bring_in(hr, root, person(90))
    assert statements(1, 2) == statements(100, 60)


# The shell


def run(path: Path, *options: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_people", str(path), *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "pegawai.xlsx"
    path.write_bytes(people_xlsx(person(1), person(2)))
    return path


def test_import_people_without_apply_only_shows_counts(root: Unit, sheet: Path) -> None:
    out, _err = run(sheet)
    assert "Baru 2, Berubah 0, Sama 0, Ditolak 0" in out
    assert not Employee.objects.exists()


def test_import_people_with_apply_writes_and_shows_them_unchanged_later(
    root: Unit, sheet: Path
) -> None:
    run(sheet, "--apply")
    assert Employee.objects.count() == 2
    assert "Baru 0, Berubah 0, Sama 2, Ditolak 0" in run(sheet, "--apply")[0]


def test_import_people_with_refused_rows_stops_unless_skipped(root: Unit, sheet: Path) -> None:
    sheet.write_bytes(people_xlsx(person(1), person(2, **{"NIP BARU": 198002072015051002})))
    with pytest.raises(CommandError) as stop:
        run(sheet, "--apply")
    assert stop.value.returncode == 1
    assert not Employee.objects.exists()
    _out, err = run(sheet, "--apply", "--skip-refused")
    assert "Baris 3: NIP tersimpan sebagai angka" in err
    assert Employee.objects.count() == 1


def test_import_people_unknown_units_are_errors_unless_allowed(root: Unit, sheet: Path) -> None:
    sheet.write_bytes(people_xlsx(person(1, **{"UNOR NAMA": "Seksi Baru"})))
    with pytest.raises(CommandError):
        run(sheet, "--apply")
    assert Unit.objects.count() == 2
    run(sheet, "--apply", "--create-units")
    assert parent_of(Unit.objects.get(name="Seksi Baru")) == root


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"a" * (20 * 1024 * 1024 + 1)])
def test_import_people_of_a_bad_file_ends_with_one(root: Unit, sheet: Path, content: bytes) -> None:
    sheet.write_bytes(content)
    with pytest.raises(CommandError) as stop:
        run(sheet, "--apply")
    assert stop.value.returncode == 1


def test_assign_builder_is_found_as_the_latest_post(hr: User, root: Unit) -> None:
    employee = make_employee("Ani", nip=person(1)["NIP BARU"])
    assign(employee, make_position(root, name="Lama"), dt.date(2016, 1, 1), dt.date(2018, 1, 1))
    job = upload(hr, root, person(1, NAMA="ANI"))
    fields = {change["field"] for change in job.rows.get().changes}
    assert {"unit", "position", "position_since"} <= fields
