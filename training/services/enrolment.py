"""Asking for a place in a class, deciding about it, giving it back."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from competencies.models import Employee
from competencies.selectors.people import direct_supervisor, employee_of, roles_of
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record
from training.models import CourseClass, Enrolment
from training.permissions.enrolment import can_decide_enrolment, can_withdraw_enrolment
from training.selectors.dates import days_words
from training.selectors.enrolment import clashing, waiting_place
from training.services.follow import follow_enrolment

SEATED = (Enrolment.State.APPROVED, Enrolment.State.CONFIRMED, Enrolment.State.ATTENDED)


@transaction.atomic
def request_enrolment(*, actor: User, course_class: CourseClass) -> Enrolment:
    """Ask for a place for oneself; no seat is taken yet and the supervisor is told.

    A full class is no refusal: the place on the waiting list is settled at approval.
    Raises ValidationError: no_employee, closed, already, clash, no_supervisor.
    """
    me = employee_of(actor)
    if me is None:
        raise ValidationError(_("Akun ini tidak terhubung dengan pegawai."), code="no_employee")
    # Two requests of one person at once would not see each other's dates.
    employee = Employee.objects.select_for_update(no_key=True).get(pk=me.pk)
    course_class = CourseClass.objects.select_related("course").get(pk=course_class.pk)
    _check_window(course_class)
    if Enrolment.objects.filter(
        course_class=course_class, employee=employee, state__in=_standing()
    ).exists():
        raise ValidationError(_("Anda sudah mengajukan kelas ini."), code="already")
    _check_clash(employee, course_class, Enrolment.LIVE)
    supervisor = direct_supervisor(employee)
    if supervisor is None:
        raise ValidationError(
            _("Atasan langsung Anda belum tercatat. Hubungi bagian kepegawaian."),
            code="no_supervisor",
        )
    enrolment = Enrolment.objects.create(
        course_class=course_class, employee=employee, requested_at=now()
    )
    record(
        actor=actor,
        action="enrolment.requested",
        obj=enrolment,
        subject_employee_id=employee.pk,
        roles=roles_of(actor),
        after={"class": course_class.code, "state": enrolment.state},
    )
    notify(
        users=[supervisor.user_id],
        kind="enrolment.requested",
        text=_("%(name)s mengajukan pelatihan %(course)s, %(days)s.")
        % {
            "name": employee.name,
            "course": course_class.course.title,
            "days": days_words(course_class),
        },
        link=reverse("training:approvals"),
    )
    return enrolment


@transaction.atomic
def approve_enrolment(*, actor: User, enrolment: Enrolment) -> Enrolment:
    """Approve a request: the seat is taken now, or the person goes on the waiting list.

    Raises ValidationError: forbidden, decided, closed, clash.
    """
    course_class, enrolment = _lock(enrolment)
    _check_decider(actor, enrolment)
    if course_class.state != CourseClass.State.OPEN or course_class.joinable_until < today():
        raise ValidationError(
            _("Kelas ini sudah dimulai atau dibatalkan. Pengajuan tidak dapat disetujui lagi."),
            code="closed",
        )
    # Two approvals for one person at once would not see each other's dates.
    Employee.objects.select_for_update(no_key=True).get(pk=enrolment.employee_id)
    _check_clash(enrolment.employee, course_class, SEATED)
    seated = take_seat(course_class)
    enrolment.state = Enrolment.State.CONFIRMED if seated else Enrolment.State.WAITLISTED
    enrolment.waiting_since = None if seated else now()
    _decide(actor, enrolment, "enrolment.approved", note="")
    follow_enrolment(enrolment)
    title = course_class.course.title
    if seated:
        text = _("Pelatihan %(course)s disetujui. Anda terdaftar, %(days)s.") % {
            "course": title,
            "days": days_words(course_class),
        }
    else:
        text = _(
            "Pelatihan %(course)s disetujui, tetapi kuota sudah terisi. "
            "Anda di urutan %(place)s daftar tunggu."
        ) % {"course": title, "place": waiting_place(enrolment)}
    _tell(enrolment, "enrolment.approved", text)
    return enrolment


@transaction.atomic
def reject_enrolment(*, actor: User, enrolment: Enrolment, note: str) -> Enrolment:
    """Turn a request down with a reason. Raises ValidationError: forbidden, decided, reason."""
    course_class, enrolment = _lock(enrolment)
    _check_decider(actor, enrolment)
    if not note.strip():
        raise ValidationError(_("Tulis alasannya."), code="reason")
    enrolment.state = Enrolment.State.REJECTED
    _decide(actor, enrolment, "enrolment.rejected", note=note.strip()[:300])
    _tell(
        enrolment,
        "enrolment.rejected",
        _("Pelatihan %(course)s tidak disetujui: %(note)s")
        % {"course": course_class.course.title, "note": enrolment.note},
    )
    return enrolment


@transaction.atomic
def withdraw_enrolment(*, actor: User, enrolment: Enrolment) -> Enrolment:
    """Give the own request or place back until the class's last day for it.

    A seat that becomes free goes to the first on the waiting list at once.
    Raises ValidationError: forbidden, state, late.
    """
    course_class, enrolment = _lock(enrolment)
    if not can_withdraw_enrolment(actor, enrolment):
        raise ValidationError(_("Hanya pengajuan sendiri yang dapat dibatalkan."), code="forbidden")
    if enrolment.state not in Enrolment.LIVE:
        raise ValidationError(_("Pengajuan ini tidak dapat dibatalkan lagi."), code="state")
    if today() > course_class.withdraw_until:
        raise ValidationError(
            _("Pembatalan ditutup pada %(day)s. Hubungi bagian kepegawaian.")
            % {"day": f"{course_class.withdraw_until:%d/%m/%Y}"},
            code="late",
        )
    before = enrolment.state
    enrolment.state = Enrolment.State.WITHDRAWN
    enrolment.waiting_since = None
    enrolment.version += 1
    enrolment.full_clean(exclude=["course_class", "employee"])
    enrolment.save(update_fields=["state", "waiting_since", "version"])
    record(
        actor=actor,
        action="enrolment.withdrawn",
        obj=enrolment,
        subject_employee_id=enrolment.employee_id,
        roles=roles_of(actor),
        before={"state": before},
        after={"state": enrolment.state},
    )
    follow_enrolment(enrolment)
    if before in SEATED:
        free_seat(course_class)
        move_up(actor=actor, course_class=course_class)
    supervisor = direct_supervisor(enrolment.employee)
    notify(
        users=[supervisor.user_id if supervisor else None],
        kind="enrolment.withdrawn",
        text=_("%(name)s membatalkan pelatihan %(course)s.")
        % {"name": enrolment.employee.name, "course": course_class.course.title},
        link=reverse("training:approvals"),
    )
    return enrolment


def take_seat(course_class: CourseClass) -> bool:
    """Take one seat if there is one: a single conditional update, safe against any race."""
    return bool(
        CourseClass.objects.filter(
            pk=course_class.pk, state=CourseClass.State.OPEN, seats_taken__lt=F("capacity")
        ).update(seats_taken=F("seats_taken") + 1)
    )


def free_seat(course_class: CourseClass) -> None:
    """Give one seat back."""
    CourseClass.objects.filter(pk=course_class.pk, seats_taken__gt=0).update(
        seats_taken=F("seats_taken") - 1
    )


def move_up(*, actor: User | None, course_class: CourseClass) -> list[Enrolment]:
    """Give free seats to the waiting list, first come first; the class must be locked."""
    moved = []
    waiting = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("employee", "course_class__course")
        .filter(course_class=course_class, state=Enrolment.State.WAITLISTED)
        .order_by("waiting_since", "pk")
    )
    for enrolment in waiting:
        if not take_seat(course_class):
            break
        enrolment.state = Enrolment.State.CONFIRMED
        enrolment.waiting_since = None
        enrolment.version += 1
        enrolment.save(update_fields=["state", "waiting_since", "version"])
        record(
            actor=actor,
            action="enrolment.moved_up",
            obj=enrolment,
            subject_employee_id=enrolment.employee_id,
            after={"state": enrolment.state},
        )
        follow_enrolment(enrolment)
        _tell(
            enrolment,
            "enrolment.moved_up",
            _("Ada kuota yang kosong: Anda terdaftar di %(course)s, %(days)s.")
            % {
                "course": enrolment.course_class.course.title,
                "days": days_words(enrolment.course_class),
            },
        )
        moved.append(enrolment)
    return moved


def _standing() -> list[str]:
    gone = {Enrolment.State.REJECTED, Enrolment.State.WITHDRAWN}
    return [state for state in Enrolment.State.values if state not in gone]


def _check_window(course_class: CourseClass) -> None:
    if course_class.state != CourseClass.State.OPEN or not course_class.course.is_published:
        raise ValidationError(_("Kelas ini tidak dibuka untuk pengajuan."), code="closed")
    if today() < course_class.opens_on:
        raise ValidationError(
            _("Pengajuan dibuka pada %(day)s.") % {"day": f"{course_class.opens_on:%d/%m/%Y}"},
            code="closed",
        )
    if today() > course_class.enrol_until:
        raise ValidationError(
            _("Pengajuan ditutup pada %(day)s.") % {"day": f"{course_class.enrol_until:%d/%m/%Y}"},
            code="closed",
        )


def _check_clash(
    employee: Employee, course_class: CourseClass, states: tuple[Enrolment.State, ...]
) -> None:
    other = clashing(employee, course_class, states)
    if other is not None:
        raise ValidationError(
            _("Bertabrakan dengan %(course)s, %(days)s.")
            % {
                "course": other.course_class.course.title,
                "days": days_words(other.course_class),
            },
            code="clash",
        )


def _lock(enrolment: Enrolment) -> tuple[CourseClass, Enrolment]:
    course_class = (
        CourseClass.objects.select_for_update(of=("self",))
        .select_related("course")
        .get(pk=enrolment.course_class_id)
    )
    locked = (
        Enrolment.objects.select_for_update(of=("self",))
        .select_related("employee")
        .get(pk=enrolment.pk)
    )
    locked.course_class = course_class
    return course_class, locked


def _check_decider(actor: User, enrolment: Enrolment) -> None:
    if not can_decide_enrolment(actor, enrolment):
        raise ValidationError(
            _("Hanya atasan langsung yang memutuskan pengajuan ini."), code="forbidden"
        )
    if enrolment.state != Enrolment.State.REQUESTED:
        raise ValidationError(
            _("Pengajuan ini sudah diputuskan: %(state)s.")
            % {"state": enrolment.get_state_display()},
            code="decided",
        )


def _decide(actor: User, enrolment: Enrolment, action: str, note: str) -> None:
    enrolment.decided_by = actor
    enrolment.decided_at = now()
    enrolment.note = note
    enrolment.version += 1
    enrolment.full_clean(exclude=["course_class", "employee", "decided_by"])
    enrolment.save(
        update_fields=["state", "waiting_since", "decided_by", "decided_at", "note", "version"]
    )
    record(
        actor=actor,
        action=action,
        obj=enrolment,
        subject_employee_id=enrolment.employee_id,
        roles=roles_of(actor),
        purpose=note,
        before={"state": Enrolment.State.REQUESTED},
        after={"state": enrolment.state},
    )


def _tell(enrolment: Enrolment, kind: str, text: str) -> None:
    notify(
        users=[enrolment.employee.user_id],
        kind=kind,
        text=text,
        link=reverse("training:enrolments"),
    )
