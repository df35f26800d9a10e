"""Gaps: what a post requires against the level that counts."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from competencies import rules
from competencies.models import Assignment, Competency, CurrentLevel, Employee
from competencies.selectors.people import definitive_assignments
from competencies.selectors.standards import StandardItem, standards_of
from gayungan_asn.accounts.clock import today


@dataclass(frozen=True, slots=True)
class GapRow:
    """One competency of a person's standard. `attained` None: belum dinilai, never 0."""

    competency: Competency
    required: int
    attained: int | None
    gap: int | None
    is_critical: bool
    current: CurrentLevel | None


@dataclass(frozen=True, slots=True)
class GapSummary:
    """What a person's rows add up to.

    `index` is the unrounded indeks pemenuhan standar (internal) in per cent, capped per
    competency; None where nothing is assessed.
    """

    index: Decimal | None
    index_uncapped: Decimal | None
    assessed: int
    total: int
    below: int

    @property
    def not_assessed(self) -> int:
        """How many competencies have no valid level."""
        return self.total - self.assessed


def _order(row: GapRow) -> tuple[int, int, int, int, str]:
    """Largest gap first, then not assessed, then the rest in dictionary order."""
    place = (row.competency.display_order, row.competency.code)
    if row.gap is not None and row.gap < 0:
        return (0, row.gap, 0 if row.is_critical else 1, *place)
    if row.gap is None:
        return (1, 0, 0, *place)
    return (2, 0, 0, *place)


def _rows(
    standard: tuple[StandardItem, ...], levels: dict[int, CurrentLevel]
) -> tuple[GapRow, ...]:
    rows = []
    for item in standard:
        current = levels.get(item.competency.pk)
        attained = current.level if current else None
        rows.append(
            GapRow(
                competency=item.competency,
                required=item.required_level,
                attained=attained,
                gap=rules.gap(item.required_level, attained),
                is_critical=item.is_critical,
                current=current,
            )
        )
    return tuple(sorted(rows, key=_order))


def gap_rows_of(
    employees: Iterable[Employee],
    day: dt.date | None = None,
    posts: dict[int, Assignment] | None = None,
) -> dict[int, tuple[GapRow, ...]]:
    """Gap rows of many people by id; four statements whatever their number.

    People without a definitive post have no standard and so no rows. `posts` spares a
    statement where the caller has read the definitive assignments of that day already.
    """
    moment = day or today()
    ids = [employee.pk for employee in employees]
    if posts is None:
        posts = definitive_assignments(ids, moment)
    positions = {post.position_id: post.position for post in posts.values()}
    standards = standards_of(positions.values(), moment)
    levels: dict[int, dict[int, CurrentLevel]] = {}
    valid = Q(valid_until__isnull=True) | Q(valid_until__gte=moment)
    for current in CurrentLevel.objects.filter(valid, employee__in=ids).select_related(
        "attained__batch"
    ):
        levels.setdefault(current.employee_id, {})[current.competency_id] = current
    return {
        pk: _rows(standards[posts[pk].position_id], levels.get(pk, {})) if pk in posts else ()
        for pk in ids
    }


def gap_rows(employee: Employee, day: dt.date | None = None) -> tuple[GapRow, ...]:
    """Gap rows of one person: largest gap first, critical first among equals, then those
    not assessed, then the rest in dictionary order."""
    return gap_rows_of([employee], day)[employee.pk]


def summarise(rows: Iterable[GapRow]) -> GapSummary:
    """Index, coverage and number of gaps."""
    kept = list(rows)
    pairs = [(row.required, row.attained) for row in kept]
    return GapSummary(
        index=rules.job_person_match(pairs),
        index_uncapped=rules.job_person_match(pairs, capped=False),
        assessed=sum(row.attained is not None for row in kept),
        total=len(kept),
        below=sum(row.gap is not None and row.gap < 0 for row in kept),
    )
