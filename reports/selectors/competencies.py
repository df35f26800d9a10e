"""How one level came about."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from competencies.models import AttainedLevel, CompetencyLevel, Employee, ProposedLevel
from competencies.selectors.gaps import GapRow

RELATIONS = ("self", "supervisor", "peer", "subordinate")
DISCLOSED = frozenset({"peer", "subordinate"})


@dataclass(frozen=True, slots=True)
class Part:
    """What one relation gave: its value as it counted, and its weight after sharing out."""

    label: str
    value: Decimal | None
    weight: Decimal | None
    is_disclosed: bool


@dataclass(frozen=True, slots=True)
class HowItCame:
    """A level that counts, with everything it was made of."""

    row: GapRow
    level: AttainedLevel | None
    parts: tuple[Part, ...]
    value: Decimal | None
    unseen: tuple[str, ...]
    texts: tuple[CompetencyLevel, ...]
    history: tuple[AttainedLevel, ...]
    proposals: tuple[ProposedLevel, ...]


def relation_labels() -> dict[str, str]:
    """Relation code → the words of a table head."""
    return {
        "self": _("Penilaian mandiri"),
        "supervisor": _("Atasan langsung"),
        "peer": _("Rekan kerja"),
        "subordinate": _("Bawahan"),
    }


def how_it_came(employee: Employee, row: GapRow) -> HowItCame:
    """Everything behind one competency of a person; five statements."""
    level = None
    if row.current is not None:
        level = AttainedLevel.objects.select_related("batch", "assessor", "evidence").get(
            pk=row.current.attained_id
        )
    basis: Mapping[str, Any] = level.basis if level else {}
    history: QuerySet[AttainedLevel] = AttainedLevel.objects.filter(
        employee=employee, competency=row.competency
    ).select_related("batch", "closed_by")
    return HowItCame(
        row=row,
        level=level,
        parts=parts_of(basis),
        value=_number(basis.get("value")),
        unseen=_unseen(basis),
        texts=tuple(CompetencyLevel.objects.filter(competency=row.competency)),
        history=tuple(history[:20]),
        proposals=tuple(
            ProposedLevel.objects.filter(
                employee=employee, competency=row.competency
            ).select_related("evidence")[:20]
        ),
    )


def parts_of(basis: Mapping[str, Any]) -> tuple[Part, ...]:
    """The relations of a basis, in a fixed order; a relation that gave nothing is left out."""
    values, weights = basis.get("by_relation") or {}, basis.get("weights") or {}
    labels = relation_labels()
    parts = []
    for relation in RELATIONS:
        entry = values.get(relation)
        value = _number(entry)
        if value is None:
            continue
        weight = _number(weights.get(relation))
        if weight is None and isinstance(entry, Mapping):
            weight = _number(entry.get("weight"))
        parts.append(Part(labels[relation], value, weight, relation in DISCLOSED))
    return tuple(parts)


def _unseen(basis: Mapping[str, Any]) -> tuple[str, ...]:
    texts = []
    for entry in basis.get("unseen") or ():
        text = entry.get("text", "") if isinstance(entry, Mapping) else str(entry)
        if text.strip():
            texts.append(text.strip())
    return tuple(texts)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, Mapping):
        value = value.get("value")
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
