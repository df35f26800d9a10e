"""Who may bring in files."""

from competencies.models import ImportJob, RoleGrant, Unit
from competencies.models.people import granted_units
from gayungan_asn.accounts.models import User


def can_create_import_job(user: User, unit: Unit | None = None) -> bool:
    """HR brings in files for the own tree; the file's own words never widen it."""
    roots = granted_units(user, RoleGrant.Role.HR)
    return bool(roots) if unit is None else any(root.contains(unit) for root in roots)


def can_apply_import_job(user: User, job: ImportJob) -> bool:
    """HR of the tree the import is for, at the moment of asking and again of applying."""
    return user.is_active and can_create_import_job(user, job.unit)
