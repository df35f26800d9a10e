"""The one table: who may do what to an appraisal or a cycle, from which state.

Everything else asks it: permission functions through `allows`, services through
`evaluations.services.moves`, tests through the rows themselves. What is not listed is
refused.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from competencies.models import RoleGrant
from competencies.models.people import granted_units
from competencies.selectors.people import employee_of, is_direct_supervisor
from evaluations.models import Appraisal, Cycle, SupervisorPart
from evaluations.selectors.superiors import deciding_superior
from gayungan_asn.accounts.models import User

_A = Appraisal.State
_C = Cycle.State


class Who(enum.StrEnum):
    """What an account is towards one appraisal or cycle."""

    EMPLOYEE = "employee"
    SUPERVISOR = "supervisor"
    SUPERIOR = "superior"
    HR = "hr"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Move:
    """One row: the action, the states it starts from, where it leads, who may do it.

    `to_state` None: the action changes no state of the object. `cycle_states` are the
    states the appraisal's cycle may be in.
    """

    action: str
    from_states: frozenset[str]
    to_state: str | None
    who: frozenset[Who]
    cycle_states: frozenset[str] = frozenset()


def _row(
    action: str,
    from_states: Iterable[str],
    to_state: str | None,
    who: Iterable[Who],
    cycle_states: Iterable[str] = (),
) -> Move:
    return Move(action, frozenset(from_states), to_state, frozenset(who), frozenset(cycle_states))


_RATED_IN: Final = (_C.OPEN, _C.CALIBRATION, _C.PUBLISHED)
_RESULT_IN: Final = (_C.PUBLISHED, _C.CLOSED)
_SELF, _BOSS, _SUPERIOR, _HR, _SYSTEM = (
    Who.EMPLOYEE,
    Who.SUPERVISOR,
    Who.SUPERIOR,
    Who.HR,
    Who.SYSTEM,
)

APPRAISAL_MOVES: Final[tuple[Move, ...]] = (
    _row("open", [_A.DRAFT], _A.SELF_REVIEW, [_SYSTEM], [_C.OPEN]),
    _row("open_without_self", [_A.DRAFT], _A.SUPERVISOR_REVIEW, [_SYSTEM], [_C.OPEN]),
    _row("edit_self", [_A.SELF_REVIEW], None, [_SELF], [_C.OPEN]),
    _row("submit_self", [_A.SELF_REVIEW], _A.SUPERVISOR_REVIEW, [_SELF], [_C.OPEN]),
    _row("pass_self", [_A.DRAFT, _A.SELF_REVIEW], _A.SUPERVISOR_REVIEW, [_SYSTEM, _HR], [_C.OPEN]),
    _row("rate", [_A.SUPERVISOR_REVIEW], None, [_BOSS], _RATED_IN),
    _row("submit_part", [_A.SUPERVISOR_REVIEW], None, [_BOSS], _RATED_IN),
    _row("calibrate", [_A.SUPERVISOR_REVIEW], _A.CALIBRATION, [_BOSS, _HR], _RATED_IN),
    _row(
        "assign_feedback", [_A.DRAFT, _A.SELF_REVIEW, _A.SUPERVISOR_REVIEW], None, [_HR], [_C.OPEN]
    ),
    _row("publish", [_A.CALIBRATION], _A.PUBLISHED, [_HR], [_C.CALIBRATION, _C.PUBLISHED]),
    _row("acknowledge", [_A.PUBLISHED], _A.ACKNOWLEDGED, [_SELF], _RESULT_IN),
    _row("object", [_A.PUBLISHED, _A.ACKNOWLEDGED], _A.OBJECTED, [_SELF], _RESULT_IN),
    _row("decide_objection", [_A.OBJECTED], _A.FINAL, [_SUPERIOR], _RESULT_IN),
    _row("finalise", [_A.PUBLISHED, _A.ACKNOWLEDGED], _A.FINAL, [_SYSTEM], _RESULT_IN),
    _row(
        "reopen",
        [_A.CALIBRATION, _A.PUBLISHED, _A.ACKNOWLEDGED, _A.FINAL],
        _A.SUPERVISOR_REVIEW,
        [_HR],
        _RATED_IN,
    ),
)
"""Moves of an appraisal. `calibrate` follows the sending of the supervisor's part."""

