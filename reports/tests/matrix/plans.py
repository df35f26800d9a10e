"""Rows of development_plan."""

from conftest import World
from reports.tests.builders import make_plan
from reports.tests.matrix.attempts import Attempt, Key, answer, get, post
from training.models import DevelopmentPlan

# Whose plan a scope means, seen from the persona that tries.
OWNERS = {
    "direct": "employee",
    "direct_plan": "employee",
    "indirect": "sub_employee",
    "unrelated": "employee",
    "other": "peer1",
    "own_org": "employee",
    "own_unit": "employee",
    "any": "employee",
}


def _view(persona: str, owner: str) -> Attempt:
    def attempt(world: World) -> bool:
        plan = make_plan(world.people[owner])
        return answer(get(world, persona, "training:plan-detail", plan.pk))

    return attempt


def _move(persona: str, owner: str, state: str, name: str, goal: str) -> Attempt:
    def attempt(world: World) -> bool:
        plan = make_plan(world.people[owner], state=state)
        allowed = answer(post(world, persona, name, plan.pk, version=plan.version))
        moved = DevelopmentPlan.objects.get(pk=plan.pk).state == goal
        assert moved == allowed, "answer and effect say the same"
        return allowed

    return attempt


def _update(world: World) -> bool:
    plan = make_plan(world.people["employee"])
    item = plan.items.get()
    page = get(world, "employee", "training:item-update", item.pk)
    return answer(page)


CASES: dict[Key, Attempt] = {
    ("asn", "development_plan", "update", "own_draft"): _update,
    ("supervisor", "development_plan", "approve", "direct"): _move(
        "superior", "employee", "proposed", "training:plan-approve", "approved"
    ),
    ("supervisor", "development_plan", "approve", "self"): _move(
        "superior", "superior", "proposed", "training:plan-approve", "approved"
    ),
    ("asn", "development_plan", "view", "own"): _view("employee", "employee"),
    ("asn", "development_plan", "view", "other"): _view("employee", "peer1"),
    ("asn", "development_plan", "propose", "own_draft"): _move(
        "employee", "employee", "draft", "training:plan-propose", "proposed"
    ),
    ("asn", "development_plan", "approve", "own"): _move(
        "employee", "employee", "proposed", "training:plan-approve", "approved"
    ),
    ("supervisor", "development_plan", "view", "direct"): _view("superior", "employee"),
    ("supervisor", "development_plan", "view", "indirect"): _view("superior", "sub_employee"),
    ("supervisor", "development_plan", "view", "unrelated"): _view("other_superior", "employee"),
    ("hr", "development_plan", "view", "own_org"): _view("hr", "employee"),
    ("hr", "development_plan", "ratify", "own_org_approved"): _move(
        "hr", "employee", "approved", "training:plan-ratify", "ratified"
    ),
    ("hr", "development_plan", "ratify", "self"): _move(
        "hr", "hr", "approved", "training:plan-ratify", "ratified"
    ),
    ("leadership", "development_plan", "view", "own_unit"): _view("leader", "employee"),
    ("sysadmin", "development_plan", "view", "any"): _view("sysadmin", "employee"),
}
