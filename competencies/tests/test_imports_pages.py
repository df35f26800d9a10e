"""The pages of imports: who may open them, what they show, what they hand on."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from competencies.models import Employee, ImportJob, Unit
from competencies.services import imports
from competencies.tests.builders import grant, make_tier, make_unit, make_user
from competencies.tests.sheets import EXAMPLE_XLSX, people_csv, people_xlsx, person
from gayungan_asn.accounts.models import User

NEW = "competencies:import-new"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media" / "imports"


@pytest.fixture(autouse=True)
def quiet_bell(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The broker is away: rings are noted, the rows wait."""
    rung: list[tuple[str, int]] = []
    monkeypatch.setattr(
        "competencies.views.imports.ring", lambda task, pk: rung.append((task.name, pk))
    )
    return rung


@pytest.fixture
def root(db: None) -> Unit:
    make_tier("PELAKSANA")
    unit = make_unit("Kecamatan Uji", kind="kecamatan")
    make_unit("Seksi Uji", unit)
    return Unit.objects.get(pk=unit.pk)


@pytest.fixture
def hr(root: Unit) -> User:
    user = make_user("hr")
    grant(user, "hr", root)
    return user


@pytest.fixture
def desk(hr: User) -> Client:
    client = Client()
    client.force_login(hr)
    return client


def post_file(desk: Client, content: bytes, name: str = "pegawai.xlsx") -> Any:
    return desk.post(reverse(NEW), {"file": SimpleUploadedFile(name, content)})


def ready(desk: Client, *rows: dict[str, Any]) -> ImportJob:
    answer = post_file(desk, people_xlsx(*rows))
    job = ImportJob.objects.latest("pk")
    assert answer.status_code == 302
    imports.read_upload(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == "ready", job.message
    return job


def shown(desk: Client, job: ImportJob) -> str:
    return desk.get(reverse("competencies:import-detail", args=[job.pk])).content.decode()


def test_upload_makes_a_job_and_rings(desk: Client, quiet_bell: list[Any]) -> None:
    answer = post_file(desk, EXAMPLE_XLSX.read_bytes())
    job = ImportJob.objects.get()
    assert answer.url == reverse("competencies:import-detail", args=[job.pk])
    assert quiet_bell == [("competencies.tasks.read_import", job.pk)]
    assert "Berkas sedang dibaca" in shown(desk, job)


def test_upload_pressed_twice_leads_to_the_same_job(desk: Client, quiet_bell: list[Any]) -> None:
    content = people_xlsx(person(1))
    first, second = post_file(desk, content), post_file(desk, content)
    assert first.url == second.url
    assert ImportJob.objects.count() == 1
    assert len(quiet_bell) == 1
    assert "Berkas ini sedang diproses. Lihat hasilnya." in desk.get(second.url).content.decode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "Pilih berkas terlebih dahulu."),
        (b"", "Berkas kosong."),
        (b"a" * (20 * 1024 * 1024 + 1), "Berkas melebihi 20 MB. Bagi menjadi beberapa berkas."),
    ],
    ids=["A1", "A2", "A3"],
)
def test_upload_that_cannot_be_a_file_is_told_on_the_form(
    desk: Client, folder: Path, content: bytes | None, message: str
) -> None:
    answer = desk.post(reverse(NEW)) if content is None else post_file(desk, content)
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not ImportJob.objects.exists()
    assert not folder.exists()


def test_preview_shows_tallies_refusals_changes_and_questions(desk: Client, hr: User) -> None:
    job = ready(desk, person(1), person(2))
    imports.request_apply(
        actor=hr, job=job, shown=frozenset(), unticked=frozenset(), leave_unshown=False,
        places={}, values={},
    )  # fmt: skip
    imports.apply_import(job_id=job.pk)
    job = ready(
        desk,
        person(1, **{"GOL AKHIR NAMA": "IV/a"}),
        person(2),
        person(3, **{"TMT JABATAN": "31/02/2024"}),
        person(4, **{"UNOR NAMA": "Seksi <b>Baru</b>"}),
        person(5, **{"TANGGAL LAHIR": "01-01-1981"}),
        person(6),
    )
    text = shown(desk, job)
    for words in (
        "2 baris perlu dilihat", "1 baris ditolak", "1 pegawai berubah", "1 pegawai baru",
        "1 baris sama", "31/02/2024", "Tanggal tidak sah.", "III/a", "IV/a", "menurut NIP",
        "Seksi &lt;b&gt;Baru&lt;/b&gt;", "Kecamatan Uji",
    ):  # fmt: skip
        assert words in text, words
    assert "<b>Baru</b>" not in text


