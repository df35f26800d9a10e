"""Pages that only make sense for somebody who works here."""

from django.core.exceptions import PermissionDenied

from competencies.models import Employee
from competencies.selectors.people import employee_of
from gayungan_asn.accounts.models import User


def require_person(user: User) -> Employee:
    """The person behind the account.

    Raises:
        PermissionDenied: a technical account, which is nobody's.
    """
    person = employee_of(user)
    if person is None:
        raise PermissionDenied
    return person
