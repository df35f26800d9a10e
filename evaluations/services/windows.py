"""Windows of a cycle: opened, passed and closed, by HR or by the calendar."""

import datetime as dt

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from competencies.models import Employee, EmployeeStatus, Holiday, Supervision
from competencies.selectors.people import roles_of
from evaluations import rules
from evaluations.models import Appraisal, Cycle, SupervisorPart
from evaluations.permissions.cycles import (
    can_calibrate_cycle,
    can_close_cycle,
    can_close_window,
)
from evaluations.permissions.transitions import appraisal_move
from evaluations.selectors.launch_plan import planned_parts
from evaluations.services.cycles import lock_cycle, not_allowed
from evaluations.services.feedback_links import cut_feedback_links, expire_requests
from evaluations.services.launch import tell_opened
from evaluations.services.moves import move_appraisals, move_cycle, refusal
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record


@transaction.atomic
def close_feedback_window(*, actor: User | None, cycle: Cycle) -> Cycle:
    """No further answers of peers and subordinates are taken. Closing twice changes nothing."""
    cycle = lock_cycle(cycle)
    if cycle.peers_closed_on is not None:
        return cycle
    if cycle.state != Cycle.State.OPEN:
        raise refusal()
    if actor is not None and not can_close_window(actor, cycle):
        raise not_allowed()
    cycle = move_cycle(cycle, "close_window", peers_closed_on=today())
    expired = expire_requests(cycle)
    record(
        actor=actor,
        action="cycle.window_closed",
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        roles=roles_of(actor) if actor else (),
        after={"peers_closed_on": today(), "unanswered": expired},
    )
    return cycle


@transaction.atomic
def calibrate_cycle(*, actor: User, cycle: Cycle, version: int | None = None) -> Cycle:
    """HR ends the rating: windows close, everything that was sent goes to the final check.

    Appraisals with at least one part sent go on with what is there; those without stay
    with the supervisor, who may still send it.
    """
    cycle = lock_cycle(cycle)
    if cycle.state != Cycle.State.OPEN or (version is not None and version != cycle.version):
        raise refusal()
    if not can_calibrate_cycle(actor, cycle):
        raise not_allowed()
    if cycle.peers_closed_on is None:
        cycle = close_feedback_window(actor=actor, cycle=cycle)
    passed = move_appraisals(cycle, "pass_self")
    sent = list(
        SupervisorPart.objects.filter(
            appraisal__cycle=cycle,
            state=SupervisorPart.State.SUBMITTED,
            appraisal__state__in=appraisal_move("calibrate").from_states,
        ).values_list("appraisal", flat=True)
    )
    moved = move_appraisals(cycle, "calibrate", sent)
    cycle = move_cycle(cycle, "calibrate")
    record(
        actor=actor,
        action="cycle.calibrated",
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        roles=roles_of(actor),
        before={"state": Cycle.State.OPEN},
        after={"state": cycle.state, "without_self": passed, "moved": moved},
    )
    return cycle


@transaction.atomic
def close_cycle(*, actor: User, cycle: Cycle) -> Cycle:
    """Nothing is rated or published in it any more."""
    cycle = lock_cycle(cycle)
    if cycle.state != Cycle.State.PUBLISHED:
        raise refusal()
    if not can_close_cycle(actor, cycle):
        raise not_allowed()
    cycle = move_cycle(cycle, "close")
    record(
        actor=actor,
        action="cycle.closed",
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        roles=roles_of(actor),
        before={"state": Cycle.State.PUBLISHED},
        after={"state": cycle.state},
    )
    return cycle


@transaction.atomic
def follow_supervisors(*, cycle: Cycle) -> int:
    """Let the parts follow changes of supervisors while people are being rated.

    Somebody who got a new supervisor gets a part for them; a part nobody has begun and
    that no longer fits is dropped, days are shared anew. Sent parts stay as they are.
    Returns how many appraisals changed.
    """
    supervisors = dict(Supervision.objects.on().values_list("employee_id", "supervisor_id"))
    open_states = [
        Appraisal.State.DRAFT,
        Appraisal.State.SELF_REVIEW,
        Appraisal.State.SUPERVISOR_REVIEW,
    ]
    appraisals = [
        appraisal
        for appraisal in Appraisal.objects.filter(cycle=cycle, state__in=open_states)
        .select_for_update(of=("self",))
        .prefetch_related("parts__response")
        .order_by("pk")
        if supervisors.get(appraisal.employee_id)
        not in {None, *(part.supervisor_id for part in appraisal.parts.all())}
    ]
    if not appraisals:
        return 0
    history: dict[int, list[Supervision]] = {}
    for row in Supervision.objects.filter(
        employee__in=[appraisal.employee_id for appraisal in appraisals],
        period__overlap=cycle.period,
    ):
        history.setdefault(row.employee_id, []).append(row)
    active = set(
        EmployeeStatus.objects.on()
        .filter(status=EmployeeStatus.Status.ACTIVE)
        .values_list("employee_id", flat=True)
    )
    told: set[int] = set()
    for appraisal in appraisals:
        supervisor = supervisors[appraisal.employee_id]
        planned = planned_parts(cycle, supervisor, history.get(appraisal.employee_id, ()), active)
        wanted = {part.supervisor_id: part for part in planned}
        for part in appraisal.parts.all():
            begun = hasattr(part, "response") or part.state == SupervisorPart.State.SUBMITTED
            fits = wanted.pop(part.supervisor_id, None)
            if fits is not None:
                SupervisorPart.objects.filter(pk=part.pk).update(period=fits.period, days=fits.days)
            elif not begun:
                part.delete()
        SupervisorPart.objects.bulk_create(
            [
                SupervisorPart(
                    appraisal=appraisal,
                    supervisor_id=part.supervisor_id,
                    period=part.period,
                    days=part.days,
                )
                for part in wanted.values()
            ]
        )
        record(
            actor=None,
            action="appraisal.supervisor_changed",
            obj=appraisal,
            subject_employee_id=appraisal.employee_id,
            subject_unit_id=appraisal.unit_id,
            after={"supervisor": supervisor},
        )
        if appraisal.state == Appraisal.State.SUPERVISOR_REVIEW:
            told.add(supervisor)
    _tell_supervisors(cycle, told)
    return len(appraisals)


