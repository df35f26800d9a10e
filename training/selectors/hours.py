"""Lesson hours (JP) of people: done, booked, and what the year asks for."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from competencies.models import Employee
from competencies.selectors.reference import rule_rows
from gayungan_asn.accounts.clock import today
from training.models import Enrolment, HourEntry

CEILING = "maks"
BOOKED = (Enrolment.State.APPROVED, Enrolment.State.CONFIRMED, Enrolment.State.ATTENDED)


@dataclass(frozen=True, slots=True)
class HourTarget:
    """Hours a year: the least (PNS, PP 11/2017), or the most that count (PPPK, PP 49/2018)."""

    hours: int
    is_ceiling: bool


@dataclass(frozen=True, slots=True)
class YearSummary:
    """Hours of one person in one year."""

    year: int
    done: Decimal
    booked: Decimal
    target: int
    is_ceiling: bool

    @property
    def left(self) -> Decimal:
        """Hours to go after what is booked, never below zero."""
        return max(Decimal(self.target) - self.done - self.booked, Decimal(0))

    @property
    def is_over(self) -> bool:
        """True where a ceiling is passed: told, still recorded."""
        return self.is_ceiling and self.done + self.booked > self.target


def hour_targets(day: dt.date | None = None) -> dict[str, HourTarget]:
    """Employment kind → what a year asks for."""
    return {
        row.data["employment_type"]: HourTarget(
            int(row.data["jp_per_year"]), row.data["bound"] == CEILING
        )
        for row in rule_rows("development_targets", day)
    }


def target_of(employee: Employee, targets: dict[str, HourTarget]) -> HourTarget:
    """The person's target; nothing is asked where no rule is in force."""
    return targets.get(employee.employment_kind, HourTarget(0, False))


def year_summary(employee: Employee, year: int | None = None) -> YearSummary:
    """Hours of a person in a year (this one without `year`); two statements."""
    return year_summaries([employee], year)[employee.pk]


def year_summaries(
    employees: "list[Employee] | QuerySet[Employee]", year: int | None = None
) -> dict[int, YearSummary]:
    """Hours of many people by id; two statements whatever their number."""
    wanted = year or today().year
    people = {person.pk: person for person in employees}
    targets = hour_targets()
    zero = Value(Decimal(0), output_field=DecimalField())
    done = (
        HourEntry.objects.filter(employee=OuterRef("pk"), happened_on__year=wanted)
        .order_by()
        .values("employee")
        .annotate(total=Sum("hours"))
        .values("total")
    )
    booked = (
        Enrolment.objects.filter(
            employee=OuterRef("pk"),
            state__in=BOOKED,
            course_class__period__startswith__year=wanted,
        )
        .order_by()
        .values("employee")
        .annotate(total=Sum("course_class__course__hours"))
        .values("total")
    )
    rows = Employee.objects.filter(pk__in=people).values_list(
        "pk", Coalesce(Subquery(done), zero), Coalesce(Subquery(booked), zero)
    )
    summaries = {}
    for pk, hours_done, hours_booked in rows.order_by():
        target = target_of(people[pk], targets)
        summaries[pk] = YearSummary(
            wanted, hours_done, hours_booked, target.hours, target.is_ceiling
        )
    return summaries
