"""Who reads a result, and who may answer it."""

from competencies.models import RoleGrant
from competencies.models.people import granted_units
from competencies.selectors.people import (
    employee_of,
    is_direct_supervisor,
    is_indirect_supervisor,
)
from evaluations.models import Appraisal, Objection, SupervisorPart
from evaluations.permissions.ratings import is_own_appraisal
from evaluations.permissions.transitions import may
from gayungan_asn.accounts.models import User


def can_view_ratings_of(user: User, appraisal: Appraisal) -> bool:
    """Today's superiors at any distance, and HR of the tree: never oneself."""
    if is_own_appraisal(user, appraisal):
        return False
    if any(root.contains(appraisal.unit) for root in granted_units(user, RoleGrant.Role.HR)):
        return True
    return is_direct_supervisor(user, appraisal.employee) or is_indirect_supervisor(
        user, appraisal.employee
    )


def can_view_result(user: User, appraisal: Appraisal) -> bool:
    """The result, from publication on: the person, superiors of today, HR.

    A former supervisor reads the own part only.
    """
    if not appraisal.is_released:
        return False
    return is_own_appraisal(user, appraisal) or can_view_ratings_of(user, appraisal)


def can_view_part(user: User, part: SupervisorPart) -> bool:
    """What a supervisor sent: its writer, superiors of today and HR; the person when released."""
    if part.state != SupervisorPart.State.SUBMITTED:
        return False
    if is_own_appraisal(user, part.appraisal):
        return part.appraisal.is_released
    me = employee_of(user)
    if me is not None and me.pk == part.supervisor_id:
        return True
    return can_view_ratings_of(user, part.appraisal)


def can_acknowledge_result(user: User, appraisal: Appraisal) -> bool:
    """The person, once, after publication."""
    return may("acknowledge", user, appraisal)


def can_file_objection(user: User, appraisal: Appraisal) -> bool:
    """The person, before and after saying that the result was read. Days are checked in filing."""
    return (
        may("object", user, appraisal)
        and not Objection.objects.filter(appraisal=appraisal).exists()
    )


def can_decide_objection(user: User, appraisal: Appraisal) -> bool:
    """The rater's own direct supervisor, once; never the rater, never the person."""
    return may("decide_objection", user, appraisal)


def can_reopen_appraisal(user: User, appraisal: Appraisal) -> bool:
    """HR of the tree, not about oneself, while the cycle is not closed."""
    return may("reopen", user, appraisal)
