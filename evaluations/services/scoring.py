"""From answers to a result, by the rules of the design, for many appraisals at once.

Reads only; `publishing` writes what it says. Peers and subordinates enter with their
disclosed value, never with an answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from competencies.rules import coverage, job_person_match
from evaluations import rules
from evaluations.models import Appraisal, AppraisalCompetency, Cycle, Rating, SupervisorPart
from evaluations.models.feedback import Relation

RANKS: Final = {
    SupervisorPart.Rating.BELOW: 1,
    SupervisorPart.Rating.AS_EXPECTED: 2,
    SupervisorPart.Rating.ABOVE: 3,
}
BY_RANK: Final = {rank: code for code, rank in RANKS.items()}
WEIGHT_STEP: Final = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class ScoredLevel:
    """One competency: the values that counted, what each weighed, and the level.

    Only relations that count are named: a missing one leaves no trace to count from.
    """

    competency_id: int
    required: int
    by_relation: Mapping[str, Decimal]
    weights: Mapping[str, Decimal]
    value: Decimal | None
    level: int | None
    unseen: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ScoredAppraisal:
    """The whole result of one appraisal, not yet written."""

    appraisal: Appraisal
    levels: tuple[ScoredLevel, ...]
    index: Decimal | None
    index_uncapped: Decimal | None
    assessed: int
    total: int
    work_result: str
    behaviour: str
    predicate: str
    assessor: tuple[int, str] | None
    inputs: dict[str, Any] = field(default_factory=dict)


def shared_weights(present: Iterable[str], weights: Mapping[str, int]) -> dict[str, Decimal]:
    """What each relation that is there weighs, in per cent, after sharing out the others'."""
    there = {relation: weights.get(relation, 0) for relation in present}
    total = sum(there.values())
    return {
        relation: (Decimal(weight * 100) / total).quantize(WEIGHT_STEP)
        for relation, weight in there.items()
        if weight
    }


def rating_by_days(parts: Iterable[tuple[str, int]]) -> str:
    """One of the three ratings from several supervisors' periods.

    Ranks 1 to 3 are joined by days and rounded half-up, so half a year above and half a
    year as expected is above. Empty where no part says anything.
    """
    value = rules.weighted_by_days(
        (RANKS[SupervisorPart.Rating(code)], days) for code, days in parts if code
    )
    rank = rules.rounded_level(value)
    return "" if rank is None else str(BY_RANK[rank])


def score_competency(
    competency_id: int,
    required: int,
    *,
    supervisors: Iterable[tuple[int, int]],
    peers: Iterable[int],
    subordinates: Iterable[int],
    own: int | None,
    weights: Mapping[str, int],
    minimum: int,
    unseen: tuple[tuple[int, str], ...] = (),
) -> ScoredLevel:
    """One competency from everybody's marks. `supervisors` are (level, days)."""
    found: dict[str, Decimal | None] = {
        "supervisor": rules.weighted_by_days(supervisors),
        "peer": rules.disclosed(list(peers), minimum),
        "self": None if own is None else Decimal(own),
        "subordinate": rules.disclosed(list(subordinates), minimum),
    }
    value = rules.weighted_level(found, weights)
    by_relation = {
        relation: mark
        for relation, mark in found.items()
        if mark is not None and weights.get(relation)
    }
    return ScoredLevel(
        competency_id=competency_id,
        required=required,
        by_relation=by_relation,
        weights=shared_weights(by_relation, weights),
        value=value,
        level=rules.rounded_level(value),
        unseen=unseen,
    )


@dataclass(slots=True)
class _Marks:
    """Everybody's submitted marks of a set of appraisals."""

    supervisors: dict[tuple[int, int], list[tuple[int, int]]]
    peers: dict[tuple[int, int], list[int]]
    subordinates: dict[tuple[int, int], list[int]]
    own: dict[tuple[int, int], int]
    unseen: dict[tuple[int, int], dict[int, str]]


