"""Launching: who takes part, who rates whom, who is left out, in how many statements."""

import datetime as dt
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from competencies.models import (
    Assignment,
    Competency,
    Employee,
    EmployeeStatus,
    JobTier,
    Supervision,
)
from competencies.models.periods import since
from competencies.tests.builders import (
    LONG_AGO,
    grant,
    make_competency,
    make_employee,
    make_position,
    make_unit,
    make_user,
    require_level,
    supervise,
)
from conftest import World
from evaluations.models import Appraisal, Cycle, FeedbackRequest, LeftOut, SupervisorPart
from evaluations.selectors.cycles import launch_checks
from evaluations.selectors.launch_plan import plan_launch
from evaluations.selectors.progress import superiors_of
from evaluations.services.launch import admit_people, launch_cycle
from evaluations.tests.builders import make_cycle
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, Notice


@pytest.fixture
def competencies(world: World) -> list[Competency]:
    """Eight competencies that every tier requires."""
    made = [make_competency() for _number in range(8)]
    for tier in JobTier.objects.all():
        for competency in made:
            require_level(competency, 2, tier=tier)
    return made


@pytest.fixture
def draft(world: World, competencies: list[Competency]) -> Cycle:
    """A draft for the whole tree."""
    return make_cycle(world.root, state=Cycle.State.DRAFT, launched_at=None)


def test_launch_makes_one_appraisal_a_person_with_copy_of_post_and_standard(
    world: World, draft: Cycle, competencies: list[Competency]
) -> None:
    launch_cycle(actor=world.users["hr"], cycle=draft)
    appraisal = Appraisal.objects.get(employee=world.people["employee"])
    assert appraisal.state == Appraisal.State.SELF_REVIEW
    assert appraisal.unit_name == "Seksi A"
    assert appraisal.position_name == "Staf Seksi A"
    assert [item.competency for item in appraisal.competencies.all()] == competencies
    assert appraisal.competencies.filter(asked_of_peers=True).count() == 6
    assert Appraisal.objects.filter(cycle=draft).count() == 14
    draft.refresh_from_db()
    assert (draft.state, draft.version) == (Cycle.State.OPEN, 2)


def test_launch_leaves_out_with_the_reason(world: World, draft: Cycle) -> None:
    no_post = make_employee("Tanpa Jabatan")
    away = make_employee("Sedang Cuti", world.positions["employee"])
    supervise(world.people["superior"], away)
    EmployeeStatus.objects.filter(employee=away).update(status="long_leave")
    bare = make_employee("Tanpa Standar", make_position(world.section, tier=_bare_tier()))
    supervise(world.people["superior"], bare)
    launch_cycle(actor=world.users["hr"], cycle=draft)
    reasons = dict(LeftOut.objects.filter(cycle=draft).values_list("employee_id", "reason"))
    assert reasons == {
        world.people["camat"].pk: "no_supervisor",
        no_post.pk: "no_position",
        away.pk: "not_active",
        bare.pk: "no_standard",
    }
    assert not Appraisal.objects.filter(employee__in=reasons).exists()


def _bare_tier() -> JobTier:
    return JobTier.objects.create(
        code="KOSONG", name="Kosong", law_category="nonmanajerial", family="x", ip_asn_group="x"
    )


def test_launch_weights_a_movers_parts_by_days(world: World, draft: Cycle) -> None:
    Supervision.objects.filter(employee=world.people["employee"]).delete()
    year = draft.year
    supervise(
        world.people["former_superior"], world.people["employee"], LONG_AGO, dt.date(year, 4, 1)
    )
    supervise(world.people["superior"], world.people["employee"], dt.date(year, 4, 1))
    launch_cycle(actor=world.users["hr"], cycle=draft)
    parts = SupervisorPart.objects.filter(appraisal__employee=world.people["employee"])
    days = {part.supervisor.name: part.days for part in parts}
    total = (draft.period.upper - draft.period.lower).days
    assert days == {"Former Superior": total - 275, "Superior": 275}


def test_launch_without_history_gives_todays_supervisor_the_whole_period(
    world: World, draft: Cycle
) -> None:
    Cycle.objects.filter(pk=draft.pk).update(period=since(dt.date(2014, 1, 1), dt.date(2015, 1, 1)))
    launch_cycle(actor=world.users["hr"], cycle=draft)
    part = SupervisorPart.objects.get(appraisal__employee=world.people["sub_employee"])
    assert (part.supervisor, part.days) == (world.people["sub_head"], 365)


