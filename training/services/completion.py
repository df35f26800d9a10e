"""What became of a place: completed or not, and what follows from it."""

import datetime as dt
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from competencies.models import Employee, Evidence
from competencies.selectors.people import direct_supervisor, roles_of
from competencies.services.levels import add_evidence, propose_level, withdraw_evidence
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record
from training.models import Course, CourseClass, DevelopmentKind, Enrolment, HourEntry
from training.permissions.catalogue import can_record_completion
from training.rules import KindRule, credited_hours
from training.services.follow import follow_enrolment

OPEN_STATES = (Enrolment.State.APPROVED, Enrolment.State.CONFIRMED, Enrolment.State.ATTENDED)
DAY, MONTH = "hari", "bulan"
CENT = Decimal("0.01")


@transaction.atomic
def record_completion(
    *, actor: User, enrolment: Enrolment, completed: bool, happened_on: dt.date
) -> Enrolment:
    """Say that somebody completed the class, or did not.

    Completing credits the hours its kind allows, puts evidence beside the competencies,
    and proposes each level the course leads to that is above the one that counts. It
    grants none. Raises ValidationError: forbidden, state, not_begun, date.
    """
    course_class, enrolment = _lock(enrolment)
    _check_recorder(actor, enrolment)
    if enrolment.state not in OPEN_STATES:
        raise ValidationError(_("Hasil hanya dicatat untuk peserta yang terdaftar."), code="state")
    if today() < course_class.first_day:
        raise ValidationError(_("Kelas ini belum dimulai."), code="not_begun")
    if not course_class.first_day <= happened_on <= today():
        raise ValidationError(_("Isi tanggal antara hari pertama kelas dan hari ini."), code="date")
    before = enrolment.state
    enrolment.state = Enrolment.State.COMPLETED if completed else Enrolment.State.FAILED
    enrolment.completed_on = happened_on if completed else None
    _save(enrolment)
    record(
        actor=actor,
        action="enrolment.completed" if completed else "enrolment.failed",
        obj=enrolment,
        subject_employee_id=enrolment.employee_id,
        roles=roles_of(actor),
        before={"state": before},
        after={"state": enrolment.state, "happened_on": happened_on},
    )
    if completed:
        _credit(actor, enrolment, course_class)
    follow_enrolment(enrolment)
    return enrolment


@transaction.atomic
def reverse_completion(*, actor: User, enrolment: Enrolment, reason: str) -> Enrolment:
    """Take back a recorded result; the place is open again.

    Hours are taken back by opposite lines, evidence goes where no level was confirmed on
    it. Raises ValidationError: forbidden, state, reason.
    """
    _course_class, enrolment = _lock(enrolment)
    _check_recorder(actor, enrolment)
    if enrolment.state not in (Enrolment.State.COMPLETED, Enrolment.State.FAILED):
        raise ValidationError(_("Belum ada hasil yang dapat dikoreksi."), code="state")
    if not reason.strip():
        raise ValidationError(_("Tulis alasannya."), code="reason")
    before = enrolment.state
    lines = HourEntry.objects.select_for_update().filter(
        enrolment=enrolment, reverses=None, is_reversed=False
    )
    for line in lines:
        HourEntry.objects.create(
            employee_id=line.employee_id,
            kind_id=line.kind_id,
            title=line.title,
            quantity=-line.quantity,
            hours=-line.hours,
            happened_on=line.happened_on,
            enrolment=enrolment,
            reverses=line,
        )
        line.is_reversed = True
        line.save(update_fields=["is_reversed"])
    evidence = Evidence.objects.filter(source_reference=_reference(enrolment)).first()
    if evidence is not None:
        withdraw_evidence(actor=actor, evidence=evidence, reason=reason.strip())
    enrolment.state = Enrolment.State.CONFIRMED
    enrolment.completed_on = None
    _save(enrolment)
    record(
        actor=actor,
        action="enrolment.completion_reversed",
        obj=enrolment,
        subject_employee_id=enrolment.employee_id,
        roles=roles_of(actor),
        purpose=reason.strip()[:300],
        before={"state": before},
        after={"state": enrolment.state},
    )
    follow_enrolment(enrolment)
    return enrolment


def _reference(enrolment: Enrolment) -> str:
    return f"enrolment:{enrolment.pk}"


def _lock(enrolment: Enrolment) -> tuple[CourseClass, Enrolment]:
    course_class = (
        CourseClass.objects.select_for_update(of=("self",))
        .select_related("course__kind", "unit")
        .get(pk=enrolment.course_class_id)
    )
    locked = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("employee")
        .get(pk=enrolment.pk)
    )
    locked.course_class = course_class
    return course_class, locked


def _check_recorder(actor: User, enrolment: Enrolment) -> None:
    if not can_record_completion(actor, enrolment):
        raise ValidationError(
            _("Hasil dicatat oleh kepegawaian kelas ini, dan tidak untuk diri sendiri."),
            code="forbidden",
        )


