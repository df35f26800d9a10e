"""Every service that acts for somebody writes its audit entry: one list of all of them."""

import datetime as dt
import importlib
import inspect
import pkgutil
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from competencies.models import Evidence, ImportJob, RoleGrant, Supervision
from competencies.models.periods import since
from competencies.selectors.audit import ACTIONS, NOUNS, VERBS, audit_entries_for
from competencies.services import imports, levels, people, roles, supervision
from competencies.services.reference import load_reference
from competencies.tests.builders import make_competency, make_employee, make_user
from conftest import World
from evaluations.models import Appraisal, Cycle, SupervisorPart
from evaluations.rules import Mark
from evaluations.services import (
    cycles,
    feedback_assignment,
    launch,
    objections,
    publishing,
    ratings,
    reminders,
    results,
    windows,
)
from evaluations.tests.builders import (
    make_appraisal,
    make_competencies,
    make_cycle,
    make_feedback,
    make_outcome,
    make_part_rating,
    make_self_rating,
)
from gayungan_asn.accounts import services as accounts
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry
from reports.services import documents
from reports.tests.builders import make_document, make_plan, make_ready_document
from training.models import Enrolment, PlanItem
from training.selectors.details import CourseDetails, Outcome
from training.selectors.offers import plan_offers
from training.services import classes, completion, courses, enrolment, examples, follow, plans
from training.tests import builders as training

pytestmark = pytest.mark.django_db
Scene = Callable[[World], Any]
REASON = "Nilai satu kompetensi tertukar saat pengisian."
APPS = ("gayungan_asn.accounts", "competencies", "evaluations", "training", "reports")
DAY = dt.timedelta(days=1)

# Services that act without an entry of their own, and why.
WITHOUT = {
    "record": "writes the entries",
    "mark_notices_read": "reading one's own notices changes nothing that matters to others",
    "save_self_rating": "a private draft; sending it is recorded",
    "save_part": "a private draft; sending it is recorded",
    "save_feedback": "a private draft; an entry would tell when somebody wrote",
    "keep_sign_in_names": "goes through set_sign_in_names",
    "lock_account": "goes through set_account_lock",
    "refresh_preview": "reading a file again changes no business row",
    "move_up": "part of a withdrawal; recorded for who moved up, tested with it",
    "admit_people": "writes the launch's entry once more, tested with launching",
    "load_classes": "goes through create_class",
    "apply_people": "within an import; one entry per person, tested with imports",
    "publish_late_results": "writes the publication's entry once more, tested with it",
}


# --- Scenes ---------------------------------------------------------------------
def _appraisal(world: World, state: str, cycle_state: str = Cycle.State.OPEN) -> Appraisal:
    skills = make_competencies(2)
    cycle = make_cycle(world.root, state=cycle_state)
    appraisal = make_appraisal(world.people["employee"], cycle=cycle, items=skills, state=state)
    marks = dict.fromkeys(skills, 2)
    make_self_rating(appraisal, marks, submitted=state != Appraisal.State.SELF_REVIEW)
    for part in appraisal.parts.all():
        SupervisorPart.objects.filter(pk=part.pk).update(work_result="SESUAI", behaviour="SESUAI")
        part.refresh_from_db()
        make_part_rating(
            part, marks, submitted=state in (Appraisal.State.CALIBRATION, *Appraisal.RELEASED)
        )
    if state in Appraisal.RELEASED:
        make_outcome(appraisal, marks)
    return appraisal


def _published(world: World, state: str = Appraisal.State.PUBLISHED) -> Appraisal:
    return _appraisal(world, state, Cycle.State.PUBLISHED)


def _objected(world: World) -> Appraisal:
    appraisal = _published(world)
    objections.file_objection(actor=world.users["employee"], appraisal=appraisal, text=REASON)
    return appraisal


def _feedback(world: World) -> Any:
    appraisal = _appraisal(world, Appraisal.State.SELF_REVIEW)
    request = make_feedback(appraisal, world.people["peer1"])
    first = appraisal.competencies.first()
    assert first is not None
    return ratings.save_feedback(
        actor=world.users["peer1"], request=request, marks={first.competency_id: Mark(2)}
    )


