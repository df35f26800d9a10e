"""Who may lock accounts and move role grants along."""

from competencies.models import RoleGrant, Unit
from competencies.models.people import granted_units
from gayungan_asn.accounts.models import User


def can_manage_accounts(user: User) -> bool:
    """Administrators of the system see accounts; not personnel data."""
    return bool(granted_units(user, RoleGrant.Role.SYSADMIN))


def can_lock_account(user: User, account: User) -> bool:
    """Any account but the own."""
    return can_manage_accounts(user) and user.pk != account.pk


def can_list_role_grants(user: User) -> bool:
    """HR asks for grants, administrators apply them."""
    return can_manage_accounts(user) or bool(granted_units(user, RoleGrant.Role.HR))


def can_request_role_grant(
    user: User, account: User | None = None, unit: Unit | None = None
) -> bool:
    """HR asks within the own tree, and never for oneself."""
    roots = granted_units(user, RoleGrant.Role.HR)
    if not roots or (account is not None and account.pk == user.pk):
        return False
    return unit is None or any(root.contains(unit) for root in roots)


def can_apply_role_grant(user: User, grant: RoleGrant) -> bool:
    """An administrator, a second person, and never for oneself."""
    return (
        can_manage_accounts(user)
        and grant.applied_by_id is None
        and user.pk not in (grant.user_id, grant.requested_by_id)
    )


def can_refuse_role_grant(user: User, grant: RoleGrant) -> bool:
    """Whoever may apply it may refuse it; who asked may take it back."""
    if grant.applied_by_id is not None:
        return False
    return can_apply_role_grant(user, grant) or grant.requested_by_id == user.pk


def can_end_role_grant(user: User, grant: RoleGrant) -> bool:
    """An administrator ends a grant in force, never the own."""
    return (
        can_manage_accounts(user) and grant.applied_by_id is not None and grant.user_id != user.pk
    )