def _save(enrolment: Enrolment) -> None:
    enrolment.version += 1
    enrolment.full_clean(exclude=["course_class", "employee", "decided_by"])
    enrolment.save(update_fields=["state", "completed_on", "version"])


def _credit(actor: User, enrolment: Enrolment, course_class: CourseClass) -> None:
    # Caps are per person: two classes of one person recorded at once must not both fill one.
    Employee.objects.select_for_update(no_key=True).get(pk=enrolment.employee_id)
    course = course_class.course
    hours = Decimal(0)
    for entry in hour_lines(enrolment, course_class):
        entry.full_clean(exclude=["employee", "kind", "enrolment"])
        entry.save()
        hours += entry.hours
    outcomes = list(course.outcomes.select_related("competency"))
    evidence = add_evidence(
        actor=actor,
        employee=enrolment.employee,
        kind=Evidence.Kind.TRAINING,
        title=course.title,
        hours=hours,
        happened_on=enrolment.completed_on or today(),
        competencies=[outcome.competency for outcome in outcomes],
        source_reference=_reference(enrolment),
    )
    proposed = [
        outcome
        for outcome in outcomes
        if propose_level(
            actor=actor,
            employee=enrolment.employee,
            competency=outcome.competency,
            level=outcome.to_level,
            evidence=evidence,
        )
    ]
    notify(
        users=[enrolment.employee.user_id],
        kind="enrolment.completed",
        text=_("Pelatihan %(course)s selesai, %(hours)s JP tercatat.")
        % {"course": course.title, "hours": f"{hours.normalize():f}".replace(".", ",")},
        link=reverse("training:enrolments"),
    )
    if proposed:
        _tell_supervisor(enrolment.employee, course, len(proposed))


def _tell_supervisor(employee: Employee, course: Course, count: int) -> None:
    supervisor = direct_supervisor(employee)
    notify(
        users=[supervisor.user_id if supervisor else None],
        kind="proposed_level.created",
        text=_("%(name)s menyelesaikan %(course)s: %(count)s usul tingkat menunggu Anda pastikan.")
        % {"name": employee.name, "course": course.title, "count": count},
        link=reverse("training:approvals"),
    )


def hour_lines(enrolment: Enrolment, course_class: CourseClass) -> Iterator[HourEntry]:
    """The ledger lines of a completed place, not saved yet.

    Without a cap there is one line. With a cap per day or month the quantity is laid over
    the class's days or months, each up to what the same kind has left there; what fits
    nowhere earns nothing and stands in the last line's quantity.
    """
    course = course_class.course
    rule = kind_rule(course.kind)
    happened_on = enrolment.completed_on or today()
    if rule.cap_quantity is None:
        yield _line(enrolment, course, happened_on, course.quantity, rule, Decimal(0))
        return
    slots = _slots(course_class.first_day, happened_on, rule.cap_period or DAY)
    left = course.quantity
    for place, day in enumerate(slots):
        already = _already(enrolment, course.kind, day, rule)
        room = max(Decimal(rule.cap_quantity) - already, Decimal(0))
        if rule.cap_unit != rule.unit:
            room = room / Decimal(rule.jp_per_unit)
        last = place == len(slots) - 1
        part = left if last else min(left, room)
        if part > 0:
            yield _line(enrolment, course, day, part, rule, already)
        left -= part


def kind_rule(kind: DevelopmentKind) -> KindRule:
    """The kind's rule as arithmetic knows it."""
    return KindRule(
        code=kind.code,
        unit=kind.unit,
        jp_per_unit=kind.hours_per_unit,
        cap_quantity=kind.cap_quantity,
        cap_unit=kind.cap_unit or None,
        cap_period=kind.cap_period or None,
    )


def _slots(first: dt.date, last: dt.date, period: str) -> list[dt.date]:
    days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
    if period == DAY:
        return days
    ends = {(day.year, day.month): day for day in days}
    return sorted(ends.values())


def _already(enrolment: Enrolment, kind: DevelopmentKind, day: dt.date, rule: KindRule) -> Decimal:
    lines = HourEntry.objects.filter(employee=enrolment.employee_id, kind=kind)
    if rule.cap_period == MONTH:
        lines = lines.filter(happened_on__year=day.year, happened_on__month=day.month)
    else:
        lines = lines.filter(happened_on=day)
    figure = "hours" if rule.cap_unit == "jp" else "quantity"
    return lines.aggregate(total=Sum(figure))["total"] or Decimal(0)


def _line(
    enrolment: Enrolment,
    course: Course,
    day: dt.date,
    quantity: Decimal,
    rule: KindRule,
    already: Decimal,
) -> HourEntry:
    return HourEntry(
        employee=enrolment.employee,
        kind=course.kind,
        title=course.title,
        quantity=quantity.quantize(CENT, ROUND_HALF_UP),
        hours=credited_hours(rule, quantity, max(already, Decimal(0))).quantize(
            CENT, ROUND_HALF_UP
        ),
        happened_on=day,
        enrolment=enrolment,
    )
