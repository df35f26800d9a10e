"""Everything a page or a printed document says about a plan."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from competencies import rules as competency_rules
from competencies.models import Competency, Employee
from competencies.selectors.people import (
    definitive_assignments,
    direct_supervisor,
    employee_of,
)
from competencies.selectors.reference import rule_rows
from gayungan_asn.accounts.clock import today
from training.models import DevelopmentPlan, PlanItem, PlanItemGap, Way
from training.selectors.basis import rating_words, unseen_of
from training.selectors.hours import hour_targets, target_of

SHARES = {Way.ASSIGNMENT: 70, Way.GUIDANCE: 20, Way.COURSE: 10}
"""The 70-20-10 mix."""


@dataclass(frozen=True, slots=True)
class PlanPerson:
    """A person as official papers name them. `rank` is "Penata Tingkat I (III/d)" or empty."""

    pk: int | None
    name: str
    nip: str
    rank: str
    position: str
    unit: str


@dataclass(frozen=True, slots=True)
class GapLine:
    """One competency of the standard. `attained` None: belum dinilai, never 0."""

    competency_id: int
    code: str
    competency: str
    type_label: str
    required: int
    attained: int | None
    gap: int | None
    is_critical: bool
    state: str
    source: str
    valid_until: dt.date | None


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One activity. `hours` count as JP; `hours_on_job` do not."""

    pk: int
    title: str
    way: str
    way_label: str
    share: int
    kind: str
    provider: str
    quarter: int
    when: str
    hours: Decimal
    hours_on_job: int
    cost: Decimal
    cost_source: str
    success_sign: str
    reason: str
    state: str
    state_label: str
    also_for: tuple[str, ...]
    course_id: int | None
    enrolment_id: int | None


@dataclass(frozen=True, slots=True)
class Goal:
    """A gap with why it is there and what is to be done about it.

    `unseen` are behaviours of the standard not yet seen, `rating` how the level came
    about ("nilai tertimbang …"), `reason` both and the source as sentences.
    """

    competency_id: int
    competency: str
    required: int
    attained: int
    gap: int
    is_critical: bool
    priority: str
    source: str
    unseen: tuple[str, ...]
    rating: str
    reason: str
    activities: tuple[ActivityLine, ...]


@dataclass(frozen=True, slots=True)
class CostShare:
    """What one source pays."""

    source: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PlanContent:
    """A plan, ready to be shown. The same plan in the same version gives the same content."""

    plan_id: int
    version: int
    year: int
    state: str
    state_label: str
    employee: PlanPerson
    employment_kind: str
    supervisor: PlanPerson | None
    hr: PlanPerson | None
    gaps: tuple[GapLine, ...]
    goals: tuple[Goal, ...]
    activity_count: int
    hours_total: Decimal
    hours_on_job_total: int
    cost_total: Decimal
    costs: tuple[CostShare, ...]
    target_hours: int
    target_is_ceiling: bool
    way_counts: dict[str, int]
    below: int
    assessed: int
    total: int
    not_assessed: int
    largest_gap: int
    index: Decimal | None
    index_uncapped: Decimal | None
    source_label: str
    note: str
    drafted_on: dt.date | None
    proposed_at: dt.datetime | None
    approved_at: dt.datetime | None
    ratified_at: dt.datetime | None


