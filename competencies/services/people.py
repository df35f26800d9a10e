"""Writes to people, their posts, and the trail of who looked at them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from competencies import rules
from competencies.models import (
    Assignment,
    Employee,
    EmployeeNumber,
    EmployeeStatus,
    Position,
    RoleGrant,
    Supervision,
)
from competencies.models.people import granted_units
from competencies.models.periods import since
from competencies.permissions.people import (
    can_create_employee,
    can_edit_contact,
    can_edit_employee,
    can_place_employee,
    can_view_sensitive,
    is_own,
)
from competencies.selectors.people import definitive_assignment, hr_covers, roles_of
from competencies.services.supervision import refresh_supervision
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, SignInName, User
from gayungan_asn.accounts.services import record, set_sign_in_names

RECORD_FIELDS: Final = (
    "national_id",
    "name",
    "title_before",
    "title_after",
    "form_of_address",
    "birth_date",
    "birth_place",
    "sex",
    "email",
    "employment_kind",
    "grade",
    "grade_since",
    "education_level",
    "education",
    "graduation_year",
    "appointed_on",
)
"""What HR may change in a record; everything else posted is ignored."""
CONTACT_FIELDS: Final = ("phone", "address", "emergency_contact")
"""What a person may change in the own record."""

_STALE = _(
    "Data ini sudah diubah orang lain sejak Anda membukanya. Muat ulang, lalu ulangi perubahan Anda."
)


def _checked_nip(nip: str, employee: Employee | None = None) -> str:
    """The 18 digits of a NIP nobody else has or had."""
    try:
        digits = rules.parse_nip(nip).digits
    except ValueError as fault:
        raise ValidationError({"nip": ValidationError(str(fault), code="nip")}) from None
    taken = EmployeeNumber.objects.filter(nip=digits)
    if employee is not None:
        taken = taken.exclude(employee=employee)
    if taken.exists():
        raise ValidationError(
            {"nip": ValidationError(_("NIP ini sudah tercatat untuk pegawai lain."), code="taken")}
        )
    return digits


def _require_own_tree(actor: User, position: Position) -> None:
    roots = granted_units(actor, RoleGrant.Role.HR)
    if not any(root.contains(position.unit) for root in roots):
        raise ValidationError(
            {"position": ValidationError(_("Jabatan ini di luar unit Anda."), code="outside")}
        )
    if position.closed_on is not None and position.closed_on <= today():
        raise ValidationError(
            {"position": ValidationError(_("Jabatan ini sudah ditutup."), code="closed")}
        )


def nip_differs(employee: Employee, nip: str) -> bool:
    """True where birth date or sex in the NIP are unlike the person's: a warning, no fault."""
    parsed = rules.parse_nip(nip)
    return (parsed.birth_date, parsed.sex) != (employee.birth_date, employee.sex)


@transaction.atomic
def create_employee(
    *,
    actor: User,
    values: Mapping[str, Any],
    nip: str,
    position: Position | None = None,
    start: dt.date | None = None,
) -> Employee:
    """A new person at work, in a post from `start` if one is given.

    Without a post only HR of a root unit may add somebody, since nobody else would see
    the person.
    """
    if not can_create_employee(actor):
        raise ValidationError(_("Hanya kepegawaian yang menambah pegawai."), code="forbidden")
    if position is not None:
        _require_own_tree(actor, position)
    elif not any(root.depth == 1 for root in granted_units(actor, RoleGrant.Role.HR)):
        raise ValidationError(
            {"position": ValidationError(_("Pilih jabatan di unit Anda."), code="outside")}
        )
    digits = _checked_nip(nip)
    employee = Employee(**{name: values[name] for name in RECORD_FIELDS if name in values})
    employee.national_id = employee.national_id or None
    employee.full_clean()
    employee.save()
    first_day = start or employee.appointed_on or today()
    EmployeeNumber.objects.create(employee=employee, nip=digits)
    EmployeeStatus.objects.create(
        employee=employee, status=EmployeeStatus.Status.ACTIVE, period=since(first_day)
    )
    record(
        actor=actor,
        action="employee.created",
        obj=employee,
        subject_employee_id=employee.pk,
        subject_unit_id=position.unit_id if position else None,
        roles=roles_of(actor),
        after={name: getattr(employee, name) for name in RECORD_FIELDS} | {"nip": digits},
    )
    if position is not None:
        place_employee(actor=actor, employee=employee, position=position, start=first_day)
    return employee


