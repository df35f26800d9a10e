"""What applying a people file would do: rows against a snapshot of what is recorded.

The preview and the applying both call `plan_people`, so they cannot disagree; a
fingerprint of the snapshot tells whether the data changed in between.
"""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from competencies.import_rules.cells import Problem, same_text
from competencies.import_rules.people import BIRTH_DATE_DIFFERS, LEFT, SEX_DIFFERS, ParsedRow
from competencies.import_rules.structure import (
    SKIP,
    UNIT_UNKNOWN,
    NewUnit,
    PositionFact,
    UnitFact,
    UnitFinder,
    UnitTarget,
    is_structural,
    tier_of,
)

State = Literal["new", "changed", "unchanged", "refused"]

SAME_NIP: Final = "NIP sama dengan baris {r2}."
SAME_ID: Final = "PNS ID sama dengan baris {r2}."
NIP_UNUSABLE: Final = "NIP tidak dapat digunakan."
NIP_OF_ANOTHER: Final = "NIP tercatat pada pegawai lain. Periksa PNS ID dan NIP."
OTHER_ID: Final = "PNS ID tidak sama dengan yang tercatat untuk NIP ini. Periksa di SIASN."
EARLIER_POST: Final = (
    "lebih awal daripada jabatan yang tercatat sejak {day}. Periksa mana yang benar."
)
OWN_RECORD: Final = "data kepegawaian Anda sendiri diubah pegawai kepegawaian lain."
POSITION_CLOSED: Final = "jabatan {v} sudah ditutup."
UPDATES: Final = "memperbarui pegawai yang sudah ada."
UNIT_NEW: Final = "Unit ini belum tercatat. Buat baru, atau pilih unit yang dimaksud."

LABELS: Final = {
    "nip": "NIP",
    "national_id": "PNS ID",
    "name": "Nama",
    "title_before": "Gelar depan",
    "title_after": "Gelar belakang",
    "birth_place": "Tempat lahir",
    "birth_date": "Tanggal lahir",
    "sex": "Jenis kelamin",
    "phone": "Nomor ponsel",
    "email": "Surel",
    "address": "Alamat",
    "employment_kind": "Jenis kepegawaian",
    "grade": "Golongan",
    "grade_since": "TMT golongan",
    "education_level": "Tingkat pendidikan",
    "education": "Pendidikan",
    "graduation_year": "Tahun lulus",
    "appointed_on": "TMT pengangkatan",
    "unit": "Unit",
    "position": "Jabatan",
    "position_since": "TMT jabatan",
    "status": "Kedudukan",
}
STATUS_NAMES: Final = {
    "active": "Aktif",
    "long_leave": "Cuti besar",
    "maternity": "Cuti melahirkan",
    "study": "Tugas belajar",
    "unpaid_leave": "Cuti di luar tanggungan negara",
    "transferred": "Pindah instansi",
    "retired": "Pensiun",
    "other": "Tidak aktif lainnya",
}
KIND_NAMES: Final = {"PPPK_PARUH_WAKTU": "PPPK paruh waktu"}
SEX_NAMES: Final = {"L": "Laki-laki", "P": "Perempuan"}
PLAIN_FIELDS: Final = (
    "name", "title_before", "title_after", "birth_place", "birth_date", "sex", "phone",
    "email", "address", "employment_kind", "grade", "grade_since", "education_level",
    "education", "graduation_year", "appointed_on",
)  # fmt: skip
ASKED_FIELDS: Final = ("birth_date", "sex")
ASKED: Final = (BIRTH_DATE_DIFFERS, SEX_DIFFERS)
_LOCAL_LEAVES: Final = frozenset({"long_leave", "maternity"})
"""The national system does not know them: its "Aktif" does not end them."""


@dataclass(frozen=True, slots=True)
class PostFact:
    """The latest definitive post of a person; `until` None while it is open."""

    assignment_id: int
    position_id: int
    position: str
    unit_id: int
    start: dt.date
    until: dt.date | None
    earlier_until: dt.date | None = None


@dataclass(frozen=True, slots=True)
class PersonFact:
    """A recorded person, as far as an import may change it (days as ISO text)."""

    id: int
    national_id: str | None
    nip: str
    user_id: int | None
    fields: dict[str, Any]
    status: str
    post: PostFact | None


