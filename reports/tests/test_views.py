"""Pages of documents, the public check, health."""

import re
import time
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from conftest import World
from gayungan_asn.accounts.models import AuditEntry
from reports.models import Document
from reports.services.documents import document_path
from reports.tests.builders import make_document, make_plan, make_ready_document
from training.models import DevelopmentPlan


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def plan(world: World) -> DevelopmentPlan:
    return make_plan(world.people["employee"])


@pytest.fixture
def document(world: World, plan: DevelopmentPlan) -> Document:
    return make_ready_document(plan, world.users["employee"])


def link_for(world: World, document: Document, persona: str) -> str:
    page = world.client(persona).get(f"/dokumen/{document.pk}/").content.decode()
    found = re.search(r'href="(/dokumen/\d+/berkas/\?t=[^"]+)"', page)
    assert found is not None
    return found[1]


def test_waiting_page_says_so_and_can_be_reloaded(world: World, plan: DevelopmentPlan) -> None:
    waiting = make_document(plan, world.users["employee"])
    answer = world.client("employee").get(f"/dokumen/{waiting.pk}/")
    page = answer.content.decode()
    assert "Sedang disiapkan" in page
    assert f'href="/dokumen/{waiting.pk}/"' in page
    assert 'hx-trigger="every 1s"' in page
    assert "/berkas/" not in page


def test_ready_page_stops_asking(world: World, document: Document) -> None:
    page = world.client("employee").get(f"/dokumen/{document.pk}/").content.decode()
    assert "hx-trigger" not in page
    assert "Unduh PDF" in page


def test_failed_page_has_a_retry_button(world: World, plan: DevelopmentPlan) -> None:
    failed = make_document(
        plan, world.users["employee"], state=Document.State.FAILED, failure="Belum dapat dibuat."
    )
    client = world.client("employee")
    assert f"/dokumen/{failed.pk}/ulang/" in client.get(f"/dokumen/{failed.pk}/").content.decode()
    answer = client.post(f"/dokumen/{failed.pk}/ulang/")
    assert answer.status_code == 302
    failed.refresh_from_db()
    assert failed.state == Document.State.QUEUED