def _asked_peers(world: World) -> Any:
    appraisal = _appraisal(world, Appraisal.State.SELF_REVIEW)
    for number in (1, 2, 3):
        make_feedback(appraisal, world.people[f"peer{number}"])
    return feedback_assignment.change_peers(
        actor=world.users["hr"], appraisal=appraisal, add=[world.people["peer4"]]
    )


def _draft_cycle(world: World) -> Cycle:
    return make_cycle(world.root, state=Cycle.State.DRAFT, launched_at=None)


def _identity(year: int) -> dict[str, Any]:
    day = today()
    return {
        "name": f"Penilaian {year}", "kind": "annual", "year": year,
        "period": since(dt.date(year, 1, 1), dt.date(year + 1, 1, 1)),
        "opens_on": day, "self_until": day + 5 * DAY, "peers_until": day + 5 * DAY,
        "supervisor_until": day + 9 * DAY,
    }  # fmt: skip


def _publish(world: World) -> Any:
    load_reference()
    appraisal = _appraisal(world, Appraisal.State.CALIBRATION)
    Cycle.objects.filter(pk=appraisal.cycle_id).update(
        state=Cycle.State.CALIBRATION, peers_closed_on=today()
    )
    return publishing.publish_cycle(
        actor=world.users["hr"], cycle=Cycle.objects.get(pk=appraisal.cycle_id)
    )


def _grant(world: World) -> RoleGrant:
    return roles.request_role_grant(
        actor=world.users["hr"], user=make_user("penerima"), role="auditor", unit=world.root,
        start=today(), until=None, reason="Pemeriksaan berkala",
    )  # fmt: skip


def _applied(world: World) -> RoleGrant:
    return roles.apply_role_grant(actor=world.users["sysadmin"], grant=_grant(world))


def _upload(world: World) -> ImportJob:
    file = ContentFile(b"NIP BARU,NAMA\nx,y\n", name="pegawai.csv")
    return imports.create_import(actor=world.users["hr"], upload=file, unit=world.root).job


def _discard(world: World) -> Any:
    job = _upload(world)
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.READY)
    return imports.discard_import(actor=world.users["hr"], job=job)


def _apply_import(world: World) -> Any:
    job = _upload(world)
    ImportJob.objects.filter(pk=job.pk).update(state=ImportJob.State.READY)
    job.rows.create(number=2, state="new", label="Orang baru")
    return imports.request_apply(
        actor=world.users["hr"], job=job, unticked=frozenset(), leave_unshown=True,
        shown=frozenset(), places={}, values={},
    )  # fmt: skip


def _evidence(world: World) -> Evidence:
    return levels.add_evidence(
        actor=world.users["hr"], employee=world.people["employee"], kind="training",
        title="Kursus", hours=Decimal(4), happened_on=today(),
        competencies=[make_competency()], source_reference="uji:1",
    )  # fmt: skip


def _proposal(world: World) -> Any:
    return levels.propose_level(
        actor=None, employee=world.people["employee"], competency=make_competency(), level=2,
        evidence=_evidence(world),
    )  # fmt: skip


def _decide_level(world: World) -> Any:
    load_reference()
    return levels.decide_proposed_level(
        actor=world.users["superior"], proposal=_proposal(world), confirmed=True
    )


def _edit(world: World) -> Any:
    person = world.people["employee"]
    values = {name: getattr(person, name) for name in people.RECORD_FIELDS} | {"grade": "II/d"}
    return people.edit_employee(
        actor=world.users["hr"], employee=person, version=person.version, values=values,
        nip=person.numbers.get().nip,
    )  # fmt: skip


def _new_person(world: World) -> Any:
    other = make_employee()
    values = {name: getattr(other, name) for name in people.RECORD_FIELDS}
    values |= {"name": "Orang Baru", "national_id": None, "birth_date": dt.date(1990, 3, 15)}
    values |= {"sex": "P", "employment_kind": "PNS"}
    return people.create_employee(
        actor=world.users["hr"], values=values, nip="199003152015032007",
        position=world.positions["employee"], start=today(),
    )  # fmt: skip