def plan_content(plan: DevelopmentPlan) -> PlanContent:
    """Read a plan whole; the same number of statements for any plan.

    Post, unit and supervisor are those of the day of approval, else of today.
    """
    employee = plan.employee
    moment = plan.approved_at or plan.proposed_at
    day = timezone.localdate(moment) if moment else today()
    supervisor = plan.approved_by_employee or direct_supervisor(employee, day)
    ratifier = employee_of(plan.ratified_by) if plan.ratified_by else None
    people = _people([employee, supervisor, ratifier], day)
    gaps = tuple(_gap_line(row) for row in plan.gap_table)
    goals = goals_of(plan)
    lines = [line for goal in goals for line in goal.activities]
    pairs = [(line.required, line.attained) for line in gaps]
    costs: dict[str, Decimal] = {}
    for line in lines:
        if line.cost:
            costs[line.cost_source] = costs.get(line.cost_source, Decimal(0)) + line.cost
    hr = people.get(ratifier.pk) if ratifier else None
    if hr is None and plan.ratified_by is not None:
        hr = PlanPerson(None, str(plan.ratified_by), "", "", "", "")
    return PlanContent(
        plan_id=plan.pk,
        version=plan.version,
        year=plan.year,
        state=plan.state,
        state_label=plan.get_state_display(),
        employee=people[employee.pk],
        employment_kind=employee.get_employment_kind_display(),
        supervisor=people[supervisor.pk] if supervisor else None,
        hr=hr,
        gaps=gaps,
        goals=goals,
        activity_count=len(lines),
        hours_total=sum((line.hours for line in lines), Decimal(0)),
        hours_on_job_total=sum(line.hours_on_job for line in lines),
        cost_total=sum((line.cost for line in lines), Decimal(0)),
        costs=tuple(CostShare(source, amount) for source, amount in sorted(costs.items())),
        target_hours=plan.target_hours,
        target_is_ceiling=target_of(employee, hour_targets()).is_ceiling,
        way_counts={way: sum(line.way == way for line in lines) for way in Way.values},
        below=sum(line.gap is not None and line.gap < 0 for line in gaps),
        assessed=sum(line.attained is not None for line in gaps),
        total=len(gaps),
        not_assessed=sum(line.attained is None for line in gaps),
        largest_gap=min((line.gap for line in gaps if line.gap is not None), default=0),
        index=competency_rules.job_person_match(pairs),
        index_uncapped=competency_rules.job_person_match(pairs, capped=False),
        source_label=plan.batch.label if plan.batch else "",
        note=plan.note,
        drafted_on=plan.drafted_on,
        proposed_at=plan.proposed_at,
        approved_at=plan.approved_at,
        ratified_at=plan.ratified_at,
    )


def goals_of(plan: DevelopmentPlan) -> tuple[Goal, ...]:
    """The gaps of a plan, most urgent first, each with its activities.

    An activity that serves several gaps stands under the most urgent one and names the
    others. A gap left without activity is shown too.
    """
    items = list(
        plan.items.select_related("kind", "course").prefetch_related(
            Prefetch("gaps", queryset=PlanItemGap.objects.select_related("competency"))
        )
    )
    rows = [row for row in plan.gap_table if (_gap(row) or 0) < 0]
    order = {row["competency_id"]: place for place, row in enumerate(rows)}
    under: dict[int, list[ActivityLine]] = {pk: [] for pk in order}
    for item in items:
        served = sorted(item.gaps.all(), key=lambda gap: order.get(gap.competency_id, 999))
        if not served or served[0].competency_id not in under:
            continue
        also = tuple(gap.competency.name for gap in served[1:])
        under[served[0].competency_id].append(_activity(plan, item, also))
    return tuple(_goal(row, tuple(under[row["competency_id"]])) for row in rows)


def _goal(row: dict[str, Any], activities: tuple[ActivityLine, ...]) -> Goal:
    basis = row.get("basis") or {}
    unseen, rating = unseen_of(basis), rating_words(basis)
    gap = row["attained"] - row["required"]
    return Goal(
        competency_id=row["competency_id"],
        competency=row["name"],
        required=row["required"],
        attained=row["attained"],
        gap=gap,
        is_critical=row["critical"],
        priority=_("tinggi") if row["critical"] or gap <= -2 else _("sedang"),
        source=row["source"],
        unseen=unseen,
        rating=rating,
        reason=goal_reason(row),
        activities=activities,
    )


def goal_reason(row: dict[str, Any]) -> str:
    """Why a gap is in the plan: level, standard, source, rating, behaviours not yet seen."""
    basis = row.get("basis") or {}
    parts = [
        _("Tingkat %(attained)s, standar %(required)s menurut %(source)s")
        % {"attained": row["attained"], "required": row["required"], "source": row["source"]}
    ]
    rating = rating_words(basis)
    if rating:
        parts[0] += f", {rating}"
    if row.get("valid_until") and row.get("official"):
        until = dt.date.fromisoformat(row["valid_until"])
        parts[0] += _(", berlaku sampai %(day)s") % {"day": f"{until:%d-%m-%Y}"}
    unseen = unseen_of(basis)
    if unseen:
        parts.append(_("Belum tampak: %(texts)s") % {"texts": "; ".join(map(_lower, unseen))})
    if row["critical"]:
        parts.append(_("Kompetensi kritis di jabatan ini"))
    return ". ".join(parts) + "."


