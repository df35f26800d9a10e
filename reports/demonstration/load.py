"""Puts the demonstration together, through the product's own services."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import transaction
from django.utils.translation import gettext as _

import competencies
from competencies.models import Employee, Unit
from competencies.models.periods import since
from competencies.services.supervision import refresh_supervision
from evaluations.models import Appraisal, Cycle, FeedbackRequest
from evaluations.services.cycles import create_cycle
from evaluations.services.launch import launch_cycle
from evaluations.services.publishing import publish_cycle
from gayungan_asn.accounts.clock import on_day, today
from gayungan_asn.accounts.models import Notice, User
from reports.demonstration.cast import make_accounts
from reports.demonstration.ratings import fill_finished_cycle, fill_running_cycle
from reports.demonstration.training import fill_coming_classes, fill_past_classes, spread_plans
from training.services.drafting import draft_plans
from training.services.examples import load_catalogue, load_classes

EXPORT = Path(competencies.__file__).parent / "examples" / "siasn_pegawai_gayungan.xlsx"
EARLIEST = dt.date(2026, 1, 1)
ROOT = "GYG"
SEED = 3578


class AlreadyThereError(Exception):
    """There are people already: demonstration data never mixes with others'."""


class TooEarlyError(Exception):
    """The example export speaks of later days."""


def _cycle(actor: User, unit: Unit, year: int, **days: Any) -> Cycle:
    return create_cycle(
        actor=actor,
        unit=unit,
        identity={
            "name": _("Penilaian kompetensi %(year)d") % {"year": year},
            "kind": Cycle.Kind.ANNUAL,
            "year": year,
            "period": since(dt.date(year, 1, 1), dt.date(year + 1, 1, 1)),
            **days,
        },
    )


def _days(opens: dt.date, peers: int, supervisors: int) -> dict[str, dt.date]:
    return {
        "opens_on": opens,
        "self_until": opens + dt.timedelta(days=peers),
        "peers_until": opens + dt.timedelta(days=peers),
        "supervisor_until": opens + dt.timedelta(days=supervisors),
    }


@transaction.atomic
def load_demonstration(*, day: dt.date, say: Callable[[str], None]) -> None:
    """People, a published cycle of last year, a running one, catalogue, classes, plans.

    Deterministic for a day. Needs the reference data.

    Raises:
        AlreadyThereError: the database holds people.
        TooEarlyError: `day` is before 2026.
    """
    if Employee.objects.exists():
        raise AlreadyThereError
    if day < EARLIEST:
        raise TooEarlyError
    last_year = day.year - 1
    with on_day(day):
        call_command("import_people", str(EXPORT), apply=True, create_units=True, verbosity=0)
        refresh_supervision(actor=None, day=dt.date(last_year, 1, 1))
        root = Unit.objects.get(code=ROOT)
        users = make_accounts(root)
        hr, lead = users["hr"], users["pegawai"].employee
        say(_("72 pegawai dan delapan akun peragaan"))
        load_catalogue(actor=hr)
        load_classes(actor=hr, unit=root, day=day)
        say(_("katalog dan kelas"))
    with on_day(day - dt.timedelta(days=290)):
        finished = _cycle(hr, root, last_year, **_days(today(), 20, 40))
        launch_cycle(actor=hr, cycle=finished)
    with on_day(day - dt.timedelta(days=214)):
        fill_finished_cycle(finished, lead.pk, SEED)
        Cycle.objects.filter(pk=finished.pk).update(state=Cycle.State.CALIBRATION)
        publish_cycle(actor=hr, cycle=Cycle.objects.get(pk=finished.pk))
        Appraisal.objects.filter(cycle=finished, state=Appraisal.State.PUBLISHED).update(
            state=Appraisal.State.FINAL, acknowledged_on=today() + dt.timedelta(days=3)
        )
        Cycle.objects.filter(pk=finished.pk).update(state=Cycle.State.CLOSED)
        draft_plans()
        say(_("penilaian kompetensi tahun lalu, hasil, dan rencana"))
    Notice.objects.all().delete()
    with on_day(day):
        fill_past_classes(hr=hr, lead_id=lead.pk, seed=SEED + 1)
        team = list(Employee.objects.reporting_to(users["atasan"].employee).order_by("name"))
        fill_coming_classes(team=[one for one in team if one != lead], lead=lead, seed=SEED + 2)
        spread_plans(
            hr=hr,
            lead_id=lead.pk,
            waiting_for=users["atasan"].employee,
            year=(day - dt.timedelta(days=214)).year + 1,
            seed=SEED + 3,
        )
        say(_("pelatihan dan rencana dalam semua keadaan"))
        running = _cycle(hr, root, day.year, **_days(day - dt.timedelta(days=16), 24, 34))
        launch_cycle(actor=hr, cycle=running)
        _ask_colleague(running, users["rekan"].employee, lead)
        mixed = ["ready", "half", "sent"]
        others = [one.pk for one in team if one != lead]
        fill_running_cycle(
            running,
            seed=SEED + 4,
            fixed={lead.pk: "self", **dict(zip(others, mixed, strict=False))},
            keep_open_for=users["rekan"].employee.pk,
        )
        say(_("penilaian kompetensi tahun ini dalam berbagai keadaan"))


def _ask_colleague(cycle: Cycle, colleague: Employee, lead: Employee) -> None:
    """Make sure the account `rekan` has a form to fill, about the account `pegawai`."""
    FeedbackRequest.objects.get_or_create(
        appraisal=cycle.appraisals.get(employee=lead), rater=colleague, relation="peer"
    )