@transaction.atomic
def edit_employee(
    *, actor: User, employee: Employee, version: int, values: Mapping[str, Any], nip: str
) -> Employee:
    """Change a person's record; refused for the own one and where somebody was faster.

    A new NIP joins the history and becomes the one that signs in; the audit entry keeps
    old and new of each changed field.
    """
    employee = Employee.objects.select_for_update().get(pk=employee.pk)
    if is_own(actor, employee):
        raise ValidationError(
            _("Data kepegawaian Anda sendiri diubah pegawai kepegawaian lain."), code="own_case"
        )
    if not can_edit_employee(actor, employee):
        raise ValidationError(_("Hanya kepegawaian unit ini yang mengubah data."), code="forbidden")
    if employee.version != version:
        raise ValidationError(_STALE, code="stale")
    current = employee.numbers.filter(is_current=True).first()
    digits = _checked_nip(nip, employee)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name in RECORD_FIELDS:
        if name not in values:
            continue
        value = values[name] or None if name == "national_id" else values[name]
        if getattr(employee, name) != value:
            before[name], after[name] = getattr(employee, name), value
            setattr(employee, name, value)
    if current is None or current.nip != digits:
        before["nip"], after["nip"] = (current.nip if current else ""), digits
    if not after:
        return employee
    employee.version += 1
    employee.full_clean()
    employee.save(update_fields=[*(name for name in after if name != "nip"), "version"])
    if "nip" in after:
        employee.numbers.filter(is_current=True).update(is_current=False)
        EmployeeNumber.objects.update_or_create(
            nip=digits, defaults={"employee": employee, "is_current": True}
        )
    if employee.user and after.keys() & {"nip", "email"}:
        keep_sign_in_names(actor=actor, employee=employee)
    post = definitive_assignment(employee)
    record(
        actor=actor,
        action="employee.updated",
        obj=employee,
        subject_employee_id=employee.pk,
        subject_unit_id=post.position.unit_id if post else None,
        roles=roles_of(actor),
        before=before,
        after=after,
    )
    return employee


@transaction.atomic
def keep_sign_in_names(*, actor: User | None, employee: Employee) -> None:
    """Let the current NIP and e-mail open the person's account; a short name stays."""
    if employee.user is None:
        return
    short = employee.user.sign_in_names.filter(kind=SignInName.Kind.SHORT).first()
    number = employee.numbers.filter(is_current=True).first()
    set_sign_in_names(
        actor=actor,
        user=employee.user,
        names={
            SignInName.Kind.NIP: number.nip if number else "",
            SignInName.Kind.EMAIL: employee.email,
            SignInName.Kind.SHORT: short.value if short else "",
        },
    )


@transaction.atomic
def edit_contact(
    *, actor: User, employee: Employee, version: int, values: Mapping[str, str]
) -> Employee:
    """Change the own phone, address and emergency contact, nothing else."""
    employee = Employee.objects.select_for_update().get(pk=employee.pk)
    if not can_edit_contact(actor, employee):
        raise ValidationError(_("Hanya pemilik data yang mengubah kontaknya."), code="forbidden")
    if employee.version != version:
        raise ValidationError(_STALE, code="stale")
    changed = [
        name
        for name in CONTACT_FIELDS
        if name in values and values[name] != getattr(employee, name)
    ]
    if not changed:
        return employee
    before = {name: getattr(employee, name) for name in changed}
    for name in changed:
        setattr(employee, name, values[name])
    employee.version += 1
    employee.full_clean()
    employee.save(update_fields=[*changed, "version"])
    record(
        actor=actor,
        action="employee.contact_updated",
        obj=employee,
        subject_employee_id=employee.pk,
        roles=["asn"],
        before=before,
        after={name: values[name] for name in changed},
    )
    return employee


