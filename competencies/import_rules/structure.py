"""Units and posts of a people file: which ones are meant, which ones are new.

A unit is known by the national system's id first, then by its name within the tree of
the office (SATUAN KERJA) the row names: "Sekretariat Kecamatan" exists in every
sub-district, so a name alone is never enough.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from competencies.import_rules.cells import same_text

UNIT_UNKNOWN: Final = "kode unit {v} tidak dikenal."
UNIT_CLOSED: Final = "unit {v} sudah ditutup."
SKIP: Final = "skip"

_ECHELONS: Final = (("II", "JPT_PRATAMA"), ("III", "ADMINISTRATOR"), ("IV", "PENGAWAS"))
_FUNCTIONAL: Final = (
    ("ahli utama", "JF_AHLI_UTAMA"),
    ("ahli madya", "JF_AHLI_MADYA"),
    ("ahli muda", "JF_AHLI_MUDA"),
    ("ahli pertama", "JF_AHLI_PERTAMA"),
    ("penyelia", "JF_PENYELIA"),
    ("mahir", "JF_MAHIR"),
    ("terampil", "JF_TERAMPIL"),
    ("pemula", "JF_PEMULA"),
)
_OLD_FUNCTIONAL: Final = (
    ("pelaksana lanjutan", "JF_MAHIR"),
    ("utama", "JF_AHLI_UTAMA"),
    ("madya", "JF_AHLI_MADYA"),
    ("muda", "JF_AHLI_MUDA"),
    ("pertama", "JF_AHLI_PERTAMA"),
    ("pelaksana", "JF_TERAMPIL"),
)
_UNIT_KINDS: Final = ("kecamatan", "kelurahan", "sekretariat", "subbagian", "seksi")
_SMALL_WORDS: Final = {"dan", "di", "ke", "untuk", "pada"}


@dataclass(frozen=True, slots=True)
class UnitFact:
    """A recorded unit; `path` is the tree's: a subtree shares its beginning."""

    id: int
    path: str
    name: str
    national_id: str | None
    code: str
    closed: bool


@dataclass(frozen=True, slots=True)
class PositionFact:
    """A recorded post."""

    id: int
    unit_id: int
    name: str
    tier: str
    is_head: bool
    closed: bool
    seats: int


