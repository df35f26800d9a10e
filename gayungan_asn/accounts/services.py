"""Writes to accounts, notices and the audit trail."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from gayungan_asn.accounts.clock import now
from gayungan_asn.accounts.models import AuditEntry, Notice, SignInName, User
from gayungan_asn.accounts.requests import request_id

_encoder = DjangoJSONEncoder()


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Values as JSON knows them; anything else becomes its text."""
    if values is None:
        return None
    plain: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, str | int | float | bool | list | dict | type(None)):
            plain[key] = value
        elif isinstance(value, models.Model):
            plain[key] = value.pk
        else:
            try:
                plain[key] = _encoder.default(value)
            except TypeError:
                plain[key] = str(value)
    return plain


def record(
    *,
    actor: User | None,
    action: str,
    obj: models.Model | None = None,
    subject_employee_id: int | None = None,
    subject_unit_id: int | None = None,
    roles: Iterable[str] = (),
    purpose: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    day_only: bool = False,
) -> AuditEntry:
    """Append one audit entry in the current transaction.

    `action` is a stable code, `noun.verb_past` ("appraisal.submitted"). With
    `day_only` neither the minute, the request nor the object's id is kept: used for
    peer feedback, where they would tie an answer to its author. `actor` None is the
    system itself (scheduled work, commands).
    """
    moment = now()
    if day_only:
        moment = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return AuditEntry.objects.create(
        at=moment,
        day_only=day_only,
        actor_id=actor.pk if actor else None,
        actor_name=str(actor) if actor else "",
        actor_roles=sorted(roles),
        action=action,
        object_type=obj._meta.model_name or "" if obj is not None else "",
        object_id="" if obj is None or day_only else str(obj.pk),
        object_label="" if obj is None or day_only else str(obj)[:200],
        subject_employee_id=subject_employee_id,
        subject_unit_id=subject_unit_id,
        purpose=purpose,
        before=_plain(before),
        after=_plain(after),
        request_id="" if day_only else request_id.get(),
    )


def normalised_sign_in_name(value: str) -> str:
    """A sign-in name as it is stored: NIP without spaces and dots, the rest lower case."""
    digits = "".join(ch for ch in value if ch not in " .'\u00a0")
    if digits.isascii() and digits.isdigit() and len(digits) == 18:
        return digits
    return value.strip().casefold()


@transaction.atomic
def set_sign_in_names(*, actor: User | None, user: User, names: Mapping[str, str]) -> User:
    """Make `names` (kind → value) the only ones that open the account.

    Empty values are left out. Raises ValidationError where another account has one.
    """
    wanted = {kind: normalised_sign_in_name(value) for kind, value in names.items() if value}
    taken = SignInName.objects.filter(value__in=wanted.values()).exclude(user=user).first()
    if taken:
        raise ValidationError(_("Nama masuk ini sudah dipakai akun lain."), code="taken")
    before = dict(user.sign_in_names.values_list("kind", "value"))
    if before == wanted:
        return user
    user.sign_in_names.all().delete()
    SignInName.objects.bulk_create(
        [SignInName(user=user, kind=kind, value=value) for kind, value in wanted.items()]
    )
    record(
        actor=actor,
        action="user.sign_in_names_set",
        obj=user,
        before={"kinds": sorted(before)},
        after={"kinds": sorted(wanted)},
    )
    return user


@transaction.atomic
def create_account(
    *,
    actor: User | None,
    username: str,
    display_name: str,
    names: Mapping[str, str],
    password: str | None = None,
    email: str = "",
    is_demonstration: bool = False,
) -> User:
    """A new account; without password it waits for activation."""
    user = User(
        username=username,
        display_name=display_name,
        email=email,
        is_demonstration=is_demonstration,
    )
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    set_sign_in_names(actor=actor, user=user, names=names)
    record(actor=actor, action="user.created", obj=user)
    return user


@transaction.atomic
def set_password(*, actor: User | None, user: User, password: str) -> User:
    """Give the account a new password after the validators agreed; sessions end."""
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record(actor=actor, action="user.password_set", obj=user)
    return user


@transaction.atomic
def set_account_lock(*, actor: User, user: User, locked: bool, reason: str) -> User:
    """Lock or unlock an account; nobody locks the own one.

    A locked account is signed out at its next request. Raises ValidationError for the
    own account and for a missing reason.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.pk == actor.pk:
        raise ValidationError(_("Anda tidak dapat mengunci akun sendiri."), code="self")
    if not reason.strip():
        raise ValidationError(_("Tulis alasannya."), code="reason")
    if user.is_active is not locked:
        return user
    user.is_active = not locked
    user.save(update_fields=["is_active"])
    record(
        actor=actor,
        action="user.locked" if locked else "user.unlocked",
        obj=user,
        purpose=reason.strip(),
    )
    return user


def notify(*, users: Iterable[User | int | None], kind: str, text: str, link: str = "") -> int:
    """Tell each account one sentence; None (people without account) is passed over."""
    ids = {user.pk if isinstance(user, User) else user for user in users}
    rows = [Notice(user_id=pk, kind=kind, text=text[:300], link=link) for pk in ids if pk]
    return len(Notice.objects.bulk_create(rows))


def notify_each(*, links: Mapping[int | None, str], kind: str, text: str) -> int:
    """Tell many accounts the same sentence, each with the own page (account id → link)."""
    rows = [
        Notice(user_id=pk, kind=kind, text=text[:300], link=link)
        for pk, link in links.items()
        if pk
    ]
    return len(Notice.objects.bulk_create(rows, batch_size=2000))


@transaction.atomic
def mark_notices_read(*, actor: User, until: dt.datetime) -> int:
    """Mark the own notices made up to that moment as read."""
    return actor.notices.filter(read_at=None, created_at__lte=until).update(read_at=now())