@transaction.atomic
def place_employee(
    *,
    actor: User,
    employee: Employee,
    position: Position,
    start: dt.date,
    until: dt.date | None = None,
    kind: str = Assignment.Kind.DEFINITIVE,
    letter_number: str = "",
) -> Assignment:
    """Put a person in a post from `start` up to and not including `until`.

    A definitive post ends the one before it on that day. Supervisors follow at once.
    """
    employee = Employee.objects.select_for_update().get(pk=employee.pk)
    if is_own(actor, employee):
        raise ValidationError(
            _("Penempatan Anda sendiri dicatat pegawai kepegawaian lain."), code="own_case"
        )
    if not can_place_employee(actor, employee) and employee.assignments.exists():
        raise ValidationError(_("Hanya kepegawaian unit ini yang menempatkan."), code="forbidden")
    _require_own_tree(actor, position)
    if until is not None and until <= start:
        raise ValidationError(
            {
                "until": ValidationError(
                    _("Tanggal akhir harus setelah tanggal mulai."), code="period"
                )
            }
        )
    earlier = None
    if kind == Assignment.Kind.DEFINITIVE:
        earlier = (
            Assignment.objects.on(start)
            .filter(employee=employee, kind=kind)
            .select_related("position")
            .first()
        )
        if earlier is not None:
            if earlier.period.lower == start or earlier.position_id == position.pk:
                raise ValidationError(
                    _("Pegawai ini sudah menduduki jabatan definitif pada tanggal itu."),
                    code="overlap",
                )
            earlier.period = since(earlier.period.lower, start)
            earlier.save(update_fields=["period"])
    row = Assignment(
        employee=employee,
        position=position,
        kind=kind,
        period=since(start, until),
        letter_number=letter_number,
    )
    row.full_clean()
    row.save()
    record(
        actor=actor,
        action="assignment.created",
        obj=row,
        subject_employee_id=employee.pk,
        subject_unit_id=position.unit_id,
        roles=roles_of(actor),
        before={"position": earlier.position_id if earlier else None},
        after={"position": position.pk, "kind": kind, "start": start, "until": until},
    )
    known_since = Supervision.objects.aggregate(day=Min("period__startswith"))["day"] or today()
    refresh_supervision(actor=actor, day=max(start, min(known_since, today())))
    return row


@transaction.atomic
def open_profile(*, actor: User, employee: Employee) -> AuditEntry | None:
    """Note that somebody else's profile was opened, and in which capacity; None for the own."""
    if is_own(actor, employee):
        return None
    post = definitive_assignment(employee)
    return record(
        actor=actor,
        action="employee.viewed",
        obj=employee,
        subject_employee_id=employee.pk,
        subject_unit_id=post.position.unit_id if post else None,
        roles=["hr" if hr_covers(actor, employee) else "supervisor"],
    )


@transaction.atomic
def reveal_sensitive(*, actor: User, employee: Employee, purpose: str) -> AuditEntry:
    """Note that birth date and numbers are shown; HR says what for."""
    if not can_view_sensitive(actor, employee):
        raise ValidationError(_("Data pribadi ini tidak tersedia untuk Anda."), code="forbidden")
    own = is_own(actor, employee)
    if not own and not purpose.strip():
        raise ValidationError(_("Tulis keperluannya."), code="purpose")
    return record(
        actor=actor,
        action="employee.sensitive_viewed",
        obj=employee,
        subject_employee_id=employee.pk,
        roles=["asn" if own else "hr"],
        purpose=purpose.strip()[:300],
    )
