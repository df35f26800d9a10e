"""Arithmetic of development; no database, no Django. Hours are JP (45 minutes)."""

from training.rules.hours import DateRange, KindRule, credited_hours, dates_clash
from training.rules.mix import compose, quarters
from training.rules.proposing import Gap, Line, Offer, propose

__all__ = [
    "DateRange",
    "Gap",
    "KindRule",
    "Line",
    "Offer",
    "compose",
    "credited_hours",
    "dates_clash",
    "propose",
    "quarters",
]