@dataclass(slots=True)
class Snapshot:
    """What is recorded about everything a file names."""

    root: UnitFact
    units: dict[int, UnitFact]
    positions: list[PositionFact]
    people: dict[int, PersonFact]
    by_national_id: dict[str, int]
    by_nip: dict[str, int]
    sees_unplaced: bool = True

    def fingerprint(self) -> str:
        """Equal as long as nothing that the plan rests on has changed."""
        told = [
            [[u.id, u.path, u.name, u.national_id, u.closed] for u in self.units.values()],
            sorted([p.id, p.unit_id, p.name, p.is_head, p.closed] for p in self.positions),
            [
                [p.id, p.national_id, p.nip, p.fields, p.status, p.post and [
                    p.post.assignment_id, p.post.position_id, str(p.post.start), str(p.post.until)
                ]]
                for _pk, p in sorted(self.people.items())
            ],
            sorted(self.by_nip.items()),
        ]  # fmt: skip
        text = json.dumps(told, default=str, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person decided: per new unit its place, per row "nip", "file" or "skip"."""

    places: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[int, str] = field(default_factory=dict)
    own_user_id: int | None = None


@dataclass(slots=True)
class NewPosition:
    """A post of the file that is not recorded, in a recorded or a new unit."""

    unit_id: int | None
    unit_key: str
    name: str
    tier: str
    structural: bool


@dataclass(slots=True)
class PlannedRow:
    """One row with everything decided."""

    parsed: ParsedRow
    state: State = "unchanged"
    person: PersonFact | None = None
    changes: list[dict[str, str]] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    new_nip: str = ""
    new_status: str = ""
    position_id: int | None = None
    new_position: tuple[str, str] | None = None
    since: dt.date | None = None
    moves: bool = False
    corrects_start: bool = False
    leaves: bool = False
    unit_key: str = ""

    @property
    def needs_look(self) -> bool:
        looks = [p.text for p in self.parsed.problems if p.weight == "look"]
        if self.state == "unchanged":
            return any(text in ASKED for text in looks)
        return self.state != "refused" and (bool(self.unit_key) or bool(looks))


@dataclass(slots=True)
class Plan:
    """Rows, new units and new posts; `filled_ids` are units that get the national id."""

    rows: list[PlannedRow]
    units: dict[str, NewUnit]
    positions: dict[tuple[str, str], NewPosition]
    filled_ids: dict[int, str]


def plan_people(
    rows: Iterable[ParsedRow], snapshot: Snapshot, choices: Choices, day: dt.date
) -> Plan:
    """Decide for every row what it would do on that day."""
    planner = _Planner(snapshot, choices, day)
    return planner.plan(list(rows))


class _Planner:
    def __init__(self, snapshot: Snapshot, choices: Choices, day: dt.date) -> None:
        self.snapshot = snapshot
        self.choices = choices
        self.day = day
        self.finder = UnitFinder(snapshot.units, snapshot.root)
        self.posts = {(p.unit_id, same_text(p.name)): p for p in snapshot.positions}
        self.new_positions: dict[tuple[str, str], NewPosition] = {}

    def plan(self, rows: list[ParsedRow]) -> Plan:
        _mark_doubles(rows, "nip", "NIP BARU", SAME_NIP)
        _mark_doubles(rows, "national_id", "PNS ID", SAME_ID)
        planned = [self._row(row) for row in rows]
        return Plan(planned, self.finder.new, self.new_positions, self.finder.filled_ids)

    def _row(self, parsed: ParsedRow) -> PlannedRow:
        row = PlannedRow(parsed)
        if not parsed.refused:
            self._identify(row)
        if not parsed.refused:
            self._compare(row)
        if row.changes and self._is_own_record(row.person):
            self._refuse(row, OWN_RECORD, "nip", "NIP BARU")
        if parsed.refused:
            row.state = "refused"
        elif row.person is None:
            row.state = "new"
        elif row.changes:
            row.state = "changed"
        else:
            row.unit_key = ""
        return row

    def _identify(self, row: PlannedRow) -> None:
        """National id first, then the history of NIPs; never name or e-mail."""
        data, snapshot = row.parsed.data, self.snapshot
        by_id = snapshot.by_national_id.get(data.get("national_id", ""))
        by_nip = snapshot.by_nip.get(data["nip"])
        found = by_id or by_nip
        if found is None:
            return None
        if any(pk is not None and not self._own(snapshot.people[pk]) for pk in (by_id, by_nip)):
            return self._refuse(row, NIP_UNUSABLE, "nip", "NIP BARU")
        if by_id and by_nip and by_id != by_nip:
            return self._refuse(row, NIP_OF_ANOTHER, "nip", "NIP BARU")
        row.person = snapshot.people[found]
        known_id, told_id = row.person.national_id, data.get("national_id")
        if by_id is None and known_id and told_id and known_id != told_id:
            return self._refuse(row, OTHER_ID, "national_id", "PNS ID")
        return None

    def _is_own_record(self, person: PersonFact | None) -> bool:
        user_id = person.user_id if person else None
        return user_id is not None and user_id == self.choices.own_user_id

    def _own(self, person: PersonFact) -> bool:
        if person.post is None:
            return self.snapshot.sees_unplaced
        unit = self.snapshot.units[person.post.unit_id]
        return unit.path.startswith(self.snapshot.root.path)

    def _compare(self, row: PlannedRow) -> None:
        data = row.parsed.data
        self._compare_fields(row)
        status = data.get("status") or (row.person.status if row.person else "active")
        self._compare_status(row, status)
        if status in LEFT:
            if row.person and row.person.post and row.person.post.until is None:
                row.leaves = True
            return
        self._compare_post(row)

    def _compare_fields(self, row: PlannedRow) -> None:
        data, person = row.parsed.data, row.person
        recorded = person.fields if person else {}
        for name in PLAIN_FIELDS:
            told = self._told(row, name)
            if told is None:
                continue
            before = recorded.get(name)
            if before == told or (
                name == "name"
                and data.get("name_in_capitals")
                and same_text(before or "") == same_text(told)
            ):
                continue
            row.values[name] = told
            if person:
                self._change(row, name, _words(name, before), _words(name, told))
        told_id = data.get("national_id")
        if told_id and (person is None or person.national_id != told_id):
            row.values["national_id"] = told_id
            if person:
                self._change(row, "national_id", person.national_id or "", told_id)
        known = self.snapshot.by_nip.get(data["nip"])
        if person is None:
            row.new_nip = data["nip"]
        elif known is None:
            row.new_nip = data["nip"]
            self._change(row, "nip", person.nip, data["nip"])

    def _told(self, row: PlannedRow, name: str) -> Any:
        """The value of the file; where it differs from the NIP, the one that was chosen.

        The file's value counts as settled once it is recorded; while the NIP's is, the
        question comes again, since the file may carry a correction.
        """
        data = row.parsed.data
        told = data.get(name)
        by_nip = data.get("nip_" + name) if name in ASKED_FIELDS else None
        if told is None or by_nip is None or told == by_nip:
            return told
        recorded = row.person.fields.get(name) if row.person else None
        if recorded == told:
            asked = ASKED[ASKED_FIELDS.index(name)]
            row.parsed.problems = [p for p in row.parsed.problems if p.text != asked]
            return recorded
        return told if self.choices.values.get(row.parsed.number) == "file" else by_nip

    def _compare_status(self, row: PlannedRow, status: str) -> None:
        before = row.person.status if row.person else ""
        if before == status or (status == "active" and before in _LOCAL_LEAVES):
            return
        row.new_status = status
        if row.person:
            self._change(row, "status", STATUS_NAMES.get(before, ""), STATUS_NAMES[status])

    def _compare_post(self, row: PlannedRow) -> None:
        data = row.parsed.data
        target = self._unit(row)
        if target.problem:
            return self._refuse(row, target.problem, "unit", "UNOR NAMA")
        row.unit_key = target.key
        name = data["position"]
        recorded = self.posts.get((target.unit.id, same_text(name))) if target.unit else None
        if recorded is not None and recorded.closed:
            return self._refuse(
                row, POSITION_CLOSED.format(v=name[:40]), "position", "JABATAN NAMA"
            )
        told = data.get("position_since")
        since = dt.date.fromisoformat(told) if told else None
        post = row.person.post if row.person else None
        if post is not None and post.until is None and recorded and post.position_id == recorded.id:
            return self._correct_start(row, post, since)
        self._enter(row, target, recorded, name)
        row.moves = True
        row.since = since or self._default_start(row)
        if post is None:
            return None
        if post.until is None and row.since < post.start:
            day = f"{post.start:%d-%m-%Y}"
            return self._refuse(
                row, EARLIER_POST.format(day=day), "position_since", "TMT JABATAN", True
            )
        if post.until is not None:
            row.since = max(row.since, post.until)
        before = self.snapshot.units[post.unit_id]
        if target.unit is None or target.unit.id != before.id:
            self._change(row, "unit", before.name, data["unit"])
        if same_text(post.position) != same_text(name):
            self._change(row, "position", post.position, name)
        if row.since != post.start:
            self._change(row, "position_since", f"{post.start:%d-%m-%Y}", f"{row.since:%d-%m-%Y}")
        return None

    def _unit(self, row: PlannedRow) -> UnitTarget:
        target = self.finder.find(row.parsed.data, row.parsed.number)
        place = self.choices.places.get(target.key, "") if target.key else ""
        if place.startswith("use:"):
            unit = self.snapshot.units.get(int(place[4:]))
            if unit is not None and unit.path.startswith(self.snapshot.root.path):
                return UnitTarget(unit=unit)
            return UnitTarget(problem=UNIT_UNKNOWN.format(v=row.parsed.data["unit"][:40]))
        return target

    def _correct_start(self, row: PlannedRow, post: PostFact, since: dt.date | None) -> None:
        if since is None or since == post.start:
            return None
        if post.earlier_until is not None and since < post.earlier_until:
            day = f"{post.start:%d-%m-%Y}"
            return self._refuse(
                row, EARLIER_POST.format(day=day), "position_since", "TMT JABATAN", True
            )
        row.corrects_start = True
        row.since = since
        self._change(row, "position_since", f"{post.start:%d-%m-%Y}", f"{since:%d-%m-%Y}")
        return None

    def _enter(
        self, row: PlannedRow, target: UnitTarget, recorded: PositionFact | None, name: str
    ) -> None:
        if recorded is not None:
            row.position_id = recorded.id
            return
        data = row.parsed.data
        kind, echelon = data.get("position_kind", ""), data.get("echelon", "")
        place = f"#{target.unit.id}" if target.unit else target.key
        row.new_position = (place, same_text(name))
        self.new_positions.setdefault(
            row.new_position,
            NewPosition(
                unit_id=target.unit.id if target.unit else None,
                unit_key=target.key,
                name=name,
                tier=tier_of(name, kind, echelon),
                structural=is_structural(kind),
            ),
        )

    def _default_start(self, row: PlannedRow) -> dt.date:
        appointed = row.parsed.data.get("appointed_on")
        if row.person is None and appointed:
            return dt.date.fromisoformat(appointed)
        return self.day

    def _change(self, row: PlannedRow, name: str, old: str, new: str) -> None:
        row.changes.append({"field": name, "label": LABELS[name], "old": old, "new": new})

    def _refuse(
        self, row: PlannedRow, text: str, name: str, column: str, of_column: bool = False
    ) -> None:
        value = str(row.parsed.data.get(name, ""))[:40]
        row.parsed.problems.append(Problem(text, column, value, of_column=of_column))


def _mark_doubles(rows: list[ParsedRow], name: str, column: str, text: str) -> None:
    """Report every row that shares a value with another one."""
    seen: dict[str, list[ParsedRow]] = defaultdict(list)
    for row in rows:
        if name in row.data:
            seen[row.data[name]].append(row)
    for value, sharing in seen.items():
        if len(sharing) < 2:
            continue
        for row in sharing:
            other = next(r for r in sharing if r is not row)
            if name != "nip" and any(p.text.startswith("NIP sama") for p in row.problems):
                continue
            row.problems.append(Problem(text.format(r2=other.number), column, value[:40]))


def _words(name: str, value: Any) -> str:
    """A value as the page shows it."""
    if value in (None, ""):
        return ""
    if name == "sex":
        return SEX_NAMES.get(value, value)
    if name == "employment_kind":
        return KIND_NAMES.get(value, value)
    if name in ("birth_date", "grade_since", "appointed_on"):
        year, month, day = str(value).split("-")
        return f"{day}-{month}-{year}"
    return str(value)


def skipped(row: PlannedRow, plan: Plan, choices: Choices) -> bool:
    """True for a row the person left out, itself or with its unit."""
    if choices.values.get(row.parsed.number) == SKIP:
        return True
    key = row.unit_key
    seen: set[str] = set()
    while key and key not in seen:
        seen.add(key)
        unit = plan.units[key]
        place = choices.places.get(key, unit.place)
        if place == SKIP:
            return True
        key = place[4:] if place.startswith("new:") else ""
    return False
