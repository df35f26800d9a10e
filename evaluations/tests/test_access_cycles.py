"""Who gets which answer from every address about cycles."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from competencies.tests.builders import make_competency
from conftest import World
from evaluations.models import Appraisal, Cycle
from evaluations.tests.builders import make_appraisal, make_cycle
from evaluations.urls import urlpatterns

PERSONAS = (
    "anonymous", "employee", "superior", "camat", "unrelated", "other_superior",
    "former_superior", "hr", "second_hr", "foreign_hr", "auditor", "sysadmin",
)  # fmt: skip
HR = ("hr", "second_hr")
OUTSIDE = {**dict.fromkeys(PERSONAS, 404), "anonymous": 302}


def answers(status: int) -> dict[str, int]:
    """404 for all but HR of the tree."""
    return OUTSIDE | dict.fromkeys(HR, status)


def cycle_in(state: str) -> Callable[[World], dict[str, object]]:
    """A cycle of the root in that state."""

    def make(world: World) -> dict[str, object]:
        return {"pk": make_cycle(world.root, state=state).pk}

    return make


def appraisal(world: World) -> dict[str, object]:
    """The employee's appraisal, while the window is open."""
    made = make_appraisal(
        world.people["employee"],
        make_cycle(world.root),
        [make_competency()],
        state=Appraisal.State.SUPERVISOR_REVIEW,
    )
    return {"pk": made.pk}


def own_appraisal(world: World) -> dict[str, object]:
    """The appraisal of the HR person."""
    made = make_appraisal(world.people["hr"], make_cycle(world.root), [make_competency()])
    return {"pk": made.pk}


def nothing(world: World) -> dict[str, object]:
    """No part in the address."""
    return {}


HR_PAGES = {
    **dict.fromkeys(PERSONAS, 403),
    "anonymous": 302,
    **dict.fromkeys((*HR, "foreign_hr"), 200),
}
DRAFT, OPEN, CALIBRATION, PUBLISHED = (
    Cycle.State.DRAFT,
    Cycle.State.OPEN,
    Cycle.State.CALIBRATION,
    Cycle.State.PUBLISHED,
)
TABLE: list[tuple[str, str, Callable[[World], dict[str, object]], dict[str, int]]] = [
    ("get", "cycles", nothing, HR_PAGES),
    ("get", "cycle-new", nothing, HR_PAGES),
    ("get", "cycle-detail", cycle_in(DRAFT), answers(302)),
    ("get", "cycle-detail", cycle_in(OPEN), answers(200)),
    ("get", "cycle-identity", cycle_in(DRAFT), answers(200)),
    ("get", "cycle-identity", cycle_in(OPEN), answers(403)),
    ("get", "cycle-population", cycle_in(DRAFT), answers(200)),
    ("get", "cycle-population", cycle_in(OPEN), answers(403)),
    ("get", "cycle-rules", cycle_in(DRAFT), answers(200)),
    ("get", "cycle-rules", cycle_in(OPEN), answers(403)),
    ("post", "cycle-checks", cycle_in(DRAFT), answers(200)),
    ("post", "cycle-checks", cycle_in(OPEN), answers(403)),
    ("get", "cycle-check", cycle_in(DRAFT), answers(200)),
    ("post", "cycle-check", cycle_in(DRAFT), answers(302)),
    ("post", "cycle-check", cycle_in(OPEN), answers(403)),
    ("post", "cycle-discard", cycle_in(DRAFT), answers(302)),
    ("post", "cycle-discard", cycle_in(OPEN), answers(403)),
    ("get", "cycle-discard", cycle_in(DRAFT), {"hr": 405}),
    ("get", "cycle-people", cycle_in(OPEN), answers(200)),
    ("get", "cycle-feedback", cycle_in(OPEN), answers(200)),
    ("post", "cycle-remind", cycle_in(OPEN), answers(302)),
    ("post", "cycle-remind", cycle_in(DRAFT), answers(403)),
    ("post", "cycle-admit", cycle_in(OPEN), answers(302)),
    ("post", "cycle-admit", cycle_in(CALIBRATION), answers(403)),
    ("post", "cycle-close-window", cycle_in(OPEN), answers(302)),
    ("post", "cycle-close-window", cycle_in(CALIBRATION), answers(403)),
    ("get", "cycle-calibrate", cycle_in(OPEN), answers(200)),
    ("post", "cycle-calibrate", cycle_in(OPEN), answers(302)),
    ("post", "cycle-calibrate", cycle_in(PUBLISHED), answers(403)),
    ("get", "cycle-publish", cycle_in(CALIBRATION), answers(200)),
    ("post", "cycle-publish", cycle_in(CALIBRATION), answers(302)),
    ("post", "cycle-publish", cycle_in(PUBLISHED), answers(302)),
    ("post", "cycle-publish", cycle_in(OPEN), answers(403)),
    ("post", "cycle-close", cycle_in(PUBLISHED), answers(302)),
    ("post", "cycle-close", cycle_in(CALIBRATION), answers(403)),
    (
        "get",
        "appraisal-peers",
        appraisal,
        answers(200) | dict.fromkeys(("employee", "superior", "camat"), 403),
    ),
    (
        "post",
        "appraisal-peers",
        appraisal,
        answers(302) | dict.fromkeys(("employee", "superior", "camat"), 403),
    ),
    ("post", "appraisal-peers", own_appraisal, {"hr": 403, "second_hr": 302}),
]
CASES = [
    pytest.param(method, name, make, status_by, id=f"{method}-{name}-{make.__name__}-{number}")
    for number, (method, name, make, status_by) in enumerate(TABLE)
]


@pytest.mark.parametrize(("method", "name", "make", "status_by"), CASES)
def test_address_answers_each_persona_as_listed(
    world: World,
    method: str,
    name: str,
    make: Callable[[World], dict[str, object]],
    status_by: dict[str, int],
) -> None:
    url = reverse(f"evaluations:{name}", kwargs=make(world))
    # HR last and once: what they change would change the others' answers.
    order = sorted(status_by, key=lambda persona: persona in HR)
    found = {}
    for persona in order[: len(order) - 1] if len(status_by) == len(PERSONAS) else order:
        found[persona] = getattr(world.client(persona), method)(url).status_code
    if method == "post" and "hr" in found and "second_hr" in found:
        found.pop("second_hr")
    assert found == {persona: status_by[persona] for persona in found}


def test_every_cycle_address_is_in_the_table() -> None:
    listed = {name for _method, name, _make, _answers in TABLE}
    known = {
        str(pattern.name)
        for pattern in urlpatterns
        if str(pattern.name).startswith("cycle") or pattern.name == "appraisal-peers"
    }
    assert listed == known


def test_cycle_of_another_tree_answers_like_one_that_does_not_exist(world: World) -> None:
    cycle = make_cycle(world.foreign_root)
    client = world.client("hr")
    for pk in (cycle.pk, cycle.pk + 1000):
        assert client.get(reverse("evaluations:cycle-detail", args=[pk])).status_code == 404
