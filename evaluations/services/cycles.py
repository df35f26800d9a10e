"""Drafting cycles: opened by HR step by step, or copied from an earlier one."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from competencies.models import Unit
from competencies.models.periods import since
from competencies.selectors.people import roles_of
from competencies.selectors.reference import default_number
from evaluations.models import Cycle
from evaluations.permissions.cycles import (
    can_change_cycle,
    can_create_cycle,
    can_discard_cycle,
)
from evaluations.services.moves import refusal
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import record

IDENTITY: Final = (
    "name",
    "kind",
    "year",
    "quarter",
    "period",
    "opens_on",
    "self_until",
    "peers_until",
    "supervisor_until",
)
POPULATION: Final = ("unit", "employment_kinds")
RULES: Final = (
    "weight_supervisor",
    "weight_peer",
    "weight_self",
    "weight_subordinate",
    "peers_invited",
    "peers_minimum",
    "peer_competencies",
    "rates_competencies",
    "rates_performance",
    "hides_others_marks",
    "valid_months",
    "objection_days",
    "objection_working_days",
)
DEFAULT_KEYS: Final = {
    "weight_supervisor": "weight_supervisor",
    "weight_peer": "weight_peer",
    "weight_self": "weight_self",
    "weight_subordinate": "weight_subordinate",
    "peers_invited": "peers_invited",
    "peers_minimum": "peers_minimum",
    "peer_competencies": "peer_competencies",
    "valid_months": "evaluation_valid_months",
    "objection_days": "objection_days",
}
"""Field of a cycle → key in the reference `defaults`."""


def not_allowed() -> ValidationError:
    """The account may not do this, or not in this state."""
    return ValidationError(_("Anda tidak dapat melakukan ini sekarang."), code="not_allowed")


def starting_values(template: Cycle | None) -> dict[str, Any]:
    """Rules of a new cycle: those of the earlier one, else the reference defaults in force.

    Where a default is not loaded, the model's own starting value stays.
    """
    if template is not None:
        return {name: getattr(template, name) for name in (*RULES, "employment_kinds")}
    values: dict[str, Any] = {}
    for name, key in DEFAULT_KEYS.items():
        try:
            values[name] = int(default_number(key))
        except LookupError:
            continue
    return values


def _snapshot(cycle: Cycle, names: Iterable[str]) -> dict[str, Any]:
    values = {name: getattr(cycle, name) for name in names}
    if "period" in values:
        period = values.pop("period")
        values |= {"period_start": period.lower, "period_end": period.upper - dt.timedelta(days=1)}
    return values


def lock_cycle(cycle: Cycle) -> Cycle:
    """The cycle as it is now, held until the transaction ends."""
    return Cycle.objects.select_for_update(of=("self",)).select_related("unit").get(pk=cycle.pk)


@transaction.atomic
def create_cycle(
    *,
    actor: User,
    unit: Unit,
    identity: Mapping[str, Any],
    template: Cycle | None = None,
) -> Cycle:
    """A draft with the rules of `template` or the reference defaults.

    A quarterly cycle rates work results and behaviour only. Raises ValidationError
    where dates are out of order, the period has a cycle already, or the unit is
    outside the account's tree.
    """
    if not can_create_cycle(actor, unit):
        raise not_allowed()
    cycle = Cycle(unit=unit, created_by=actor, **starting_values(template))
    _fill(cycle, identity, IDENTITY)
    cycle.full_clean(exclude=["created_by"])
    cycle.save()
    record(
        actor=actor,
        action="cycle.created",
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        roles=roles_of(actor),
        after=_snapshot(cycle, (*IDENTITY, *RULES)) | {"copied_from": template and template.pk},
    )
    return cycle


def _fill(cycle: Cycle, values: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if name in values:
            setattr(cycle, name, values[name])
    if cycle.kind == Cycle.Kind.QUARTERLY:
        cycle.rates_competencies, cycle.rates_performance = False, True
    else:
        cycle.quarter = None


@transaction.atomic
def update_cycle(
    *, actor: User, cycle: Cycle, values: Mapping[str, Any], version: int | None = None
) -> Cycle:
    """Change a draft. Raises `conflict` where the version seen is no longer the newest."""
    cycle = lock_cycle(cycle)
    if not can_change_cycle(actor, cycle):
        raise not_allowed()
    if version is not None and version != cycle.version:
        raise ValidationError(
            _("Siklus ini diubah di tempat lain. Periksa lagi lalu simpan."), code="conflict"
        )
    unit = values.get("unit")
    if unit is not None and not can_create_cycle(actor, unit):
        raise not_allowed()
    names = [name for name in (*IDENTITY, *POPULATION, *RULES) if name in values]
    before = _snapshot(cycle, names)
    _fill(cycle, values, names)
    cycle.full_clean(exclude=["created_by"])
    after = _snapshot(cycle, names)
    if before == after:
        return cycle
    cycle.version += 1
    cycle.save()
    record(
        actor=actor,
        action="cycle.changed",
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        roles=roles_of(actor),
        before=before,
        after=after,
    )
    return cycle


@transaction.atomic
def discard_cycle(*, actor: User, cycle: Cycle) -> None:
    """Drop a draft that was never launched."""
    cycle = lock_cycle(cycle)
    if not can_discard_cycle(actor, cycle):
        raise refusal() if cycle.state != Cycle.State.DRAFT else not_allowed()
    record(
        actor=actor,
        action="cycle.discarded",
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        roles=roles_of(actor),
        before=_snapshot(cycle, IDENTITY),
    )
    cycle.delete()


def year_later(day: dt.date, years: int) -> dt.date:
    """The same day of another year; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def suggested_identity(template: Cycle | None, day: dt.date, name: str) -> dict[str, Any]:
    """First values of the first screen: last year's windows a year on, else four weeks from today."""
    if template is None:
        return {
            "name": name,
            "kind": Cycle.Kind.ANNUAL,
            "year": day.year,
            "period": since(dt.date(day.year, 1, 1), dt.date(day.year + 1, 1, 1)),
            "opens_on": day,
            "self_until": day + dt.timedelta(days=14),
            "peers_until": day + dt.timedelta(days=14),
            "supervisor_until": day + dt.timedelta(days=28),
        }
    values: dict[str, Any] = {
        "name": template.name.replace(str(template.year), str(template.year + 1)),
        "kind": template.kind,
        "year": template.year + 1,
        "period": since(year_later(template.period.lower, 1), year_later(template.period.upper, 1)),
    }
    shift = dt.timedelta(0)
    opens = year_later(template.opens_on, 1)
    if opens < day:
        shift, opens = day - opens, day
    for field in ("self_until", "peers_until", "supervisor_until"):
        values[field] = year_later(getattr(template, field), 1) + shift
    return values | {"opens_on": opens}
