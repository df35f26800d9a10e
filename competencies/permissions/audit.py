"""Who reads the audit trail."""

from competencies.models import RoleGrant
from competencies.models.people import granted_units
from gayungan_asn.accounts.models import User


def can_list_audit_entries(user: User) -> bool:
    """Auditors, and administrators for technical events."""
    return bool(granted_units(user, RoleGrant.Role.AUDITOR, RoleGrant.Role.SYSADMIN))
