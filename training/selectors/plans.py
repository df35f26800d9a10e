"""Lists of plans, and what stands on the page of one."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, DecimalField, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from competencies.models import Employee, ProposedLevel
from gayungan_asn.accounts.models import User
from training.models import DevelopmentPlan, PlanItem, Way
from training.selectors.plan_content import PlanContent, plan_content


@dataclass(frozen=True, slots=True)
class MixShare:
    """A way's part of the learning time, in hours of 60 minutes and per cent of the whole."""

    way: str
    hours: Decimal
    percent: int
    offset: int


def counted(plans: QuerySet[DevelopmentPlan]) -> QuerySet[DevelopmentPlan]:
    """Plans with the number, hours and cost of their lines; no statement of its own."""
    zero = Value(Decimal(0), output_field=DecimalField())
    live = ~Q(items__state=PlanItem.State.DROPPED)
    return plans.annotate(
        item_count=Count("items", filter=live),
        item_hours=Coalesce(Sum("items__hours", filter=live), zero),
        item_cost=Coalesce(Sum("items__cost", filter=live), zero),
    )


def plan_list(
    user: User, *, state: str = "", year: int | None = None, q: str = ""
) -> QuerySet[DevelopmentPlan]:
    """Plans in view with their figures, by name."""
    plans = DevelopmentPlan.objects.visible_to(user).select_related("employee")
    if state:
        plans = plans.filter(state=state)
    if year:
        plans = plans.filter(year=year)
    if q:
        plans = plans.filter(employee__name__icontains=q)
    return counted(plans).order_by("-year", "employee__name", "pk")


def waiting_plans(supervisor: Employee) -> QuerySet[DevelopmentPlan]:
    """Plans of the direct reports that wait for approval, oldest first."""
    return counted(
        DevelopmentPlan.objects.filter(
            employee__in=Employee.objects.reporting_to(supervisor),
            state=DevelopmentPlan.State.PROPOSED,
        ).select_related("employee")
    ).order_by("proposed_at", "pk")


def waiting_levels(supervisor: Employee) -> QuerySet[ProposedLevel]:
    """Proposed levels of the direct reports that wait to be confirmed."""
    return (
        ProposedLevel.objects.filter(
            employee__in=Employee.objects.reporting_to(supervisor),
            state=ProposedLevel.State.OPEN,
        )
        .select_related("employee", "competency", "evidence")
        .order_by("pk")
    )


def mix_of(content: PlanContent) -> tuple[MixShare, ...]:
    """How the learning time of a plan divides over work, guidance and courses."""
    hours = {way: Decimal(0) for way in Way.values}
    for goal in content.goals:
        for line in goal.activities:
            # One JP is 45 minutes; time at work is counted in whole hours.
            hours[line.way] += line.hours * Decimal("0.75") + line.hours_on_job
    total = sum(hours.values(), Decimal(0))
    if not total:
        return ()
    shares, offset = [], 0
    last = max(way for way in range(len(Way.values)) if hours[Way.values[way]])
    for place, way in enumerate(Way.values):
        percent = 100 - offset if place == last else round(hours[way] * 100 / total)
        shares.append(MixShare(way, hours[way], percent, offset))
        offset += percent
    return tuple(shares)


__all__ = [
    "MixShare",
    "counted",
    "mix_of",
    "plan_content",
    "plan_list",
    "waiting_levels",
    "waiting_plans",
]
