"""What a result page shows: each figure with what it was made of."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from competencies.models import Competency, Holiday, Indicator, Threshold
from competencies.rules import gap
from competencies.selectors.reference import predicate_names
from evaluations import rules
from evaluations.models import Appraisal, Outcome, OutcomeLevel, Rating, SupervisorPart
from evaluations.models.feedback import Relation
from evaluations.selectors.rating_pages import shared_phrases

RELATION_ORDER = (Relation.SUPERVISOR, Relation.PEER, Relation.SUBORDINATE, Relation.SELF)
CLASS_SCHEME = "jpm_pemetaan"


@dataclass(frozen=True, slots=True)
class Input:
    """What one relation gave: its value, its share of the weight in per cent, the product."""

    relation: str
    label: str
    value: Decimal
    share: Decimal
    points: Decimal

    @property
    def is_disclosed(self) -> bool:
        """A value of several people, in half-steps with bands at the ends."""
        return self.relation in (Relation.PEER, Relation.SUBORDINATE)


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One competency of a result."""

    number: int
    competency: Competency
    required: int
    level: int | None
    value: Decimal | None
    gap: int | None
    is_critical: bool
    inputs: tuple[Input, ...]
    unseen: tuple[str, ...]
    changed_from: str
    asked_of_peers: bool

    @property
    def counted_level(self) -> int | None:
        """What the inputs gave, before an objection changed it."""
        return rules.rounded_level(self.value)

    @property
    def lacks_peers(self) -> bool:
        """Peers were asked, but too few answered to say or count anything."""
        return self.asked_of_peers and all(one.relation != Relation.PEER for one in self.inputs)


@dataclass(frozen=True, slots=True)
class ResultGroup:
    """Rows of one type of competency."""

    label: str
    rows: tuple[ResultRow, ...]


