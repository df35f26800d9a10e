"""What posts require."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from competencies.models import Competency, Position, PositionStandard


@dataclass(frozen=True, slots=True)
class StandardItem:
    """One competency of a standard."""

    competency: Competency
    required_level: int
    is_critical: bool


def standards_of(
    positions: Iterable[Position], day: dt.date | None = None
) -> dict[int, tuple[StandardItem, ...]]:
    """Standards of many posts by position id, in dictionary order; one statement.

    A row for the post wins over the row of its tier (PermenPANRB 38/2017).
    """
    wanted = list(positions)
    by_tier: dict[int, dict[int, PositionStandard]] = {}
    by_position: dict[int, dict[int, PositionStandard]] = {}
    rows = PositionStandard.objects.on(day).select_related("competency")
    tiers = {position.tier_id for position in wanted}
    ids = {position.pk for position in wanted}
    for row in rows.filter(tier__in=tiers) | rows.filter(position__in=ids):
        if row.tier_id is not None:
            by_tier.setdefault(row.tier_id, {})[row.competency_id] = row
        elif row.position_id is not None:
            by_position.setdefault(row.position_id, {})[row.competency_id] = row
    result: dict[int, tuple[StandardItem, ...]] = {}
    for position in wanted:
        merged = by_tier.get(position.tier_id, {}) | by_position.get(position.pk, {})
        result[position.pk] = tuple(
            StandardItem(row.competency, row.required_level, row.is_critical)
            for row in sorted(
                merged.values(), key=lambda r: (r.competency.display_order, r.competency.code)
            )
        )
    return result


def standard_of(position: Position, day: dt.date | None = None) -> tuple[StandardItem, ...]:
    """The standard of one post on a day, in dictionary order."""
    return standards_of([position], day)[position.pk]
