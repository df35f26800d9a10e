"""Figures and lists in force on a day."""

import datetime as dt
from decimal import Decimal

from competencies.models import ReferenceRule, Threshold


def rule_rows(rule_set: str, day: dt.date | None = None) -> list[ReferenceRule]:
    """Rows of a rule set in force, in their order."""
    return list(ReferenceRule.objects.on(day).filter(rule_set=rule_set))


def default_number(key: str, day: dt.date | None = None) -> Decimal:
    """A starting value of `defaults`.

    Raises:
        LookupError: no such default is in force; the reference data is not loaded.
    """
    row = ReferenceRule.objects.on(day).filter(rule_set="defaults", key=key).first()
    if row is None:
        raise LookupError(f"default {key} is not in the reference data")
    return Decimal(str(row.data["value"]))


def performance_matrix(day: dt.date | None = None) -> dict[tuple[str, str], str]:
    """(work result, behaviour) → predicate code (PermenPANRB 6/2022)."""
    return {
        (row.data["work_result_code"], row.data["behaviour_code"]): row.data["predicate_code"]
        for row in rule_rows("performance_matrix", day)
    }


def rating_texts(dimension: str, day: dt.date | None = None) -> dict[str, tuple[str, str]]:
    """Code → (name, description) of one dimension of `ratings`, best first."""
    rows = [row for row in rule_rows("ratings", day) if row.data["dimension"] == dimension]
    rows.sort(key=lambda row: -int(row.data["rank"]))
    return {row.data["code"]: (row.data["name"], row.data["description"]) for row in rows}


def predicate_names(day: dt.date | None = None) -> dict[str, str]:
    """Predicate code → name."""
    return {code: name for code, (name, _text) in rating_texts("predikat_kinerja", day).items()}


def proficiency_names(day: dt.date | None = None) -> dict[int, tuple[str, str]]:
    """Level 0–5 → (name, meaning)."""
    return {
        int(row.data["level"]): (row.data["name"], row.data["meaning"])
        for row in rule_rows("proficiency_levels", day)
    }


def bounds(scheme: str, day: dt.date | None = None) -> list[tuple[str, Decimal]]:
    """(code, lowest value) of a classification scheme, for `rules.classify`."""
    return [
        (row.code, row.min_inclusive) for row in Threshold.objects.on(day).filter(scheme=scheme)
    ]