def _override(world: World) -> Any:
    return supervision.set_supervisor_override(
        actor=world.users["hr"], employee=world.people["unrelated"],
        supervisor=world.people["superior"], start=today(), until=None, reason="Penugasan khusus",
    )  # fmt: skip


def _enrolment(world: World, state: str = "requested", **fields: Any) -> Enrolment:
    klass = training.make_class(unit=world.root, **fields)
    return training.make_enrolment(klass, world.people["employee"], state)


def _completed(world: World) -> Enrolment:
    row = _enrolment(world, "confirmed", first_day=today() - 3 * DAY)
    return completion.record_completion(
        actor=world.users["hr"], enrolment=row, completed=True, happened_on=today()
    )


def _course_details() -> dict[str, Any]:
    return {
        "details": CourseDetails(
            title="Kursus", summary="", kind=training.make_kind(), provider="BKPSDM",
            mode="daring", quantity=Decimal(4), cost=Decimal(0), cost_source="", audience="",
        ),
        "outcomes": [Outcome(make_competency(), 0, 1)],
    }  # fmt: skip


def _plan(world: World, state: str = "draft") -> Any:
    plan = training.make_plan(world.people["employee"], {make_competency(): (2, 1)})
    type(plan).objects.filter(pk=plan.pk).update(state=state)
    plan.refresh_from_db()
    return plan


def _planned(world: World, persona: str, service: Callable[..., Any], state: str) -> Any:
    plan = _plan(world, state)
    extra = {"note": "Tambahkan satu kegiatan."} if service is plans.return_plan else {}
    return service(actor=world.users[persona], plan=plan, version=plan.version, **extra)


def _offer(world: World, plan: Any) -> Any:
    gap = plan.gap_table[0]
    competency = type(make_competency()).objects.get(code=gap["code"])
    training.make_activity("penugasan", {competency: (gap["attained"], gap["required"])})
    return next(one for one in plan_offers(plan.year) if one.helps(gap["code"], gap["attained"]))


def _add_item(world: World) -> Any:
    plan = _plan(world)
    return plans.add_item(
        actor=world.users["employee"], plan=plan, version=plan.version,
        competency_id=plan.gap_table[0]["competency_id"], offer=_offer(world, plan), quarter=2,
    )  # fmt: skip


def _item_of(world: World) -> Any:
    _add_item(world)
    return PlanItem.objects.select_related("plan").latest("pk")


def _proposed(plan: Any, world: World) -> Any:
    return plans.propose_plan(actor=world.users["employee"], plan=plan, version=plan.version)


def _update_item(world: World) -> Any:
    item = _item_of(world)
    return plans.update_item(
        actor=world.users["employee"], item=item, version=item.plan.version, quarter=3,
        hours=item.hours, hours_on_job=item.hours_on_job, success_sign="Selesai", offer=None,
    )  # fmt: skip


def _remove_item(world: World) -> Any:
    item = _item_of(world)
    return plans.remove_item(actor=world.users["employee"], item=item, version=item.plan.version)


def _follow(world: World) -> Any:
    item = _item_of(world)
    type(item.plan).objects.filter(pk=item.plan_id).update(state="ratified")
    item.plan.refresh_from_db()
    return follow.set_item_state(
        actor=world.users["employee"], item=item, state="running", quarter=None, done_on=None
    )


def _document(world: World) -> Any:
    return documents.request_document(
        actor=world.users["employee"], kind="plan", subject=make_plan(world.people["employee"])
    )


def _retry(world: World) -> Any:
    plan = make_plan(world.people["employee"])
    failed = make_document(plan, world.users["employee"], state="failed", attempt=3)
    return documents.retry_document(actor=world.users["employee"], document=failed)


def _download(world: World) -> Any:
    ready = make_ready_document(make_plan(world.people["employee"]), world.users["employee"])
    return documents.record_download(actor=world.users["hr"], document=ready)


