"""Who keeps the catalogue, and who records what became of a class."""

from competencies.models import RoleGrant, Unit
from competencies.models.people import granted_units
from competencies.selectors.people import employee_of
from gayungan_asn.accounts.models import User
from training.models import Course, CourseClass, Enrolment


def can_manage_catalogue(user: User) -> bool:
    """HR of any tree sees the lists behind the catalogue."""
    return bool(granted_units(user, RoleGrant.Role.HR))


def can_edit_course(user: User, course: Course | None = None) -> bool:
    """HR writes courses. They belong to the whole government, not to one unit."""
    return can_manage_catalogue(user)


def can_create_class(user: User, unit: Unit) -> bool:
    """HR opens classes for units of the own tree."""
    return any(root.contains(unit) for root in granted_units(user, RoleGrant.Role.HR))


def can_edit_class(user: User, course_class: CourseClass) -> bool:
    """HR changes classes of units in the own tree only."""
    return can_create_class(user, course_class.unit)


def can_view_class(user: User, course_class: CourseClass) -> bool:
    """The list of participants is for HR of the tree the class belongs to."""
    return can_edit_class(user, course_class)


def can_record_completion(user: User, enrolment: Enrolment) -> bool:
    """HR of the class records who completed it; nobody records the own completion."""
    me = employee_of(user)
    if me is not None and me.pk == enrolment.employee_id:
        return False
    return can_edit_class(user, enrolment.course_class)
