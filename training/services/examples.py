"""The example catalogue that ships with the product (`training/examples`): invented.

Every competency has a course and an activity at work for each step that a standard in
use requires; a test holds it.
"""

import csv
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from django.db import transaction

from competencies.models import Competency, Unit
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import record
from training.models import (
    ActivityOutcome,
    ActivityTemplate,
    Course,
    CourseClass,
    DevelopmentKind,
)
from training.selectors.details import ClassDetails, CourseDetails, Outcome
from training.services.classes import create_class
from training.services.courses import create_course

FOLDER: Final = Path(__file__).resolve().parent.parent / "examples"
Row = dict[str, str]


def example_rows(name: str) -> list[Row]:
    """Rows of one shipped file, as text."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def outcome_parts(text: str) -> Iterator[tuple[str, int, int]]:
    """ "INT:0-1|KOM:1-2" → (code, from, to) each."""
    for part in text.split("|"):
        code, levels = part.split(":")
        start, end = levels.split("-")
        yield code, int(start), int(end)


@transaction.atomic
def load_catalogue(*, actor: User | None) -> dict[str, int]:
    """Add the example courses and activities that are missing; gives how many of each.

    Needs the reference data (competencies and kinds). Running it again changes nothing.
    """
    competencies = {each.code: each for each in Competency.objects.all()}
    kinds = {each.code: each for each in DevelopmentKind.objects.all()}
    known = set(Course.objects.values_list("code", flat=True))
    courses = 0
    for row in example_rows("courses"):
        if row["code"] in known:
            continue
        create_course(
            actor=None,
            code=row["code"],
            is_published=True,
            details=CourseDetails(
                title=row["title"],
                summary=row["summary"],
                kind=kinds[row["kind"]],
                provider=row["provider"],
                mode=row["mode"],
                quantity=Decimal(row["quantity"]),
                cost=Decimal(row["cost"]),
                cost_source=row["cost_source"],
                audience=row["audience"],
            ),
            outcomes=[
                Outcome(competencies[code], start, end)
                for code, start, end in outcome_parts(row["outcomes"])
            ],
        )
        courses += 1
    activities = _load_activities(competencies, kinds)
    if courses or activities:
        record(
            actor=actor,
            action="catalogue.examples_loaded",
            after={"courses": courses, "activities": activities},
        )
    return {"courses": courses, "activities": activities}


def _load_activities(competencies: dict[str, Competency], kinds: dict[str, DevelopmentKind]) -> int:
    known = set(ActivityTemplate.objects.values_list("code", flat=True))
    rows = [row for row in example_rows("activities") if row["code"] not in known]
    made = ActivityTemplate.objects.bulk_create(
        [
            ActivityTemplate(
                code=row["code"],
                title=row["title"],
                way=row["way"],
                kind=kinds.get(row["kind"]),
                hours=Decimal(row["hours"]),
                hours_on_job=int(row["hours_on_job"]),
                success_sign=row["success_sign"],
            )
            for row in rows
        ]
    )
    ActivityOutcome.objects.bulk_create(
        [
            ActivityOutcome(
                activity=activity,
                competency=competencies[code],
                from_level=start,
                to_level=end,
            )
            for activity, row in zip(made, rows, strict=True)
            for code, start, end in outcome_parts(row["outcomes"])
        ]
    )
    return len(made)


@transaction.atomic
def load_classes(*, actor: User | None, unit: Unit, day: dt.date) -> list[CourseClass]:
    """Add the example classes around `day`, past and to come, held by `unit`.

    A class that is there already (same course and first day) is left alone. Gives the
    new ones.
    """
    courses = {each.code: each for each in Course.objects.all()}
    made = []
    for row in example_rows("classes"):
        course = courses.get(row["course"])
        first = _working_day(day + dt.timedelta(days=int(row["starts_in"])))
        if course is None or course.classes.filter(period__startswith=first).exists():
            continue
        last = first + dt.timedelta(days=int(row["days"]) - 1)
        self_paced = row["self_paced"] == "ya"
        closes = dt.timedelta(days=int(row["closes_before"]))
        ends = last if self_paced else first
        made.append(
            create_class(
                actor=actor,
                course=course,
                unit=unit,
                details=ClassDetails(
                    first_day=first,
                    last_day=last,
                    is_self_paced=self_paced,
                    place=row["place"],
                    link="",
                    capacity=int(row["capacity"]),
                    opens_on=first - dt.timedelta(days=int(row["opens_before"])),
                    enrol_until=ends - closes,
                    withdraw_until=ends - closes,
                ),
            )
        )
    return made


def _working_day(day: dt.date) -> dt.date:
    return day + dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
