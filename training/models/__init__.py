"""Tables of the catalogue, classes, enrolment, hours and development plans."""

from training.models.catalogue import (
    ActivityOutcome,
    ActivityTemplate,
    Course,
    CourseClass,
    CourseOutcome,
    DevelopmentKind,
    Provider,
    Way,
)
from training.models.enrolment import Enrolment, HourEntry
from training.models.plans import BatchService, DevelopmentPlan, PlanItem, PlanItemGap

__all__ = [
    "ActivityOutcome",
    "ActivityTemplate",
    "BatchService",
    "Course",
    "CourseClass",
    "CourseOutcome",
    "DevelopmentKind",
    "DevelopmentPlan",
    "Enrolment",
    "HourEntry",
    "PlanItem",
    "PlanItemGap",
    "Provider",
    "Way",
]