@dataclass(frozen=True, slots=True)
class ResultPage:
    """A whole result."""

    outcome: Outcome
    groups: tuple[ResultGroup, ...]
    required_sum: int
    attained_sum: int
    class_name: str
    predicate: str
    work_result: str
    behaviour: str
    phrases: tuple[str, ...]
    peers_told: bool

    @property
    def rows(self) -> tuple[ResultRow, ...]:
        """All rows in page order."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def met(self) -> int:
        """How many assessed competencies meet the standard."""
        return sum(row.gap is not None and row.gap >= 0 for row in self.rows)


def _inputs(row: OutcomeLevel) -> tuple[Input, ...]:
    weights = {
        relation: Decimal(str(weight))
        for relation, weight in row.weights.items()
        if weight is not None and row.by_relation.get(relation) is not None
    }
    total = sum(weights.values(), Decimal(0))
    found = []
    for relation in RELATION_ORDER:
        if not total or relation not in weights:
            continue
        value = Decimal(str(row.by_relation[relation]))
        share = weights[relation] / total
        found.append(
            Input(relation, str(Relation(relation).label), value, share * 100, value * share)
        )
    return tuple(found)


def _unseen(appraisal: Appraisal) -> dict[int, tuple[str, ...]]:
    """Behaviours the supervisors ticked as not yet seen, by competency."""
    ratings = Rating.objects.filter(
        response__appraisal=appraisal,
        response__relation=Relation.SUPERVISOR,
        response__is_submitted=True,
    ).prefetch_related(Prefetch("unseen", Indicator.objects.order_by("display_order")))
    texts: dict[int, list[str]] = {}
    for rating in ratings:
        for indicator in rating.unseen.all():
            known = texts.setdefault(rating.competency_id, [])
            if indicator.text not in known:
                known.append(indicator.text)
    return {pk: tuple(rows) for pk, rows in texts.items()}


def _class_name(outcome: Outcome, day: dt.date) -> str:
    """The class of the index; none while something is not assessed."""
    if outcome.index is None or outcome.assessed_count < outcome.total_count:
        return ""
    # Compared unrounded; a boundary value belongs to the upper class.
    found = (
        Threshold.objects.on(day)
        .filter(scheme=CLASS_SCHEME, min_inclusive__lte=outcome.index)
        .order_by("-min_inclusive")
        .first()
    )
    return found.name if found else ""


def _changes(outcome: Outcome) -> dict[str, str]:
    """Competency code → the level before an objection was upheld."""
    changes: dict[str, Any] = outcome.inputs.get("objection") or {}
    return {
        one["competency"]: _("belum dinilai") if one["before"] is None else str(one["before"])
        for one in changes.get("levels", [])
    }


def result_page(appraisal: Appraisal) -> ResultPage | None:
    """The result with its inputs; at most nine statements. None before there is one."""
    outcome = Outcome.objects.filter(appraisal=appraisal).first()
    if outcome is None:
        return None
    levels = {row.competency_id: row for row in outcome.levels.all()}
    unseen, changes = _unseen(appraisal), _changes(outcome)
    groups: dict[str, list[ResultRow]] = {}
    required_sum = attained_sum = 0
    peers_told = False
    for number, item in enumerate(appraisal.competencies.select_related("competency"), start=1):
        row = levels.get(item.competency_id)
        level = row.level if row else None
        inputs = _inputs(row) if row else ()
        peers_told = peers_told or any(one.relation == Relation.PEER for one in inputs)
        if level is not None:
            required_sum += item.required_level
            attained_sum += min(level, item.required_level)
        groups.setdefault(item.competency.get_type_display(), []).append(
            ResultRow(
                number=number,
                competency=item.competency,
                required=item.required_level,
                level=level,
                value=row.value if row else None,
                gap=gap(item.required_level, level),
                is_critical=item.is_critical,
                inputs=inputs,
                unseen=unseen.get(item.competency_id, ()),
                changed_from=changes.get(item.competency.code, ""),
                asked_of_peers=item.asked_of_peers,
            )
        )
    day = appraisal.cycle.period.upper - dt.timedelta(days=1)
    ratings = dict(SupervisorPart.Rating.choices)
    return ResultPage(
        outcome=outcome,
        groups=tuple(ResultGroup(label, tuple(rows)) for label, rows in groups.items()),
        required_sum=required_sum,
        attained_sum=attained_sum,
        class_name=_class_name(outcome, day),
        predicate=predicate_names(day).get(outcome.predicate, "") if outcome.predicate else "",
        work_result=str(ratings.get(outcome.work_result, "")),
        behaviour=str(ratings.get(outcome.behaviour, "")),
        phrases=shared_phrases(appraisal),
        peers_told=peers_told,
    )


@dataclass(frozen=True, slots=True)
class PartSheet:
    """What one supervisor sent: level and reason per competency, ratings, message."""

    part: SupervisorPart
    rows: tuple[tuple[Competency, int, str], ...]

    @property
    def first_day(self) -> dt.date:
        """The first day of the rated period."""
        day: dt.date = self.part.period.lower
        return day

    @property
    def last_day(self) -> dt.date:
        """The last day of the rated period."""
        day: dt.date = self.part.period.upper - dt.timedelta(days=1)
        return day


def part_sheets(parts: Iterable[SupervisorPart]) -> tuple[PartSheet, ...]:
    """The marks of sent parts, in dictionary order; two statements."""
    found = list(parts)
    marks: dict[int, list[tuple[Competency, int, str]]] = {}
    ratings = (
        Rating.objects.filter(response__part__in=[part.pk for part in found])
        .select_related("competency", "response")
        .order_by("competency__display_order", "competency__code")
    )
    for rating in ratings:
        marks.setdefault(rating.response.part_id or 0, []).append(
            (rating.competency, rating.level, rating.reason)
        )
    return tuple(PartSheet(part, tuple(marks.get(part.pk, ()))) for part in found)


def objection_last_day(appraisal: Appraisal) -> dt.date | None:
    """The last day on which the person may object; None before publication.

    The day of receipt is the day of publication, when the notice is delivered.
    """
    if appraisal.published_at is None:
        return None
    cycle = appraisal.cycle
    received = localdate(appraisal.published_at)
    holidays: list[dt.date] = []
    if cycle.objection_working_days:
        holidays = list(Holiday.objects.filter(date__gt=received).values_list("date", flat=True))
    return rules.objection_deadline(
        received, cycle.objection_days, cycle.objection_working_days, holidays
    )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the line on top of an appraisal."""

    label: str
    state: str


def steps_of(appraisal: Appraisal) -> tuple[Step, ...]:
    """Where the appraisal stands, for everybody who sees it."""
    state = Appraisal.State
    reached = {
        state.DRAFT: 0,
        state.SELF_REVIEW: 0,
        state.SUPERVISOR_REVIEW: 1,
        state.CALIBRATION: 2,
        state.PUBLISHED: 3,
        state.OBJECTED: 3,
        state.ACKNOWLEDGED: 4,
        state.FINAL: 4,
    }[state(appraisal.state)]
    labels = (
        _("Penilaian mandiri"),
        _("Atasan langsung menilai"),
        _("Pemeriksaan akhir"),
        _("Hasil dan dialog"),
    )
    return tuple(
        Step(label, "done" if place < reached else "now" if place == reached else "todo")
        for place, label in enumerate(labels)
    )
