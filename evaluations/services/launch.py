"""Launching a cycle: everybody's appraisal, parts and requests in one transaction."""

from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from competencies.models import Employee
from competencies.selectors.people import roles_of
from evaluations.models import (
    Appraisal,
    AppraisalCompetency,
    Cycle,
    FeedbackRequest,
    LeftOut,
    SupervisorPart,
)
from evaluations.models.feedback import Relation
from evaluations.permissions.cycles import can_admit_people, can_launch_cycle
from evaluations.selectors.launch_plan import LaunchPlan, plan_launch
from evaluations.services.cycles import lock_cycle, not_allowed
from evaluations.services.moves import move_cycle, refusal
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record

BATCH = 2000


def first_state(cycle: Cycle) -> str:
    """Where an appraisal starts: waiting for the first day, the self-rating, or the supervisor."""
    if today() < cycle.opens_on:
        return Appraisal.State.DRAFT
    if not cycle.rates_competencies or today() > cycle.self_until:
        return Appraisal.State.SUPERVISOR_REVIEW
    return Appraisal.State.SELF_REVIEW


@transaction.atomic
def launch_cycle(*, actor: User, cycle: Cycle, version: int | None = None) -> Cycle:
    """Open the cycle for everybody of its population at once.

    Set-wise: the number of statements grows with thousands of people only. People who
    cannot take part are kept with the reason. Raises `state` where it was launched
    already or changed since `version` was read.
    """
    cycle = lock_cycle(cycle)
    if cycle.state != Cycle.State.DRAFT or (version is not None and version != cycle.version):
        raise refusal()
    if not can_launch_cycle(actor, cycle):
        raise not_allowed()
    plan = plan_launch(cycle)
    cycle = move_cycle(cycle, "launch", launched_at=now())
    _write(cycle, plan)
    _record(actor, cycle, plan, "cycle.launched")
    _tell(cycle, plan)
    return cycle


@transaction.atomic
def admit_people(*, actor: User | None, cycle: Cycle) -> LaunchPlan:
    """Give those of the population an appraisal who could not have one before.

    Returns what was done; nothing to do writes nothing. Peers are asked only while
    their window is open.
    """
    cycle = lock_cycle(cycle)
    if actor is not None and not can_admit_people(actor, cycle):
        raise not_allowed()
    plan = plan_launch(cycle, only_new=True)
    if plan.appraisals:
        _write(cycle, plan)
        _record(actor, cycle, plan, "cycle.people_admitted")
        _tell(cycle, plan)
    return plan


def _write(cycle: Cycle, plan: LaunchPlan) -> None:
    state = first_state(cycle)
    appraisals = Appraisal.objects.bulk_create(
        [
            Appraisal(
                cycle=cycle,
                employee=planned.employee,
                unit=planned.assignment.position.unit,
                unit_name=planned.assignment.position.unit.name,
                position=planned.assignment.position,
                position_name=planned.assignment.position.name,
                tier=planned.assignment.position.tier,
                grade=planned.employee.grade,
                state=state,
            )
            for planned in plan.appraisals
        ],
        batch_size=BATCH,
    )
    competencies, parts, requests = [], [], []
    asks = cycle.peers_closed_on is None and today() <= cycle.peers_until
    for appraisal, planned in zip(appraisals, plan.appraisals, strict=True):
        competencies += [
            AppraisalCompetency(
                appraisal=appraisal,
                competency=item.competency,
                required_level=item.required_level,
                is_critical=item.is_critical,
                asked_of_peers=item.competency.code in planned.asked_of_peers,
                display_order=order,
            )
            for order, item in enumerate(planned.standard, start=1)
        ]
        parts += [
            SupervisorPart(
                appraisal=appraisal,
                supervisor_id=part.supervisor_id,
                period=part.period,
                days=part.days,
            )
            for part in planned.parts
        ]
        if asks:
            for relation, raters in (
                (Relation.PEER, planned.peers),
                (Relation.SUBORDINATE, planned.subordinates),
            ):
                requests += [
                    FeedbackRequest(appraisal=appraisal, rater_id=pk, relation=relation)
                    for pk in raters
                ]
    AppraisalCompetency.objects.bulk_create(competencies, batch_size=BATCH)
    SupervisorPart.objects.bulk_create(parts, batch_size=BATCH)
    FeedbackRequest.objects.bulk_create(requests, batch_size=BATCH)
    admitted = [planned.employee.pk for planned in plan.appraisals]
    LeftOut.objects.filter(cycle=cycle, employee__in=admitted).delete()
    LeftOut.objects.bulk_create(
        [
            LeftOut(cycle=cycle, employee=employee, reason=reason)
            for employee, reason in plan.left_out
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["cycle", "employee"],
        update_fields=["reason"],
    )


def _record(actor: User | None, cycle: Cycle, plan: LaunchPlan, action: str) -> None:
    reasons = {
        reason: len(plan.lacking(reason))
        for reason in LeftOut.Reason.values
        if plan.lacking(reason)
    }
    record(
        actor=actor,
        action=action,
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        roles=roles_of(actor) if actor else (),
        before={"state": Cycle.State.DRAFT} if action == "cycle.launched" else None,
        after={
            "state": cycle.state,
            "appraisals": len(plan.appraisals),
            "left_out": reasons,
            "without_peers": sum(len(group) for group in plan.few_peers.values()),
        },
    )


def _tell(cycle: Cycle, plan: LaunchPlan) -> None:
    if first_state(cycle) == Appraisal.State.DRAFT:
        return
    tell_opened(
        cycle=cycle,
        employees=[planned.employee.pk for planned in plan.appraisals],
        raters={pk for planned in plan.appraisals for pk in (*planned.peers, *planned.subordinates)}
        if today() <= cycle.peers_until and cycle.peers_closed_on is None
        else set(),
    )


def tell_opened(*, cycle: Cycle, employees: Iterable[int], raters: Iterable[int]) -> None:
    """Tell people with an account that their part of the cycle begins; once a person."""
    rating = set(raters)
    accounts = dict(
        Employee.objects.filter(pk__in={*employees, *rating}, user__isnull=False).values_list(
            "pk", "user_id"
        )
    )
    link = reverse("evaluations:appraisals")
    if cycle.rates_competencies and today() <= cycle.self_until:
        notify(
            users=[accounts.get(pk) for pk in employees],
            kind="cycle.opened",
            text=_("%(cycle)s dibuka. Isi penilaian mandiri Anda sampai %(day)s.")
            % {"cycle": cycle.name, "day": f"{cycle.self_until:%d/%m/%Y}"},
            link=link,
        )
    notify(
        users=[accounts.get(pk) for pk in rating],
        kind="feedback.asked",
        text=_("Anda diminta menilai rekan kerja dalam %(cycle)s sampai %(day)s. Jawaban anonim.")
        % {"cycle": cycle.name, "day": f"{cycle.peers_until:%d/%m/%Y}"},
        link=link,
    )