def _tell_supervisors(cycle: Cycle, employee_ids: set[int]) -> None:
    notify(
        users=list(
            Employee.objects.filter(pk__in=employee_ids, user__isnull=False).values_list(
                "user_id", flat=True
            )
        ),
        kind="cycle.supervisor_turn",
        text=_("%(cycle)s: giliran Anda menilai pegawai sampai %(day)s.")
        % {"cycle": cycle.name, "day": f"{cycle.supervisor_until:%d/%m/%Y}"},
        link=reverse("evaluations:team"),
    )


@transaction.atomic
def advance_cycle(*, cycle: Cycle) -> dict[str, int]:
    """Do what the calendar asks of one cycle; nothing is ever published by itself.

    First day: appraisals open. After the self-rating's last day they go to the
    supervisor. After the peers' last day the window closes; a day later the links are
    cut. After the last day for objections results are final. Running it again on the
    same day changes nothing. Returns what was done, by kind.
    """
    cycle = lock_cycle(cycle)
    done: dict[str, int] = {}
    day = today()
    if cycle.state == Cycle.State.OPEN and day >= cycle.opens_on:
        done["opened"] = _open(cycle)
        if day > cycle.self_until:
            done["passed"] = _pass_self(cycle)
        if day > cycle.peers_until and cycle.peers_closed_on is None:
            cycle = close_feedback_window(actor=None, cycle=cycle)
            done["closed"] = 1
    if cycle.state in (Cycle.State.OPEN, Cycle.State.CALIBRATION, Cycle.State.PUBLISHED):
        done["supervisors"] = follow_supervisors(cycle=cycle)
    if cycle.peers_closed_on is not None and cycle.links_cut_on is None:
        done["cut"] = cut_feedback_links(cycle=cycle)
    if cycle.state in (Cycle.State.PUBLISHED, Cycle.State.CLOSED):
        done["final"] = _finalise(cycle)
    return {key: count for key, count in done.items() if count}


def _open(cycle: Cycle) -> int:
    """The first day: drafts become self-ratings, or go to the supervisor at once."""
    waiting = Appraisal.objects.filter(cycle=cycle, state=Appraisal.State.DRAFT)
    employees = list(waiting.values_list("employee_id", flat=True))
    if not employees:
        return 0
    moved = move_appraisals(cycle, "open" if cycle.rates_competencies else "open_without_self")
    asked = cycle.peers_closed_on is None and today() <= cycle.peers_until
    raters = (
        Appraisal.objects.filter(cycle=cycle)
        .filter(requests__state="invited")
        .values_list("requests__rater", flat=True)
        .distinct()
    )
    tell_opened(cycle=cycle, employees=employees, raters=list(raters) if asked else [])
    _note(cycle, "cycle.opened", moved)
    if not cycle.rates_competencies:
        _tell_supervisors(cycle, _waiting_supervisors(cycle))
    return moved


def _pass_self(cycle: Cycle) -> int:
    moved = move_appraisals(cycle, "pass_self")
    if moved:
        _note(cycle, "cycle.self_rating_ended", moved)
        _tell_supervisors(cycle, _waiting_supervisors(cycle))
    return moved


def _waiting_supervisors(cycle: Cycle) -> set[int]:
    return set(
        SupervisorPart.objects.filter(
            appraisal__cycle=cycle,
            appraisal__state=Appraisal.State.SUPERVISOR_REVIEW,
            state=SupervisorPart.State.OPEN,
        ).values_list("supervisor_id", flat=True)
    )


def _finalise(cycle: Cycle) -> int:
    """Results nobody objected to in time are final (PP 30/2019)."""
    day = today()
    rows = Appraisal.objects.filter(
        cycle=cycle,
        state__in=appraisal_move("finalise").from_states,
        published_at__date__lt=day - dt.timedelta(days=cycle.objection_days),
    ).values_list("pk", "published_at")
    holidays = (
        frozenset(Holiday.objects.values_list("date", flat=True))
        if cycle.objection_working_days
        else frozenset()
    )
    late = [
        pk
        for pk, published_at in rows
        if day
        > rules.objection_deadline(
            timezone.localdate(published_at),
            cycle.objection_days,
            cycle.objection_working_days,
            holidays,
        )
    ]
    if not late:
        return 0
    moved = move_appraisals(cycle, "finalise", late)
    _note(cycle, "cycle.results_final", moved)
    return moved


def _note(cycle: Cycle, action: str, count: int) -> None:
    record(
        actor=None,
        action=action,
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        after={"appraisals": count},
    )
