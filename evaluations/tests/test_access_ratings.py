"""Who gets which answer from every address of ratings and results."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from competencies.models import Competency, Evidence, ProposedLevel
from competencies.services.levels import add_evidence
from conftest import World
from evaluations.models import Appraisal, Cycle, FeedbackRequest, Objection
from evaluations.tests.builders import (
    make_appraisal,
    make_competencies,
    make_cycle,
    make_feedback,
    make_outcome,
    make_part_rating,
    make_self_rating,
)
from evaluations.urls import urlpatterns
from gayungan_asn.accounts.clock import today

State = Appraisal.State
PERSONAS = (
    "anonymous", "employee", "superior", "camat", "unrelated", "other_superior",
    "former_superior", "peer1", "hr", "second_hr", "foreign_hr", "leader", "auditor", "sysadmin",
)  # fmt: skip
NOBODY = {**dict.fromkeys(PERSONAS, 404), "anonymous": 302}
LINE = {"superior": 403, "camat": 403, "hr": 403, "second_hr": 403}
WORKS_HERE = {
    **dict.fromkeys(PERSONAS, 200),
    "anonymous": 302,
    **dict.fromkeys(("foreign_hr", "leader", "auditor", "sysadmin"), 403),
}


def appraisal_in(state: str) -> Callable[[World], Appraisal]:
    """The employee's appraisal as it is in that state."""

    def make(world: World) -> Appraisal:
        skills: list[Competency] = make_competencies(1)
        released = state in Appraisal.RELEASED
        cycle = make_cycle(
            world.root, state=Cycle.State.PUBLISHED if released else Cycle.State.OPEN
        )
        made = make_appraisal(world.people["employee"], cycle, items=skills, state=state)
        marks = dict.fromkeys(skills, 2)
        if state == State.SELF_REVIEW:
            make_self_rating(made, marks, submitted=False)
        if state in (State.CALIBRATION, *Appraisal.RELEASED):
            make_part_rating(made.parts.get(), marks, submitted=True)
        if released:
            make_outcome(made, marks)
        if state == State.OBJECTED:
            Objection.objects.create(
                appraisal=made, text="Keberatan.", filed_on=today(), last_day=today()
            )
        return made

    return make


def part_in(state: str) -> Callable[[World], object]:
    """The superior's part of it."""

    def make(world: World) -> object:
        return appraisal_in(state)(world).parts.get()

    return make


def asked(world: World) -> FeedbackRequest:
    """`peer1` is asked about the employee."""
    return make_feedback(appraisal_in(State.SELF_REVIEW)(world), world.people["peer1"])


def proposal(world: World) -> ProposedLevel:
    """A level proposed for the employee."""
    evidence = add_evidence(
        actor=None,
        employee=world.people["employee"],
        kind=Evidence.Kind.TRAINING,
        title="Pelatihan",
        hours=None,
        happened_on=today(),
        competencies=[],
        source_reference="test:1",
    )
    return ProposedLevel.objects.create(
        employee=world.people["employee"],
        competency=make_competencies(1)[0],
        level=2,
        evidence=evidence,
    )


def nothing(world: World) -> None:
    """No part in the address."""