def _lower(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _activity(plan: DevelopmentPlan, item: PlanItem, also: tuple[str, ...]) -> ActivityLine:
    return ActivityLine(
        pk=item.pk,
        title=item.title,
        way=item.way,
        way_label=way_words()[item.way],
        share=SHARES[Way(item.way)],
        kind=item.kind.name if item.kind else "",
        provider=item.provider_name,
        quarter=item.quarter,
        when=quarter_words(item.quarter, plan.year),
        hours=item.hours,
        hours_on_job=item.hours_on_job,
        cost=item.cost,
        cost_source=item.cost_source,
        success_sign=item.success_sign,
        reason=item.reason,
        state=item.state,
        state_label=item.get_state_display(),
        also_for=also,
        course_id=item.course_id,
        enrolment_id=item.enrolment_id,
    )


def way_words() -> dict[str, str]:
    """Way → the short word of the tag."""
    return {
        Way.ASSIGNMENT: _("Penugasan"),
        Way.GUIDANCE: _("Bimbingan"),
        Way.COURSE: _("Pelatihan"),
    }


def quarter_words(quarter: int, year: int) -> str:
    """ "Jan–Mar 2027" """
    months = {
        1: _("Jan–Mar"),
        2: _("Apr–Jun"),
        3: _("Jul–Sep"),
        4: _("Okt–Des"),
    }
    return f"{months[quarter]} {year}"


def _gap(row: dict[str, Any]) -> int | None:
    return competency_rules.gap(row["required"], row["attained"])


def _gap_line(row: dict[str, Any]) -> GapLine:
    gap = _gap(row)
    return GapLine(
        competency_id=row["competency_id"],
        code=row["code"],
        competency=row["name"],
        type_label=str(Competency.Type(row["type"]).label),
        required=row["required"],
        attained=row["attained"],
        gap=gap,
        is_critical=row["critical"],
        state=gap_words(gap),
        source=row["source"],
        valid_until=dt.date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
    )


def gap_words(gap: int | None) -> str:
    """The state of a competency inside a sentence."""
    if gap is None:
        return _("belum dinilai")
    if gap < 0:
        return _("di bawah standar (−%(number)s)") % {"number": -gap}
    if gap > 0:
        return _("melampaui (+%(number)s)") % {"number": gap}
    return _("memenuhi")


def _people(found: list[Employee | None], day: dt.date) -> dict[int, PlanPerson]:
    known = {person.pk: person for person in found if person is not None}
    posts = definitive_assignments(known, day)
    missing = [pk for pk in known if pk not in posts]
    posts |= definitive_assignments(missing) if missing and day != today() else {}
    numbers = dict(
        Employee.objects.filter(pk__in=known, numbers__is_current=True).values_list(
            "pk", "numbers__nip"
        )
    )
    ranks = {row.data["code"]: row.data["title"] for row in rule_rows("grades")}
    people = {}
    for pk, person in known.items():
        post = posts.get(pk)
        people[pk] = PlanPerson(
            pk=pk,
            name=person.full_name,
            nip=numbers.get(pk, ""),
            rank=_rank(person, ranks),
            position=post.position.name if post else "",
            unit=post.position.unit.name if post else "",
        )
    return people


def _rank(person: Employee, ranks: dict[str, str]) -> str:
    if not person.grade:
        return ""
    code = person.grade
    if person.employment_kind.startswith("PPPK") and code not in ranks:
        code = f"PPPK-{code}"
    title = ranks.get(code, "")
    if person.employment_kind.startswith("PPPK"):
        return title or person.grade
    return f"{title} ({person.grade})" if title else person.grade


__all__ = [
    "ActivityLine",
    "CostShare",
    "GapLine",
    "Goal",
    "PlanContent",
    "PlanPerson",
    "goal_reason",
    "goals_of",
    "plan_content",
]
