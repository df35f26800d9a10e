"""Who gets which answer from every address of training."""

import pytest
from django.urls import get_resolver, reverse

from competencies.models import Evidence, ProposedLevel
from competencies.services.levels import add_evidence
from competencies.tests.builders import make_competency
from gayungan_asn.accounts.clock import today
from training.models import Enrolment, PlanItem
from training.tests.builders import (
    make_activity,
    make_class,
    make_course,
    make_enrolment,
    make_plan,
)

# persona → status; those not named get the status under "".
CASES = [
    ("catalogue", "none", {"anonymous": 302, "": 200}),
    ("course-detail", "course", {"anonymous": 302, "": 200}),
    ("course-detail", "draft_course", {"anonymous": 302, "hr": 200, "employee": 404, "superior": 404}),
    ("enrol", "open_class", {"anonymous": 302, "employee": 200, "superior": 200, "auditor": 403}),
    ("enrol", "draft_class", {"employee": 404, "superior": 404}),
    ("enrolments", "none", {"anonymous": 302, "employee": 200, "auditor": 403}),
    ("approvals", "none", {"anonymous": 302, "superior": 200, "employee": 200, "sysadmin": 403}),
    ("enrolment-withdraw", "enrolment", {"employee": 302, "superior": 403, "unrelated": 404, "hr": 403}),
    (
        "enrolment-approve",
        "enrolment",
        {
            "superior": 302, "camat": 403, "employee": 403, "hr": 403, "unrelated": 404,
            "other_superior": 404, "former_superior": 404, "foreign_hr": 404, "sysadmin": 404,
            "auditor": 404, "leader": 404, "peer1": 404,
        },
    ),
    (
        "enrolment-reject",
        "enrolment",
        {"superior": 302, "camat": 403, "employee": 403, "hr": 403, "unrelated": 404},
    ),
    (
        "level-decide",
        "proposal",
        {"superior": 302, "camat": 403, "employee": 403, "hr": 403, "unrelated": 404},
    ),
    ("classes", "none", {"anonymous": 302, "hr": 200, "employee": 403, "superior": 403, "camat": 403, "auditor": 403}),
    ("class-detail", "open_class", {"hr": 200, "second_hr": 200, "foreign_hr": 403, "employee": 403, "superior": 403}),
    ("class-update", "open_class", {"hr": 200, "foreign_hr": 403, "employee": 403, "superior": 403}),
    ("class-cancel", "open_class", {"hr": 302, "foreign_hr": 403, "employee": 403, "superior": 403}),
    (
        "completion-reverse",
        "enrolment",
        {"hr": 302, "foreign_hr": 404, "employee": 403, "superior": 403, "unrelated": 404},
    ),
    ("courses", "none", {"anonymous": 302, "hr": 200, "employee": 403, "superior": 403}),
    ("course-new", "none", {"hr": 200, "employee": 403, "superior": 403, "sysadmin": 403}),
    ("course-update", "course", {"hr": 200, "employee": 403, "superior": 403, "leader": 403}),
    ("course-publish", "course", {"hr": 302, "employee": 403, "superior": 403}),
    ("class-new", "course", {"hr": 200, "employee": 403, "superior": 403}),
    ("plans", "none", {"anonymous": 302, "employee": 200, "hr": 200, "leader": 403, "sysadmin": 403}),
    ("plans-approve", "none", {"superior": 302, "employee": 302}),
    ("plans-ratify", "none", {"hr": 302, "employee": 302}),
    (
        "plan-detail",
        "plan",
        {
            "anonymous": 302, "employee": 200, "superior": 200, "camat": 200, "hr": 200,
            "unrelated": 404, "other_superior": 404, "former_superior": 404, "peer1": 404,
            "leader": 404, "auditor": 404, "sysadmin": 404, "foreign_hr": 404, "sub_head": 404,
        },
    ),
    ("plan-propose", "plan", {"employee": 200, "superior": 403, "hr": 403, "unrelated": 404}),
    ("plan-withdraw", "plan", {"employee": 302, "superior": 403, "hr": 403, "unrelated": 404}),
    ("plan-approve", "plan", {"superior": 302, "camat": 403, "employee": 403, "hr": 403, "unrelated": 404}),
    ("plan-return", "plan", {"superior": 302, "camat": 403, "employee": 403, "hr": 403, "unrelated": 404}),
    ("plan-ratify", "plan", {"hr": 302, "second_hr": 302, "superior": 403, "camat": 403, "employee": 403, "foreign_hr": 404}),
    ("plan-ratify", "hr_plan", {"hr": 403, "second_hr": 302}),
    ("item-new", "plan_gap", {"employee": 200, "superior": 403, "hr": 403, "unrelated": 404}),
    ("item-update", "item", {"employee": 200, "superior": 403, "hr": 403, "unrelated": 404}),
    ("item-remove", "item", {"employee": 302, "superior": 403, "unrelated": 404}),
    ("item-follow", "item", {"employee": 403, "superior": 403, "unrelated": 404}),
]  # fmt: skip
POSTS = {
    "enrolment-withdraw", "enrolment-approve", "enrolment-reject", "level-decide", "class-cancel",
    "completion-reverse", "course-publish", "plans-approve", "plans-ratify", "plan-withdraw",
    "plan-approve", "plan-return", "plan-ratify", "item-remove", "item-follow",
}  # fmt: skip
EVERYBODY = ["employee", "superior", "camat", "hr", "unrelated", "auditor", "sysadmin", "leader"]