# name, target, method, answers
CASES = [
    ("appraisals", nothing, "get", WORKS_HERE),
    ("team", nothing, "get", WORKS_HERE),
    # A draft of the self-rating is the person's own; HR knows that it exists.
    ("appraisal-detail", appraisal_in(State.SELF_REVIEW), "get",
     NOBODY | {"employee": 200, "hr": 200, "second_hr": 200}),
    ("appraisal-detail", appraisal_in(State.SUPERVISOR_REVIEW), "get",
     NOBODY | dict.fromkeys(("employee", "superior", "camat", "hr", "second_hr"), 200)),
    ("appraisal-detail", appraisal_in(State.PUBLISHED), "get",
     NOBODY | dict.fromkeys(("employee", "superior", "camat", "hr", "second_hr"), 200)),
    ("self-rating", appraisal_in(State.SELF_REVIEW), "get",
     NOBODY | {"employee": 200, "hr": 403, "second_hr": 403}),
    ("self-rating", appraisal_in(State.SELF_REVIEW), "post",
     NOBODY | {"employee": 302, "hr": 403, "second_hr": 403}),
    ("self-rating", appraisal_in(State.SUPERVISOR_REVIEW), "get", NOBODY | LINE | {"employee": 200}),
    ("self-rating", appraisal_in(State.SUPERVISOR_REVIEW), "post", NOBODY | LINE | {"employee": 403}),
    ("self-check", appraisal_in(State.SELF_REVIEW), "get",
     NOBODY | {"employee": 200, "hr": 403, "second_hr": 403}),
    ("self-submit", appraisal_in(State.SELF_REVIEW), "post",
     NOBODY | {"employee": 302, "hr": 403, "second_hr": 403}),
    ("self-submit", appraisal_in(State.CALIBRATION), "post", NOBODY | LINE | {"employee": 302}),
    ("part-rating", part_in(State.SELF_REVIEW), "get",
     NOBODY | {"employee": 403, "hr": 403, "second_hr": 403}),
    ("part-rating", part_in(State.SUPERVISOR_REVIEW), "get",
     NOBODY | LINE | {"superior": 200, "employee": 403}),
    ("part-rating", part_in(State.SUPERVISOR_REVIEW), "post",
     NOBODY | LINE | {"superior": 302, "employee": 403}),
    ("part-rating", part_in(State.FINAL), "post", NOBODY | LINE | {"employee": 403}),
    ("part-check", part_in(State.SUPERVISOR_REVIEW), "get",
     NOBODY | LINE | {"superior": 200, "employee": 403}),
    ("part-submit", part_in(State.SUPERVISOR_REVIEW), "post",
     NOBODY | LINE | {"superior": 302, "employee": 403}),
    ("part-submit", part_in(State.FINAL), "post", NOBODY | LINE | {"employee": 403}),
    ("part-sent", part_in(State.CALIBRATION), "get",
     NOBODY | LINE | {"superior": 200, "employee": 403}),
    ("feedback", asked, "get", NOBODY | {"peer1": 200}),
    ("feedback", asked, "post", NOBODY | {"peer1": 302}),
    ("proposal-decide", proposal, "post", NOBODY | LINE | {"superior": 302, "employee": 403}),
    ("appraisal-acknowledge", appraisal_in(State.PUBLISHED), "post",
     NOBODY | LINE | {"employee": 302}),
    ("appraisal-acknowledge", appraisal_in(State.CALIBRATION), "post",
     NOBODY | LINE | {"employee": 403}),
    ("appraisal-object", appraisal_in(State.PUBLISHED), "get", NOBODY | LINE | {"employee": 200}),
    ("appraisal-object", appraisal_in(State.FINAL), "get", NOBODY | LINE | {"employee": 403}),
    ("objection-decide", appraisal_in(State.OBJECTED), "get",
     NOBODY | LINE | {"camat": 200, "employee": 403}),
    ("objection-decide", appraisal_in(State.FINAL), "get", NOBODY | LINE | {"employee": 403}),
    ("appraisal-reopen", appraisal_in(State.FINAL), "post",
     NOBODY | LINE | {"employee": 403, "hr": 302, "second_hr": 302}),
    ("appraisal-reopen", appraisal_in(State.SUPERVISOR_REVIEW), "post",
     NOBODY | LINE | {"employee": 403}),
]  # fmt: skip
ELSEWHERE = "siklus/", "<int:pk>/rekan-kerja/"


@pytest.mark.parametrize(
    ("name", "target", "method", "answers"),
    [pytest.param(*case, id=f"{case[0]}-{number}") for number, case in enumerate(CASES)],
)
def test_address_answers_each_persona(world, name, target, method, answers):
    found = target(world)
    address = reverse(f"evaluations:{name}", args=[found.pk] if found is not None else [])
    # Those who may act come last: what they do must not change the others' answer.
    ordered = sorted(answers, key=lambda persona: answers[persona] in (200, 302))
    got = {
        persona: getattr(world.client(persona), method)(address).status_code for persona in ordered
    }
    assert got == answers


@pytest.mark.parametrize(
    "name",
    ["self-submit", "part-submit", "proposal-decide", "appraisal-acknowledge", "appraisal-reopen"],
)
def test_changes_are_made_by_post_only(world, name):
    assert world.client("employee").get(reverse(f"evaluations:{name}", args=[1])).status_code == 405


def test_every_address_of_ratings_is_in_the_table():
    named = {name for name, *_rest in CASES}
    mine = {row.name for row in urlpatterns if not str(row.pattern).startswith(ELSEWHERE)}
    assert mine == named