def test_launch_merges_two_periods_of_one_supervisor(world: World, draft: Cycle) -> None:
    Supervision.objects.filter(employee=world.people["employee"]).delete()
    year = draft.year
    for start, until in (
        (LONG_AGO, dt.date(year, 2, 1)),
        (dt.date(year, 3, 1), None),
    ):
        supervise(world.people["superior"], world.people["employee"], start, until)
    launch_cycle(actor=world.users["hr"], cycle=draft)
    part = SupervisorPart.objects.get(appraisal__employee=world.people["employee"])
    whole = (draft.period.upper - draft.period.lower).days
    gap = (dt.date(year, 3, 1) - dt.date(year, 2, 1)).days
    assert part.days == whole - gap


def test_launch_never_asks_oneself_anybody_above_or_anybody_below(
    world: World, draft: Cycle
) -> None:
    launch_cycle(actor=world.users["hr"], cycle=draft)
    for request in FeedbackRequest.objects.filter(relation="peer").select_related("appraisal"):
        subject, rater = request.appraisal.employee_id, request.rater_id
        assert subject != rater
        assert rater not in superiors_of(subject)
        assert subject not in superiors_of(rater)


def test_launch_prefers_the_own_unit_and_asks_five(world: World, draft: Cycle) -> None:
    launch_cycle(actor=world.users["hr"], cycle=draft)
    asked = FeedbackRequest.objects.filter(
        appraisal__employee=world.people["employee"], relation="peer"
    )
    assert {request.rater.name for request in asked} == {f"Peer{n}" for n in range(1, 6)}
    for appraisal in Appraisal.objects.filter(cycle=draft):
        assert appraisal.requests.filter(relation="peer").count() == 5


def test_launch_spreads_the_forms_within_a_large_unit(world: World, draft: Cycle) -> None:
    head = make_employee("Kepala Besar", make_position(world.root, name="Kepala Besar"))
    supervise(world.people["camat"], head)
    unit = make_unit("Unit Besar", world.root)
    post = make_position(unit, seats=60)
    staff = [make_employee(f"Staf {n}", post) for n in range(60)]
    for person in staff:
        supervise(head, person)
    launch_cycle(actor=world.users["hr"], cycle=draft)
    about_staff = FeedbackRequest.objects.filter(
        relation="peer", appraisal__employee__in=staff
    ).values_list("rater_id", flat=True)
    load = Counter(about_staff)
    assert set(load) == {person.pk for person in staff}
    assert max(load.values()) - min(load.values()) <= 2


def test_launch_with_two_colleagues_asks_nobody_and_says_so(
    competencies: list[Competency], world: World
) -> None:
    root = make_unit("Kantor Kecil")
    head = make_employee("Kepala Kecil", make_position(root, is_head=True))
    top = make_employee("Pembina")
    supervise(top, head)
    post = make_position(root, seats=3)
    staff = [make_employee(f"Staf Kecil {n}", post) for n in range(3)]
    for person in staff:
        supervise(head, person)
    cycle = make_cycle(root, state=Cycle.State.DRAFT, weight_subordinate=10)
    plan = plan_launch(cycle)
    assert {count: len(people) for count, people in plan.few_peers.items()} == {0: 1, 2: 3}
    warning = next(c for c in launch_checks(cycle, plan) if "hanya punya 2" in c.title)
    assert warning.title == "3 pegawai hanya punya 2 rekan kerja"
    assert warning.text.startswith("Bagian rekan kerja tidak akan tampil; bobotnya dibagi.")
    assert "Staf Kecil 1" in warning.text
    hr = make_user("hr_kecil")
    grant(hr, "hr", root)
    launch_cycle(actor=hr, cycle=cycle)
    assert not FeedbackRequest.objects.filter(appraisal__cycle=cycle, relation="peer").exists()
    below = FeedbackRequest.objects.filter(appraisal__cycle=cycle, relation="subordinate")
    assert {request.rater for request in below} == set(staff)
    assert {request.appraisal.employee for request in below} == {head}


def test_launch_with_two_reports_asks_no_subordinates(world: World, draft: Cycle) -> None:
    launch_cycle(actor=world.users["hr"], cycle=draft)
    asked = FeedbackRequest.objects.filter(relation="subordinate")
    # Only the section head has three reports or more.
    assert {request.appraisal.employee for request in asked} == {world.people["superior"]}


def test_launch_before_the_first_day_keeps_drafts_and_tells_nobody(
    world: World, draft: Cycle
) -> None:
    Cycle.objects.filter(pk=draft.pk).update(opens_on=today() + dt.timedelta(days=3))
    launch_cycle(actor=world.users["hr"], cycle=draft)
    assert set(Appraisal.objects.values_list("state", flat=True)) == {"draft"}
    assert not Notice.objects.exists()


