"""The one table: every pair of state, action and role, and the functions that ask it."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.exceptions import ValidationError

from competencies.tests.builders import make_competency
from conftest import World
from evaluations.models import Appraisal, Cycle, SupervisorPart
from evaluations.permissions import cycles as of_cycles
from evaluations.permissions import ratings, results
from evaluations.permissions.transitions import (
    APPRAISAL_MOVES,
    CYCLE_MOVES,
    Who,
    allows,
    allows_cycle,
    appraisal_move,
    towards_appraisal,
)
from evaluations.services.moves import move_appraisal, move_cycle
from evaluations.tests.builders import make_appraisal, make_cycle
from gayungan_asn.accounts.models import User

A, C = Appraisal.State, Cycle.State

# The issue's own sentence, written out a second time by hand: who may act from where.
EXPECTED = {
    "open": ({A.DRAFT}, {Who.SYSTEM}),
    "open_without_self": ({A.DRAFT}, {Who.SYSTEM}),
    "edit_self": ({A.SELF_REVIEW}, {Who.EMPLOYEE}),
    "submit_self": ({A.SELF_REVIEW}, {Who.EMPLOYEE}),
    "pass_self": ({A.DRAFT, A.SELF_REVIEW}, {Who.SYSTEM, Who.HR}),
    "rate": ({A.SUPERVISOR_REVIEW}, {Who.SUPERVISOR}),
    "submit_part": ({A.SUPERVISOR_REVIEW}, {Who.SUPERVISOR}),
    "calibrate": ({A.SUPERVISOR_REVIEW}, {Who.SUPERVISOR, Who.HR}),
    "assign_feedback": ({A.DRAFT, A.SELF_REVIEW, A.SUPERVISOR_REVIEW}, {Who.HR}),
    "publish": ({A.CALIBRATION}, {Who.HR}),
    "acknowledge": ({A.PUBLISHED}, {Who.EMPLOYEE}),
    "object": ({A.PUBLISHED, A.ACKNOWLEDGED}, {Who.EMPLOYEE}),
    "decide_objection": ({A.OBJECTED}, {Who.SUPERIOR}),
    "finalise": ({A.PUBLISHED, A.ACKNOWLEDGED}, {Who.SYSTEM}),
    "reopen": ({A.CALIBRATION, A.PUBLISHED, A.ACKNOWLEDGED, A.FINAL}, {Who.HR}),
}
EXPECTED_CYCLE = {
    "change": {C.DRAFT},
    "discard": {C.DRAFT},
    "launch": {C.DRAFT},
    "admit": {C.OPEN},
    "remind": {C.OPEN, C.CALIBRATION, C.PUBLISHED},
    "close_window": {C.OPEN},
    "calibrate": {C.OPEN},
    "publish": {C.CALIBRATION},
    "publish_late": {C.PUBLISHED},
    "close": {C.PUBLISHED},
}


def test_table_rows_are_exactly_the_expected_actions() -> None:
    assert {move.action for move in APPRAISAL_MOVES} == set(EXPECTED)
    assert {move.action for move in CYCLE_MOVES} == set(EXPECTED_CYCLE)


@pytest.mark.parametrize("action", EXPECTED)
def test_appraisal_pair_is_allowed_exactly_by_its_row(action: str) -> None:
    states, roles = EXPECTED[action]
    wrong = []
    for state, cycle_state, who in itertools.product(A.values, C.values, Who):
        appraisal = Appraisal(state=state, cycle=Cycle(state=cycle_state))
        expected = (
            state in states and who in roles and cycle_state in appraisal_move(action).cycle_states
        )
        if allows(action, appraisal, [who]) is not expected:
            wrong.append((state, cycle_state, who))
    assert wrong == []


@pytest.mark.parametrize("action", EXPECTED_CYCLE)
def test_cycle_pair_is_allowed_exactly_by_its_row(action: str) -> None:
    roles = {Who.HR, Who.SYSTEM} if action == "close_window" else {Who.HR}
    wrong = [
        (state, who)
        for state, who in itertools.product(C.values, Who)
        if allows_cycle(action, Cycle(state=state), [who])
        is not (state in EXPECTED_CYCLE[action] and who in roles)
    ]
    assert wrong == []


def test_nothing_moves_in_a_draft_or_closed_cycle_before_or_after_results() -> None:
    for move in APPRAISAL_MOVES:
        assert C.DRAFT not in move.cycle_states
        if C.CLOSED in move.cycle_states:
            assert move.action in {"acknowledge", "object", "decide_objection", "finalise"}


@dataclass
class Scene:
    """One appraisal with everybody around it."""

    appraisal: Appraisal
    part: SupervisorPart
    users: dict[str, User]


@pytest.fixture
def scene(world: World) -> Scene:
    cycle = make_cycle(world.root)
    appraisal = make_appraisal(
        world.people["employee"], cycle, [(make_competency(), 2)], state=A.SELF_REVIEW
    )
    return Scene(appraisal, appraisal.parts.get(), world.users)


PERSONAS = (
    "employee", "superior", "camat", "hr", "second_hr", "other_superior", "former_superior",
    "unrelated", "foreign_hr", "auditor", "sysadmin", "peer1",
)  # fmt: skip
FUNCTIONS: dict[str, tuple[str, Callable[[User, Scene], bool]]] = {
    "edit_self": (
        "employee",
        lambda user, s: ratings.can_edit_self_rating(user, s.appraisal),
    ),
    "rate": ("superior", lambda user, s: ratings.can_rate_part(user, s.part)),
    "acknowledge": (
        "employee",
        lambda user, s: results.can_acknowledge_result(user, s.appraisal),
    ),
    "object": ("employee", lambda user, s: results.can_file_objection(user, s.appraisal)),
    "decide_objection": (
        "camat",
        lambda user, s: results.can_decide_objection(user, s.appraisal),
    ),
    "reopen": ("hr second_hr", lambda user, s: results.can_reopen_appraisal(user, s.appraisal)),
    "assign_feedback": (
        "hr second_hr",
        lambda user, s: of_cycles.can_assign_feedback(user, s.appraisal),
    ),
}


@pytest.mark.parametrize("state", A.values)
def test_permission_functions_follow_the_table_for_every_persona(scene: Scene, state: str) -> None:
    wrong = []
    for cycle_state in C.values:
        scene.appraisal.state = scene.part.appraisal.state = state
        scene.appraisal.cycle.state = scene.part.appraisal.cycle.state = cycle_state
        for (action, (allowed, may)), persona in itertools.product(FUNCTIONS.items(), PERSONAS):
            states, _roles = EXPECTED[action]
            expected = (
                state in states
                and persona in allowed.split()
                and cycle_state in appraisal_move(action).cycle_states
            )
            if may(scene.users[persona], scene) is not expected:
                wrong.append((action, cycle_state, persona, expected))
    assert wrong == []


@pytest.mark.parametrize("state", C.values)
def test_cycle_functions_follow_the_table_for_every_persona(world: World, state: str) -> None:
    cycle = make_cycle(world.root, state=state)
    functions = {
        "change": of_cycles.can_change_cycle,
        "discard": of_cycles.can_discard_cycle,
        "launch": of_cycles.can_launch_cycle,
        "admit": of_cycles.can_admit_people,
        "remind": of_cycles.can_remind_people,
        "close_window": of_cycles.can_close_window,
        "calibrate": of_cycles.can_calibrate_cycle,
        "publish": of_cycles.can_publish_cycle,
        "publish_late": of_cycles.can_publish_late_results,
        "close": of_cycles.can_close_cycle,
    }
    assert set(functions) == set(EXPECTED_CYCLE)
    wrong = [
        (action, persona)
        for (action, may), persona in itertools.product(functions.items(), PERSONAS)
        if may(world.users[persona], cycle)
        is not (state in EXPECTED_CYCLE[action] and persona in ("hr", "second_hr"))
    ]
    assert wrong == []


def test_hr_towards_own_appraisal_is_the_employee_only(world: World) -> None:
    appraisal = make_appraisal(world.people["hr"], make_cycle(world.root))
    assert towards_appraisal(world.users["hr"], appraisal) == {Who.EMPLOYEE}
    assert Who.HR in towards_appraisal(world.users["second_hr"], appraisal)


def test_superior_who_rated_a_part_does_not_decide_the_objection(world: World) -> None:
    appraisal = make_appraisal(world.people["employee"], make_cycle(world.root))
    camat_part = appraisal.parts.create(
        supervisor=world.people["camat"],
        period=appraisal.cycle.period,
        days=5,
        state=SupervisorPart.State.SUBMITTED,
    )
    appraisal.parts.exclude(pk=camat_part.pk).update(
        state=SupervisorPart.State.SUBMITTED, period=appraisal.cycle.period
    )
    assert Who.SUPERIOR not in towards_appraisal(world.users["camat"], appraisal)


def test_move_with_stale_version_is_refused_and_changes_nothing(world: World) -> None:
    appraisal = make_appraisal(world.people["employee"], make_cycle(world.root))
    stale = Appraisal.objects.get(pk=appraisal.pk)
    move_appraisal(appraisal, "submit_self")
    with pytest.raises(ValidationError) as refusal:
        move_appraisal(stale, "submit_self")
    assert refusal.value.code == "state"
    appraisal.refresh_from_db()
    assert (appraisal.state, appraisal.version) == (A.SUPERVISOR_REVIEW, 2)


def test_cycle_move_from_another_state_is_refused(world: World) -> None:
    cycle = make_cycle(world.root, state=C.DRAFT)
    with pytest.raises(ValidationError):
        move_cycle(cycle, "publish")
    stale = Cycle.objects.get(pk=cycle.pk)
    move_cycle(cycle, "launch")
    with pytest.raises(ValidationError):
        move_cycle(stale, "launch")
