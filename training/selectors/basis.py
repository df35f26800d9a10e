"""What a level was made of, in words.

The basis is written by whoever recorded the level. Peers appear as their one disclosed
value only; names and single answers are never in it.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from competencies.models import AttainedLevel

RELATIONS = ("supervisor", "peer", "subordinate", "self")


def relation_words() -> dict[str, str]:
    """Relation code → its word inside a sentence."""
    return {
        "supervisor": _("atasan langsung"),
        "peer": _("rekan kerja"),
        "subordinate": _("bawahan"),
        "self": _("penilaian mandiri"),
    }


def unseen_of(basis: Mapping[str, Any]) -> tuple[str, ...]:
    """Behaviours of the standard that were not yet seen."""
    texts = []
    for entry in basis.get("unseen") or ():
        text = entry.get("text", "") if isinstance(entry, Mapping) else str(entry)
        text = text.strip().rstrip(".;")
        if text:
            texts.append(text)
    return tuple(texts)


def rating_words(basis: Mapping[str, Any]) -> str:
    """ "nilai tertimbang 0,45 (atasan langsung 0, rekan kerja 1,5)"; empty without a value."""
    value = _number(basis.get("value"))
    if value is None:
        return ""
    words = relation_words()
    parts = []
    by_relation = basis.get("by_relation")
    if isinstance(by_relation, Mapping):
        for relation in RELATIONS:
            mark = _number(by_relation.get(relation))
            if mark is not None:
                parts.append(f"{words[relation]} {_plain(mark, 2)}")
    text = _("nilai tertimbang %(value)s") % {"value": _plain(value, 2)}
    return f"{text} ({', '.join(parts)})" if parts else text


def source_words(attained: AttainedLevel) -> str:
    """Where a level comes from, short: "Penilaian kompetensi 2025"."""
    if attained.source == AttainedLevel.Source.EVALUATION and attained.batch is not None:
        return attained.batch.label
    if attained.source == AttainedLevel.Source.OFFICIAL:
        return _("Penilaian kompetensi resmi %(year)s") % {"year": attained.assessed_on.year}
    label = attained.get_source_display()
    return f"{label} {attained.assessed_on.year}"


def _number(value: Any) -> Decimal | None:
    if isinstance(value, Mapping):
        value = value.get("value")
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _plain(value: Decimal, places: int) -> str:
    text = f"{value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".").replace(".", ",")