def test_launch_of_a_quarter_needs_no_standard_and_goes_to_the_supervisor(world: World) -> None:
    cycle = make_cycle(
        world.root,
        state=Cycle.State.DRAFT,
        kind="quarterly",
        quarter=2,
        rates_competencies=False,
    )
    launch_cycle(actor=world.users["hr"], cycle=cycle)
    appraisal = Appraisal.objects.get(cycle=cycle, employee=world.people["employee"])
    assert appraisal.state == Appraisal.State.SUPERVISOR_REVIEW
    assert not appraisal.competencies.exists()
    assert not FeedbackRequest.objects.filter(appraisal__cycle=cycle).exists()


def test_launch_takes_only_the_kinds_and_the_tree_asked_for(world: World, draft: Cycle) -> None:
    Employee.objects.filter(pk=world.people["peer1"].pk).update(employment_kind="PPPK")
    Cycle.objects.filter(pk=draft.pk).update(unit=world.section, employment_kinds=["PPPK"])
    launch_cycle(actor=world.users["hr"], cycle=draft)
    people = set(Appraisal.objects.filter(cycle=draft).values_list("employee__name", flat=True))
    assert people == {"Peer1"}


def test_launch_tells_accounts_and_writes_one_audit_entry(world: World, draft: Cycle) -> None:
    launch_cycle(actor=world.users["hr"], cycle=draft)
    told = Notice.objects.filter(user=world.users["employee"]).values_list("kind", flat=True)
    assert sorted(told) == ["cycle.opened", "feedback.asked"]
    entry = AuditEntry.objects.get(action="cycle.launched")
    assert entry.after["appraisals"] == 14
    assert entry.after["left_out"] == {"no_supervisor": 1}
    assert entry.actor_id == world.users["hr"].pk


def test_launch_twice_is_refused(world: World, draft: Cycle) -> None:
    launch_cycle(actor=world.users["hr"], cycle=draft)
    with pytest.raises(ValidationError) as refusal:
        launch_cycle(actor=world.users["hr"], cycle=draft)
    assert refusal.value.code == "state"
    assert Appraisal.objects.filter(cycle=draft).count() == 14


def test_launch_of_a_draft_changed_meanwhile_is_refused(world: World, draft: Cycle) -> None:
    Cycle.objects.filter(pk=draft.pk).update(version=5)
    with pytest.raises(ValidationError):
        launch_cycle(actor=world.users["hr"], cycle=draft, version=1)
    assert not Appraisal.objects.exists()


@pytest.mark.parametrize("persona", ["employee", "superior", "camat", "foreign_hr", "auditor"])
def test_launch_by_anybody_but_hr_of_the_tree_is_refused(
    world: World, draft: Cycle, persona: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        launch_cycle(actor=world.users[persona], cycle=draft)
    assert refusal.value.code == "not_allowed"
    assert not Appraisal.objects.exists()


def test_admit_gives_a_late_supervised_person_an_appraisal(world: World, draft: Cycle) -> None:
    late = make_employee("Susulan", world.positions["employee"])
    launch_cycle(actor=world.users["hr"], cycle=draft)
    assert LeftOut.objects.filter(employee=late, reason="no_supervisor").exists()
    draft.refresh_from_db()
    assert not admit_people(actor=world.users["hr"], cycle=draft).appraisals
    supervise(world.people["superior"], late)
    plan = admit_people(actor=world.users["hr"], cycle=draft)
    assert [planned.employee for planned in plan.appraisals] == [late]
    assert Appraisal.objects.get(employee=late).requests.count() == 5
    assert not LeftOut.objects.filter(employee=late).exists()
    assert AuditEntry.objects.filter(action="cycle.people_admitted").count() == 1


def test_launch_uses_the_post_of_the_cycles_end(world: World, draft: Cycle) -> None:
    person = world.people["unrelated"]
    Cycle.objects.filter(pk=draft.pk).update(
        period=since(today() - dt.timedelta(days=400), today() - dt.timedelta(days=30))
    )
    Assignment.objects.filter(employee=person).delete()
    Assignment.objects.create(
        employee=person,
        position=world.positions["unrelated"],
        period=since(LONG_AGO, today() - dt.timedelta(days=10)),
    )
    Assignment.objects.create(
        employee=person,
        position=world.positions["employee"],
        period=since(today() - dt.timedelta(days=10)),
    )
    launch_cycle(actor=world.users["hr"], cycle=draft)
    assert Appraisal.objects.get(employee=person).unit_name == "Seksi B"


def test_plan_takes_the_same_statements_for_more_people(world: World, draft: Cycle) -> None:
    with CaptureQueriesContext(connection) as few:
        plan_launch(draft)
    post = world.positions["employee"]
    for number in range(20):
        supervise(world.people["superior"], make_employee(f"Tambahan {number}", post))
    with CaptureQueriesContext(connection) as many:
        plan = plan_launch(draft)
    assert len(plan.appraisals) == 34
    assert len(many) == len(few) <= 10
