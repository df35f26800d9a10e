"""Who somebody is today: post, supervisor, roles."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import QuerySet

from competencies.models import Assignment, Employee, RoleGrant, Supervision, Unit
from competencies.models.people import granted_units, team_ids
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User


def employee_of(user: User) -> Employee | None:
    """The person behind the account; None for technical accounts. Read once per request."""
    if not user.is_authenticated:
        return None
    if "_employee" not in user.__dict__:
        user.__dict__["_employee"] = Employee.objects.filter(user=user).first()
    found: Employee | None = user.__dict__["_employee"]
    return found


def definitive_assignments(
    employee_ids: Iterable[int], day: dt.date | None = None
) -> dict[int, Assignment]:
    """The definitive post of each person on a day, with position, unit and tier."""
    rows = (
        Assignment.objects.on(day)
        .filter(employee__in=list(employee_ids), kind=Assignment.Kind.DEFINITIVE)
        .select_related("position__unit", "position__tier")
    )
    return {row.employee_id: row for row in rows}


def definitive_assignment(employee: Employee, day: dt.date | None = None) -> Assignment | None:
    """The definitive post of one person on a day."""
    return definitive_assignments([employee.pk], day).get(employee.pk)


def direct_supervisor(employee: Employee, day: dt.date | None = None) -> Employee | None:
    """Whom the person reports to on a day; None where nobody is recorded."""
    row = Supervision.objects.on(day).filter(employee=employee).select_related("supervisor").first()
    return row.supervisor if row else None


def is_direct_supervisor(user: User, employee: Employee, day: dt.date | None = None) -> bool:
    """True where the account's person is the other's supervisor on that day."""
    me = employee_of(user)
    if me is None or me.pk == employee.pk:
        return False
    return Supervision.objects.on(day).filter(employee=employee, supervisor=me).exists()


def is_indirect_supervisor(user: User, employee: Employee, day: dt.date | None = None) -> bool:
    """True where the person is further down the account's line, direct reports left out."""
    me = employee_of(user)
    if me is None or me.pk == employee.pk or is_direct_supervisor(user, employee, day):
        return False
    return Employee.objects.filter(pk__in=team_ids(me.pk, day)).filter(pk=employee.pk).exists()


def has_reports(employee: Employee, day: dt.date | None = None) -> bool:
    """True where somebody reports to the person on that day."""
    return Supervision.objects.on(day).filter(supervisor=employee).exists()


def roles_of(user: User) -> frozenset[str]:
    """Every role of the account today: asn and supervisor from the data, the rest granted."""
    if not user.is_authenticated:
        return frozenset()
    if "_roles" not in user.__dict__:
        roles = {role for role in RoleGrant.Role.values if granted_units(user, role)}
        me = employee_of(user)
        if me is not None:
            roles.add("asn")
            if has_reports(me):
                roles.add("supervisor")
        user.__dict__["_roles"] = frozenset(roles)
    found: frozenset[str] = user.__dict__["_roles"]
    return found


def hr_covers(user: User, employee: Employee, day: dt.date | None = None) -> bool:
    """True where the account is HR of a tree in which the person's post lies.

    People without a post belong to HR of a root unit.
    """
    roots = granted_units(user, RoleGrant.Role.HR)
    if not roots:
        return False
    post = definitive_assignment(employee, day)
    if post is None:
        return any(root.depth == 1 for root in roots)
    return any(root.contains(post.position.unit) for root in roots)


def hr_users_for(unit: Unit) -> QuerySet[User]:
    """Accounts that are HR for the unit today."""
    ancestors = [unit.path[:end] for end in range(Unit.steplen, len(unit.path) + 1, Unit.steplen)]
    return User.objects.filter(
        is_active=True,
        role_grants__role=RoleGrant.Role.HR,
        role_grants__unit__path__in=ancestors,
        role_grants__applied_by__isnull=False,
        role_grants__period__contains=today(),
    ).distinct()
