"""The 70-20-10 mix of a plan: mostly work, some guidance, courses for the rest."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from training.rules.proposing import Gap, Line, Offer, propose

ASSIGNMENT: Final = "penugasan"
GUIDANCE: Final = "bimbingan"
COURSE: Final = "pelatihan"
MOST_ASSIGNMENTS: Final = 3
"""Gaps that get an assignment of their own: more work at once is never finished."""


def compose(
    gaps: Iterable[Gap],
    offers: Iterable[Offer],
    target_hours: Decimal | int,
    *,
    is_ceiling: bool = False,
    names: Mapping[Any, str] | None = None,
) -> tuple[Line, ...]:
    """Lines of a plan for a person's gaps, most urgent first, the same for the same input.

    1. The three most urgent gaps get an assignment each; every other gap, and the most
       urgent one besides, gets guidance. Where there is none, an assignment. One activity
       may serve several gaps.
    2. Courses follow in order of urgency while the hours are under the target, and
       wherever nothing at work helps a gap.
    3. Guidance fills what is still missing.

    With `is_ceiling` no line is added that would pass the target; those that a gap
    cannot do without stay.
    """
    wanted = [gap for gap in gaps if gap[1] is not None and gap[2] is not None and gap[2] < gap[1]]
    wanted.sort(key=lambda gap: (not gap[3], (gap[2] or 0) - (gap[1] or 0), str(gap[0])))
    by_way: dict[str, list[Offer]] = {}
    for offer in offers:
        by_way.setdefault(offer[4], []).append(offer)
    chosen = list(propose(wanted[:MOST_ASSIGNMENTS], by_way.get(ASSIGNMENT, ()), 0, names))
    for way in (GUIDANCE, ASSIGNMENT):
        chosen += _unused(propose(_open(wanted, chosen), by_way.get(way, ()), 0, names), chosen)
    chosen += _while_needed(
        _unused(propose(wanted[:1], by_way.get(GUIDANCE, ()), 0, names), chosen),
        wanted,
        chosen,
        target_hours,
        is_ceiling,
    )
    for way in (COURSE, GUIDANCE):
        rest = Decimal(target_hours) - _hours(chosen)
        more = _unused(propose(wanted, by_way.get(way, ()), max(rest, Decimal(0)), names), chosen)
        chosen += _while_needed(more, wanted, chosen, target_hours, is_ceiling)
    place = {gap[0]: index for index, gap in enumerate(wanted)}
    return tuple(sorted(chosen, key=lambda line: min(place[each] for each in line.competencies)))


def _open(gaps: Sequence[Gap], chosen: Sequence[Line]) -> list[Gap]:
    served = {competency for line in chosen for competency in line.competencies}
    return [gap for gap in gaps if gap[0] not in served]


def _unused(lines: Iterable[Line], chosen: Sequence[Line]) -> list[Line]:
    used = {line.key for line in chosen}
    return [line for line in lines if line.key not in used]


def _hours(lines: Iterable[Line]) -> Decimal:
    return sum((Decimal(line.hours) for line in lines), Decimal(0))


def _while_needed(
    lines: Iterable[Line],
    gaps: Sequence[Gap],
    chosen: Sequence[Line],
    target_hours: Decimal | int,
    is_ceiling: bool,
) -> list[Line]:
    kept: list[Line] = []
    for line in lines:
        so_far = [*chosen, *kept]
        bare = {gap[0] for gap in _open(gaps, so_far)}
        hours = _hours(so_far)
        fits = hours < target_hours and not (
            is_ceiling and hours + Decimal(line.hours) > target_hours
        )
        if fits or bare & set(line.competencies):
            kept.append(line)
    return kept


def quarters(count: int) -> tuple[int, ...]:
    """Quarters of the year for activities in order of urgency, spread evenly."""
    return tuple(1 + place * 4 // count for place in range(count))
