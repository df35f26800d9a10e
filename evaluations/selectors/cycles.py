"""What HR reads while opening a cycle."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from competencies.models import Employee, Holiday, RoleGrant, Unit
from competencies.models.people import granted_units
from evaluations import rules
from evaluations.models import Appraisal, Cycle, LeftOut
from evaluations.selectors.launch_plan import LaunchPlan
from gayungan_asn.accounts.models import User

NAMED = 6
HEAVY_SUPERVISOR = 15
HEAVY_PEER = 10


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the panel "Bila dibuka sekarang"."""

    title: str
    text: str = ""
    tone: str = ""
    url: str = ""
    url_label: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One window on the drawing of the schedule, in days from the first."""

    label: str
    tone: str
    offset: int
    days: int
    y: int
    until: dt.date


@dataclass(frozen=True, slots=True)
class Schedule:
    """The windows of a cycle as a drawing."""

    bars: tuple[Bar, ...]
    total: int
    ticks: tuple[tuple[dt.date, int], ...]

    @property
    def words(self) -> str:
        """The drawing in words."""
        return ", ".join(
            _("%(label)s sampai %(day)s")
            % {"label": bar.label.lower(), "day": date_format(bar.until, "j F Y")}
            for bar in self.bars
        )


def cycles_with_counts(user: User) -> "QuerySet[Any]":
    """Cycles the account runs, newest first, with how many appraisals are how far."""
    return (
        Cycle.objects.visible_to(user)
        .select_related("unit")
        .annotate(
            people=Count("appraisals"),
            sent=Count(
                "appraisals",
                filter=Q(appraisals__state__in=[Appraisal.State.CALIBRATION, *Appraisal.RELEASED]),
            ),
        )
        .order_by("-year", "-opens_on", "-pk")
    )


def units_of_hr(user: User) -> "QuerySet[Unit]":
    """Units the account may open a cycle for, in the order of the tree."""
    roots = granted_units(user, RoleGrant.Role.HR)
    return Unit.objects.below(*roots).filter(closed_on=None).order_by("path")


def last_cycle(user: User, kind: str = Cycle.Kind.ANNUAL) -> Cycle | None:
    """The cycle a new one is copied from: the latest of its kind that was launched."""
    return (
        Cycle.objects.visible_to(user)
        .filter(kind=kind)
        .exclude(state=Cycle.State.DRAFT)
        .order_by("-year", "-pk")
        .first()
    )


def unit_for_new(
    user: User, template: Cycle | None, identity: Mapping[str, Any]
) -> tuple[Unit, Unit | None]:
    """The unit a new draft starts with, and the one it would have been but has a cycle already.

    The second screen lets HR choose another; where every unit has one, the first stays and
    the draft is refused.
    """
    units = list(units_of_hr(user))
    first = template.unit if template else units[0]
    having = set(
        Cycle.objects.filter(
            kind=identity["kind"], year=identity["year"], quarter=identity["quarter"]
        ).values_list("unit_id", flat=True)
    )
    if first.pk not in having:
        return first, None
    free = next((unit for unit in units if unit.pk not in having), None)
    return (free, first) if free else (first, None)


def _names(people: Iterable[Employee]) -> str:
    known = [employee.name for employee in people]
    text = ", ".join(known[:NAMED])
    rest = len(known) - NAMED
    if rest > 0:
        text = _("%(names)s, dan %(rest)d lainnya") % {"names": text, "rest": rest}
    return f"{text}."


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def launch_checks(cycle: Cycle, plan: LaunchPlan) -> list[Check]:
    """What launching now would mean, the trouble by name."""
    taking_part = _("%(n)d dari %(total)d pegawai ikut") % {
        "n": len(plan.appraisals),
        "total": plan.total,
    }
    unit = _("%(unit)s dan unit di bawahnya.") % {"unit": cycle.unit.name}
    checks = [Check(taking_part, unit, "" if plan.appraisals else "warn")]
    people_url, positions_url = _address("competencies:people"), _address("competencies:positions")
    for reason, words, url in (
        (
            LeftOut.Reason.NO_SUPERVISOR,
            ngettext("%d belum punya atasan langsung", "%d belum punya atasan langsung", 0),
            people_url,
        ),
        (
            LeftOut.Reason.NO_POSITION,
            ngettext("%d belum punya jabatan definitif", "%d belum punya jabatan definitif", 0),
            people_url,
        ),
        (
            LeftOut.Reason.NO_STANDARD,
            ngettext("%d jabatannya belum punya standar", "%d jabatannya belum punya standar", 0),
            positions_url,
        ),
    ):
        lacking = plan.lacking(reason)
        if lacking:
            checks.append(Check(words % len(lacking), _names(lacking), "warn", url, _("Lengkapi")))
    away = plan.lacking(LeftOut.Reason.NOT_ACTIVE)
    if away:
        checks.append(
            Check(
                ngettext("%d sedang tidak bertugas", "%d sedang tidak bertugas", len(away))
                % len(away),
                _names(away),
                "info",
            )
        )
    for count, people in plan.few_peers.items():
        checks.append(
            Check(
                _("%(n)d pegawai hanya punya %(count)d rekan kerja")
                % {"n": len(people), "count": count},
                _("Bagian rekan kerja tidak akan tampil; bobotnya dibagi.") + " " + _names(people),
                "warn",
            )
        )
    if plan.appraisals:
        checks.append(_load_check(plan))
        if cycle.rates_competencies and not plan.lacking(LeftOut.Reason.NO_STANDARD):
            posts = len({planned.assignment.position_id for planned in plan.appraisals})
            checks.append(
                Check(_("Semua jabatan punya standar"), _("%(n)d jabatan.") % {"n": posts})
            )
    checks.append(_date_check(cycle))
    return checks


def _load_check(plan: LaunchPlan) -> Check:
    heavy = plan.most_per_supervisor > HEAVY_SUPERVISOR or plan.most_per_peer > HEAVY_PEER
    text = _("Paling banyak %(n)d orang per atasan langsung") % {"n": plan.most_per_supervisor}
    if plan.wants_peers:
        text += _(", %(n)d formulir per rekan kerja") % {"n": plan.most_per_peer}
    return Check(
        _("Beban penilai tinggi") if heavy else _("Beban penilai wajar"),
        text + ".",
        "warn" if heavy else "",
    )


def _date_check(cycle: Cycle) -> Check:
    first = cycle.supervisor_until + dt.timedelta(days=1)
    holidays = Holiday.objects.filter(date__gt=first).values_list("date", flat=True)
    last = rules.objection_deadline(
        first,
        cycle.objection_days,
        cycle.objection_working_days,
        list(holidays) if cycle.objection_working_days else (),
    )
    return Check(
        _("Hasil ditetapkan paling cepat %(day)s") % {"day": date_format(first, "l, j F Y")},
        _("Batas keberatan %(day)s, bila diterima hari itu.") % {"day": date_format(last, "j F Y")},
        "info",
    )


def schedule_of(cycle: Cycle) -> Schedule:
    """The windows as bars over the days of the cycle."""
    start = cycle.opens_on
    total = max((cycle.supervisor_until - start).days + 1, 1)
    windows = [
        (_("Penilaian mandiri"), "m-b", cycle.self_until),
        (_("Rekan kerja"), "m-c", cycle.peers_until),
        (_("Atasan langsung"), "m-a", cycle.supervisor_until),
    ]
    if not cycle.rates_competencies:
        windows = windows[2:]
    bars = tuple(
        Bar(label, tone, 0, (until - start).days + 1, 24 + 27 * place, until)
        for place, (label, tone, until) in enumerate(windows)
    )
    step = max(7, -(-total // 28) * 7)
    ticks = tuple((start + dt.timedelta(days=offset), offset) for offset in range(0, total, step))
    return Schedule(bars, total, ticks)
