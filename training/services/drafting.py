"""Drafting plans from levels that became known."""

import datetime as dt
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from competencies.models import AttainedLevel, Employee, LevelBatch, Supervision
from competencies.selectors.gaps import GapRow, gap_rows_of
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.services import notify, record
from training.models import BatchService, DevelopmentPlan, Enrolment, PlanItem, PlanItemGap
from training.rules import Line, compose, quarters
from training.selectors.basis import source_words
from training.selectors.hours import HourTarget, hour_targets, target_of
from training.selectors.offers import PlanOffer, plan_offers, provider_words
from training.selectors.plan_content import goal_reason

CHUNK = 200
"""People served in one transaction."""
WORKING_SECONDS = 40
"""How long one run works before it leaves the rest to the next ring."""
SERVED_KINDS = (LevelBatch.Kind.EVALUATION, LevelBatch.Kind.OBJECTION)


class LeaseLostError(Exception):
    """Another worker took the batch over; what this one did not commit is undone."""


def plan_year(day: dt.date) -> int:
    """The year that a plan drafted on that day is for: the one that follows.

    Ratings end in April and proposals for the next year are frozen in May, so what is
    published in a year serves the next one's budget (domain: timing).
    """
    return day.year + 1


def draft_plans() -> int:
    """Serve every batch of levels that waits; gives the number of plans drafted.

    Safe to run any number of times at once: a batch belongs to one worker by lease, and
    each chunk is written together with how far it got.
    """
    drafted = 0
    until = time.monotonic() + WORKING_SECONDS
    waiting = (
        LevelBatch.objects.filter(kind__in=SERVED_KINDS)
        .exclude(pk__in=BatchService.objects.filter(done_at__isnull=False).values("batch"))
        .order_by("created_at", "pk")
    )
    for batch in list(waiting):
        BatchService.objects.get_or_create(batch=batch)
        token = _claim(batch)
        if token is None:
            continue
        try:
            drafted += _serve(batch, token, until)
        except LeaseLostError:
            continue
    return drafted


def _claim(batch: LevelBatch) -> uuid.UUID | None:
    token = uuid.uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=now())
    taken = BatchService.objects.filter(free, batch=batch, done_at=None).update(
        lease_token=token, lease_until=_lease_end()
    )
    return token if taken else None


def _lease_end() -> dt.datetime:
    return now() + dt.timedelta(seconds=settings.LEASE_SECONDS)


def _serve(batch: LevelBatch, token: uuid.UUID, until: float) -> int:
    offers = plan_offers(plan_year(timezone.localdate(batch.created_at)))
    drafted = 0
    while time.monotonic() < until:
        count, more = _serve_chunk(batch, token, offers)
        drafted += count
        if not more:
            return drafted
    BatchService.objects.filter(batch=batch, lease_token=token).update(
        lease_token=None, lease_until=None
    )
    return drafted


@transaction.atomic
def _serve_chunk(
    batch: LevelBatch, token: uuid.UUID, offers: Sequence[PlanOffer]
) -> tuple[int, bool]:
    service = BatchService.objects.select_for_update().get(batch=batch)
    if service.lease_token != token:
        raise LeaseLostError
    ids = list(
        AttainedLevel.objects.filter(batch=batch, employee__gt=service.last_employee_id)
        .order_by("employee")
        .values_list("employee", flat=True)
        .distinct()[:CHUNK]
    )
    people = list(Employee.objects.active().filter(pk__in=ids).order_by("pk"))
    drafted = draft_for(people=people, batch=batch, offers=offers)
    more = len(ids) == CHUNK
    service.last_employee_id = ids[-1] if ids else service.last_employee_id
    service.plans_drafted = service.plans_drafted + drafted
    service.lease_token = token if more else None
    service.lease_until = _lease_end() if more else None
    service.done_at = None if more else now()
    service.save()
    return drafted, more


@transaction.atomic
def draft_for(
    *,
    people: Sequence[Employee],
    batch: LevelBatch,
    offers: Sequence[PlanOffer] | None = None,
) -> int:
    """Draft the plans of some people from the levels that count today.

    Nobody without a gap gets a plan. A draft that nobody has touched is drafted anew; any
    other plan of that year is left as it is. Reads in a constant number of statements.
    """
    year = plan_year(timezone.localdate(batch.created_at))
    offers = plan_offers(year) if offers is None else offers
    known = {
        plan.employee_id: plan
        for plan in DevelopmentPlan.objects.select_for_update().filter(
            year=year, employee__in=[person.pk for person in people]
        )
    }
    rows_of = gap_rows_of(people)
    _attach_batches(rows_of.values())
    targets = hour_targets()
    supervisors = _supervisors(people)
    learned = _completed_courses(people)
    drafted = 0
    for person in people:
        rows = rows_of[person.pk]
        plan = known.get(person.pk)
        if not any(row.gap is not None and row.gap < 0 for row in rows):
            continue
        if plan is not None and (
            plan.state != DevelopmentPlan.State.DRAFT or plan.edited_at is not None
        ):
            continue
        plan = _write_plan(person, plan, batch, year, rows, target_of(person, targets))
        usable = [each for each in offers if each.course_id not in learned.get(person.pk, ())]
        _write_items(plan, rows, usable, target_of(person, targets), supervisors.get(person.pk, ""))
        drafted += 1
    return drafted


