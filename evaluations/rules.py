"""Arithmetic of appraisals; no database, no Django. Levels run from 0 to 5."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, TypeVar

Number = Decimal | int
Key = TypeVar("Key", int, str)

DISCLOSURE_MINIMUM: Final = 3
LOWEST_DISCLOSED: Final = Decimal("0.5")
HIGHEST_DISCLOSED: Final = Decimal("4.5")
REASON_DISTANCE: Final = 2
PEERS_INVITED: Final = 5
PEER_COMPETENCIES: Final = 6
TECHNICAL_TYPES: Final = frozenset({"teknis", "pemerintahan"})

_LARGEST_DENOMINATOR: Final = 10**6
_DIVISION_RESIDUE: Final = Fraction(1, 10**20)
_SATURDAY: Final = 5


def mean(values: Iterable[Number | None]) -> Decimal | None:
    """Give the unrounded mean of the values that are not None, or None for none."""
    present = [Decimal(value) for value in values if value is not None]
    if not present:
        return None
    return sum(present, Decimal(0)) / len(present)


def weighted_by_days(parts: Iterable[tuple[Number | None, int]]) -> Decimal | None:
    """Join the values of several supervisor periods by their length.

    `parts` are (value, days); a period without a value or without days leaves both
    sums. None where nothing is left. Raises ValueError for negative days.
    """
    total = Decimal(0)
    length = 0
    for value, days in parts:
        if days < 0:
            raise ValueError("Jumlah hari tidak boleh negatif.")
        if value is None:
            continue
        total += Decimal(value) * days
        length += days
    return total / length if length else None


def disclosed(values: Iterable[Number | None], minimum: int = DISCLOSURE_MINIMUM) -> Decimal | None:
    """Give the one value peers or subordinates contribute, in half-steps.

    None under `minimum` answers (never under three, whatever is passed); otherwise
    the mean rounded half-up to half-steps and held between 0.5 and 4.5. This value
    is what counts as well as what shows: were the exact mean counted, it could be
    solved back from the result. An answer of None ("tidak tahu") is no answer.
    """
    answers = [Fraction(value) for value in values if value is not None]
    if len(answers) < max(minimum, DISCLOSURE_MINIMUM):
        return None
    halves = (sum(answers, Fraction(0)) / len(answers) * 2 + Fraction(1, 2)) // 1
    value = Decimal(int(halves) * 5).scaleb(-1)
    return min(max(value, LOWEST_DISCLOSED), HIGHEST_DISCLOSED)


def weighted_level(
    by_relation: Mapping[str, Number | None], weights: Mapping[str, Number]
) -> Decimal | None:
    """Give the weighted mean of the relations present, unrounded.

    A relation missing from `by_relation`, or None there, shares its weight out
    among those present in proportion to theirs; it never counts as zero. Relations
    without a weight do not count. Weights need no fixed sum. None where no weight
    is left. Raises ValueError for a negative weight.
    """
    total = Fraction(0)
    shares = Fraction(0)
    for relation, weight in weights.items():
        if weight < 0:
            raise ValueError("Bobot tidak boleh negatif.")
        value = by_relation.get(relation)
        if value is None:
            continue
        total += _without_residue(value) * Fraction(weight)
        shares += Fraction(weight)
    if not shares:
        return None
    level = total / shares
    return Decimal(level.numerator) / Decimal(level.denominator)


def _without_residue(value: Number) -> Fraction:
    """Undo the cut of an earlier quotient: 2.333…3 counts as 7/3.

    Otherwise a level of exactly 2.5 could arrive as 2.4999…9 and round down.
    """
    given = Fraction(value)
    nearest = given.limit_denominator(_LARGEST_DENOMINATOR)
    return nearest if abs(nearest - given) < _DIVISION_RESIDUE else given


def rounded_level(value: Number | None) -> int | None:
    """Round a level half-up (2.5 gives 3), once, at the very end; None stays None."""
    if value is None:
        return None
    return int(Decimal(value).to_integral_value(ROUND_HALF_UP))


def predicate(
    work_result: str | None,
    behaviour: str | None,
    matrix: Mapping[tuple[str, str], str],
) -> str | None:
    """Look up the predicate of the 3 × 3 matrix (PermenPANRB 6/2022).

    `matrix` maps (work result, behaviour) to a predicate code. None while one of
    the two is not rated. Raises ValueError for a pair the matrix does not have.
    """
    if work_result is None or behaviour is None:
        return None
    try:
        return matrix[work_result, behaviour]
    except KeyError:
        raise ValueError(f"Tidak ada predikat untuk {work_result} dan {behaviour}.") from None


def reason_required(
    rating: int | None, required: int | None, self_rating: int | None = None
) -> bool:
    """Tell whether a rating must be explained: two or more levels from a yardstick.

    Yardsticks are the standard and, where it is shown to the rater, the self-rating;
    pass `self_rating` only once it shows. Nothing rated, nothing asked.
    """
    if rating is None:
        return False
    return any(
        abs(rating - yardstick) >= REASON_DISTANCE
        for yardstick in (required, self_rating)
        if yardstick is not None
    )


def objection_deadline(
    received: date,
    days: int,
    working_days: bool = False,
    holidays: Iterable[date] = (),
) -> date:
    """Give the last day on which an objection is in time.

    The day of receipt does not count. By default `days` are calendar days and the
    last one may be a holiday (PP 30/2019: 14; received 2 February 2026, last day
    16 February). With `working_days`, Saturdays, Sundays and `holidays` are passed
    over. Raises ValueError for negative days.
    """
    if days < 0:
        raise ValueError("Tenggang keberatan tidak boleh negatif.")
    if not working_days:
        return received + timedelta(days=days)
    free = frozenset(holidays)
    day = received
    while days:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and day not in free:
            days -= 1
    return day


def choose_peers(
    subject: Key,
    candidates: Iterable[tuple[Key, int, int]],
    invited: int = PEERS_INVITED,
    minimum: int = DISCLOSURE_MINIMUM,
    load: Mapping[Key, int] | None = None,
    excluded: Collection[Key] = (),
) -> tuple[Key, ...]:
    """Assign the peers who are asked about `subject`, the same for the same input.

    `candidates` are (key, closeness rank, forms already assigned), rank 0 being the
    nearest; a key in `load` overrides its third part, so one running count serves a
    whole launch. Nearest first, then the least loaded, then the keys after the
    subject's in turn, so that equals are spread instead of asking the same few.
    Never the subject, nor `excluded` (the supervisor, subordinates, absentees). At
    most `invited`; nobody where fewer than `minimum` (never under three) are found,
    since too few answers would never be disclosed.
    """
    barred = {subject, *excluded}
    ranks: dict[Key, int] = {}
    loads: dict[Key, int] = {}
    for key, rank, own_load in candidates:
        if key not in barred:
            ranks[key] = min(rank, ranks.get(key, rank))
            loads[key] = max(own_load, loads.get(key, own_load))
    if load is not None:
        loads.update({key: load[key] for key in ranks if key in load})
    ordered = sorted(ranks, key=lambda key: (ranks[key], loads[key], key < subject, key))
    chosen = tuple(ordered[: max(invited, 0)])
    return chosen if len(chosen) >= max(minimum, DISCLOSURE_MINIMUM) else ()


def peer_competencies(
    standard_items: Iterable[tuple[str, str, int, bool]],
    limit: int = PEER_COMPETENCIES,
) -> tuple[str, ...]:
    """Pick the competencies all peers of one person are asked about.

    `standard_items` are (code, type, required level, critical) of the post's
    standard, type as in the dictionary (manajerial, sosial_kultural, teknis,
    pemerintahan). Critical ones come first; the rest fill up so that behaviour
    (managerial, socio-cultural) and subject matter (technical, government) stay
    balanced, behaviour leading where both are equal. Within each, the highest
    required level first, then the code. The order of the input plays no part.
    """
    chosen: list[str] = []
    counts = {False: 0, True: 0}
    waiting: dict[bool, list[str]] = {False: [], True: []}
    ordered = sorted(standard_items, key=lambda item: (not item[3], -item[2], item[0]))
    seen: set[str] = set()
    for code, kind, _required, critical in ordered:
        if code in seen:
            continue
        seen.add(code)
        technical = kind in TECHNICAL_TYPES
        if not critical:
            waiting[technical].append(code)
        elif len(chosen) < limit:
            chosen.append(code)
            counts[technical] += 1
    while len(chosen) < limit and any(waiting.values()):
        technical = counts[True] < counts[False]
        if not waiting[technical]:
            technical = not technical
        chosen.append(waiting[technical].pop(0))
        counts[technical] += 1
    return tuple(chosen)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a rater chose for one competency; level None: nothing chosen, or "tidak tahu"."""

    level: int | None
    reason: str = ""
    unseen: tuple[int, ...] = ()
