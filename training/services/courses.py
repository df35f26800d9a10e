"""Writing the catalogue."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from competencies.selectors.people import roles_of
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import record
from training.models import Course, CourseOutcome, Provider
from training.permissions.catalogue import can_edit_course
from training.selectors.details import CourseDetails, Outcome


@transaction.atomic
def create_course(
    *,
    actor: User | None,
    code: str,
    details: CourseDetails,
    outcomes: Iterable[Outcome],
    is_published: bool = False,
) -> Course:
    """Add a course; not shown until it is published unless asked otherwise.

    Raises ValidationError: forbidden, a code already used, outcomes that do not rise.
    """
    if actor is not None:
        _check_writer(actor)
    course = Course(code=code or next_code(), is_published=is_published)
    _fill(course, details)
    course.full_clean()
    course.save()
    _set_outcomes(course, outcomes)
    record(
        actor=actor,
        action="course.created",
        obj=course,
        roles=roles_of(actor) if actor else (),
        after=_snapshot(course),
    )
    return course


@transaction.atomic
def update_course(
    *,
    actor: User,
    course: Course,
    version: int,
    details: CourseDetails,
    outcomes: Iterable[Outcome],
) -> Course:
    """Change a course as it was read in `version`.

    Raises ValidationError: forbidden, stale (somebody saved in between), and what a
    course may not be.
    """
    _check_writer(actor)
    course = Course.objects.select_for_update().get(pk=course.pk)
    if course.version != version:
        raise ValidationError(
            _("Pelatihan ini baru saja diubah orang lain. Bandingkan, lalu simpan lagi."),
            code="stale",
        )
    before = _snapshot(course)
    _fill(course, details)
    course.version += 1
    course.full_clean()
    course.save()
    _set_outcomes(course, outcomes)
    record(
        actor=actor,
        action="course.updated",
        obj=course,
        roles=roles_of(actor),
        before=before,
        after=_snapshot(course),
    )
    return course


@transaction.atomic
def set_course_published(*, actor: User, course: Course, published: bool) -> Course:
    """Show a course in the catalogue, or take it out; classes and places stay.

    Raises ValidationError: forbidden, no_outcome (nothing says what it develops).
    """
    _check_writer(actor)
    course = Course.objects.select_for_update().get(pk=course.pk)
    if published and not course.outcomes.exists():
        raise ValidationError(
            _("Isi dulu kompetensi yang dikembangkan pelatihan ini."), code="no_outcome"
        )
    if course.is_published == published:
        return course
    course.is_published = published
    course.version += 1
    course.save(update_fields=["is_published", "version"])
    record(
        actor=actor,
        action="course.published" if published else "course.unpublished",
        obj=course,
        roles=roles_of(actor),
    )
    return course


def next_code() -> str:
    """A code that no course has yet."""
    number = Course.objects.count() + 1
    while Course.objects.filter(code=f"PLT-{number:03d}").exists():
        number += 1
    return f"PLT-{number:03d}"


def _check_writer(actor: User) -> None:
    if not can_edit_course(actor):
        raise ValidationError(_("Katalog diisi oleh kepegawaian."), code="forbidden")


def _fill(course: Course, details: CourseDetails) -> None:
    name = " ".join(details.provider.split())
    course.provider = Provider.objects.get_or_create(name=name)[0]
    for field in fields(details):
        if field.name != "provider":
            setattr(course, field.name, getattr(details, field.name))
    hours = details.quantity * details.kind.hours_per_unit
    course.hours = hours.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _set_outcomes(course: Course, outcomes: Iterable[Outcome]) -> None:
    course.outcomes.all().delete()
    for outcome in outcomes:
        row = CourseOutcome(
            course=course,
            competency=outcome.competency,
            from_level=outcome.from_level,
            to_level=outcome.to_level,
        )
        row.full_clean()
        row.save()


def _snapshot(course: Course) -> Mapping[str, Any]:
    return {
        "title": course.title,
        "kind": course.kind.code,
        "provider": course.provider.name,
        "mode": course.mode,
        "hours": course.hours,
        "cost": course.cost,
        "outcomes": [
            f"{outcome.competency.code} {outcome.from_level}-{outcome.to_level}"
            for outcome in course.outcomes.select_related("competency")
        ],
    }