def _write_plan(
    person: Employee,
    plan: DevelopmentPlan | None,
    batch: LevelBatch,
    year: int,
    rows: Sequence[GapRow],
    target: HourTarget,
) -> DevelopmentPlan:
    anew = plan is not None
    if plan is None:
        plan = DevelopmentPlan(employee=person, year=year)
    else:
        plan.items.all().delete()
        plan.version += 1
    plan.batch = batch
    plan.target_hours = target.hours
    plan.gap_table = [gap_table_row(row) for row in rows]
    plan.drafted_on = today()
    plan.save()
    record(
        actor=None,
        action="plan.redrafted" if anew else "plan.drafted",
        obj=plan,
        subject_employee_id=person.pk,
        after={"year": year, "batch": batch.pk},
    )
    if not anew:
        notify(
            users=[person.user_id],
            kind="plan.drafted",
            text=_("Rencana pengembangan %(year)s Anda sudah disusun. Periksa, lalu ajukan.")
            % {"year": year},
            link=reverse("training:plan-detail", args=[plan.pk]),
        )
    return plan


def _write_items(
    plan: DevelopmentPlan,
    rows: Sequence[GapRow],
    offers: Sequence[PlanOffer],
    target: HourTarget,
    supervisor: str,
) -> None:
    by_code = {row.competency.code: row for row in rows}
    by_key = {offer.key: offer for offer in offers}
    lines = compose(
        [(row.competency.code, row.required, row.attained, row.is_critical) for row in rows],
        [offer.as_rule() for offer in offers],
        target.hours,
        is_ceiling=target.is_ceiling,
        names={row.competency.code: row.competency.name for row in rows},
    )
    items = PlanItem.objects.bulk_create(
        [
            item_from(
                plan,
                by_key[str(line.key)],
                supervisor=supervisor,
                reason=_reason(line, by_code),
                quarter=by_key[str(line.key)].quarter or quarter,
                display_order=place,
            )
            for place, (line, quarter) in enumerate(
                zip(lines, quarters(len(lines)), strict=True), start=1
            )
        ]
    )
    PlanItemGap.objects.bulk_create(
        [
            item_gap(item, gap_table_row(by_code[str(code)]))
            for item, line in zip(items, lines, strict=True)
            for code in line.competencies
        ]
    )


def item_from(
    plan: DevelopmentPlan,
    offer: PlanOffer,
    *,
    supervisor: str,
    reason: str,
    quarter: int,
    display_order: int,
) -> PlanItem:
    """A plan line made of an offer, not saved yet."""
    return PlanItem(
        plan=plan,
        key=offer.key,
        title=offer.title,
        way=offer.way,
        kind_id=offer.kind_id,
        course_id=offer.course_id,
        activity_id=offer.activity_id,
        provider_name=provider_words(offer, supervisor)[:200],
        hours=offer.hours,
        hours_on_job=offer.hours_on_job,
        cost=offer.cost,
        cost_source=offer.cost_source,
        success_sign=offer.success_sign,
        reason=reason[:1000],
        quarter=quarter,
        display_order=display_order,
    )


def item_gap(item: PlanItem, row: dict[str, Any]) -> PlanItemGap:
    """What a line serves, from a row of the plan's gap table; not saved yet."""
    return PlanItemGap(
        item=item,
        competency_id=row["competency_id"],
        required_level=row["required"],
        attained_level=row["attained"],
        is_critical=row["critical"],
        attained_id=row["attained_id"],
        basis=row["basis"],
    )


def gap_table_row(row: GapRow) -> dict[str, Any]:
    """One row of a plan's gap table: what was required and attained, and on what basis."""
    current = row.current
    attained = current.attained if current else None
    is_gap = row.gap is not None and row.gap < 0
    return {
        "competency_id": row.competency.pk,
        "code": row.competency.code,
        "name": row.competency.name,
        "type": row.competency.type,
        "required": row.required,
        "attained": row.attained,
        "critical": row.is_critical,
        "source": source_words(attained) if attained else "",
        "official": bool(attained and attained.source == AttainedLevel.Source.OFFICIAL),
        "assessed_on": attained.assessed_on.isoformat() if attained else None,
        "valid_until": (
            attained.valid_until.isoformat() if attained and attained.valid_until else None
        ),
        "attained_id": attained.pk if attained else None,
        "basis": attained.basis if attained and is_gap else {},
    }


def _reason(line: Line, by_code: dict[str, GapRow]) -> str:
    causes = [goal_reason(gap_table_row(by_code[str(code)])) for code in line.competencies]
    return " ".join([line.reason, *causes])


def _attach_batches(all_rows: Iterable[Sequence[GapRow]]) -> None:
    levels = [row.current.attained for rows in all_rows for row in rows if row.current is not None]
    batches = LevelBatch.objects.in_bulk({level.batch_id for level in levels if level.batch_id})
    for level in levels:
        if level.batch_id:
            level.batch = batches[level.batch_id]


def _supervisors(people: Sequence[Employee]) -> dict[int, str]:
    rows = Supervision.objects.on().filter(employee__in=[person.pk for person in people])
    return {row.employee_id: row.supervisor.name for row in rows.select_related("supervisor")}


def _completed_courses(people: Sequence[Employee]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for employee_id, course_id in (
        Enrolment.objects.filter(
            employee__in=[person.pk for person in people], state=Enrolment.State.COMPLETED
        )
        .order_by()
        .values_list("employee", "course_class__course")
    ):
        found.setdefault(employee_id, set()).add(course_id)
    return found


__all__ = ["CHUNK", "draft_for", "draft_plans", "item_from", "item_gap", "plan_year"]
