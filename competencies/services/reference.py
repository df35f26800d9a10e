"""Loading the reference data that ships with the product (`competencies/reference`).

Adds what is missing and changes nothing that is there: a figure that HR has dated
anew, a renamed unit or a closed post survive every later load.
"""

import csv
import datetime as dt
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from django.db import models, transaction

from competencies.models import (
    Competency,
    CompetencyLevel,
    Holiday,
    Indicator,
    JobTier,
    Position,
    PositionStandard,
    ReferenceRule,
    Threshold,
    Unit,
)
from competencies.models.periods import since
from gayungan_asn.accounts.services import record

FOLDER: Final = Path(__file__).resolve().parent.parent / "reference"
IN_FORCE_SINCE: Final = dt.date(2015, 1, 1)
Row = dict[str, str]

RULE_SETS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "defaults": (("key",), ""),
    "ratings": (("dimension", "code"), "PermenPANRB 6/2022"),
    "performance_matrix": (("work_result_code", "behaviour_code"), "PermenPANRB 6/2022"),
    "predicate_distribution": (
        ("organisation_predicate_code", "employee_predicate_codes", "bound"),
        "SE MenPANRB 3/2023",
    ),
    "proficiency_levels": (("level",), "PermenPANRB 38/2017"),
    "berakhlak_values": (("code",), "SE MenPANRB 20/2021"),
    "grades": (("code",), ""),
    "talent_boxes": (("box",), "PermenPANRB 3/2020"),
    "ip_asn_weights": (
        ("dimension", "sub_dimension", "job_group", "condition_code"),
        "PermenPANRB 38/2018, Peraturan BKN 8/2019",
    ),
    "skm_elements": (("code",), "PermenPANRB 14/2017"),
    "complaint_deadlines": (("code",), "SP4N-LAPOR!"),
    "development_targets": (("employment_type",), ""),
}
"""Rule set → columns that make the key, and the rule it comes from."""

THRESHOLD_RULES: Final = {
    "jpm_pengisian_jabatan": "Peraturan BKN 26/2019",
    "jpm_pemetaan": "Peraturan BKN 26/2019",
    "ip_asn": "Peraturan BKN 8/2019",
    "ikm": "PermenPANRB 14/2017",
}
TIER_RULE: Final = "PermenPANRB 38/2017"
FUNCTIONAL_RULE: Final = "Keputusan menteri tentang jabatan fungsional yang bersangkutan"
POSITION_RULE: Final = "Usulan standar kompetensi jabatan kecamatan"


