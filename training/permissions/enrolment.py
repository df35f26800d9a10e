"""Who asks for a place, and who decides about it."""

from competencies.selectors.people import employee_of, is_direct_supervisor
from gayungan_asn.accounts.models import User
from training.models import CourseClass, Enrolment


def can_request_enrolment(user: User, course_class: CourseClass) -> bool:
    """Anybody who is an employee, for oneself, in a course that is shown."""
    return employee_of(user) is not None and course_class.course.is_published


def can_withdraw_enrolment(user: User, enrolment: Enrolment) -> bool:
    """The own request or place; the date is checked when it is done."""
    me = employee_of(user)
    return me is not None and me.pk == enrolment.employee_id


def can_decide_enrolment(user: User, enrolment: Enrolment) -> bool:
    """The direct supervisor only; never oneself, never somebody further up."""
    return is_direct_supervisor(user, enrolment.employee)
