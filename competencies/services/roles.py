"""Role grants: HR asks, an administrator applies, nobody for oneself."""

import datetime as dt
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from competencies.models import RoleGrant, Unit
from competencies.models.periods import since
from competencies.permissions.roles import (
    can_apply_role_grant,
    can_end_role_grant,
    can_lock_account,
    can_refuse_role_grant,
    can_request_role_grant,
)
from competencies.selectors.people import roles_of
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import create_account, notify, record, set_account_lock

FIRST_ACCOUNTS: Final = (
    ("hr", "Kepegawaian", RoleGrant.Role.HR),
    ("admin", "Pengelola Sistem", RoleGrant.Role.SYSADMIN),
)


def administrators() -> list[int]:
    """Accounts that administer the system today."""
    return list(
        RoleGrant.objects.on()
        .filter(role=RoleGrant.Role.SYSADMIN, applied_by__isnull=False, user__is_active=True)
        .values_list("user_id", flat=True)
        .distinct()
    )


@transaction.atomic
def request_role_grant(
    *,
    actor: User,
    user: User,
    role: str,
    unit: Unit,
    start: dt.date,
    until: dt.date | None,
    reason: str,
) -> RoleGrant:
    """HR asks that an account gets a role over a unit tree; administrators are told."""
    if user.pk == actor.pk:
        raise ValidationError(
            _("Peran untuk Anda sendiri diajukan pegawai kepegawaian lain."), code="self"
        )
    if not can_request_role_grant(actor, user, unit):
        raise ValidationError(_("Unit ini di luar unit Anda."), code="outside")
    if until is not None and until <= start:
        raise ValidationError(_("Tanggal akhir harus setelah tanggal mulai."), code="period")
    if not reason.strip():
        raise ValidationError(_("Tulis alasannya."), code="reason")
    grant = RoleGrant(
        user=user,
        role=role,
        unit=unit,
        period=since(start, until),
        requested_by=actor,
        reason=reason.strip(),
    )
    if RoleGrant.objects.filter(
        user=user, role=role, unit=unit, period__overlap=grant.period
    ).exists():
        raise ValidationError(
            _("Akun ini sudah memegang atau sedang diajukan untuk peran itu."), code="overlap"
        )
    grant.full_clean(exclude=["applied_by"])
    grant.save()
    record(
        actor=actor,
        action="role_grant.requested",
        obj=grant,
        subject_unit_id=unit.pk,
        roles=roles_of(actor),
        purpose=grant.reason,
        after={"user": user.pk, "role": role, "unit": unit.code, "start": start, "until": until},
    )
    notify(
        users=administrators(),
        kind="role_grant.requested",
        text=str(
            _("Permintaan peran %(role)s untuk %(user)s menunggu Anda.")
            % {"role": grant.get_role_display(), "user": user}
        ),
        link=reverse("competencies:role-grants"),
    )
    return grant


def _locked(grant: RoleGrant) -> RoleGrant:
    return (
        RoleGrant.objects.select_for_update(of=("self",))
        .select_related("user", "unit")
        .get(pk=grant.pk)
    )


def _tell(grant: RoleGrant, text: str, kind: str) -> None:
    notify(users=[grant.user_id, grant.requested_by_id], kind=kind, text=text)


@transaction.atomic
def apply_role_grant(*, actor: User, grant: RoleGrant) -> RoleGrant:
    """An administrator puts a requested grant in force; it begins today at the earliest."""
    grant = _locked(grant)
    if grant.user_id == actor.pk:
        raise ValidationError(
            _("Tidak seorang pun memberi peran kepada diri sendiri."), code="self"
        )
    if grant.applied_by_id is not None:
        raise ValidationError(_("Peran ini sudah diterapkan."), code="applied")
    if not can_apply_role_grant(actor, grant):
        raise ValidationError(
            _("Yang mengajukan dan yang menerapkan harus dua orang berbeda."), code="second_person"
        )
    start = max(grant.period.lower, today())
    if grant.period.upper is not None and grant.period.upper <= start:
        raise ValidationError(_("Masa yang diminta sudah lewat."), code="over")
    grant.applied_by = actor
    grant.period = since(start, grant.period.upper)
    grant.full_clean()
    grant.save(update_fields=["applied_by", "period"])
    record(
        actor=actor,
        action="role_grant.applied",
        obj=grant,
        subject_unit_id=grant.unit_id,
        roles=roles_of(actor),
        after={"user": grant.user_id, "role": grant.role, "unit": grant.unit.code},
    )
    _tell(
        grant,
        str(
            _("Peran %(role)s untuk %(user)s pada %(unit)s sudah berlaku.")
            % {"role": grant.get_role_display(), "user": grant.user, "unit": grant.unit}
        ),
        "role_grant.applied",
    )
    return grant


