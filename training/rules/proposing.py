"""Proposing activities for gaps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

Number = Decimal | int
Key = int | str
Gap = tuple[Key, int | None, int | None, bool]
Offer = tuple[Key, Mapping[Any, tuple[int, int]], Number | None, Number | None, str]

# Beyond this the search for the fewest lines gives way to the greedy choice.
_MOST_STEPS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Line:
    """One activity proposed for a plan.

    `competencies` are all gaps it helps, most urgent first; `hours` in JP, `cost`
    in rupiah, neither below zero; `reason` is an Indonesian sentence.
    """

    key: Key
    competencies: tuple[Key, ...]
    hours: Number
    cost: Number
    way: str
    reason: str


@dataclass(frozen=True, slots=True)
class _OpenGap:
    competency: Key
    required: int
    attained: int
    critical: bool

    @property
    def urgency(self) -> tuple[bool, int, tuple[bool, Key]]:
        return (not self.critical, self.attained - self.required, _order(self.competency))


@dataclass(frozen=True, slots=True)
class _Help:
    """An offer seen from the gaps: bit i of `mask` stands for the i-th gap."""

    key: Key
    mask: int
    reached: Mapping[int, int]
    hours: Number
    cost: Number
    way: str

    def preference(self, index: int) -> tuple[Any, ...]:
        """Sort key among offers for one gap, the best first."""
        return (
            -self.reached[index],
            self.cost,
            -self.mask.bit_count(),
            -self.hours,
            _order(self.key),
        )


def propose(
    gaps: Iterable[Gap],
    offers: Iterable[Offer],
    target_hours: Number | None,
    names: Mapping[Any, str] | None = None,
) -> tuple[Line, ...]:
    """Propose activities for a person's gaps, the same for the same input in any order.

    `gaps` are (competency, required, attained, critical); only attained < required
    is a gap, and not assessed (None) is none. `offers` are (key, outcomes
    {competency: (from, to)}, hours, cost, way). An offer helps a gap when its
    outcome starts at or below the attained level and ends above it.

    1. Every gap that some offer helps is covered, with the fewest lines possible.
    2. Urgency: critical first, then the larger gap, then the competency's code. The
       most urgent uncovered gap gets the best offer that still allows the fewest
       lines: the one that leads nearest to the standard, then costs least, then
       helps most gaps, then has most hours, then has the smallest key.
    3. While the hours stay under `target_hours`, each gap in order of urgency gets
       one more offer by the same preference (those without hours last), round after
       round, until the target is reached or no offer is left.
    4. Lines stand in the order of the most urgent gap they help. No key twice.

    `names` gives the competency names used in the reasons, else the codes are used.
    In a contrived catalogue, where finding the fewest lines would take too long, the
    offer that helps most uncovered gaps is taken instead.
    Absent or negative hours and costs count as 0.
    """
    open_gaps = _open_gaps(gaps)
    helps = _helps(open_gaps, offers)
    chosen = _cover(helps)
    added = _fill(helps, chosen, len(open_gaps), target_hours or 0)
    lines = [(_lowest(each.mask), _line(each, open_gaps, names or {}, None)) for each in chosen] + [
        (_lowest(each.mask), _line(each, open_gaps, names or {}, target_hours)) for each in added
    ]
    return tuple(line for _, line in sorted(lines, key=lambda pair: pair[0]))


def _open_gaps(gaps: Iterable[Gap]) -> list[_OpenGap]:
    merged: dict[Key, _OpenGap] = {}
    for competency, required, attained, critical in gaps:
        if required is None or attained is None or attained >= required:
            continue
        found = _OpenGap(competency, required, attained, bool(critical))
        known = merged.get(competency)
        if known is not None:
            found = _OpenGap(
                competency,
                max(found.required, known.required),
                min(found.attained, known.attained),
                found.critical or known.critical,
            )
        merged[competency] = found
    return sorted(merged.values(), key=lambda each: each.urgency)


def _helps(open_gaps: Sequence[_OpenGap], offers: Iterable[Offer]) -> list[_Help]:
    helps: dict[Key, _Help] = {}
    for key, outcomes, hours, cost, way in offers:
        reached = {
            index: min(outcomes[each.competency][1], each.required)
            for index, each in enumerate(open_gaps)
            if each.competency in outcomes
            and outcomes[each.competency][0] <= each.attained < outcomes[each.competency][1]
        }
        if not reached:
            continue
        found = _Help(
            key,
            sum(1 << index for index in reached),
            reached,
            max(hours or 0, 0),
            max(cost or 0, 0),
            way,
        )
        known = helps.get(key)
        if known is None or _content(found) < _content(known):
            helps[key] = found
    return list(helps.values())


def _content(each: _Help) -> tuple[Any, ...]:
    # Decides between two offers under one key, whatever their order.
    return (
        -each.mask.bit_count(),
        each.mask,
        each.cost,
        -each.hours,
        [-level for _, level in sorted(each.reached.items())],
        str(each.way),
    )


def _cover(helps: Sequence[_Help]) -> list[_Help]:
    """Choose the fewest offers that help every gap any of them helps."""
    uncovered = 0
    for each in helps:
        uncovered |= each.mask
    search = _Search({each.mask for each in helps})
    chosen: list[_Help] = []
    while uncovered:
        index = _lowest(uncovered)
        candidates = sorted(
            (each for each in helps if each.mask >> index & 1),
            key=lambda each: each.preference(index),
        )
        chosen.append(search.best(candidates, uncovered))
        uncovered &= ~chosen[-1].mask
    return chosen


class _Search:
    """Finds how many masks are needed to cover a set of gaps.

    Depth-first over the gap with the fewest masks, remembering sets already seen.
    A step count, not a clock, ends it, so the answer is the same on any machine.
    """

    def __init__(self, masks: Iterable[int]) -> None:
        ordered = sorted(set(masks), key=lambda mask: (-mask.bit_count(), mask))
        # A mask within another one never needs to be taken instead of it.
        widest: list[int] = []
        for mask in ordered:
            if not any(mask & other == mask for other in widest):
                widest.append(mask)
        self._by_gap: dict[int, list[int]] = {}
        for mask in widest:
            for index in _indexes(mask):
                self._by_gap.setdefault(index, []).append(mask)
        self._widest = widest
        self._exact = True
        self._steps = 0
        self._possible: dict[int, int] = {}
        self._impossible: dict[int, int] = {}

    def best(self, candidates: Sequence[_Help], uncovered: int) -> _Help:
        """Take the first candidate after which the fewest lines are still enough."""
        if self._exact:
            try:
                lines = self._fewest(uncovered)
                for each in candidates:
                    if self._coverable(uncovered & ~each.mask, lines - 1):
                        return each
            except _OutOfStepsError:
                self._exact = False
        return max(candidates, key=lambda each: (each.mask & uncovered).bit_count())

    def _fewest(self, uncovered: int) -> int:
        lines = 1
        while not self._coverable(uncovered, lines):
            lines += 1
        return lines

    def _coverable(self, uncovered: int, lines: int) -> bool:
        if not uncovered:
            return True
        if lines <= self._impossible.get(uncovered, 0):
            return False
        if lines >= self._possible.get(uncovered, lines + 1):
            return True
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _OutOfStepsError
        found = self._search(uncovered, lines)
        if found:
            self._possible[uncovered] = lines
        else:
            self._impossible[uncovered] = lines
        return found

    def _search(self, uncovered: int, lines: int) -> bool:
        if lines == 1:
            candidates = self._by_gap[_lowest(uncovered)]
            return any(uncovered & mask == uncovered for mask in candidates)
        scarce = min((self._by_gap[index] for index in _indexes(uncovered)), key=len)
        remainders = {uncovered & ~mask for mask in scarce}
        widest = max((uncovered & mask).bit_count() for mask in self._widest)
        return any(
            self._coverable(rest, lines - 1)
            for rest in sorted(remainders, key=lambda rest: (rest.bit_count(), rest))
            if rest.bit_count() <= widest * (lines - 1)
        )


class _OutOfStepsError(Exception):
    pass


def _fill(
    helps: Sequence[_Help], chosen: Sequence[_Help], count: int, target_hours: Number
) -> list[_Help]:
    """Add offers in rounds over the gaps while the hours stay under the target."""
    used = {each.key for each in chosen}
    hours = sum(each.hours for each in chosen)
    queues = [
        sorted(
            (each for each in helps if each.mask >> index & 1 and each.key not in used),
            key=lambda each: (each.hours == 0, *each.preference(index)),
            reverse=True,
        )
        for index in range(count)
    ]
    added: list[_Help] = []
    while hours < target_hours and any(queues):
        for queue in queues:
            while queue and queue[-1].key in used:
                queue.pop()
            if queue and hours < target_hours:
                added.append(queue.pop())
                used.add(added[-1].key)
                hours += added[-1].hours
    return added


def _line(
    each: _Help,
    open_gaps: Sequence[_OpenGap],
    names: Mapping[Any, str],
    target_hours: Number | None,
) -> Line:
    parts = [
        _cause(open_gaps[index], level, names) for index, level in sorted(each.reached.items())
    ]
    start = (
        "Untuk kesenjangan"
        if target_hours is None
        else f"Tambahan menuju {_plain(target_hours)} JP untuk kesenjangan"
    )
    return Line(
        key=each.key,
        competencies=tuple(open_gaps[index].competency for index in sorted(each.reached)),
        hours=each.hours,
        cost=each.cost,
        way=each.way,
        reason=f"{start} {'; '.join(parts)}.",
    )


def _cause(found: _OpenGap, level: int, names: Mapping[Any, str]) -> str:
    name = names.get(found.competency, str(found.competency))
    critical = ", kompetensi kritis" if found.critical else ""
    return (
        f"{name} (tingkat {found.attained}, standar {found.required}, "
        f"di bawah standar −{found.required - found.attained}{critical}) menuju tingkat {level}"
    )


def _plain(number: Number) -> str:
    text = f"{Decimal(number):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def _order(key: Key) -> tuple[bool, Key]:
    # Numbers before text; anything else by its text.
    return (False, key) if isinstance(key, int) else (True, str(key))


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _indexes(mask: int) -> list[int]:
    return [index for index in range(mask.bit_length()) if mask >> index & 1]
