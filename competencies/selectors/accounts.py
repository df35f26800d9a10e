"""Accounts and role grants as lists show them."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from competencies.models import RoleGrant
from competencies.models.people import granted_units
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User


def accounts_for(user: User) -> QuerySet[User]:
    """All accounts for administrators, none for others."""
    if not granted_units(user, RoleGrant.Role.SYSADMIN):
        return User.objects.none()
    return User.objects.all()


def roles_held(users: Sequence[User]) -> dict[int, list[str]]:
    """Names of the roles each account holds today; one statement."""
    held: dict[int, list[str]] = {}
    rows = RoleGrant.objects.on().filter(user__in=users, applied_by__isnull=False).order_by("role")
    for row in rows:
        names = held.setdefault(row.user_id, [])
        if row.get_role_display() not in names:
            names.append(str(row.get_role_display()))
    return held


def role_grants_for(user: User) -> QuerySet[RoleGrant]:
    """All grants for administrators; those of the own tree for HR."""
    rows = RoleGrant.objects.select_related("user", "unit", "requested_by", "applied_by")
    if granted_units(user, RoleGrant.Role.SYSADMIN):
        return rows
    within = Q(pk__in=[])
    for root in granted_units(user, RoleGrant.Role.HR):
        within |= Q(unit__path__startswith=root.path)
    return rows.filter(within)


def by_state(rows: QuerySet[RoleGrant], state: str) -> QuerySet[RoleGrant]:
    """Grants that wait, are in force (today or later), or have ended."""
    ended = Q(period__endswith__lte=today())
    lasting = Q(period__upper_inf=True) | Q(period__endswith__gt=today())
    if state == "menunggu":
        return rows.filter(applied_by=None)
    if state == "berakhir":
        return rows.filter(ended, applied_by__isnull=False)
    return rows.filter(lasting, applied_by__isnull=False)
