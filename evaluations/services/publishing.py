"""Publishing: results, levels and notices of a cycle in one transaction."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _

from competencies.models import AttainedLevel, LevelBatch
from competencies.selectors.people import roles_of
from competencies.selectors.reference import performance_matrix
from competencies.services.levels import NewLevel, add_months, record_levels
from evaluations.models import Appraisal, Cycle, Outcome, OutcomeLevel, SupervisorPart
from evaluations.permissions.cycles import can_publish_cycle, can_publish_late_results
from evaluations.permissions.transitions import appraisal_move
from evaluations.services.cycles import lock_cycle, not_allowed
from evaluations.services.moves import move_cycle, refusal
from evaluations.services.scoring import ScoredAppraisal, ScoredLevel, score_appraisals
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify_each, record

CHUNK: Final = 500
STORED: Final = Decimal("0.0000000001")
STORED_INDEX: Final = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Publication:
    """What one publication did; `batch` None where the cycle writes no levels."""

    cycle: Cycle
    published: int
    batch: LevelBatch | None


@transaction.atomic
def publish_cycle(*, actor: User, cycle: Cycle, version: int | None = None) -> Publication:
    """Publish the results of everybody whose supervisor sent a part; the cycle is published.

    The others keep their state and follow with `publish_late_results`. A second call
    changes nothing. Raises `state` from any other state and for a stale `version`,
    `empty` where nobody was rated.
    """
    cycle = lock_cycle(cycle)
    if cycle.state == Cycle.State.PUBLISHED:
        return Publication(cycle, 0, None)
    if cycle.state != Cycle.State.CALIBRATION or (version is not None and version != cycle.version):
        raise refusal()
    if not can_publish_cycle(actor, cycle):
        raise not_allowed()
    before = cycle.state
    cycle = move_cycle(cycle, "publish", published_at=now())
    return _publish(actor, cycle, before)


@transaction.atomic
def publish_late_results(*, actor: User, cycle: Cycle) -> Publication:
    """Publish results that were completed after the cycle was published.

    Raises `empty` where there are none, so a second press does nothing.
    """
    cycle = lock_cycle(cycle)
    if cycle.state != Cycle.State.PUBLISHED:
        raise refusal()
    if not can_publish_late_results(actor, cycle):
        raise not_allowed()
    return _publish(actor, cycle, cycle.state)


def _publish(actor: User, cycle: Cycle, before: str) -> Publication:
    appraisals = list(
        Appraisal.objects.select_for_update(of=("self",))
        .filter(cycle=cycle, state=Appraisal.State.CALIBRATION)
        .filter(
            pk__in=SupervisorPart.objects.filter(
                appraisal__cycle=cycle, state=SupervisorPart.State.SUBMITTED
            ).values("appraisal")
        )
        .select_related("employee")
        .order_by("pk")
    )
    if not appraisals:
        raise ValidationError(
            _(
                "Belum ada penilaian yang dapat ditetapkan: belum ada atasan langsung yang mengirim."
            ),
            code="empty",
        )
    matrix = performance_matrix()
    scored: list[ScoredAppraisal] = []
    for start in range(0, len(appraisals), CHUNK):
        chunk = score_appraisals(cycle, appraisals[start : start + CHUNK], matrix)
        _write_outcomes(chunk)
        scored += chunk
    moment = now()
    ids = [appraisal.pk for appraisal in appraisals]
    _move_published(cycle, ids, moment)
    batch = _record_levels(actor, cycle, scored)
    record(
        actor=actor,
        action="cycle.published",
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        roles=roles_of(actor),
        before={"state": before},
        after={
            "state": cycle.state,
            "published": len(ids),
            "waiting": Appraisal.objects.filter(cycle=cycle, published_at=None).count(),
            "batch": batch.pk if batch else None,
        },
    )
    notify_each(
        links={
            appraisal.employee.user_id: reverse("evaluations:appraisal-detail", args=[appraisal.pk])
            for appraisal in appraisals
        },
        kind="appraisal.published",
        text=_("Hasil %(cycle)s Anda sudah ditetapkan.") % {"cycle": cycle.name},
    )
    return Publication(cycle, len(ids), batch)


def _move_published(cycle: Cycle, ids: Sequence[int], moment: dt.datetime) -> None:
    """The table's `publish` for each, guarded by state; all of them or none."""
    from_states = appraisal_move("publish").from_states
    moved = Appraisal.objects.filter(cycle=cycle, pk__in=ids, state__in=from_states).update(
        state=appraisal_move("publish").to_state,
        version=F("version") + 1,
        published_at=moment,
        acknowledged_on=None,
    )
    if moved != len(ids):
        raise refusal()