def expand():
    for name, target, statuses in CASES:
        named = {persona: status for persona, status in statuses.items() if persona}
        rest = {p: statuses[""] for p in EVERYBODY if "" in statuses and p not in named}
        yield pytest.param(name, target, {**named, **rest}, id=f"{name}-{target}")


@pytest.fixture
def targets(world):
    """What the addresses point at."""
    employee = world.people["employee"]
    competency = make_competency()
    course = make_course(outcomes={competency: (0, 2)})
    draft = make_course(outcomes={competency: (0, 2)}, is_published=False)
    open_class = make_class(course, world.root)
    draft_class = make_class(draft, world.root)
    evidence = add_evidence(
        actor=None,
        employee=employee,
        kind=Evidence.Kind.TRAINING,
        title="Pelatihan",
        hours=4,
        happened_on=today(),
        competencies=[competency],
        source_reference="test:evidence",
    )
    plan = make_plan(employee, {competency: (2, 0)})
    hr_plan = make_plan(world.people["hr"], {competency: (2, 0)}, state="approved")
    make_activity("penugasan", {competency: (0, 2)})
    item = PlanItem.objects.create(plan=plan, title="Penugasan", way="penugasan")
    item.gaps.create(competency=competency, required_level=2, attained_level=0)
    return {
        "none": [],
        "course": [course.pk],
        "draft_course": [draft.pk],
        "open_class": [open_class.pk],
        "draft_class": [draft_class.pk],
        "enrolment": [make_enrolment(open_class, employee).pk],
        "proposal": [
            ProposedLevel.objects.create(
                employee=employee, competency=competency, level=1, evidence=evidence
            ).pk
        ],
        "plan": [plan.pk],
        "hr_plan": [hr_plan.pk],
        "plan_gap": [plan.pk, competency.pk],
        "item": [item.pk],
    }


@pytest.mark.parametrize(("name", "target", "statuses"), expand())
def test_address_of_training_answers_the_personas(world, targets, name, target, statuses):
    url = reverse(f"training:{name}", args=targets[target])
    method = "post" if name in POSTS else "get"
    given = {persona: world.ask(persona, method, url).status_code for persona in statuses}
    assert given == statuses


def test_every_address_of_training_is_in_the_table():
    resolver = next(
        each for each in get_resolver().url_patterns if getattr(each, "app_name", "") == "training"
    )
    names = {pattern.name for pattern in resolver.url_patterns}
    assert names == {name for name, _target, _statuses in CASES}


def test_change_in_training_is_never_a_get(world, targets):
    for case, target, _statuses in CASES:
        if case in POSTS:
            url = reverse(f"training:{case}", args=targets[target])
            assert world.ask("hr", "get", url).status_code == 405, case


def test_request_for_another_person_is_made_for_oneself(world, targets):
    other = world.people["unrelated"]
    url = reverse("training:enrol", args=targets["open_class"])
    world.client("peer1").post(url, {"employee": other.pk, "employee_id": other.pk})
    made = Enrolment.objects.filter(course_class=targets["open_class"][0]).order_by("pk").last()
    assert made.employee == world.people["peer1"]