def _read_marks(ids: Sequence[int]) -> _Marks:
    marks = _Marks(defaultdict(list), defaultdict(list), defaultdict(list), {}, defaultdict(dict))
    rows = Rating.objects.filter(response__appraisal__in=ids, response__is_submitted=True).exclude(
        response__relation=Relation.SUPERVISOR,
        response__part__state=SupervisorPart.State.OPEN,
    )
    for appraisal_id, competency_id, relation, level, days in rows.values_list(
        "response__appraisal", "competency", "response__relation", "level", "response__part__days"
    ):
        key = (appraisal_id, competency_id)
        if relation == Relation.SUPERVISOR:
            marks.supervisors[key].append((level, days))
        elif relation == Relation.PEER:
            marks.peers[key].append(level)
        elif relation == Relation.SUBORDINATE:
            marks.subordinates[key].append(level)
        else:
            marks.own[key] = level
    # Peers' ticks would point at one of them; plan lines cite the supervisor's.
    for appraisal_id, competency_id, pk, text in (
        rows.filter(response__relation=Relation.SUPERVISOR, unseen__isnull=False)
        .order_by("unseen__display_order", "unseen")
        .values_list("response__appraisal", "competency", "unseen", "unseen__text")
    ):
        marks.unseen[appraisal_id, competency_id][pk] = text
    return marks


def score_appraisals(
    cycle: Cycle,
    appraisals: Sequence[Appraisal],
    matrix: Mapping[tuple[str, str], str],
) -> list[ScoredAppraisal]:
    """Results of appraisals of one cycle, from what has been sent; four statements.

    `matrix` gives the predicate. Raises `matrix` where it lacks a pair that occurs.
    """
    ids = [appraisal.pk for appraisal in appraisals]
    items: dict[int, list[AppraisalCompetency]] = defaultdict(list)
    if cycle.rates_competencies:
        for item in AppraisalCompetency.objects.filter(appraisal__in=ids).order_by("display_order"):
            items[item.appraisal_id].append(item)
    parts: dict[int, list[SupervisorPart]] = defaultdict(list)
    for part in (
        SupervisorPart.objects.filter(appraisal__in=ids, state=SupervisorPart.State.SUBMITTED)
        .select_related("supervisor")
        .order_by("period", "pk")
    ):
        parts[part.appraisal_id].append(part)
    marks = _read_marks(ids)
    weights = cycle.weights
    return [
        _score_one(
            cycle, appraisal, items[appraisal.pk], parts[appraisal.pk], marks, weights, matrix
        )
        for appraisal in appraisals
    ]


def _score_one(
    cycle: Cycle,
    appraisal: Appraisal,
    items: Sequence[AppraisalCompetency],
    parts: Sequence[SupervisorPart],
    marks: _Marks,
    weights: Mapping[str, int],
    matrix: Mapping[tuple[str, str], str],
) -> ScoredAppraisal:
    levels = []
    for item in items:
        key = (appraisal.pk, item.competency_id)
        levels.append(
            score_competency(
                item.competency_id,
                item.required_level,
                supervisors=marks.supervisors.get(key, ()),
                peers=marks.peers.get(key, ()),
                subordinates=marks.subordinates.get(key, ()),
                own=marks.own.get(key),
                weights=weights,
                minimum=cycle.peers_minimum,
                unseen=tuple(marks.unseen.get(key, {}).items()),
            )
        )
    pairs = [(level.required, level.level) for level in levels]
    assessed, total = coverage(pairs)
    work_result = behaviour = predicate = ""
    if cycle.rates_performance:
        work_result = rating_by_days((part.work_result, part.days) for part in parts)
        behaviour = rating_by_days((part.behaviour, part.days) for part in parts)
        try:
            predicate = rules.predicate(work_result or None, behaviour or None, matrix) or ""
        except ValueError as error:
            raise ValidationError(
                _("Matriks predikat kinerja belum lengkap. Muat data rujukan dahulu."),
                code="matrix",
            ) from error
    last = parts[-1].supervisor if parts else None
    return ScoredAppraisal(
        appraisal=appraisal,
        levels=tuple(levels),
        index=job_person_match(pairs),
        index_uncapped=job_person_match(pairs, capped=False),
        assessed=assessed,
        total=total,
        work_result=work_result,
        behaviour=behaviour,
        predicate=predicate,
        assessor=(last.pk, last.full_name) if last else None,
        inputs={
            "weights": dict(weights),
            "parts": [
                {
                    "supervisor": part.supervisor_id,
                    "supervisor_name": part.supervisor.full_name,
                    "days": part.days,
                    "work_result": part.work_result,
                    "behaviour": part.behaviour,
                }
                for part in parts
            ],
        },
    )