def _as(persona: str, service: Callable[..., Any], build: Scene, name: str, **more: Any) -> Scene:
    """Call a service as the persona with what `build` makes, passed as `name`."""
    return lambda world: service(actor=world.users[persona], **{name: build(world)}, **more)


LIST: list[tuple[str, str, Scene]] = [
    ("set_sign_in_names", "user.sign_in_names_set", lambda w: accounts.set_sign_in_names(
        actor=None, user=w.users["peer1"], names={"short": "lain"})),
    ("create_account", "user.created", lambda w: accounts.create_account(
        actor=None, username="baru", display_name="Baru", names={"short": "baru"})),
    ("set_password", "user.password_set", lambda w: accounts.set_password(
        actor=None, user=w.users["peer1"], password="kalimat-yang-cukup-panjang")),
    ("set_account_lock", "user.locked", lambda w: accounts.set_account_lock(
        actor=w.users["sysadmin"], user=w.users["peer1"], locked=True, reason="Ponsel hilang")),
    ("create_import", "import.created", _upload),
    ("request_apply", "import.apply_requested", _apply_import),
    ("discard_import", "import.discarded", _discard),
    ("record_levels", "level_batch.recorded", lambda w: levels.record_levels(
        actor=None, kind="evaluation", source="evaluation", label="Uji", year=2026,
        source_reference="uji", assessed_on=today(), valid_until=None,
        levels=[levels.NewLevel(w.people["employee"].pk, make_competency().pk, 1)])),
    ("add_evidence", "evidence.added", _evidence),
    ("withdraw_evidence", "evidence.withdrawn", _as(
        "hr", levels.withdraw_evidence, _evidence, "evidence", reason=REASON)),
    ("propose_level", "proposed_level.created", _proposal),
    ("decide_proposed_level", "proposed_level.confirmed", _decide_level),
    ("create_employee", "employee.created", _new_person),
    ("edit_employee", "employee.updated", _edit),
    ("edit_contact", "employee.contact_updated", lambda w: people.edit_contact(
        actor=w.users["employee"], employee=w.people["employee"], version=1,
        values={"phone": "081234567890", "address": "", "emergency_contact": ""})),
    ("place_employee", "assignment.created", lambda w: people.place_employee(
        actor=w.users["hr"], employee=w.people["unrelated"], position=w.positions["employee"],
        start=today(), until=None, kind="definitive", letter_number="")),
    ("open_profile", "employee.viewed", lambda w: people.open_profile(
        actor=w.users["hr"], employee=w.people["employee"])),
    ("reveal_sensitive", "employee.sensitive_viewed", lambda w: people.reveal_sensitive(
        actor=w.users["hr"], employee=w.people["employee"], purpose="Mencocokkan berkas")),
    ("request_role_grant", "role_grant.requested", _grant),
    ("apply_role_grant", "role_grant.applied", _applied),
    ("refuse_role_grant", "role_grant.refused", _as(
        "sysadmin", roles.refuse_role_grant, _grant, "grant", reason=REASON)),
    ("end_role_grant", "role_grant.ended", _as(
        "sysadmin", roles.end_role_grant, _applied, "grant", reason=REASON)),
    ("refresh_supervision", "supervision.refreshed", lambda w: (
        Supervision.objects.filter(employee=w.people["employee"]).delete(),
        supervision.refresh_supervision(actor=w.users["hr"]))),
    ("set_supervisor_override", "supervision.overridden", _override),
    ("end_supervisor_override", "supervision.override_ended", _as(
        "hr", supervision.end_supervisor_override, _override, "supervision",
        until=today() + 5 * DAY, reason=REASON)),
    ("create_cycle", "cycle.created", lambda w: cycles.create_cycle(
        actor=w.users["hr"], unit=w.root, identity=_identity(today().year))),
    ("update_cycle", "cycle.changed", _as(
        "hr", cycles.update_cycle, _draft_cycle, "cycle", values={"name": "Nama lain"})),
    ("discard_cycle", "cycle.discarded", _as("hr", cycles.discard_cycle, _draft_cycle, "cycle")),
    ("change_peers", "feedback_assignment.changed", _asked_peers),
    ("launch_cycle", "cycle.launched", _as("hr", launch.launch_cycle, _draft_cycle, "cycle")),
    ("file_objection", "objection.filed", _objected),
    ("decide_objection", "objection.dismissed", _as(
        "camat", objections.decide_objection, _objected, "appraisal", upheld=False, answer=REASON)),
    ("publish_cycle", "cycle.published", _publish),
    ("submit_self_rating", "appraisal.self_submitted", _as(
        "employee", ratings.submit_self_rating,
        lambda w: _appraisal(w, Appraisal.State.SELF_REVIEW), "appraisal")),
    ("submit_part", "appraisal.part_submitted", _as(
        "superior", ratings.submit_part,
        lambda w: _appraisal(w, Appraisal.State.SUPERVISOR_REVIEW).parts.get(), "part")),
    ("submit_feedback", "feedback.answered", _as(
        "peer1", ratings.submit_feedback, _feedback, "request")),
    ("remind_people", "cycle.people_reminded", _as(
        "hr", reminders.remind_people,
        lambda w: _appraisal(w, Appraisal.State.SELF_REVIEW).cycle, "cycle", unit=None)),
    ("acknowledge_result", "appraisal.acknowledged", _as(
        "employee", results.acknowledge_result, _published, "appraisal")),
    ("reopen_appraisal", "appraisal.reopened", _as(
        "hr", results.reopen_appraisal, _published, "appraisal", reason=REASON)),
    ("close_feedback_window", "cycle.window_closed", _as(
        "hr", windows.close_feedback_window, lambda w: make_cycle(w.root), "cycle")),
    ("calibrate_cycle", "cycle.calibrated", _as(
        "hr", windows.calibrate_cycle,
        lambda w: _appraisal(w, Appraisal.State.CALIBRATION).cycle, "cycle")),
    ("close_cycle", "cycle.closed", _as(
        "hr", windows.close_cycle, lambda w: _published(w).cycle, "cycle")),
    ("create_class", "course_class.created", lambda w: training.make_class(unit=w.root)),
    ("update_class", "course_class.updated", lambda w: classes.update_class(
        actor=w.users["hr"], course_class=training.make_class(unit=w.root), version=1,
        details=training.class_details(capacity=9))),
    ("cancel_class", "course_class.cancelled", lambda w: classes.cancel_class(
        actor=w.users["hr"], course_class=training.make_class(unit=w.root), reason=REASON)),
    ("record_completion", "enrolment.completed", _completed),
    ("reverse_completion", "enrolment.completion_reversed", _as(
        "hr", completion.reverse_completion, _completed, "enrolment", reason=REASON)),
    ("create_course", "course.created", lambda w: courses.create_course(
        actor=w.users["hr"], code="K1", **_course_details())),
    ("update_course", "course.updated", lambda w: courses.update_course(
        actor=w.users["hr"], course=training.make_course(), version=1, **_course_details())),
    ("set_course_published", "course.unpublished", lambda w: courses.set_course_published(
        actor=w.users["hr"], course=training.make_course(), published=False)),
    ("request_enrolment", "enrolment.requested", lambda w: enrolment.request_enrolment(
        actor=w.users["employee"], course_class=training.make_class(unit=w.root))),
    ("approve_enrolment", "enrolment.approved", _as(
        "superior", enrolment.approve_enrolment, _enrolment, "enrolment")),
    ("reject_enrolment", "enrolment.rejected", _as(
        "superior", enrolment.reject_enrolment, _enrolment, "enrolment", note=REASON)),
    ("withdraw_enrolment", "enrolment.withdrawn", _as(
        "employee", enrolment.withdraw_enrolment, _enrolment, "enrolment")),
    ("load_catalogue", "catalogue.examples_loaded", lambda w: (
        load_reference(), importlib.import_module(
            "training.services.reference").load_development_kinds(),
        examples.load_catalogue(actor=w.users["hr"]))),
    ("set_item_state", "plan_item.state_set", _follow),
    ("propose_plan", "plan.proposed", lambda w: _proposed(_item_of(w).plan, w)),
    ("withdraw_plan", "plan.withdrawn", lambda w: _planned(
        w, "employee", plans.withdraw_plan, "proposed")),
    ("approve_plan", "plan.approved", lambda w: _planned(
        w, "superior", plans.approve_plan, "proposed")),
    ("return_plan", "plan.returned", lambda w: _planned(
        w, "superior", plans.return_plan, "proposed")),
    ("ratify_plan", "plan.ratified", lambda w: _planned(w, "hr", plans.ratify_plan, "approved")),
    ("update_item", "plan_item.updated", _update_item),
    ("add_item", "plan_item.added", _add_item),
    ("remove_item", "plan_item.removed", _remove_item),
    ("request_document", "document.requested", _document),
    ("retry_document", "document.retried", _retry),
    ("record_download", "document.downloaded", _download),
]  # fmt: skip


