"""What the pages of an import show."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from competencies.import_rules.cells import message
from competencies.import_rules.people import BIRTH_DATE_DIFFERS, SEX_DIFFERS
from competencies.import_rules.plan import SEX_NAMES, STATUS_NAMES
from competencies.models import ImportJob, ImportRow, Unit
from gayungan_asn.accounts.models import User

SHOWN = 200
SHOWN_NEW = 50
SHOWN_UNITS = 50
MANY_UNITS = 60
_DIFFERS = (BIRTH_DATE_DIFFERS, SEX_DIFFERS)
Options = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """Something to look at, with a proposal filled in: a row, or a new unit of several rows."""

    field: str
    number: int
    label: str
    nip: str
    what: str
    value: str
    explanation: str
    caption: str
    options: Options
    proposal: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """One problem of a refused row."""

    number: int
    label: str
    column: str
    value: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class Change:
    """One changed person, old → new per field, and what follows from it."""

    number: int
    label: str
    nip: str
    changes: list[dict[str, str]]
    effects: list[str]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Newcomer:
    """One new person and the place in the organisation."""

    number: int
    label: str
    place: str


@dataclass(slots=True)
class Preview:
    """Everything on the preview page, cut to what a page can hold."""

    questions: list[Question] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    newcomers: list[Newcomer] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    more_units: int = 0


def import_list(user: User) -> QuerySet[ImportJob]:
    """Imports of the own tree, newest first."""
    return ImportJob.objects.visible_to(user).select_related("uploaded_by", "unit")


def preview_of(job: ImportJob) -> Preview:
    """The preview of a ready import; the number of statements is constant."""
    rows = ImportRow.objects.filter(job=job).order_by("number")
    new, changed = ImportRow.State.NEW, ImportRow.State.CHANGED
    return Preview(
        more_units=max(0, len(job.choices.get("units", [])) - SHOWN_UNITS),
        questions=_questions(job, rows.filter(needs_look=True)[:SHOWN]),
        refusals=[
            line
            for row in rows.filter(state=ImportRow.State.REFUSED)[:SHOWN]
            for line in _refusals(row)
        ][:SHOWN],
        changes=[_change(row) for row in rows.filter(state=changed, needs_look=False)[:SHOWN]],
        newcomers=[
            Newcomer(row.number, row.label, _place(row.data))
            for row in rows.filter(state=new, needs_look=False)[:SHOWN_NEW]
        ],
        told=[
            message(row.number, problem)
            for row in rows.filter(
                state__in=[new, changed], problems__contains=[{"weight": "told"}]
            )[:SHOWN_NEW]
            for problem in row.problems
            if problem["weight"] == "told"
        ][:SHOWN_NEW],
    )


def shown_changes(job: ImportJob) -> frozenset[int]:
    """Rows whose boxes stand on the preview page."""
    return frozenset(
        job.rows.filter(state=ImportRow.State.CHANGED, needs_look=False)
        .order_by("number")
        .values_list("number", flat=True)[:SHOWN]
    )


def problem_lines(job: ImportJob) -> Iterator[tuple[int, str, str, str, str]]:
    """Every problem of every refused row, for the list to download."""
    rows = job.rows.filter(state=ImportRow.State.REFUSED).order_by("number")
    for row in rows.iterator(chunk_size=2_000):
        for line in _refusals(row):
            yield line.number, line.label, line.column, line.value, line.what_to_do


def change_lines(job: ImportJob) -> Iterator[tuple[int, str, str, str, str, str]]:
    """Every change of every recorded person, for the list to download."""
    rows = job.rows.filter(state=ImportRow.State.CHANGED).order_by("number")
    for row in rows.iterator(chunk_size=2_000):
        for change in row.changes:
            yield (
                row.number, row.label, row.data.get("nip", ""), change["label"], change["old"],
                change["new"],
            )  # fmt: skip


def _refusals(row: ImportRow) -> list[Refusal]:
    return [
        Refusal(
            row.number,
            row.label,
            problem["column"],
            problem["value"],
            problem["text"][:1].upper() + problem["text"][1:],
        )
        for problem in row.problems
        if problem["weight"] == "refused"
    ]


def _change(row: ImportRow) -> Change:
    return Change(
        row.number,
        row.label,
        row.data.get("nip", ""),
        row.changes,
        effects_of(row.changes),
        row.chosen,
    )


def effects_of(changes: list[dict[str, str]]) -> list[str]:
    """What follows for the person from these changes, in words."""
    fields = {change["field"]: change["new"] for change in changes}
    said = []
    if {"unit", "position"} & fields.keys():
        said.append(_("Atasan langsung dihitung ulang."))
        said.append(_("Standar mengikuti jabatan baru."))
    elif {"grade", "education", "education_level"} & fields.keys():
        said.append(_("Standar jabatan tetap."))
    if "nip" in fields:
        said.append(_("Masuk dengan NIP baru; NIP lama tetap tercatat."))
    if "email" in fields:
        said.append(_("Undangan baru tidak dikirim otomatis."))
    status = fields.get("status")
    if status in (STATUS_NAMES["retired"], STATUS_NAMES["transferred"]):
        said.append(_("Jabatannya kosong dan akunnya dikunci hari ini juga."))
    elif status == STATUS_NAMES["other"]:
        said.append(_("Jabatannya kosong mulai hari ini."))
    elif status:
        said.append(_("Berlaku mulai hari ini."))
    return said or [_("Tidak ada akibat lain.")]


def _place(data: dict[str, Any]) -> str:
    return ", ".join(data[name] for name in ("position", "unit") if name in data)


def _questions(job: ImportJob, rows: QuerySet[ImportRow]) -> list[Question]:
    found = []
    first_rows = {unit["first_row"]: unit for unit in job.choices.get("units", [])}
    looked = list(rows)
    if first_rows or any(row.data.get("unit_key") for row in looked):
        found.extend(_unit_questions(job))
    for row in looked:
        found.extend(_row_questions(row))
    return found


def _row_questions(row: ImportRow) -> list[Question]:
    looks = [problem for problem in row.problems if problem["weight"] == "look"]
    if not looks:
        return []
    differing = [problem for problem in looks if problem["text"] in _DIFFERS]
    if differing:
        names = [
            "birth_date" if problem["text"] == BIRTH_DATE_DIFFERS else "sex"
            for problem in differing
        ]
        by_nip = ", ".join(_shown(name, row.data["nip_" + name]) for name in names)
        by_file = ", ".join(_shown(name, row.data[name]) for name in names)
        options: Options = [
            ("nip", _("%(value)s, menurut NIP") % {"value": by_nip}),
            ("file", _("%(value)s, menurut berkas") % {"value": by_file}),
        ]
        caption = _("Nilai yang dipakai")
        value = by_file
        explanation = _("NIP menyebut %(value)s. Periksa mana yang benar.") % {"value": by_nip}
    else:
        options = [("file", _("Pakai baris ini"))]
        caption = _("Baris ini")
        value = looks[0]["value"]
        explanation = " ".join(
            problem["text"][:1].upper() + problem["text"][1:] for problem in looks
        )
    options.append(("skip", _("Lewati baris ini")))
    return [
        Question(
            field=f"row-{row.number}",
            number=row.number,
            label=row.label,
            nip=row.data.get("nip", ""),
            what=", ".join(dict.fromkeys(problem["column"].capitalize() for problem in looks)),
            value=value,
            explanation=explanation,
            caption=caption,
            options=options,
            proposal=options[0][0],
        )
    ]


def _shown(name: str, value: str) -> str:
    if name == "sex":
        return SEX_NAMES[value]
    year, month, day = value.split("-")
    return f"{day}-{month}-{year}"


def _unit_questions(job: ImportJob) -> list[Question]:
    told = job.choices.get("units", [])
    units = list(Unit.objects.below(job.unit).filter(closed_on=None))
    found = []
    for unit in told[:SHOWN_UNITS]:
        near = units if len(units) <= MANY_UNITS else _near(units, job.unit, unit)
        below: Options = [(f"below:{row.pk}", row.name) for row in near]
        below += [
            (f"new:{other['key']}", _("%(name)s (baru)") % {"name": other["name"]})
            for other in told
            if other["key"] != unit["key"]
            and (other["place"] == unit["place"] or unit["place"] == f"new:{other['key']}")
        ][:MANY_UNITS]
        use: Options = [(f"use:{row.pk}", row.name) for row in near]
        explanation = (
            _("Unit bernama sama sudah ada. Pilih unit yang dimaksud, atau induk lain.")
            if unit["doubtful"]
            else _("Unit ini belum tercatat. Buat baru, atau pilih unit yang dimaksud.")
        )
        if unit["rows"] > 1:
            explanation += " " + _("Berlaku untuk %(count)d baris.") % {"count": unit["rows"]}
        found.append(
            Question(
                field=f"place-{unit['key']}",
                number=unit["first_row"],
                label=_("Unit baru") if unit["rows"] else _("Satuan kerja baru"),
                nip="",
                what=_("Unit"),
                value=unit["name"],
                explanation=explanation,
                caption=_("Tempat unit ini"),
                options=[
                    (_("Unit baru, di bawah"), below),
                    (_("Bukan unit baru, melainkan"), use),
                    ("skip", _("Lewati barisnya")),
                ],
                proposal=unit["place"],
            )
        )
    return found


def _near(units: list[Unit], root: Unit, told: dict[str, Any]) -> list[Unit]:
    """In a big tree: the upper levels, and what lies around the proposed place."""
    place = told["place"].split(":")[-1]
    proposed = next((unit for unit in units if str(unit.pk) == place), None)
    around = proposed.path if proposed else root.path
    return [
        unit
        for unit in units
        if unit.depth <= root.depth + 1
        or unit.path.startswith(around)
        or around.startswith(unit.path)
    ][:SHOWN]
