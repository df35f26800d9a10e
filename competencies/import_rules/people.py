"""One row of a people file: cells in, plain data and problems out."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from competencies.import_rules.cells import (
    FORMULA_USED,
    MIXED_SCRIPTS,
    CellError,
    Problem,
    day_of,
    email_of,
    mixes_scripts,
    phone_of,
    sensible_name,
    sex_of,
    shown,
    text_of,
    year_of,
)
from competencies.import_rules.columns import FIELDS, REQUIRED, Columns
from competencies.rules import NIP_AS_NUMBER, Nip, NipKind, parse_nip

REQUIRED_EMPTY: Final = "{c} wajib diisi."
COLUMN_COUNT: Final = "jumlah kolom {n}, seharusnya {m}."
IMPOSSIBLE_APPOINTMENT: Final = "tanggal pengangkatan tidak mungkin."
BIRTH_DATE_DIFFERS: Final = "tanggal lahir tidak sama dengan NIP. Periksa mana yang benar."
SEX_DIFFERS: Final = "jenis kelamin tidak sama dengan NIP. Periksa mana yang benar."
STANDING_UNKNOWN: Final = "kedudukan hukum tidak dikenal, dibaca sebagai aktif."
MERGED: Final = "sel gabungan tidak didukung."
YOUNGEST: Final = 18

LONGEST: Final = {
    "national_id": 64,
    "name": 200,
    "title_before": 60,
    "title_after": 100,
    "birth_place": 100,
    "address": 300,
    "grade": 10,
    "education_level": 60,
    "education": 120,
    "position": 200,
    "unit": 200,
    "unit_id": 64,
    "office": 200,
    "office_parent": 200,
}
_TEXTS: Final = (
    "national_id", "title_before", "title_after", "birth_place", "address", "grade",
    "education_level", "education", "position", "position_kind", "unit", "unit_id", "office",
    "office_parent", "echelon", "employment", "standing", "candidate",
)  # fmt: skip
_DAYS: Final = (
    "birth_date", "appointed_first", "appointed_full", "grade_since", "position_since",
)  # fmt: skip


@dataclass(slots=True)
class ParsedRow:
    """A row as it was understood. `data` is plain (days as ISO text), without empties."""

    number: int
    data: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(problem.weight == "refused" for problem in self.problems)

    @property
    def label(self) -> str:
        """Name with titles, as far as it could be read."""
        data = self.data
        name = f"{data.get('title_before', '')} {data.get('name', '')}".strip()
        after = data.get("title_after")
        return f"{name}, {after}" if name and after else name


class _Reader:
    """Reads the fields of one row and collects what is wrong with them."""

    def __init__(self, row: ParsedRow, cells: list[Any], columns: Columns) -> None:
        self.row = row
        self.cells = cells
        self.columns = columns

    def cell(self, name: str) -> Any:
        place = self.columns.places.get(name)
        return self.cells[place] if place is not None and place < len(self.cells) else None

    def title(self, name: str) -> str:
        return self.columns.titles.get(name, FIELDS[name][0])

    def take(self, name: str, read: Callable[[Any], Any]) -> Any:
        cell = self.cell(name)
        if cell is None:
            return None
        try:
            value = read(cell)
        except CellError as error:
            self.complain(str(error), name, of_column=not str(error).startswith("alamat surel"))
            return None
        if isinstance(cell, list) and cell[0] == "f":
            self.complain(FORMULA_USED, name, weight="told", of_column=True)
        return value

    def complain(self, text: str, name: str, **more: Any) -> None:
        self.row.problems.append(
            Problem(text, column=self.title(name), value=shown(self.cell(name)), **more)
        )


def parse_person(number: int, cells: list[Any], columns: Columns) -> ParsedRow:
    """Understand one row; every problem is collected, not only the first."""
    row = ParsedRow(number)
    first = cells[0] if cells else None
    if isinstance(first, list) and first[0] == "c":
        row.problems.append(Problem(COLUMN_COUNT.format(n=first[1], m=first[2])))
        return row
    reader = _Reader(row, cells, columns)
    data = row.data
    for name in _TEXTS:
        longest = LONGEST.get(name, 200)
        _put(data, name, reader.take(name, partial(text_of, longest=longest)))
    for name in _DAYS:
        day = reader.take(name, day_of)
        _put(data, name, day.isoformat() if day else None)
    _put(data, "name", _name(reader))
    _put(data, "sex", reader.take("sex", sex_of))
    _put(data, "email", reader.take("email", email_of) or reader.take("office_email", email_of))
    _put(data, "phone", reader.take("phone", phone_of))
    _put(data, "graduation_year", reader.take("graduation_year", year_of))
    _settle_employment(reader)
    nip = _nip(reader)
    if nip is not None:
        data["nip"] = nip.digits
        _compare_with_nip(reader, nip)
    _settle_appointment(reader, nip)
    complained = {problem.column for problem in row.problems}
    for name in REQUIRED[1:]:
        if name not in data and reader.title(name) not in complained:
            if name in ("position", "unit") and _has_left(data):
                continue
            reader.complain(REQUIRED_EMPTY.format(c=reader.title(name)), name)
    return row


def _put(data: dict[str, Any], name: str, value: Any) -> None:
    if value not in (None, ""):
        data[name] = value


def _name(reader: _Reader) -> str | None:
    text = reader.take("name", lambda cell: text_of(cell, LONGEST["name"]))
    if not text:
        return None
    if mixes_scripts(text):
        reader.complain(MIXED_SCRIPTS, "name", weight="look", of_column=True)
    if text.isupper():
        reader.row.data["name_in_capitals"] = True
    return sensible_name(text)


def _nip(reader: _Reader) -> Nip | None:
    cell = reader.cell("nip")
    if isinstance(cell, list) and cell[0] == "f":
        cell = cell[1]
    if isinstance(cell, list) and cell[0] in ("n", "d", "t", "b"):
        reader.complain(NIP_AS_NUMBER, "nip")
        return None
    kind: NipKind | None = None
    if "employment" in reader.row.data:
        kind = "PPPK" if reader.row.data["employment_kind"].startswith("PPPK") else "PNS"
    try:
        text = text_of(cell)
        return parse_nip(text, kind)
    except CellError as error:
        reader.complain(str(error), "nip", of_column=True)
    except ValueError as error:
        words = str(error)
        lowered = words if words.startswith("NIP") else words[0].lower() + words[1:]
        reader.complain(lowered, "nip")
    return None


def _settle_employment(reader: _Reader) -> None:
    """Kind of employment and standing from the words of the national system."""
    data = reader.row.data
    words = data.get("employment", "").upper()
    if "PARUH WAKTU" in words:
        data["employment_kind"] = "PPPK_PARUH_WAKTU"
    elif "PPPK" in words or "P3K" in words or "PERJANJIAN KERJA" in words:
        data["employment_kind"] = "PPPK"
    elif data.get("candidate", "").upper() in ("C", "CPNS") or words.startswith("CPNS"):
        data["employment_kind"] = "CPNS"
    elif words:
        data["employment_kind"] = "PNS"
    if "standing" in data:
        status = status_of(data["standing"])
        if status is None:
            reader.complain(STANDING_UNKNOWN, "standing", weight="look")
        data["status"] = status or "active"


def status_of(words: str) -> str | None:
    """The service status that a "kedudukan hukum" means; None where it is not known."""
    text = words.casefold()
    for status, signs in (
        ("other", ("persiapan pensiun", "mpp", "meninggal", "wafat")),
        ("retired", ("pensiun",)),
        ("other", ("berhenti", "diberhentikan", "tidak aktif", "non aktif", "nonaktif",
                   "uang tunggu", "hilang")),
        ("transferred", ("pindah",)),
        ("study", ("tugas belajar",)),
        ("unpaid_leave", ("tanggungan negara", "cltn")),
        ("maternity", ("melahirkan",)),
        ("long_leave", ("cuti besar",)),
        ("active", ("aktif",)),
    ):  # fmt: skip
        if any(sign in text for sign in signs):
            return status
    return None


def _has_left(data: dict[str, Any]) -> bool:
    return data.get("status") in LEFT


LEFT: Final = frozenset({"retired", "transferred", "other"})
"""Statuses in which a person holds no post."""


def _compare_with_nip(reader: _Reader, nip: Nip) -> None:
    """Fill birth date and sex from the NIP, or ask where they differ (corrections exist)."""
    data = reader.row.data
    data.setdefault("employment_kind", nip.kind)
    data["nip_birth_date"] = nip.birth_date.isoformat()
    data["nip_sex"] = nip.sex
    if nip.kind == "PNS":
        data["nip_appointed"] = dt.date(*nip.appointed, 1).isoformat()
    for name, text in (("birth_date", BIRTH_DATE_DIFFERS), ("sex", SEX_DIFFERS)):
        told = data["nip_" + name]
        if any(p.column == reader.title(name) for p in reader.row.problems):
            continue
        if data.setdefault(name, told) != told:
            reader.complain(text, name, weight="look")


def _settle_appointment(reader: _Reader, nip: Nip | None) -> None:
    data = reader.row.data
    appointed = (
        data.get("appointed_first") or data.get("appointed_full") or data.get("nip_appointed")
    )
    if appointed is None:
        return
    data["appointed_on"] = appointed
    # By the NIP's date too: one of the two may be the wrong one.
    births = [data[key] for key in ("birth_date", "nip_birth_date") if key in data]
    day = dt.date.fromisoformat(appointed)
    if births and all(_age(dt.date.fromisoformat(birth), day) < YOUNGEST for birth in births):
        name = "appointed_first" if "appointed_first" in data else "appointed_full"
        reader.complain(IMPOSSIBLE_APPOINTMENT, name if name in data else "nip")


def _age(birth: dt.date, day: dt.date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
