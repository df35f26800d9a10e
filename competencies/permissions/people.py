"""Who may see and change what of a person."""

from competencies.models import Employee, RoleGrant
from competencies.models.people import granted_units
from competencies.selectors.people import hr_covers, roles_of
from gayungan_asn.accounts.models import User


def is_own(user: User, employee: Employee) -> bool:
    """True where the account belongs to the person."""
    return employee.user_id is not None and employee.user_id == user.pk


def can_list_employees(user: User) -> bool:
    """HR and supervisors have people to look for; others have their own profile."""
    return bool(roles_of(user) & {"hr", "supervisor"})


def can_create_employee(user: User) -> bool:
    """HR adds people to the own tree."""
    return bool(granted_units(user, RoleGrant.Role.HR))


def can_edit_employee(user: User, employee: Employee) -> bool:
    """HR of the person's unit; the own record is a second HR user's to change."""
    return hr_covers(user, employee) and not is_own(user, employee)


def can_place_employee(user: User, employee: Employee) -> bool:
    """Post and unit: as for the record, never the own."""
    return can_edit_employee(user, employee)


def can_set_supervisor(user: User, employee: Employee) -> bool:
    """Supervisor: as for the record, never the own."""
    return can_edit_employee(user, employee)


def can_edit_contact(user: User, employee: Employee) -> bool:
    """Phone, address and emergency contact are the person's own."""
    return is_own(user, employee)


def can_view_sensitive(user: User, employee: Employee) -> bool:
    """Birth date and numbers: the person, and HR with a purpose."""
    return is_own(user, employee) or hr_covers(user, employee)


def can_view_contact(user: User, employee: Employee) -> bool:
    """Supervisors see work fields only."""
    return can_view_sensitive(user, employee)


def can_view_access_log(user: User, employee: Employee) -> bool:
    """Who viewed or changed a record is told to its owner."""
    return is_own(user, employee)