def test_apply_writes_what_was_decided(desk: Client, quiet_bell: list[Any]) -> None:
    job = ready(desk, person(1), person(2, **{"TANGGAL LAHIR": "01-01-1981"}))
    answer = desk.post(reverse("competencies:import-apply", args=[job.pk]), {"row-3": "skip"})
    assert answer.status_code == 302
    assert quiet_bell[-1] == ("competencies.tasks.apply_import", job.pk)
    assert "Impor sedang diterapkan" in shown(desk, job)
    imports.apply_import(job_id=job.pk)
    assert Employee.objects.count() == 1
    assert "1 pegawai baru dan 0 perubahan" in shown(desk, job)


def test_apply_pressed_twice_rings_once(desk: Client, quiet_bell: list[Any]) -> None:
    job = ready(desk, person(1))
    for _press in range(2):
        desk.post(reverse("competencies:import-apply", args=[job.pk]))
    assert [name for name, _pk in quiet_bell].count("competencies.tasks.apply_import") == 1


def test_discard_leaves_everything_as_it_was(desk: Client) -> None:
    job = ready(desk, person(1))
    desk.post(reverse("competencies:import-discard", args=[job.pk]))
    assert not Employee.objects.exists()
    assert "Tidak ada data yang berubah karena berkas ini." in shown(desk, job)


def test_refused_rows_can_be_downloaded_without_formulas(desk: Client) -> None:
    post_file(
        desk, people_csv(person(1), person(2, NAMA="=HYPERLINK(1)", **{"TMT JABATAN": "=1+1"}))
    )
    job = ImportJob.objects.get()
    imports.read_upload(job_id=job.pk)
    text = desk.get(reverse("competencies:import-problems", args=[job.pk])).content.decode(
        "utf-8-sig"
    )
    assert '"3","\'=HYPERLINK(1)","TMT JABATAN","\'=1+1","Tanggal tidak sah."' in text


def test_page_with_many_problems_is_cut_and_the_list_is_whole(desk: Client) -> None:
    rows = [person(1), *({"NIP BARU": str(n), "NAMA": "X"} for n in range(300))]
    job = ready(desk, *rows)
    with CaptureQueriesContext(connection) as caught:
        text = shown(desk, job)
    assert len(caught) <= 15
    assert "300 baris bermasalah. Unduh daftar lengkap." in text
    assert text.count('class="bad-v"') <= 200
    whole = desk.get(reverse("competencies:import-problems", args=[job.pk])).content
    assert whole.count(b"NIP harus 18 digit.") == 300


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_example_can_be_downloaded_by_hr(desk: Client, kind: str) -> None:
    answer = desk.get(reverse("competencies:import-example", args=[kind]))
    content = b"".join(answer.streaming_content)
    assert content == EXAMPLE_XLSX.with_suffix(f".{kind}").read_bytes()


# Who

PAGES = ("import-detail", "import-problems", "import-changes")
PRESSES = ("import-apply", "import-discard", "import-refresh")


def test_import_of_another_organisation_does_not_exist(desk: Client) -> None:
    foreign = make_unit("Kecamatan Lain")
    other = make_user("hr2")
    grant(other, "hr", foreign)
    job = ImportJob.objects.create(
        unit=foreign, uploaded_by=other, file_name="x", size=1, sha256="x"
    )
    for name in PAGES:
        assert desk.get(reverse(f"competencies:{name}", args=[job.pk])).status_code == 404
    for name in PRESSES:
        assert desk.post(reverse(f"competencies:{name}", args=[job.pk])).status_code == 404


@pytest.mark.parametrize("role", ["", "leadership", "auditor", "sysadmin"])
def test_import_pages_are_for_hr_only(desk: Client, root: Unit, role: str) -> None:
    job = ready(desk, person(1))
    user = make_user("lain")
    if role:
        grant(user, role, root)
    client = Client()
    client.force_login(user)
    assert client.get(reverse(NEW)).status_code == 403
    assert client.post(reverse(NEW)).status_code == 403
    assert client.get(reverse("competencies:import-example", args=["csv"])).status_code == 403
    for name in PAGES:
        assert client.get(reverse(f"competencies:{name}", args=[job.pk])).status_code == 404
    for name in PRESSES:
        assert client.post(reverse(f"competencies:{name}", args=[job.pk])).status_code == 404


@pytest.mark.parametrize("name", PRESSES)
def test_import_changes_only_by_post(desk: Client, name: str) -> None:
    job = ready(desk, person(1))
    assert desk.get(reverse(f"competencies:{name}", args=[job.pk])).status_code == 405