def _services() -> set[str]:
    """Names of public services that take an actor."""
    found = set()
    for app in APPS:
        package = importlib.import_module(f"{app}.services")
        modules = [package] + [
            importlib.import_module(f"{app}.services.{each.name}")
            for each in pkgutil.iter_modules(getattr(package, "__path__", []))
        ]
        for module in modules:
            for name, thing in vars(module).items():
                function = inspect.unwrap(thing) if inspect.isfunction(thing) else None
                if (
                    function is not None
                    and function.__module__ == module.__name__
                    and not name.startswith("_")
                    and "actor" in inspect.signature(function).parameters
                ):
                    found.add(name)
    return found


def test_audit_list_names_every_service_that_acts() -> None:
    listed = {name for name, _action, _scene in LIST} | set(WITHOUT)
    assert _services() - listed == set()
    assert listed - _services() == set(), "no longer there"


@pytest.mark.parametrize(
    ("action", "scene"), [row[1:] for row in LIST], ids=[row[0] for row in LIST]
)
def test_service_leaves_an_audit_entry(
    action: str, scene: Scene, world: World, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    known = set(AuditEntry.objects.values_list("pk", flat=True))
    scene(world)
    entries = AuditEntry.objects.exclude(pk__in=known)
    assert entries.filter(action=action).exists(), list(entries.values_list("action", flat=True))


SYSTEM = (
    "appraisal.supervisor_changed", "cycle.opened", "cycle.people_admitted",
    "cycle.results_final", "cycle.self_rating_ended", "document.ready", "employee.imported",
    "enrolment.moved_up", "feedback.links_cut", "import.applied", "level_batch.recorded",
    "objection.dismissed", "plan.drafted", "plan.redrafted",
)  # fmt: skip


@pytest.mark.parametrize("action", sorted({row[1] for row in LIST} | set(SYSTEM)))
def test_audit_action_is_read_in_words(action: str) -> None:
    noun, _dot, verb = action.partition(".")
    assert action in ACTIONS or (noun in NOUNS and verb in VERBS)


def test_auditor_never_reads_which_peers_rated_them(world: World) -> None:
    for persona in ("auditor", "employee"):
        person = world.people.get(persona) or make_employee(user=world.users[persona])
        for action in ("feedback.answered", "feedback_assignment.changed"):
            accounts.record(
                actor=world.users["peer1"],
                action=action,
                subject_employee_id=person.pk,
                day_only=True,
            )
    entries = audit_entries_for(world.users["auditor"]).filter(action__startswith="feedback")
    seen = set(entries.values_list("subject_employee_id", flat=True))
    assert seen == {world.people["employee"].pk}


@pytest.mark.parametrize(
    "cursor", ["", "x", "2026-01-01_x", f"2026-01-01T00:00:00_{uuid.UUID(int=1)}"]
)
def test_audit_list_passes_over_a_broken_cursor(cursor: str, world: World) -> None:
    accounts.record(actor=None, action="cycle.opened")
    address = reverse("competencies:audit")
    assert "Siklus penilaian dibuka" in (
        world.client("auditor").get(address, {"sesudah": cursor}).content.decode()
    )