def _write_outcomes(scored: Sequence[ScoredAppraisal]) -> None:
    """Results as rows; a result that was published before is replaced by the new one."""
    outcomes = Outcome.objects.bulk_create(
        [
            Outcome(
                appraisal=result.appraisal,
                index=_stored(result.index, STORED_INDEX),
                index_uncapped=_stored(result.index_uncapped, STORED_INDEX),
                assessed_count=result.assessed,
                total_count=result.total,
                work_result=result.work_result,
                behaviour=result.behaviour,
                predicate=result.predicate,
                inputs=result.inputs,
                computed_at=now(),
            )
            for result in scored
        ],
        update_conflicts=True,
        unique_fields=["appraisal"],
        update_fields=[
            "index",
            "index_uncapped",
            "assessed_count",
            "total_count",
            "work_result",
            "behaviour",
            "predicate",
            "inputs",
            "computed_at",
        ],
    )
    OutcomeLevel.objects.filter(outcome__in=[outcome.pk for outcome in outcomes]).delete()
    OutcomeLevel.objects.bulk_create(
        [
            OutcomeLevel(
                outcome=outcome,
                competency_id=level.competency_id,
                required_level=level.required,
                by_relation=_texts(level.by_relation),
                weights=_texts(level.weights),
                value=_stored(level.value, STORED),
                level=level.level,
            )
            for outcome, result in zip(outcomes, scored, strict=True)
            for level in result.levels
        ],
        batch_size=2000,
    )


def _record_levels(
    actor: User, cycle: Cycle, scored: Sequence[ScoredAppraisal]
) -> LevelBatch | None:
    """One batch a publication. Quarterly cycles rate no competencies and write none."""
    if not cycle.rates_competencies or cycle.kind == Cycle.Kind.QUARTERLY:
        return None
    return record_levels(
        actor=actor,
        kind=LevelBatch.Kind.EVALUATION,
        source=AttainedLevel.Source.EVALUATION,
        label=cycle.name,
        year=cycle.year,
        source_reference=f"cycle:{cycle.pk}",
        assessed_on=today(),
        valid_until=add_months(today(), cycle.valid_months) - dt.timedelta(days=1),
        levels=[
            NewLevel(
                employee_id=result.appraisal.employee_id,
                competency_id=level.competency_id,
                level=level.level,
                basis=_basis(cycle, result, level),
                assessor_id=result.assessor[0] if result.assessor else None,
                assessor_name=result.assessor[1] if result.assessor else "",
            )
            for result in scored
            for level in result.levels
            if level.level is not None
        ],
    )


def _basis(cycle: Cycle, result: ScoredAppraisal, level: ScoredLevel) -> dict[str, Any]:
    return {
        "cycle": cycle.pk,
        "cycle_name": cycle.name,
        "appraisal": result.appraisal.pk,
        "required": level.required,
        "by_relation": _texts(level.by_relation),
        "weights": _texts(level.weights),
        "value": str(level.value),
        "unseen": [{"id": pk, "text": text} for pk, text in level.unseen],
    }


def _texts(values: Any) -> dict[str, str]:
    return {key: f"{value.normalize():f}" for key, value in values.items()}


def _stored(value: Decimal | None, step: Decimal) -> Decimal | None:
    return None if value is None else value.quantize(step)
