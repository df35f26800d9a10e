"""What a plan can offer for a gap: published courses and activities at work."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from gayungan_asn.accounts.clock import today
from training.models import ActivityTemplate, Course, CourseClass, Way
from training.rules import Offer as OfferTuple


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """One course or activity, with what it develops: competency code → (from, to)."""

    key: str
    title: str
    way: str
    kind_id: int | None
    course_id: int | None
    activity_id: int | None
    provider: str
    hours: Decimal
    hours_on_job: int
    cost: Decimal
    cost_source: str
    success_sign: str
    quarter: int | None
    outcomes: dict[str, tuple[int, int]]

    def as_rule(self) -> OfferTuple:
        """As the arithmetic of proposals knows it."""
        return (self.key, self.outcomes, self.hours, self.cost, self.way)

    def helps(self, code: str, attained: int) -> bool:
        """True where it starts at or below the attained level and ends above it."""
        levels = self.outcomes.get(code)
        return levels is not None and levels[0] <= attained < levels[1]


def plan_offers(year: int) -> tuple[PlanOffer, ...]:
    """Everything on offer, in the order of keys; five statements.

    `quarter` is that of the course's next class in the plan's year, where one is set.
    """
    dates: dict[int, dt.date] = {}
    first = max(today(), dt.date(year, 1, 1))
    for course_id, period in (
        CourseClass.objects.filter(
            state=CourseClass.State.OPEN,
            period__startswith__gte=first,
            period__startswith__lt=dt.date(year + 1, 1, 1),
        )
        .order_by("-period")
        .values_list("course", "period")
    ):
        dates[course_id] = period.lower
    courses = [
        PlanOffer(
            key=f"course:{course.pk}",
            title=course.title,
            way=Way.COURSE,
            kind_id=course.kind_id,
            course_id=course.pk,
            activity_id=None,
            provider=course.provider.name,
            hours=course.hours,
            hours_on_job=0,
            cost=course.cost,
            cost_source=course.cost_source,
            success_sign=_("Lulus, lalu satu hal diterapkan di tempat kerja"),
            quarter=(dates[course.pk].month + 2) // 3 if course.pk in dates else None,
            outcomes={
                outcome.competency.code: (outcome.from_level, outcome.to_level)
                for outcome in course.outcomes.all()
            },
        )
        for course in Course.objects.filter(is_published=True)
        .select_related("provider")
        .prefetch_related("outcomes__competency")
        .order_by("code")
    ]
    activities = [
        PlanOffer(
            key=f"activity:{activity.pk}",
            title=activity.title,
            way=activity.way,
            kind_id=activity.kind_id,
            course_id=None,
            activity_id=activity.pk,
            provider="",
            hours=activity.hours,
            hours_on_job=activity.hours_on_job,
            cost=Decimal(0),
            cost_source="",
            success_sign=activity.success_sign,
            quarter=None,
            outcomes={
                outcome.competency.code: (outcome.from_level, outcome.to_level)
                for outcome in activity.outcomes.all()
            },
        )
        for activity in ActivityTemplate.objects.filter(is_active=True)
        .prefetch_related("outcomes__competency")
        .order_by("code")
    ]
    return (*activities, *courses)


def provider_words(offer: PlanOffer, supervisor_name: str) -> str:
    """Who gives it: the course's provider, or the supervisor who assigns or guides."""
    if offer.way == Way.COURSE or not supervisor_name:
        return offer.provider
    if offer.way == Way.ASSIGNMENT:
        return _("Ditugaskan %(name)s") % {"name": supervisor_name}
    return _("Bersama %(name)s") % {"name": supervisor_name}