@dataclass(slots=True)
class NewUnit:
    """A unit of the file that is not recorded, with the place proposed for it.

    `place` is "below:<unit id>", "new:<key of another new unit>", "use:<unit id>" or
    "skip". `doubtful` where a unit of that name already lies at the proposed place.
    """

    key: str
    name: str
    national_id: str
    office: str
    place: str
    doubtful: bool = False
    rows: int = 0
    first_row: int = 0

    def plain(self) -> dict[str, Any]:
        """As it is stored with the import."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class UnitTarget:
    """Where a row belongs: a recorded unit, a new one, or nowhere with a reason."""

    unit: UnitFact | None = None
    key: str = ""
    problem: str = ""


@dataclass
class UnitFinder:
    """Resolves the units of the rows, each combination once."""

    units: dict[int, UnitFact]
    root: UnitFact
    new: dict[str, NewUnit] = field(default_factory=dict)
    filled_ids: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_national = {u.national_id: u for u in self.units.values() if u.national_id}
        self._inside: dict[str, list[UnitFact]] = defaultdict(list)
        self._outside: set[str] = set()
        self._children: set[tuple[str, str]] = set()
        self._new_offices: dict[str, str] = {}
        self._seen: dict[tuple[str, str, str, str], UnitTarget] = {}
        for unit in self.units.values():
            name = same_text(unit.name)
            if unit.path.startswith(self.root.path):
                self._inside[name].append(unit)
                self._children.add((unit.path[:-4], name))
            else:
                self._outside.add(name)

    def find(self, data: dict[str, Any], row: int) -> UnitTarget:
        """The unit of a row. A new one is noted down with its proposed place."""
        told = tuple(data.get(name, "") for name in ("unit_id", "unit", "office", "office_parent"))
        target = self._seen.get(told)
        if target is None:
            target = self._seen[told] = self._resolve(*told)
        if target.key:
            noted = self.new[target.key]
            noted.rows += 1
            noted.first_row = noted.first_row or row
        return target

    def _resolve(self, national: str, name: str, office: str, parent: str) -> UnitTarget:
        unit = self._by_national.get(national) if national else None
        if unit is not None:
            return self._recorded(unit, name, national)
        scope = self._office(office or parent)
        if scope is None and self._is_foreign(office or parent):
            return UnitTarget(problem=UNIT_UNKNOWN.format(v=name[:40]))
        if scope is not None or not (office or parent):
            within = scope or self.root
            matches = [
                found
                for found in self._inside.get(same_text(name), ())
                if found.path.startswith(within.path) and self._may_be(found, national)
            ]
            if len(matches) == 1:
                return self._recorded(matches[0], name, national)
        return UnitTarget(key=self._note(national, name, office, parent, scope))

    def _recorded(self, unit: UnitFact, name: str, national: str) -> UnitTarget:
        if not unit.path.startswith(self.root.path):
            return UnitTarget(problem=UNIT_UNKNOWN.format(v=name[:40]))
        if unit.closed:
            return UnitTarget(problem=UNIT_CLOSED.format(v=name[:40]))
        if national and not unit.national_id:
            self.filled_ids[unit.id] = national
        return UnitTarget(unit=unit)

    def _may_be(self, unit: UnitFact, national: str) -> bool:
        """A unit with another id than the row's is another unit, whatever its name."""
        known = unit.national_id or self.filled_ids.get(unit.id)
        return not national or not known or known == national

    def _office(self, name: str) -> UnitFact | None:
        found = self._inside.get(same_text(name), []) if name else []
        if not found:
            return None
        found = sorted(found, key=lambda unit: len(unit.path))
        one_top = len(found) == 1 or len(found[0].path) < len(found[1].path)
        return found[0] if one_top else None

    def _is_foreign(self, name: str) -> bool:
        return bool(name) and same_text(name) in self._outside

    def _note(
        self, national: str, name: str, office: str, parent: str, scope: UnitFact | None
    ) -> str:
        key = unit_key(national, name, office or parent)
        if key not in self.new:
            place, above = self._proposed_place(name, office, parent, scope)
            doubtful = (above, same_text(name)) in self._children
            self.new[key] = NewUnit(
                key, name, national, office or parent, SKIP if doubtful else place, doubtful
            )
            self._children.add((above, same_text(name)))
            if same_text(name) == same_text(office or parent):
                self._new_offices[same_text(name)] = key
        return key

    def _proposed_place(
        self, name: str, office: str, parent: str, scope: UnitFact | None
    ) -> tuple[str, str]:
        """The place and the path under which the name must be free."""
        if scope is not None:
            return f"below:{scope.id}", scope.path
        above = self._office(parent) or self.root
        if office and same_text(office) != same_text(name):
            # The office itself is not recorded: it comes first, the unit below it.
            key = self._new_offices.get(same_text(office)) or self._note(
                "", office, office, parent, None
            )
            return f"new:{key}", f"new:{key}"
        return f"below:{above.id}", above.path


def unit_key(national: str, name: str, office: str) -> str:
    """A short stable key of a new unit, safe in a form field."""
    told = national or f"{same_text(office)}|{same_text(name)}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def tier_of(position: str, kind: str, echelon: str) -> str:
    """The tier of a new post from echelon, kind of post and the end of its name."""
    rank = echelon.upper().split(".")[0].split("/")[0].strip()
    for sign, tier in _ECHELONS:
        if rank == sign:
            return tier
    name = same_text(position)
    kinds = same_text(kind)
    for ending, tier in _FUNCTIONAL:
        if name.endswith(ending):
            return tier
    if "fungsional" in kinds and "umum" not in kinds:
        for ending, tier in _OLD_FUNCTIONAL:
            if name.endswith(ending):
                return tier
        return "JF_AHLI_PERTAMA"
    if is_structural(kind):
        return "PENGAWAS"
    return "PELAKSANA"


def is_structural(kind: str) -> bool:
    """True for posts that lead a unit."""
    return "struktural" in same_text(kind)


def unit_kind_of(name: str) -> str:
    """The kind of unit its name begins with."""
    first = same_text(name).split(" ")[0]
    return first if first in _UNIT_KINDS else "lainnya"


def code_for(name: str, above: str, taken: set[str], longest: int = 40) -> str:
    """A free code of initials under the code above; it is added to `taken`."""
    words = [word for word in re.findall(r"\w+", name) if word.casefold() not in _SMALL_WORDS]
    initials = "".join(word[0] for word in words[:5]).upper() or "X"
    stem = f"{above[: longest - 10]}-{initials}" if above else initials
    code, number = stem, 1
    while code in taken:
        number += 1
        code = f"{stem}{number}"
    taken.add(code)
    return code


def names_of(units: Iterable[UnitFact]) -> dict[int, str]:
    """Names by id."""
    return {unit.id: unit.name for unit in units}
