"""Valid rows of training for tests."""

import datetime as dt
import itertools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from competencies.models import AttainedLevel, Competency, Employee, LevelBatch, Unit
from competencies.services.levels import NewLevel, record_levels
from competencies.tests.builders import make_unit
from gayungan_asn.accounts.clock import today
from training.models import (
    ActivityOutcome,
    ActivityTemplate,
    Course,
    CourseClass,
    CourseOutcome,
    DevelopmentKind,
    DevelopmentPlan,
    Enrolment,
    Provider,
)
from training.selectors.details import ClassDetails
from training.services.classes import create_class

_serial = itertools.count(1)
DAY = dt.timedelta(days=1)


def refused(code: str, service: Callable[..., Any], /, **arguments: Any) -> str:
    """Call a service that must refuse with that code; gives its words."""
    with pytest.raises(ValidationError) as caught:
        service(**arguments)
    assert caught.value.code == code
    return str(caught.value.messages[0])


def make_kind(code: str = "KLA-08", **fields: Any) -> DevelopmentKind:
    """A kind of development; one JP each without cap unless told otherwise."""
    defaults = {
        "route": "klasikal",
        "name": f"Jenis {code}",
        "unit": "jp",
        "rule_text": "Sesuai JP program",
        "hours_per_unit": Decimal(1),
    } | fields
    return DevelopmentKind.objects.get_or_create(code=code, defaults=defaults)[0]


def e_learning() -> DevelopmentKind:
    """At most 3 JP a day."""
    return make_kind(
        "NON-03", route="nonklasikal", cap_quantity=3, cap_unit="jp", cap_period="hari"
    )


def coaching() -> DevelopmentKind:
    """2 JP a time, at most twice a month."""
    return make_kind(
        "NON-01",
        route="nonklasikal",
        unit="kegiatan",
        hours_per_unit=2,
        cap_quantity=2,
        cap_unit="kegiatan",
        cap_period="bulan",
    )


def make_course(
    title: str = "",
    outcomes: dict[Competency, tuple[int, int]] | None = None,
    **fields: Any,
) -> Course:
    """A published course of 8 JP."""
    number = next(_serial)
    kind = fields.pop("kind", None) or make_kind()
    quantity = Decimal(fields.pop("quantity", 8))
    course = Course.objects.create(
        code=fields.pop("code", f"PEL-{number}"),
        title=title or f"Pelatihan {number}",
        kind=kind,
        provider=Provider.objects.get_or_create(name=fields.pop("provider", "BKPSDM"))[0],
        mode=fields.pop("mode", Course.Mode.CLASSROOM),
        quantity=quantity,
        hours=fields.pop("hours", quantity * kind.hours_per_unit),
        is_published=fields.pop("is_published", True),
        **fields,
    )
    for competency, (start, end) in (outcomes or {}).items():
        CourseOutcome.objects.create(
            course=course, competency=competency, from_level=start, to_level=end
        )
    return course


def make_activity(
    way: str, outcomes: dict[Competency, tuple[int, int]], **fields: Any
) -> ActivityTemplate:
    """An activity at work."""
    number = next(_serial)
    activity = ActivityTemplate.objects.create(
        code=f"KEG-{number}",
        title=fields.pop("title", f"Kegiatan {number}"),
        way=way,
        success_sign="Terlihat di tempat kerja",
        **fields,
    )
    for competency, (start, end) in outcomes.items():
        ActivityOutcome.objects.create(
            activity=activity, competency=competency, from_level=start, to_level=end
        )
    return activity


def class_details(first_day: dt.date | None = None, days: int = 1, **fields: Any) -> ClassDetails:
    """Details of a class that can be asked for now, ten days ahead unless told otherwise."""
    first = first_day or today() + 10 * DAY
    values: dict[str, Any] = {
        "first_day": first,
        "last_day": first + (days - 1) * DAY,
        "is_self_paced": False,
        "place": "Aula",
        "link": "",
        "capacity": 30,
        "opens_on": min(today(), first) - 30 * DAY,
        "enrol_until": first - DAY,
        "withdraw_until": first - DAY,
    }
    return ClassDetails(**(values | fields))


def make_class(
    course: Course | None = None,
    unit: Unit | None = None,
    first_day: dt.date | None = None,
    days: int = 1,
    **fields: Any,
) -> CourseClass:
    """An open class."""
    return create_class(
        actor=None,
        course=course or make_course(),
        unit=unit or make_unit(),
        details=class_details(first_day, days, **fields),
    )


def make_enrolment(
    course_class: CourseClass, employee: Employee, state: str = Enrolment.State.REQUESTED
) -> Enrolment:
    """A place in that state; the seat is counted where the state has one."""
    enrolment = Enrolment.objects.create(course_class=course_class, employee=employee, state=state)
    if state in Enrolment.SEATED:
        CourseClass.objects.filter(pk=course_class.pk).update(
            seats_taken=course_class.seats_taken + 1
        )
        course_class.refresh_from_db()
    return enrolment


def attain(
    employees: Employee | list[Employee],
    levels: dict[Competency, int],
    *,
    kind: str = LevelBatch.Kind.EVALUATION,
    label: str = "Penilaian kompetensi 2025",
    basis: dict[str, Any] | None = None,
    year: int = 2025,
    day: dt.date | None = None,
) -> LevelBatch:
    """Levels that count now, from one published evaluation."""
    people = employees if isinstance(employees, list) else [employees]
    return record_levels(
        actor=None,
        kind=kind,
        source=AttainedLevel.Source.EVALUATION,
        label=label,
        year=year,
        source_reference=f"test:{next(_serial)}",
        assessed_on=day or today(),
        valid_until=None,
        levels=[
            NewLevel(person.pk, competency.pk, level, basis or {})
            for person in people
            for competency, level in levels.items()
        ],
    )


def make_plan(
    employee: Employee, gaps: dict[Competency, tuple[int, int]], **fields: Any
) -> DevelopmentPlan:
    """A plan without lines; `gaps` are competency → (required, attained)."""
    return DevelopmentPlan.objects.create(
        employee=employee,
        year=fields.pop("year", 2027),
        gap_table=[
            {
                "competency_id": competency.pk,
                "code": competency.code,
                "name": competency.name,
                "type": competency.type,
                "required": required,
                "attained": attained,
                "critical": False,
                "source": "Penilaian kompetensi 2025",
                "official": False,
                "assessed_on": "2026-01-10",
                "valid_until": None,
                "attained_id": None,
                "basis": {},
            }
            for competency, (required, attained) in gaps.items()
        ],
        **fields,
    )
