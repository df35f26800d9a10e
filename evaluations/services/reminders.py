"""Reminding those who still have something to do in a cycle."""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from competencies.models import Employee, Unit
from competencies.selectors.people import roles_of
from evaluations.models import Cycle
from evaluations.permissions.cycles import can_remind_people
from evaluations.selectors.progress import waiting_people
from evaluations.services.cycles import lock_cycle, not_allowed
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import Notice, User
from gayungan_asn.accounts.services import notify, record

KIND = "cycle.reminder"


@transaction.atomic
def remind_people(*, actor: User, cycle: Cycle, unit: Unit | None = None) -> int:
    """Tell everybody with something missing, of the whole cycle or one unit; once a day each.

    The notice says that something waits, never what or about whom. People without an
    account are passed over. Returns how many were told.
    """
    cycle = lock_cycle(cycle)
    if not can_remind_people(actor, cycle):
        raise not_allowed()
    accounts = _not_told_today(waiting_people(cycle, unit))
    told = notify(
        users=accounts,
        kind=KIND,
        text=_("Ada isian %(cycle)s yang menunggu Anda.") % {"cycle": cycle.name},
        link=reverse("evaluations:appraisals"),
    )
    if told:
        record(
            actor=actor,
            action="cycle.people_reminded",
            obj=cycle,
            subject_unit_id=unit.pk if unit else cycle.unit_id,
            roles=roles_of(actor),
            after={"people": told},
        )
    return told


def _not_told_today(employee_ids: Iterable[int]) -> list[int]:
    accounts = set(
        Employee.objects.filter(pk__in=set(employee_ids), user__isnull=False).values_list(
            "user_id", flat=True
        )
    )
    told = set(
        Notice.objects.filter(user__in=accounts, kind=KIND, created_at__date=today()).values_list(
            "user_id", flat=True
        )
    )
    return sorted(accounts - told)
