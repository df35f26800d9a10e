"""Tables of people, organisation, dictionary, standards and levels."""

from competencies.models.dictionary import (
    Competency,
    CompetencyLevel,
    Indicator,
    PositionStandard,
)
from competencies.models.imports import ImportJob, ImportRow
from competencies.models.levels import (
    AttainedLevel,
    CurrentLevel,
    Evidence,
    LevelBatch,
    ProposedLevel,
)
from competencies.models.organisation import JobTier, Position, Unit
from competencies.models.people import (
    Assignment,
    Employee,
    EmployeeNumber,
    EmployeeStatus,
    RoleGrant,
    Supervision,
)
from competencies.models.reference import Holiday, ReferenceRule, Threshold

__all__ = [
    "Assignment",
    "AttainedLevel",
    "Competency",
    "CompetencyLevel",
    "CurrentLevel",
    "Employee",
    "EmployeeNumber",
    "EmployeeStatus",
    "Evidence",
    "Holiday",
    "ImportJob",
    "ImportRow",
    "Indicator",
    "JobTier",
    "LevelBatch",
    "Position",
    "PositionStandard",
    "ProposedLevel",
    "ReferenceRule",
    "RoleGrant",
    "Supervision",
    "Threshold",
    "Unit",
]
