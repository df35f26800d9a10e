"""What HR writes about courses and classes: filled by forms, written by services."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from competencies.models import Competency
from training.models import DevelopmentKind


@dataclass(frozen=True, slots=True)
class ClassDetails:
    """What HR writes about a class; both days belong to it."""

    first_day: dt.date
    last_day: dt.date
    is_self_paced: bool
    place: str
    link: str
    capacity: int
    opens_on: dt.date
    enrol_until: dt.date
    withdraw_until: dt.date


@dataclass(frozen=True, slots=True)
class CourseDetails:
    """What HR writes about a course. Hours follow from the kind and the quantity."""

    title: str
    summary: str
    kind: DevelopmentKind
    provider: str
    mode: str
    quantity: Decimal
    cost: Decimal
    cost_source: str
    audience: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The course takes a competency from one level to a higher one."""

    competency: Competency
    from_level: int
    to_level: int
