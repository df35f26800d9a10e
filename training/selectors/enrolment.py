"""Places in classes: own ones, those that wait for a supervisor, clashes, waiting lists."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from competencies.models import Employee, EmployeeStatus
from gayungan_asn.accounts.clock import today
from training.models import CourseClass, Enrolment
from training.rules import dates_clash
from training.selectors.dates import days_words


def clashing(
    employee: Employee, course_class: CourseClass, states: Iterable[str] = Enrolment.LIVE
) -> Enrolment | None:
    """The person's place in another class that shares a day with this one.

    Self-paced classes clash with nothing.
    """
    if course_class.is_self_paced:
        return None
    others = (
        Enrolment.objects.filter(employee=employee, state__in=list(states))
        .exclude(course_class=course_class)
        .exclude(course_class__is_self_paced=True)
        .exclude(course_class__state=CourseClass.State.CANCELLED)
        .select_related("course_class__course")
        .order_by("course_class__period", "pk")
    )
    mine = (course_class.period.lower, course_class.period.upper)
    for other in others:
        period = other.course_class.period
        if dates_clash(mine, (period.lower, period.upper)):
            return other
    return None


def waiting_place(enrolment: Enrolment) -> int:
    """Place on the waiting list, from 1; 0 for somebody who does not wait."""
    if enrolment.state != Enrolment.State.WAITLISTED:
        return 0
    before = Q(waiting_since__lt=enrolment.waiting_since) | Q(
        waiting_since=enrolment.waiting_since, pk__lt=enrolment.pk
    )
    return 1 + (
        Enrolment.objects.filter(before, course_class=enrolment.course_class_id)
        .filter(state=Enrolment.State.WAITLISTED)
        .count()
    )


@dataclass(frozen=True, slots=True)
class OwnRow:
    """One's own request or place. `place` is the one on the waiting list, from 1."""

    enrolment: Enrolment
    days: str
    place: int
    can_withdraw: bool


def own_rows(employee: Employee) -> list[OwnRow]:
    """A person's places, the latest request first; one statement."""
    earlier = Enrolment.objects.filter(
        course_class=OuterRef("course_class"), state=Enrolment.State.WAITLISTED
    ).filter(
        Q(waiting_since__lt=OuterRef("waiting_since"))
        | Q(waiting_since=OuterRef("waiting_since"), pk__lt=OuterRef("pk"))
    )
    ahead = earlier.order_by().values(one=Value(1)).annotate(n=Count("*")).values("n")
    rows = (
        Enrolment.objects.filter(employee=employee)
        .select_related("course_class__course__provider", "employee")
        .annotate(ahead=Coalesce(Subquery(ahead, output_field=IntegerField()), 0))
        .order_by("-requested_at", "-pk")
    )
    return [
        OwnRow(
            enrolment=row,
            days=days_words(row.course_class),
            place=row.ahead + 1 if row.state == Enrolment.State.WAITLISTED else 0,
            can_withdraw=row.state in Enrolment.LIVE and today() <= row.course_class.withdraw_until,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A request that waits for the supervisor, and who stays at the counter.

    `absent` of `others` further members of the supervisor's team are away on those days.
    """

    enrolment: Enrolment
    days: str
    absent: int
    others: int

    @property
    def staying(self) -> int:
        """How many others stay."""
        return self.others - self.absent


def waiting_requests(supervisor: Employee) -> list[WaitingRequest]:
    """Requests of the direct reports, oldest first; four statements."""
    team = set(Employee.objects.reporting_to(supervisor).active().values_list("pk", flat=True))
    requests = list(
        Enrolment.objects.filter(
            employee__in=Employee.objects.reporting_to(supervisor),
            state=Enrolment.State.REQUESTED,
        )
        .select_related("employee", "course_class__course__provider")
        .order_by("requested_at", "pk")
    )
    if not requests:
        return []
    away = absences(team)
    found = []
    for enrolment in requests:
        others = team - {enrolment.employee_id}
        period = enrolment.course_class.period
        days = (period.lower, period.upper)
        gone = {pk for pk, spell in away if pk in others and dates_clash(days, spell)}
        if enrolment.course_class.is_self_paced:
            gone = set()
        found.append(
            WaitingRequest(enrolment, days_words(enrolment.course_class), len(gone), len(others))
        )
    return found


def absences(
    employee_ids: Iterable[int],
) -> list[tuple[int, tuple[dt.date | None, dt.date | None]]]:
    """Spells in which people are away: seats in classes, leave and study; two statements."""
    ids = list(employee_ids)
    spells = [
        (pk, (period.lower, period.upper))
        for pk, period in Enrolment.objects.filter(
            employee__in=ids,
            state__in=[
                Enrolment.State.APPROVED,
                Enrolment.State.CONFIRMED,
                Enrolment.State.ATTENDED,
            ],
            course_class__is_self_paced=False,
        )
        .order_by()
        .values_list("employee", "course_class__period")
    ]
    spells += [
        (pk, (period.lower, period.upper))
        for pk, period in EmployeeStatus.objects.filter(employee__in=ids)
        .exclude(status=EmployeeStatus.Status.ACTIVE)
        .values_list("employee", "period")
    ]
    return spells
