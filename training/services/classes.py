"""Opening, changing and cancelling classes."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from competencies.models import Unit
from competencies.models.periods import since
from competencies.selectors.people import roles_of
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record
from training.models import Course, CourseClass, Enrolment
from training.permissions.catalogue import can_create_class, can_edit_class
from training.selectors.dates import days_words
from training.selectors.details import ClassDetails
from training.services.enrolment import move_up
from training.services.follow import follow_enrolment


@transaction.atomic
def create_class(
    *, actor: User | None, course: Course, unit: Unit, details: ClassDetails, code: str = ""
) -> CourseClass:
    """Open a class of a course for a unit. Raises ValidationError: forbidden, and bad dates."""
    if actor is not None and not can_create_class(actor, unit):
        raise ValidationError(
            _("Kelas dibuka oleh kepegawaian unit penyelenggara."), code="forbidden"
        )
    course_class = CourseClass(course=course, unit=unit, code=code or _next_code(course, details))
    _fill(course_class, details)
    course_class.full_clean()
    course_class.save()
    record(
        actor=actor,
        action="course_class.created",
        obj=course_class,
        subject_unit_id=unit.pk,
        roles=roles_of(actor) if actor else (),
        after=_snapshot(course_class),
    )
    return course_class


@transaction.atomic
def update_class(
    *, actor: User, course_class: CourseClass, version: int, details: ClassDetails
) -> CourseClass:
    """Change a class as it was read in `version`; more seats go to the waiting list at once.

    Raises ValidationError: forbidden, stale, capacity (below the seats taken), bad dates.
    """
    course_class = _locked(course_class)
    if not can_edit_class(actor, course_class):
        raise ValidationError(_("Kelas ini milik unit di luar wewenang Anda."), code="forbidden")
    if course_class.version != version:
        raise ValidationError(
            _("Kelas ini baru saja diubah orang lain. Bandingkan, lalu simpan lagi."),
            code="stale",
        )
    if details.capacity < course_class.seats_taken:
        raise ValidationError(
            {
                "capacity": ValidationError(
                    _("Kuota tidak boleh di bawah jumlah peserta, yaitu %(count)s.")
                    % {"count": course_class.seats_taken},
                    code="capacity",
                )
            }
        )
    before = _snapshot(course_class)
    old_days = days_words(course_class)
    _fill(course_class, details)
    course_class.version += 1
    course_class.full_clean()
    course_class.save(
        update_fields=[
            "period",
            "is_self_paced",
            "place",
            "link",
            "capacity",
            "opens_on",
            "enrol_until",
            "withdraw_until",
            "version",
        ]
    )
    record(
        actor=actor,
        action="course_class.updated",
        obj=course_class,
        subject_unit_id=course_class.unit_id,
        roles=roles_of(actor),
        before=before,
        after=_snapshot(course_class),
    )
    move_up(actor=actor, course_class=course_class)
    if days_words(course_class) != old_days:
        _tell_participants(
            course_class,
            _("Jadwal %(course)s berubah menjadi %(days)s.")
            % {"course": course_class.course.title, "days": days_words(course_class)},
        )
    return course_class


@transaction.atomic
def cancel_class(*, actor: User, course_class: CourseClass, reason: str) -> CourseClass:
    """Cancel a class; every open place ends and the participants are told.

    Raises ValidationError: forbidden, state, reason.
    """
    course_class = _locked(course_class)
    if not can_edit_class(actor, course_class):
        raise ValidationError(_("Kelas ini milik unit di luar wewenang Anda."), code="forbidden")
    if course_class.state != CourseClass.State.OPEN:
        raise ValidationError(_("Kelas ini tidak dibuka lagi."), code="state")
    if not reason.strip():
        raise ValidationError(_("Tulis alasannya."), code="reason")
    _tell_participants(
        course_class,
        _("%(course)s, %(days)s, dibatalkan: %(reason)s")
        % {
            "course": course_class.course.title,
            "days": days_words(course_class),
            "reason": reason.strip(),
        },
    )
    live = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("course_class")
        .filter(course_class=course_class, state__in=Enrolment.LIVE)
        .order_by("pk")
    )
    ended = 0
    for enrolment in live:
        enrolment.state = Enrolment.State.WITHDRAWN
        enrolment.note = reason.strip()[:300]
        enrolment.version += 1
        enrolment.save(update_fields=["state", "note", "version"])
        follow_enrolment(enrolment)
        ended += 1
    course_class.state = CourseClass.State.CANCELLED
    course_class.seats_taken = 0
    course_class.version += 1
    course_class.save(update_fields=["state", "seats_taken", "version"])
    record(
        actor=actor,
        action="course_class.cancelled",
        obj=course_class,
        subject_unit_id=course_class.unit_id,
        roles=roles_of(actor),
        purpose=reason.strip()[:300],
        after={"places_ended": ended},
    )
    return course_class


def _locked(course_class: CourseClass) -> CourseClass:
    return (
        CourseClass.objects.select_for_update(of=("self",))
        .select_related("course", "unit")
        .get(pk=course_class.pk)
    )


def _next_code(course: Course, details: ClassDetails) -> str:
    number = course.classes.count() + 1
    start = f"{course.code}-{details.first_day.year}"
    while CourseClass.objects.filter(code=f"{start}-{number}").exists():
        number += 1
    return f"{start}-{number}"


def _fill(course_class: CourseClass, details: ClassDetails) -> None:
    if details.last_day < details.first_day:
        raise ValidationError(
            {"last_day": ValidationError(_("Hari terakhir sebelum hari pertama."), code="dates")}
        )
    if details.enrol_until < details.opens_on:
        raise ValidationError(
            {"enrol_until": ValidationError(_("Pengajuan berakhir sebelum dibuka."), code="dates")}
        )
    joinable_until = details.last_day if details.is_self_paced else details.first_day
    if details.enrol_until > joinable_until:
        raise ValidationError(
            {
                "enrol_until": ValidationError(
                    _("Pengajuan berakhir paling lambat %(day)s.")
                    % {"day": f"{joinable_until:%d/%m/%Y}"},
                    code="dates",
                )
            }
        )
    if details.withdraw_until > details.last_day:
        raise ValidationError(
            {
                "withdraw_until": ValidationError(
                    _("Pembatalan berakhir paling lambat hari terakhir kelas."), code="dates"
                )
            }
        )
    course_class.period = since(details.first_day, details.last_day + dt.timedelta(days=1))
    course_class.is_self_paced = details.is_self_paced
    course_class.place = details.place
    course_class.link = details.link
    course_class.capacity = details.capacity
    course_class.opens_on = details.opens_on
    course_class.enrol_until = details.enrol_until
    course_class.withdraw_until = details.withdraw_until


def _snapshot(course_class: CourseClass) -> Mapping[str, Any]:
    return {
        "first_day": course_class.first_day,
        "last_day": course_class.last_day,
        "place": course_class.place,
        "capacity": course_class.capacity,
        "enrol_until": course_class.enrol_until,
        "withdraw_until": course_class.withdraw_until,
    }


def _tell_participants(course_class: CourseClass, text: str) -> None:
    if course_class.last_day < today():
        return
    users = Enrolment.objects.filter(
        course_class=course_class, state__in=Enrolment.LIVE
    ).values_list("employee__user", flat=True)
    notify(
        users=list(users),
        kind="course_class.changed",
        text=text,
        link=reverse("training:enrolments"),
    )