CYCLE_MOVES: Final[tuple[Move, ...]] = (
    _row("change", [_C.DRAFT], None, [_HR]),
    _row("discard", [_C.DRAFT], None, [_HR]),
    _row("launch", [_C.DRAFT], _C.OPEN, [_HR]),
    _row("admit", [_C.OPEN], None, [_HR]),
    _row("remind", [_C.OPEN, _C.CALIBRATION, _C.PUBLISHED], None, [_HR]),
    _row("close_window", [_C.OPEN], None, [_HR, _SYSTEM]),
    _row("calibrate", [_C.OPEN], _C.CALIBRATION, [_HR]),
    _row("publish", [_C.CALIBRATION], _C.PUBLISHED, [_HR]),
    _row("publish_late", [_C.PUBLISHED], None, [_HR]),
    _row("close", [_C.PUBLISHED], _C.CLOSED, [_HR]),
)

_APPRAISAL_ROWS: Final = {move.action: move for move in APPRAISAL_MOVES}
_CYCLE_ROWS: Final = {move.action: move for move in CYCLE_MOVES}


def appraisal_move(action: str) -> Move:
    """The row of an action on appraisals."""
    return _APPRAISAL_ROWS[action]


def cycle_move(action: str) -> Move:
    """The row of an action on cycles."""
    return _CYCLE_ROWS[action]


def allows(action: str, appraisal: Appraisal, who: Iterable[Who]) -> bool:
    """True where the table lets one of `who` do it to the appraisal as it stands."""
    move = appraisal_move(action)
    return (
        appraisal.state in move.from_states
        and appraisal.cycle.state in move.cycle_states
        and not move.who.isdisjoint(who)
    )


def allows_cycle(action: str, cycle: Cycle, who: Iterable[Who]) -> bool:
    """True where the table lets one of `who` do it to the cycle as it stands."""
    move = cycle_move(action)
    return cycle.state in move.from_states and not move.who.isdisjoint(who)


def towards_appraisal(user: User, appraisal: Appraisal) -> frozenset[Who]:
    """What the account is towards the appraisal today.

    Whoever it is about is nothing else towards it: no one rates, assigns, decides or
    reopens the own appraisal, whatever roles they hold.
    """
    me = employee_of(user)
    if me is not None and me.pk == appraisal.employee_id:
        return frozenset({Who.EMPLOYEE})
    found: set[Who] = set()
    if me is not None:
        rates = SupervisorPart.objects.filter(appraisal=appraisal, supervisor=me).exists()
        if rates and is_direct_supervisor(user, appraisal.employee):
            found.add(Who.SUPERVISOR)
        superior = deciding_superior(appraisal)
        if superior is not None and superior.pk == me.pk:
            found.add(Who.SUPERIOR)
    if any(root.contains(appraisal.unit) for root in granted_units(user, RoleGrant.Role.HR)):
        found.add(Who.HR)
    return frozenset(found)


def towards_cycle(user: User, cycle: Cycle) -> frozenset[Who]:
    """HR of the tree the cycle is held in."""
    roots = granted_units(user, RoleGrant.Role.HR)
    return frozenset({Who.HR} if any(root.contains(cycle.unit) for root in roots) else ())


def may(action: str, user: User, appraisal: Appraisal) -> bool:
    """True where the account may do it to the appraisal now, by the table."""
    return allows(action, appraisal, towards_appraisal(user, appraisal))


def may_cycle(action: str, user: User, cycle: Cycle) -> bool:
    """True where the account may do it to the cycle now, by the table."""
    return allows_cycle(action, cycle, towards_cycle(user, cycle))
