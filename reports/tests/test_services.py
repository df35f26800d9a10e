"""Documents on their way: every rule of asking, printing, keeping, failing."""

import datetime as dt
import hashlib
import os
import uuid
from pathlib import Path

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

import reports.services.documents as service
from conftest import World
from gayungan_asn.accounts.clock import now
from gayungan_asn.accounts.models import AuditEntry, Heartbeat
from reports import tasks
from reports.models import Document
from reports.services.documents import (
    document_path,
    fail_exhausted_documents,
    print_document,
    record_download,
    remove_torn_files,
    request_document,
    retry_document,
    stale_document_ids,
)
from reports.tests.builders import make_document, make_plan, make_ready_document
from training.models import DevelopmentPlan


@pytest.fixture(autouse=True)
def own_media(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


@pytest.fixture
def plan(world: World) -> DevelopmentPlan:
    return make_plan(world.people["employee"])


def ask(world: World, plan: DevelopmentPlan, persona: str = "employee") -> Document:
    return request_document(actor=world.users[persona], kind=Document.Kind.PLAN, subject=plan)


def test_request_makes_one_row_and_an_entry(world: World, plan: DevelopmentPlan) -> None:
    document = ask(world, plan)
    assert document.state == Document.State.QUEUED
    assert document.version == 1
    assert document.employee == plan.employee
    assert plan.employee.name not in document.title
    entry = AuditEntry.objects.get(action="document.requested")
    assert entry.actor_id == world.users["employee"].pk
    assert entry.subject_employee_id == plan.employee_id


def test_request_twice_gives_the_same_row(world: World, plan: DevelopmentPlan) -> None:
    assert ask(world, plan) == ask(world, plan, "superior")
    assert Document.objects.count() == 1


@pytest.mark.parametrize("persona", ["employee", "superior", "hr"])
def test_request_is_open_to_self_supervisor_and_hr(
    world: World, plan: DevelopmentPlan, persona: str
) -> None:
    assert ask(world, plan, persona).pk


@pytest.mark.parametrize(
    "persona", ["unrelated", "other_superior", "former_superior", "camat", "foreign_hr", "auditor"]
)
def test_request_by_others_is_refused(world: World, plan: DevelopmentPlan, persona: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        ask(world, plan, persona)
    assert refusal.value.code == "refused"
    assert not Document.objects.exists()


def test_print_makes_a_file_that_matches_the_row(world: World, plan: DevelopmentPlan) -> None:
    document = ask(world, plan)
    assert print_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.state == Document.State.READY
    data = document_path(document.file_key).read_bytes()
    assert hashlib.sha256(data).hexdigest() == document.file_hash
    assert document.file_key == f"{document.file_hash[:2]}/{document.file_hash}.pdf"
    assert document.size == len(data)
    assert document.engine.startswith("WeasyPrint ")
    assert document.lease_token is None
    with pikepdf.open(document_path(document.file_key)) as pdf:
        assert plan.employee.full_name in str(pdf.docinfo["/Title"])
    assert AuditEntry.objects.filter(action="document.ready", object_id=str(document.pk)).exists()


def test_print_twice_prints_once(world: World, plan: DevelopmentPlan) -> None:
    document = ask(world, plan)
    assert print_document(document_id=document.pk)
    assert not print_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.attempt == 1


def test_print_leaves_a_live_lease_alone(world: World, plan: DevelopmentPlan) -> None:
    document = make_document(
        plan,
        world.users["employee"],
        state=Document.State.RENDERING,
        lease_token=uuid.uuid4(),
        lease_until=now() + dt.timedelta(seconds=20),
        attempt=1,
    )
    assert not print_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.state == Document.State.RENDERING
    assert document.attempt == 1


def test_print_takes_over_a_lease_that_ran_out(world: World, plan: DevelopmentPlan) -> None:
    document = make_document(
        plan,
        world.users["employee"],
        state=Document.State.RENDERING,
        lease_token=uuid.uuid4(),
        lease_until=now() - dt.timedelta(seconds=1),
        attempt=1,
    )
    assert print_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.state == Document.State.READY
    assert document.attempt == 2


def test_print_whose_lease_was_lost_does_not_count(
    world: World, plan: DevelopmentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = ask(world, plan)
    other = uuid.uuid4()

    def slow(*args: object) -> bytes:
        Document.objects.filter(pk=document.pk).update(lease_token=other)
        return b"%PDF-1.7 late"

    monkeypatch.setattr(service, "plan_pdf", slow)
    assert not print_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.state == Document.State.RENDERING
    assert document.lease_token == other
    assert not document.file_hash


def test_print_after_the_right_ended_fails_for_good(world: World, plan: DevelopmentPlan) -> None:
    document = ask(world, plan, "superior")
    plan.employee.supervisions.all().delete()
    assert not print_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.state == Document.State.FAILED
    assert "Hak" in document.failure
    assert not list(document_path("").glob("*/*"))


def test_print_that_breaks_waits_then_fails_after_three(
    world: World, plan: DevelopmentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = ask(world, plan)

    def broken(*args: object) -> bytes:
        raise OSError("no space left")

    monkeypatch.setattr(service, "plan_pdf", broken)
    states = []
    for _attempt in range(4):
        print_document(document_id=document.pk)
        document.refresh_from_db()
        states.append(document.state)
    assert states == ["queued", "queued", "failed", "failed"]
    assert document.attempt == 3
    assert document.failure


def test_retry_queues_a_failed_one_again(world: World, plan: DevelopmentPlan) -> None:
    document = make_document(
        plan, world.users["employee"], state=Document.State.FAILED, attempt=3, failure="x"
    )
    retry_document(actor=world.users["employee"], document=document)
    document.refresh_from_db()
    assert (document.state, document.attempt, document.failure) == ("queued", 0, "")
    assert AuditEntry.objects.filter(action="document.retried").count() == 1


def test_retry_of_one_that_did_not_fail_is_refused(world: World, plan: DevelopmentPlan) -> None:
    document = make_document(plan, world.users["employee"])
    with pytest.raises(ValidationError):
        retry_document(actor=world.users["employee"], document=document)


def test_retry_by_others_is_refused(world: World, plan: DevelopmentPlan) -> None:
    document = make_document(plan, world.users["employee"], state=Document.State.FAILED)
    with pytest.raises(ValidationError):
        retry_document(actor=world.users["unrelated"], document=document)


def test_unchanged_plan_is_not_printed_again(world: World, plan: DevelopmentPlan) -> None:
    document = ask(world, plan)
    print_document(document_id=document.pk)
    again = ask(world, plan)
    assert again == document
    assert again.state == Document.State.READY


def test_changed_plan_gets_a_version_that_supersedes(world: World, plan: DevelopmentPlan) -> None:
    first = ask(world, plan)
    print_document(document_id=first.pk)
    plan.items.update(title="Kegiatan lain")
    second = ask(world, plan)
    assert second.version == 2
    first.refresh_from_db()
    assert first.standing == Document.Standing.DRAFT
    print_document(document_id=second.pk)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.standing == Document.Standing.SUPERSEDED
    assert second.standing == Document.Standing.DRAFT
    assert first.code != second.code


def test_older_version_finished_late_is_superseded_at_once(
    world: World, plan: DevelopmentPlan
) -> None:
    first = ask(world, plan)
    make_ready_document(plan, world.users["employee"], version=2)
    print_document(document_id=first.pk)
    first.refresh_from_db()
    assert first.standing == Document.Standing.SUPERSEDED


def test_lost_file_is_made_again(world: World, plan: DevelopmentPlan) -> None:
    document = ask(world, plan)
    print_document(document_id=document.pk)
    document.refresh_from_db()
    before = document.file_hash
    document_path(document.file_key).unlink()
    assert ask(world, plan).state == Document.State.QUEUED
    print_document(document_id=document.pk)
    document.refresh_from_db()
    assert document.file_hash == before
    assert document_path(document.file_key).exists()


def test_draft_and_ratified_plans_print_differently(world: World, plan: DevelopmentPlan) -> None:
    first = ask(world, plan)
    print_document(document_id=first.pk)
    plan.state = DevelopmentPlan.State.RATIFIED
    plan.ratified_at = now()
    plan.save()
    second = ask(world, plan)
    assert second.version == 2
    print_document(document_id=second.pk)
    second.refresh_from_db()
    assert second.standing == Document.Standing.VALID


def test_download_is_recorded_with_purpose_for_hr(world: World, plan: DevelopmentPlan) -> None:
    document = make_ready_document(plan, world.users["employee"])
    record_download(actor=world.users["hr"], document=document)
    entry = AuditEntry.objects.get(action="document.downloaded")
    assert entry.actor_id == world.users["hr"].pk
    assert entry.purpose == "kepegawaian"
    assert entry.after["file_hash"] == document.file_hash


def test_download_by_others_is_refused(world: World, plan: DevelopmentPlan) -> None:
    document = make_ready_document(plan, world.users["employee"])
    with pytest.raises(ValidationError):
        record_download(actor=world.users["unrelated"], document=document)


def test_reconciler_finds_waiting_and_abandoned_rows_only(
    world: World, plan: DevelopmentPlan
) -> None:
    user, long_ago = world.users["employee"], now() - dt.timedelta(seconds=11)
    gone, alive = now() - dt.timedelta(seconds=1), now() + dt.timedelta(seconds=9)
    waited = make_document(plan, user, requested_at=long_ago)
    make_document(plan, user)
    abandoned = make_document(
        plan, user, state="rendering", lease_token=uuid.uuid4(), lease_until=gone, attempt=1
    )
    make_document(
        plan, user, state="rendering", lease_token=uuid.uuid4(), lease_until=alive, attempt=1
    )
    make_ready_document(plan, user, requested_at=long_ago)
    assert set(stale_document_ids()) == {waited.pk, abandoned.pk}


def test_reconciler_fails_what_lost_its_last_worker(world: World, plan: DevelopmentPlan) -> None:
    document = make_document(
        plan,
        world.users["employee"],
        state="rendering",
        lease_token=uuid.uuid4(),
        lease_until=now() - dt.timedelta(seconds=1),
        attempt=3,
    )
    assert fail_exhausted_documents() == 1
    document.refresh_from_db()
    assert document.state == Document.State.FAILED
    assert document.failure
    assert document.lease_token is None


def test_reconcile_task_rings_for_each(
    world: World, plan: DevelopmentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(tasks, "ring_now", lambda task, pk: rung.append(pk))
    document = make_document(
        plan, world.users["employee"], requested_at=now() - dt.timedelta(minutes=1)
    )
    tasks.reconcile_documents()
    assert rung == [document.pk]


def test_request_view_rings_after_commit(
    world: World,
    plan: DevelopmentPlan,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        world.client("employee").post(f"/dokumen/plan/{plan.pk}/minta/")
    assert len(callbacks) == 1


def test_torn_files_of_killed_workers_are_swept(tmp_path: Path) -> None:
    folder = document_path("ab")
    folder.mkdir(parents=True)
    old, young = folder / ".1.part", folder / ".2.part"
    for draft in (old, young):
        draft.write_bytes(b"x")
    os.utime(old, (1, 1))
    assert remove_torn_files() == 1
    assert not old.exists()
    assert young.exists()


def test_heart_of_the_worker_is_kept(db: None) -> None:
    tasks.beat_heart()
    tasks.beat_rang()
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {"worker", "beat"}