@transaction.atomic
def refuse_role_grant(*, actor: User, grant: RoleGrant, reason: str) -> None:
    """Refuse or take back a request; the row goes, the trail keeps it."""
    grant = _locked(grant)
    if not can_refuse_role_grant(actor, grant):
        raise ValidationError(_("Permintaan ini tidak dapat Anda tolak."), code="forbidden")
    if not reason.strip():
        raise ValidationError(_("Tulis alasannya."), code="reason")
    record(
        actor=actor,
        action="role_grant.refused",
        obj=grant,
        subject_unit_id=grant.unit_id,
        roles=roles_of(actor),
        purpose=reason.strip(),
        before={"user": grant.user_id, "role": grant.role, "unit": grant.unit.code},
    )
    notify(
        users=[grant.requested_by_id],
        kind="role_grant.refused",
        text=str(
            _("Permintaan peran %(role)s untuk %(user)s tidak diterapkan.")
            % {"role": grant.get_role_display(), "user": grant.user}
        ),
        link=reverse("competencies:role-grants"),
    )
    grant.delete()


@transaction.atomic
def end_role_grant(*, actor: User, grant: RoleGrant, reason: str) -> None:
    """End a grant at once: from today on it opens nothing."""
    grant = _locked(grant)
    if grant.user_id == actor.pk:
        raise ValidationError(_("Peran Anda sendiri diakhiri pengelola lain."), code="self")
    if not can_end_role_grant(actor, grant):
        raise ValidationError(_("Peran ini tidak dapat Anda akhiri."), code="forbidden")
    if grant.period.upper is not None and grant.period.upper <= today():
        raise ValidationError(_("Peran ini sudah berakhir."), code="ended")
    if not reason.strip():
        raise ValidationError(_("Tulis alasannya."), code="reason")
    record(
        actor=actor,
        action="role_grant.ended",
        obj=grant,
        subject_unit_id=grant.unit_id,
        roles=roles_of(actor),
        purpose=reason.strip(),
        before={"until": grant.period.upper},
        after={"until": today()},
    )
    _tell(
        grant,
        str(
            _("Peran %(role)s untuk %(user)s pada %(unit)s berakhir.")
            % {"role": grant.get_role_display(), "user": grant.user, "unit": grant.unit}
        ),
        "role_grant.ended",
    )
    if grant.period.lower >= today():
        grant.delete()
        return
    grant.period = since(grant.period.lower, today())
    grant.save(update_fields=["period"])


@transaction.atomic
def lock_account(*, actor: User, user: User, locked: bool, reason: str) -> User:
    """Lock or unlock an account as administrator; its owner is told when it opens again."""
    if not can_lock_account(actor, user):
        raise ValidationError(_("Anda tidak dapat mengunci akun ini."), code="self")
    user = set_account_lock(actor=actor, user=user, locked=locked, reason=reason)
    if not locked:
        notify(users=[user], kind="user.unlocked", text=str(_("Akun Anda sudah dibuka kembali.")))
    return user


@transaction.atomic
def create_first_accounts(*, password: str, is_demonstration: bool = False) -> list[User]:
    """The accounts `hr` and `admin` with their roles on the root unit; only what is missing.

    Each vouches for the other's grant, since nobody applies the own one. Raises
    ValidationError where no unit is loaded.
    """
    root = Unit.objects.filter(depth=1).first()
    if root is None:
        raise ValidationError(_("Muat data acuan dahulu: unit belum ada."), code="no_unit")
    users = []
    made = []
    for name, display_name, _role in FIRST_ACCOUNTS:
        user = User.objects.filter(username=name).first()
        if user is None:
            user = create_account(
                actor=None,
                username=name,
                display_name=display_name,
                names={"short": name},
                password=password,
                is_demonstration=is_demonstration,
            )
            made.append(user)
        users.append(user)
    for (user, other), (_name, _display, role) in zip(
        [(users[0], users[1]), (users[1], users[0])], FIRST_ACCOUNTS, strict=True
    ):
        if RoleGrant.objects.on().filter(user=user, role=role, unit=root).exists():
            continue
        grant = RoleGrant.objects.create(
            user=user,
            role=role,
            unit=root,
            period=since(today()),
            applied_by=other,
            reason=str(_("Akun pertama")),
        )
        record(actor=None, action="role_grant.applied", obj=grant, subject_unit_id=root.pk)
    return made
