"""Who runs cycles: HR of the tree."""

from competencies.models import RoleGrant, Unit
from competencies.models.people import granted_units
from evaluations.models import Appraisal, Cycle
from evaluations.permissions.transitions import may, may_cycle
from gayungan_asn.accounts.models import User


def can_create_cycle(user: User, unit: Unit | None = None) -> bool:
    """HR, for units of the own tree; without a unit: HR of any tree."""
    roots = granted_units(user, RoleGrant.Role.HR)
    return any(unit is None or root.contains(unit) for root in roots)


def can_change_cycle(user: User, cycle: Cycle) -> bool:
    """HR of the tree, while it is a draft."""
    return may_cycle("change", user, cycle)


def can_discard_cycle(user: User, cycle: Cycle) -> bool:
    """HR of the tree, while it is a draft."""
    return may_cycle("discard", user, cycle)


def can_launch_cycle(user: User, cycle: Cycle) -> bool:
    """HR of the tree, once."""
    return may_cycle("launch", user, cycle)


def can_admit_people(user: User, cycle: Cycle) -> bool:
    """HR of the tree, while it runs."""
    return may_cycle("admit", user, cycle)


def can_remind_people(user: User, cycle: Cycle) -> bool:
    """HR of the tree, while something can be missing."""
    return may_cycle("remind", user, cycle)


def can_close_window(user: User, cycle: Cycle) -> bool:
    """HR of the tree, while the peers' window is open."""
    return may_cycle("close_window", user, cycle) and cycle.peers_closed_on is None


def can_calibrate_cycle(user: User, cycle: Cycle) -> bool:
    """HR of the tree ends the rating."""
    return may_cycle("calibrate", user, cycle)


def can_publish_cycle(user: User, cycle: Cycle) -> bool:
    """HR of the tree, after the final check."""
    return may_cycle("publish", user, cycle)


def can_publish_late_results(user: User, cycle: Cycle) -> bool:
    """HR of the tree, for people whose supervisor sent the part afterwards."""
    return may_cycle("publish_late", user, cycle)


def can_close_cycle(user: User, cycle: Cycle) -> bool:
    """HR of the tree, after publication."""
    return may_cycle("close", user, cycle)


def can_view_feedback_status(user: User, cycle: Cycle) -> bool:
    """HR of the tree sees who has answered, by day, for reminders; never what."""
    return any(root.contains(cycle.unit) for root in granted_units(user, RoleGrant.Role.HR))


def can_assign_feedback(user: User, appraisal: Appraisal) -> bool:
    """HR of the tree, while the window is open; never about oneself."""
    cycle = appraisal.cycle
    return (
        may("assign_feedback", user, appraisal)
        and cycle.rates_competencies
        and cycle.peers_closed_on is None
    )
