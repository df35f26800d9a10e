"""What a document says, before any layout."""

import datetime as dt
import hashlib
import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whose paper it is."""

    government: str
    agency: str
    address: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the document is about."""

    name: str
    nip: str
    position: str
    unit: str
    employment: str
    supervisor: str


@dataclass(frozen=True, slots=True)
class LevelLine:
    """One competency of the standard. `attained` None: not assessed, never 0."""

    competency: str
    type_label: str
    required: int
    attained: int | None
    source: str


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """Why a gap is one: behaviours not yet seen, where the level comes from, its rating.

    Peers appear in `rating` with their one disclosed value only.
    """

    competency: str
    required: int
    attained: int
    unseen: tuple[str, ...]
    ground: str
    rating: str


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One activity of the plan; `quarters` are (quarter 1–4, words in the cell)."""

    title: str
    provider: str
    way: str
    share: str
    schedule: str
    quarters: tuple[tuple[int, str], ...]
    hours: Decimal
    cost: Decimal
    cost_source: str
    success_sign: str
    status: str
    also_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActivityGroup:
    """The activities for one gap."""

    competency: str
    required: int
    attained: int
    is_critical: bool
    lines: tuple[ActivityLine, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """A place to sign; names stay empty where nobody acted yet."""

    role: str
    office: tuple[str, ...]
    name: str = ""
    rank: str = ""
    nip: str = ""


@dataclass(frozen=True, slots=True)
class PlanPaper:
    """Everything a printed development plan says. `issued_at` None: not ratified, a draft."""

    year: int
    letterhead: Letterhead
    identity: Identity
    target_hours: int
    target_is_ceiling: bool
    levels: tuple[LevelLine, ...]
    index_note: str
    reasons: tuple[ReasonLine, ...]
    groups: tuple[ActivityGroup, ...]
    signatures: tuple[Signature, ...]
    place: str
    issued_at: dt.datetime | None
    again_from: dt.date | None = None
    again_until: dt.date | None = None
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Stamp:
    """What identifies one issue of a document: its number, its code, where it is checked."""

    number: str
    code: str
    address: str


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def content_hash(paper: PlanPaper) -> str:
    """SHA-256 of what the document says: the same for the same content, whatever its number."""
    text = json.dumps(asdict(paper), sort_keys=True, ensure_ascii=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def grouped_code(code: str) -> str:
    """A verification code as it is printed: groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