def read_rows(name: str) -> list[Row]:
    """Rows of one shipped file, as text."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@transaction.atomic
def load_reference() -> dict[str, int]:
    """Add every shipped row that is not there yet; gives table → rows added.

    Running it again changes nothing. Dated rows are matched by what they are about,
    whatever their period, so a later figure set by HR keeps its place.
    """
    steps: list[tuple[str, Callable[[], int]]] = [
        ("job_tiers", _load_tiers),
        ("competencies", _load_competencies),
        ("competency_levels", _load_levels),
        ("indicators", _load_indicators),
        ("units", _load_units),
        ("positions", _load_positions),
        ("position_standards", _load_standards),
        ("thresholds", _load_thresholds),
        ("reference_rules", _load_rules),
        ("holidays", _load_holidays),
    ]
    added = {name: step() for name, step in steps}
    if any(added.values()):
        record(actor=None, action="reference.loaded", after=added)
    return added


def _add(model: type[models.Model], rows: Iterable[models.Model]) -> int:
    return len(model._default_manager.bulk_create(list(rows), batch_size=2000))


def _load_tiers() -> int:
    known = set(JobTier.objects.values_list("code", flat=True))
    return _add(
        JobTier,
        (
            JobTier(
                code=row["code"],
                name=row["name"],
                law_category=row["law_category"],
                family=row["family"],
                display_order=int(row["display_order"]),
                leadership_training=row["leadership_training"],
                ip_asn_group=row["ip_asn_group"],
            )
            for row in read_rows("job_tiers")
            if row["code"] not in known
        ),
    )


def _load_competencies() -> int:
    known = set(Competency.objects.values_list("code", flat=True))
    return _add(
        Competency,
        (
            Competency(
                code=row["code"],
                type=row["type"],
                name=row["name"],
                definition=row["definition"],
                display_order=order,
            )
            for order, row in enumerate(read_rows("competencies"), start=1)
            if row["code"] not in known
        ),
    )


def _load_levels() -> int:
    known = set(CompetencyLevel.objects.values_list("competency__code", "level"))
    ids = dict(Competency.objects.values_list("code", "pk"))
    return _add(
        CompetencyLevel,
        (
            CompetencyLevel(
                competency_id=ids[row["code"]],
                level=int(row["level"]),
                description=row["description"],
            )
            for row in read_rows("competency_levels")
            if (row["code"], int(row["level"])) not in known
        ),
    )


def _load_indicators() -> int:
    # A level that has indicators keeps its own: HR may have reworded them.
    worded = set(Indicator.objects.values_list("level_id", flat=True))
    ids = {
        (code, level): pk
        for code, level, pk in CompetencyLevel.objects.values_list(
            "competency__code", "level", "pk"
        )
    }
    rows = []
    for row in read_rows("competency_levels"):
        level_id = ids[row["code"], int(row["level"])]
        if level_id in worded:
            continue
        pairs = zip(row["indicators"].split("|"), row["aspects"].split("|"), strict=True)
        rows += [
            Indicator(level_id=level_id, text=text, aspect=aspect, display_order=order)
            for order, (text, aspect) in enumerate(pairs, start=1)
        ]
    return _add(Indicator, rows)


def _load_units() -> int:
    known = set(Unit.objects.values_list("code", flat=True))
    missing = [row for row in read_rows("gayungan_units") if row["code"] not in known]
    for row in missing:
        unit = Unit(
            code=row["code"],
            name=row["name"],
            kind=row["kind"],
            region_code=row["region_code"],
        )
        if row["parent_code"]:
            Unit.objects.add_child(Unit.objects.get(code=row["parent_code"]), instance=unit)
        else:
            Unit.objects.add_root(instance=unit)
    return len(missing)


def _load_positions() -> int:
    known = set(Position.objects.values_list("code", flat=True))
    names = set(Position.objects.values_list("unit__code", "name"))
    headed = set(
        Position.objects.filter(is_head=True, closed_on=None).values_list("unit__code", flat=True)
    )
    units = dict(Unit.objects.values_list("code", "pk"))
    tiers = dict(JobTier.objects.values_list("code", "pk"))
    return _add(
        Position,
        (
            Position(
                code=row["code"],
                unit_id=units[row["unit_code"]],
                name=row["name"],
                tier_id=tiers[row["job_tier_code"]],
                is_head=row["head_of_unit"] == "ya" and row["unit_code"] not in headed,
                seats=int(row["headcount"]),
            )
            for row in read_rows("gayungan_positions")
            if row["code"] not in known and (row["unit_code"], row["name"]) not in names
        ),
    )


def _load_standards() -> int:
    tiers = dict(JobTier.objects.values_list("code", "pk"))
    positions = dict(Position.objects.values_list("code", "pk"))
    competencies = dict(Competency.objects.values_list("code", "pk"))
    known = set(PositionStandard.objects.values_list("tier_id", "position_id", "competency_id"))
    rows: list[tuple[tuple[int | None, int | None, int], Row, str]] = []
    for row in read_rows("position_standards"):
        tier_code = row["job_tier_code"]
        rule = FUNCTIONAL_RULE if tier_code.startswith("JF_") else TIER_RULE
        rows.append(((tiers[tier_code], None, competencies[row["competency_code"]]), row, rule))
    for row in read_rows("gayungan_position_standards"):
        position_id = positions.get(row["position_code"])
        if position_id is None:  # the post stands under a code of the agency's own
            continue
        rows.append(((None, position_id, competencies[row["competency_code"]]), row, POSITION_RULE))
    return _add(
        PositionStandard,
        (
            PositionStandard(
                tier_id=key[0],
                position_id=key[1],
                competency_id=key[2],
                required_level=int(row["required_level"]),
                rule_name=rule,
                verification=row["verification"],
                period=since(IN_FORCE_SINCE),
            )
            for key, row, rule in rows
            if key not in known
        ),
    )


def _load_thresholds() -> int:
    known = set(Threshold.objects.values_list("scheme", "code"))
    return _add(
        Threshold,
        (
            Threshold(
                scheme=row["scheme"],
                code=row["code"],
                name=row["name"],
                min_inclusive=row["min_inclusive"],
                rule_name=THRESHOLD_RULES.get(row["scheme"], ""),
                verification=row["verification"],
                period=since(IN_FORCE_SINCE),
            )
            for row in read_rows("classification_thresholds")
            if (row["scheme"], row["code"]) not in known
        ),
    )


def _load_rules() -> int:
    known = set(ReferenceRule.objects.values_list("rule_set", "key"))
    rows = []
    for rule_set, (columns, rule_name) in RULE_SETS.items():
        for order, row in enumerate(read_rows(rule_set), start=1):
            key = "|".join(row[column] for column in columns)
            if (rule_set, key) in known:
                continue
            rows.append(
                ReferenceRule(
                    rule_set=rule_set,
                    key=key,
                    display_order=int(row.get("display_order") or order),
                    data=_data(row),
                    rule_name=row.get("basis") or rule_name,
                    verification=row.get("verification") or row.get("name_verification") or "",
                    period=since(IN_FORCE_SINCE),
                )
            )
    return _add(ReferenceRule, rows)


def _data(row: Row) -> dict[str, Any]:
    """The columns of a row as JSON: bars become lists; figures stay text, so no digit is lost."""
    left_out = {"verification", "display_order"}
    return {
        column: value.split("|") if column == "behaviour_guides" else value
        for column, value in row.items()
        if column not in left_out
    }


def _load_holidays() -> int:
    known = set(Holiday.objects.values_list("date", flat=True))
    return _add(
        Holiday,
        (
            Holiday(date=dt.date.fromisoformat(row["date"]), name=row["name"], kind=row["kind"])
            for row in read_rows("holidays")
            if dt.date.fromisoformat(row["date"]) not in known
        ),
    )