def test_file_comes_as_attachment_kept_by_nobody(world: World, document: Document) -> None:
    answer = world.client("employee").get(link_for(world, document, "employee"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert b"".join(answer.streaming_content) == document_path(document.file_key).read_bytes()  # type: ignore[attr-defined]
    assert AuditEntry.objects.filter(action="document.downloaded").count() == 1


def test_file_head_answers_without_body(world: World, document: Document) -> None:
    answer = world.client("employee").head(link_for(world, document, "employee"))
    assert answer.status_code == 200
    assert answer.headers["Content-Length"] == str(document.size)


@pytest.mark.parametrize("persona", ["employee", "superior", "camat", "hr"])
def test_file_is_for_self_line_and_hr(world: World, document: Document, persona: str) -> None:
    answer = world.client(persona).get(link_for(world, document, persona))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "persona",
    ["unrelated", "other_superior", "former_superior", "auditor", "sysadmin", "foreign_hr"],
)
def test_file_with_a_link_of_somebody_else_is_not_there(
    world: World, document: Document, persona: str
) -> None:
    link = link_for(world, document, "employee")
    assert world.client(persona).get(link).status_code == 404


def test_file_with_a_link_of_a_colleague_who_may_have_it_is_not_there(
    world: World, document: Document
) -> None:
    assert world.client("superior").get(link_for(world, document, "employee")).status_code == 404


def test_file_without_session_leads_to_sign_in(world: World, document: Document) -> None:
    answer = Client().get(link_for(world, document, "employee"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/akun/masuk/")


@pytest.mark.parametrize("change", ["", "x", "1:1:x"])
def test_file_with_a_changed_link_is_not_there(
    world: World, document: Document, change: str
) -> None:
    answer = world.client("employee").get(f"/dokumen/{document.pk}/berkas/?t={change}")
    assert answer.status_code == 404


def test_file_link_of_another_document_is_not_taken(
    world: World, plan: DevelopmentPlan, document: Document
) -> None:
    other = make_ready_document(plan, world.users["employee"])
    token = link_for(world, document, "employee").partition("?")[2]
    assert world.client("employee").get(f"/dokumen/{other.pk}/berkas/?{token}").status_code == 404


def test_file_link_ends_after_ten_minutes(
    world: World, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = link_for(world, document, "employee")
    client, made = world.client("employee"), time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: made + 595)
    assert client.get(link).status_code == 200
    monkeypatch.setattr("django.core.signing.time.time", lambda: made + 602)
    answer = client.get(link)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/dokumen/{document.pk}/"


def test_file_after_the_right_ended_is_not_there(world: World, document: Document) -> None:
    link = link_for(world, document, "superior")
    document.employee.supervisions.all().delete()  # type: ignore[union-attr]
    assert world.client("superior").get(link).status_code == 404


def test_file_that_was_lost_leads_back_with_a_word(world: World, document: Document) -> None:
    link = link_for(world, document, "employee")
    document_path(document.file_key).unlink()
    answer = world.client("employee").get(link)
    assert answer.status_code == 302
    assert not AuditEntry.objects.filter(action="document.downloaded").exists()


def test_request_leads_to_the_document(world: World, plan: DevelopmentPlan) -> None:
    answer = world.client("employee").post(f"/dokumen/plan/{plan.pk}/minta/")
    document = Document.objects.get()
    assert answer.headers["Location"] == f"/dokumen/{document.pk}/"


def test_request_by_somebody_further_up_is_forbidden(world: World, plan: DevelopmentPlan) -> None:
    assert world.client("camat").post(f"/dokumen/plan/{plan.pk}/minta/").status_code == 403


def test_request_of_an_unknown_kind_is_not_there(world: World, plan: DevelopmentPlan) -> None:
    assert world.client("employee").post(f"/dokumen/ijazah/{plan.pk}/minta/").status_code == 404


# --- the public check -----------------------------------------------------


@pytest.mark.parametrize(
    "spell",
    [
        lambda code: code,
        str.lower,
        lambda code: "-".join(code[i : i + 4] for i in range(0, 16, 4)),
        lambda code: "-".join(code[i : i + 4] for i in range(0, 16, 4)).lower(),
    ],
)
@pytest.mark.parametrize("path", ["/p/", "/P/"])
def test_check_finds_a_code_however_it_is_typed(
    document: Document, path: str, spell: object
) -> None:
    answer = Client().get(path + spell(document.code))  # type: ignore[operator]
    assert answer.status_code == 200
    assert "Tercatat dan masih berlaku" in answer.content.decode()


def test_check_says_nothing_about_the_person(document: Document) -> None:
    page = Client().get(f"/p/{document.code}").content.decode()
    employee = document.employee
    assert employee is not None
    number = employee.numbers.get().nip
    for word in (employee.name, number, number[:8], employee.user.username):  # type: ignore[union-attr]
        assert word not in page
    for word in (document.title, document.number, document.file_hash[:4], "versi 1"):
        assert word in page


def test_check_superseded_names_the_newer(
    world: World, plan: DevelopmentPlan, document: Document
) -> None:
    Document.objects.update(standing=Document.Standing.SUPERSEDED)
    make_ready_document(plan, world.users["employee"])
    page = Client().get(f"/p/{document.code}").content.decode()
    assert "Asli, tetapi sudah diganti" in page
    assert "Versi 2" in page


def test_check_of_a_draft_never_says_valid(document: Document) -> None:
    Document.objects.update(standing=Document.Standing.DRAFT)
    page = Client().get(f"/p/{document.code}").content.decode()
    assert "Tercatat sebagai draf" in page
    assert "masih berlaku" not in page


def test_check_revoked_gives_no_reason(document: Document) -> None:
    Document.objects.update(standing=Document.Standing.REVOKED)
    assert "Asli, tetapi ditarik" in Client().get(f"/p/{document.code}").content.decode()


@pytest.mark.parametrize("code", ["2345678923456789", "x", "<script>", "%00", "a" * 40])
def test_check_unknown_code_is_not_found(db: None, code: str) -> None:
    answer = Client().get(f"/p/{code}")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.content.decode()


def test_check_of_one_not_finished_is_not_found(world: World, plan: DevelopmentPlan) -> None:
    waiting = make_document(plan, world.users["employee"])
    assert Client().get(f"/p/{waiting.code}").status_code == 404


def test_check_form_leads_to_the_page(document: Document) -> None:
    answer = Client().get("/verifikasi/", {"kode": document.code.lower()})
    assert answer.headers["Location"].endswith(f"/p/{document.code}")
    assert Client().get("/verifikasi/").status_code == 200


@pytest.mark.parametrize(("tail", "words"), [(b"", "sama persis"), (b"x", "tidak sama")])
def test_check_compares_a_posted_file(document: Document, tail: bytes, words: str) -> None:
    data = document_path(document.file_key).read_bytes() + tail
    file = SimpleUploadedFile("rencana.pdf", data, "application/pdf")
    page = Client().post(f"/p/{document.code}", {"berkas": file}).content.decode()
    assert re.search(rf"<b>rencana.pdf</b>\s+{words}", page)


def test_check_without_file_asks_for_one(document: Document) -> None:
    page = Client().post(f"/p/{document.code}").content.decode()
    assert "Pilih berkas PDF" in page
    assert "<title>Perbaiki:" in page


def test_check_too_large_a_file_is_refused(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.views.verification.LARGEST_FILE", 10)
    file = SimpleUploadedFile("rencana.pdf", b"x" * 11, "application/pdf")
    page = Client().post(f"/p/{document.code}", {"berkas": file}).content.decode()
    assert "paling besar 10 MB" in page


def test_check_is_throttled_per_network(document: Document) -> None:
    cache.clear()
    client = Client()
    codes = [client.get(f"/p/{document.code}").status_code for _time in range(32)]
    assert codes[:30] == [200] * 30
    assert codes[-1] == 429
    cache.clear()


# --- health and words -----------------------------------------------------


def test_healthz_answers_anybody(db: None) -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}


def test_readyz_names_what_is_missing(db: None) -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["database"] is True
    assert checks["storage"] is True
    assert checks["worker"] is False


def test_readyz_is_ready_while_hearts_beat(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from reports import tasks

    monkeypatch.setattr("reports.selectors.health._broker", lambda: True)
    tasks.beat_heart()
    tasks.beat_rang()
    assert Client().get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/privasi/", "/aksesibilitas/", "/bantuan/", "/verifikasi/"])
def test_words_for_everybody_need_no_account(db: None, path: str) -> None:
    assert Client().get(path).status_code == 200
