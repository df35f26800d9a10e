"""Arithmetic of overviews; no database, no Django."""

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeVar

Node = TypeVar("Node", bound=Hashable)

# Lower bound of each class of the map, highest first; anything below is the last.
_CLASSES: Final = (
    (Decimal("0.3"), "h-up"),
    (Decimal("0"), "h-ok"),
    (Decimal("-0.4"), "h-1"),
    (Decimal("-0.9"), "h-2"),
    (Decimal("-1.4"), "h-3"),
)
_LAST_CLASS: Final = "h-4"


@dataclass(frozen=True, slots=True)
class Group:
    """People of one unit and everything below it; `parent` None stands at the top."""

    parent: Hashable | None
    people: int


def shown_groups(groups: Mapping[Node, Group], smallest: int) -> frozenset[Node]:
    """Groups whose figure may be shown, so that no figure of fewer people is shown or found.

    A group is the sum of its children, so a figure left out could be had by
    subtraction. Hence, below every shown group, what is hidden is either nobody or at
    least two groups with together `smallest` people or more: the smallest shown
    siblings are hidden too until that holds. Below a hidden group everything is hidden.
    Top groups have no total of their own; nothing may be shown that adds them up.
    Groups of nobody are never shown. The answer does not depend on the order given.
    """
    children: dict[Hashable | None, list[Node]] = {}
    for node, group in groups.items():
        children.setdefault(group.parent, []).append(node)
    shown: set[Node] = set()
    waiting: list[tuple[Hashable | None, bool]] = [(None, False)]
    while waiting:
        parent, has_total = waiting.pop()
        counted = [node for node in children.get(parent, ()) if groups[node].people > 0]
        counted.sort(key=lambda node: (groups[node].people, str(node)))
        hidden = [node for node in counted if groups[node].people < smallest]
        open_ = counted[len(hidden) :]
        if has_total and hidden:
            together = sum(groups[node].people for node in hidden)
            while open_ and (len(hidden) < 2 or together < smallest):
                together += groups[open_[0]].people
                hidden.append(open_.pop(0))
        shown.update(open_)
        waiting += [(node, True) for node in open_]
    return frozenset(shown)


_VOWEL: Final = "[aiueo]"
_CONSONANT: Final = "(?>ng|ny|sy|kh|[bcdfghjklmnpqrstvwxyz])"
_CLOSED: Final = re.compile(
    rf"({_VOWEL}{_CONSONANT})(?={_CONSONANT}{{1,2}}{_VOWEL})", re.IGNORECASE
)
_OPEN: Final = re.compile(rf"({_VOWEL})(?={_CONSONANT}{_VOWEL})", re.IGNORECASE)
_LONG_WORD: Final = 8
SOFT_HYPHEN: Final = "\N{SOFT HYPHEN}"


def hyphenated(text: str) -> str:
    """The text with soft hyphens between the syllables of its long words (Indonesian).

    Browsers bring no hyphenation for Indonesian, and a narrow column would break words
    anywhere.
    """
    return " ".join(_hyphenated_word(word) for word in text.split(" "))


def _hyphenated_word(word: str) -> str:
    if len(word) < _LONG_WORD:
        return word
    split = _OPEN.sub(rf"\1{SOFT_HYPHEN}", _CLOSED.sub(rf"\1{SOFT_HYPHEN}", word))
    pieces = split.split(SOFT_HYPHEN)
    if len(pieces) > 1 and len(pieces[0]) < 2:
        pieces[:2] = [pieces[0] + pieces[1]]
    return SOFT_HYPHEN.join(pieces)


def mean_gap(total: int | Decimal, people: int) -> Decimal | None:
    """Mean difference to one decimal, half away from zero; None for nobody."""
    if people <= 0:
        return None
    mean = (Decimal(total) / Decimal(people)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return mean if mean else Decimal("0")


def gap_class(mean: Decimal) -> str:
    """The colour class of a rounded mean difference."""
    return next((name for least, name in _CLASSES if mean >= least), _LAST_CLASS)
