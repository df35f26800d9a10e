"""The way of a plan: who moves it from where, changing lines, following them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from competencies.tests.builders import make_competency
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, Notice
from training.models import DevelopmentPlan, Enrolment, PlanItem
from training.selectors.offers import plan_offers
from training.selectors.plan_content import plan_content
from training.selectors.plans import mix_of
from training.services.completion import record_completion
from training.services.enrolment import approve_enrolment, request_enrolment, withdraw_enrolment
from training.services.follow import set_item_state
from training.services.plans import (
    STEPS,
    add_item,
    approve_plan,
    propose_plan,
    ratify_plan,
    remove_item,
    return_plan,
    update_item,
    withdraw_plan,
)
from training.tests.builders import (
    DAY,
    make_activity,
    make_class,
    make_course,
    make_enrolment,
    make_plan,
    refused,
)

State = DevelopmentPlan.State


@pytest.fixture
def competency(db):
    return make_competency("KA")


@pytest.fixture
def plan(world, competency):
    """A draft of `employee` with one assignment."""
    made = make_plan(world.people["employee"], {competency: (2, 0)})
    item = PlanItem.objects.create(
        plan=made, key="lama", title="Meja pengaduan", way="penugasan", hours_on_job=24
    )
    item.gaps.create(competency=competency, required_level=2, attained_level=0)
    return made


def fresh(plan):
    return DevelopmentPlan.objects.get(pk=plan.pk)


def in_state(plan, state):
    DevelopmentPlan.objects.filter(pk=plan.pk).update(state=state)
    return fresh(plan)


def test_plan_goes_from_draft_to_ratified(world, plan):
    users = world.users
    steps = [
        (propose_plan, "employee", State.PROPOSED),
        (approve_plan, "superior", State.APPROVED),
        (ratify_plan, "hr", State.RATIFIED),
    ]
    for number, (service, persona, state) in enumerate(steps, start=1):
        moved = service(actor=users[persona], plan=plan, version=number)
        assert (moved.state, moved.version) == (state, number + 1)
    plan = fresh(plan)
    assert plan.approved_by_employee == world.people["superior"]
    assert plan.ratified_by == users["hr"]
    assert plan.proposed_at < plan.approved_at < plan.ratified_at
    actions = set(
        AuditEntry.objects.filter(object_type="developmentplan").values_list("action", flat=True)
    )
    assert actions == {"plan.proposed", "plan.approved", "plan.ratified"}
    assert Notice.objects.filter(user=users["superior"], kind="plan.proposed").count() == 1
    assert Notice.objects.filter(user=users["hr"], kind="plan.approved").count() == 1
    assert Notice.objects.filter(user=users["employee"]).count() == 2


SERVICES = {
    "propose": propose_plan,
    "withdraw": withdraw_plan,
    "approve": approve_plan,
    "return": return_plan,
    "ratify": ratify_plan,
}
WHO = {
    "propose": {"employee"},
    "withdraw": {"employee"},
    "approve": {"superior"},
    "return": {"superior"},
    "ratify": {"hr", "second_hr"},
}
PERSONAS = [
    "employee", "superior", "camat", "hr", "second_hr", "foreign_hr", "unrelated", "peer1",
    "former_superior", "leader", "auditor", "sysadmin",
]  # fmt: skip


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("name", sorted(STEPS))
def test_step_is_taken_by_whom_the_table_names(world, plan, name, persona):
    plan = in_state(plan, STEPS[name].source)
    extra = {"note": "Ubah"} if name == "return" else {}
    values = {"actor": world.users[persona], "plan": plan, "version": 1, **extra}
    if persona in WHO[name]:
        assert SERVICES[name](**values).state == STEPS[name].target
    else:
        refused("forbidden", SERVICES[name], **values)


@pytest.mark.parametrize(
    ("name", "state"),
    [(name, state) for name in STEPS for state in State.values if state != STEPS[name].source],
)
def test_step_from_another_state_is_refused(world, plan, name, state):
    plan = in_state(plan, state)
    extra = {"note": "Ubah"} if name == "return" else {}
    actor = world.users[sorted(WHO[name])[0]]
    refused("state", SERVICES[name], actor=actor, plan=plan, version=1, **extra)


@pytest.mark.parametrize("name", sorted(STEPS))
def test_step_on_an_older_version_is_refused(world, plan, name):
    plan = in_state(plan, STEPS[name].source)
    DevelopmentPlan.objects.filter(pk=plan.pk).update(version=5)
    extra = {"note": "Ubah"} if name == "return" else {}
    actor = world.users[sorted(WHO[name])[0]]
    refused("stale", SERVICES[name], actor=actor, plan=plan, version=4, **extra)


def test_own_plan_of_hr_is_ratified_by_another(world, competency):
    plan = make_plan(world.people["hr"], {competency: (2, 0)}, state=State.APPROVED)
    refused("forbidden", ratify_plan, actor=world.users["hr"], plan=plan, version=1)
    assert ratify_plan(actor=world.users["second_hr"], plan=plan, version=1).state == "ratified"


def test_empty_plan_is_not_proposed(world, plan):
    plan.items.all().delete()
    refused("empty", propose_plan, actor=world.users["employee"], plan=plan, version=1)


def test_returned_plan_is_a_draft_with_the_note(world, plan):
    plan = in_state(plan, State.PROPOSED)
    superior = world.users["superior"]
    refused("reason", return_plan, actor=superior, plan=plan, version=1, note=" ")
    plan = return_plan(actor=superior, plan=plan, version=1, note="Mulai triwulan 2")
    assert (plan.state, plan.note, plan.proposed_at) == ("draft", "Mulai triwulan 2", None)
    page = world.client("employee").get(f"/pelatihan/rencana/{plan.pk}/").content.decode()
    assert "Mulai triwulan 2" in page
    assert propose_plan(actor=world.users["employee"], plan=plan, version=2).note == ""


@pytest.fixture
def offers(world, competency):
    """A course, a guidance and an assignment for the gap, and a course for something else."""
    make_course("Menangani Keluhan", {competency: (0, 2)}, cost=750_000, cost_source="DPA")
    make_activity("bimbingan", {competency: (0, 1)}, title="Coaching", hours=4)
    make_course("Lain", {make_competency("KB"): (0, 2)})
    return {offer.title: offer for offer in plan_offers(2027)}


def test_line_is_added_for_its_gap_with_the_reason(world, plan, competency, offers):
    item = add_item(
        actor=world.users["employee"],
        plan=plan,
        version=1,
        competency_id=competency.pk,
        offer=offers["Menangani Keluhan"],
        quarter=2,
    )
    assert (item.way, item.hours, item.cost, item.quarter) == ("pelatihan", 8, 750_000, 2)
    assert "Tingkat 0, standar 2" in item.reason
    assert item.gaps.get().competency == competency
    plan = fresh(plan)
    assert (plan.version, bool(plan.edited_at)) == (2, True)
    assert AuditEntry.objects.filter(action="plan_item.added").count() == 1


def test_line_is_not_added_twice_nor_for_another_gap(world, plan, competency, offers):
    values = {
        "actor": world.users["employee"],
        "plan": plan,
        "competency_id": competency.pk,
        "quarter": 1,
    }
    add_item(offer=offers["Coaching"], version=1, **values)
    refused("twice", add_item, offer=offers["Coaching"], version=2, **values)
    refused("offer", add_item, offer=offers["Lain"], version=2, **values)
    values["competency_id"] = make_competency().pk
    refused("offer", add_item, offer=offers["Menangani Keluhan"], version=2, **values)
    assert fresh(plan).version == 2


def changes(**fields):
    return {
        "quarter": 3,
        "hours": Decimal(2),
        "hours_on_job": 10,
        "success_sign": "Dijawab dalam 5 hari",
    } | fields


def test_line_is_changed_and_swapped(world, plan, offers):
    actor, item = world.users["employee"], plan.items.get()
    item = update_item(actor=actor, item=item, version=1, **changes())
    assert (item.quarter, item.hours, item.hours_on_job) == (3, 2, 10)
    item = update_item(
        actor=actor, item=item, version=2, offer=offers["Menangani Keluhan"], **changes()
    )
    assert plan.items.count() == 1
    assert (item.way, item.hours, item.hours_on_job, item.cost) == ("pelatihan", 8, 0, 750_000)
    assert item.gaps.count() == 1
    refused(
        "offer", update_item, actor=actor, item=item, version=3, offer=offers["Lain"], **changes()
    )
    assert AuditEntry.objects.filter(action="plan_item.updated").count() == 2


def test_line_is_removed(world, plan):
    remove_item(actor=world.users["employee"], item=plan.items.get(), version=1)
    assert not plan.items.exists()
    assert AuditEntry.objects.get(action="plan_item.removed").before["title"] == "Meja pengaduan"


@pytest.mark.parametrize("state", ["proposed", "approved", "ratified", "closed"])
def test_lines_change_in_a_draft_only(world, plan, state):
    item = plan.items.select_related("plan").get()
    in_state(plan, state)
    actor = world.users["employee"]
    refused("state", update_item, actor=actor, item=item, version=1, **changes())
    refused("state", remove_item, actor=actor, item=item, version=1)


def test_lines_of_another_person_are_refused(world, plan):
    item = plan.items.get()
    for persona in ("superior", "hr", "unrelated"):
        actor = world.users[persona]
        refused("forbidden", update_item, actor=actor, item=item, version=1, **changes())
        refused("forbidden", remove_item, actor=actor, item=item, version=1)


def test_line_changed_in_another_tab_is_not_overwritten(world, plan):
    item, actor = plan.items.get(), world.users["employee"]
    update_item(actor=actor, item=item, version=1, **changes())
    refused("stale", update_item, actor=actor, item=item, version=1, **changes(quarter=4))
    assert plan.items.get().quarter == 3


def test_activity_of_a_ratified_plan_is_ticked(world, plan):
    plan = in_state(plan, State.RATIFIED)
    item = plan.items.get()
    for persona in ("superior", "hr"):
        refused("forbidden", set_item_state, actor=world.users[persona], item=item, state="done")
    item = set_item_state(actor=world.users["employee"], item=item, state="done", quarter=4)
    assert (item.state, item.done_on, item.quarter) == ("done", today(), 4)
    assert fresh(plan).version == 2
    assert AuditEntry.objects.filter(action="plan_item.state_set").count() == 1


def test_activity_is_not_ticked_before_ratification(world, plan):
    item = plan.items.get()
    refused("forbidden", set_item_state, actor=world.users["employee"], item=item, state="done")


@pytest.fixture
def course_line(world, plan, competency):
    """A ratified plan of this year with a line for a course that has a class."""
    course = make_course("Menangani Keluhan", {competency: (0, 2)})
    course_class = make_class(course, world.root)
    DevelopmentPlan.objects.filter(pk=plan.pk).update(
        state=State.RATIFIED, year=course_class.first_day.year
    )
    line = PlanItem.objects.create(plan=plan, title=course.title, way="pelatihan", course=course)
    return line, course_class


def test_line_of_a_course_follows_the_enrolment(world, course_line):
    line, course_class = course_line
    employee, superior = world.users["employee"], world.users["superior"]
    enrolment = request_enrolment(actor=employee, course_class=course_class)
    approve_enrolment(actor=superior, enrolment=enrolment)
    line.refresh_from_db()
    assert (line.state, line.enrolment) == ("running", enrolment)
    refused("enrolled", set_item_state, actor=employee, item=line, state="done")
    withdraw_enrolment(actor=employee, enrolment=enrolment)
    line.refresh_from_db()
    assert (line.state, line.enrolment) == ("planned", None)


def test_line_of_a_course_is_done_with_its_completion(world, course_line):
    line, course_class = course_line
    past = make_class(course_class.course, world.root, today() - DAY)
    DevelopmentPlan.objects.update(year=past.first_day.year)
    enrolment = make_enrolment(past, world.people["employee"], Enrolment.State.CONFIRMED)
    record_completion(
        actor=world.users["hr"], enrolment=enrolment, completed=True, happened_on=today()
    )
    line.refresh_from_db()
    assert (line.state, line.done_on) == ("done", today())


def test_content_of_a_plan_adds_up(world, plan, competency, offers):
    add_item(
        actor=world.users["employee"],
        plan=plan,
        version=1,
        competency_id=competency.pk,
        offer=offers["Menangani Keluhan"],
        quarter=2,
    )
    content = plan_content(fresh(plan))
    assert (content.hours_total, content.cost_total, content.activity_count) == (8, 750_000, 2)
    assert (content.below, content.assessed, content.total, content.largest_gap) == (1, 1, 1, -2)
    assert content.way_counts == {"penugasan": 1, "bimbingan": 0, "pelatihan": 1}
    assert content.costs[0].source == "DPA"
    assert content.employee.name == "Employee"
    assert content.supervisor.name == "Superior"
    assert content.goals[0].activities[1].when == "Apr–Jun 2027"
    assert sum(part.percent for part in mix_of(content)) == 100


def test_page_of_a_plan_needs_the_same_statements_for_any_number_of_lines(world, plan, competency):
    def statements():
        client = world.client("employee")
        with CaptureQueriesContext(connection) as caught:
            client.get(f"/pelatihan/rencana/{plan.pk}/")
        return len([q for q in caught if "SAVEPOINT" not in q["sql"]])

    few = statements()
    for number in range(15):
        item = PlanItem.objects.create(plan=plan, key=f"k{number}", title="K", way="penugasan")
        item.gaps.create(competency=competency, required_level=2, attained_level=0)
    assert statements() == few <= 15


def test_waiting_plans_are_approved_together_by_name(world, plan, competency):
    other = make_plan(world.people["peer1"], {competency: (2, 0)}, state=State.PROPOSED)
    in_state(plan, State.PROPOSED)
    client = world.client("superior")
    page = client.get("/pelatihan/persetujuan/").content.decode()
    assert "Rencana 2027 Employee" in page
    assert "Rencana 2027 Peer1" in page
    client.post("/pelatihan/rencana/setujui/", {"rencana": [f"{plan.pk}:1", f"{other.pk}:1"]})
    assert fresh(plan).state == fresh(other).state == State.APPROVED


def test_batch_with_a_plan_of_somebody_elses_team_is_refused(world, competency):
    plan = make_plan(world.people["sub_employee"], {competency: (2, 0)}, state=State.PROPOSED)
    answer = world.client("superior").post(
        "/pelatihan/rencana/setujui/", {"rencana": [f"{plan.pk}:1"]}
    )
    assert answer.status_code == 403
    assert fresh(plan).state == State.PROPOSED


def test_approved_plans_are_ratified_together_except_the_own(world, plan, competency):
    in_state(plan, State.APPROVED)
    own = make_plan(world.people["hr"], {competency: (2, 0)}, state=State.APPROVED)
    client = world.client("hr")
    page = client.get("/pelatihan/rencana/?keadaan=approved").content.decode()
    assert f'value="{plan.pk}:1"' in page
    assert f'value="{own.pk}:1"' not in page
    client.post("/pelatihan/rencana/tetapkan/", {"rencana": [f"{plan.pk}:1"]})
    assert fresh(plan).state == State.RATIFIED
