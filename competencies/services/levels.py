"""Attained levels, evidence, and proposals."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from competencies.models import (
    AttainedLevel,
    Competency,
    CurrentLevel,
    Employee,
    Evidence,
    LevelBatch,
    ProposedLevel,
)
from competencies.permissions.levels import can_decide_proposed_level
from competencies.selectors.people import employee_of, roles_of
from competencies.selectors.reference import default_number
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import record

# The order in which sources count (design: which level counts).
_COUNTING = """
INSERT INTO competencies_currentlevel
    (employee_id, competency_id, attained_id, level, source, assessed_on, valid_until)
SELECT DISTINCT ON (employee_id, competency_id)
    employee_id, competency_id, id, level, source, assessed_on, valid_until
FROM competencies_attainedlevel
WHERE closed_by_id IS NULL
  AND source IN ('official', 'evaluation', 'certificate')
  AND (valid_until IS NULL OR valid_until >= %(today)s)
  AND (%(everybody)s OR employee_id = ANY(%(people)s))
ORDER BY employee_id, competency_id,
    array_position(ARRAY['official', 'evaluation', 'certificate'], source::text),
    assessed_on DESC, id DESC
ON CONFLICT (employee_id, competency_id) DO UPDATE SET
    attained_id = EXCLUDED.attained_id, level = EXCLUDED.level, source = EXCLUDED.source,
    assessed_on = EXCLUDED.assessed_on, valid_until = EXCLUDED.valid_until
"""
_GONE = """
DELETE FROM competencies_currentlevel c
USING competencies_attainedlevel a
WHERE a.id = c.attained_id AND (a.closed_by_id IS NOT NULL OR a.valid_until < %(today)s)
  AND (%(everybody)s OR c.employee_id = ANY(%(people)s))
"""


@dataclass(frozen=True, slots=True)
class NewLevel:
    """A level to be recorded. `basis` says what it was made of."""

    employee_id: int
    competency_id: int
    level: int
    basis: Mapping[str, Any] = field(default_factory=dict)
    assessor_id: int | None = None
    assessor_name: str = ""
    evidence_id: int | None = None


@transaction.atomic
def refresh_current_levels(*, employee_ids: Iterable[int] | None = None) -> None:
    """Make `CurrentLevel` say what counts today; everybody's without ids.

    Set-based: two statements. Official assessment, then evaluation, then confirmed
    certificate; among equals the latest; nothing past its validity.
    """
    values: dict[str, Any] = {
        "today": today(),
        "everybody": employee_ids is None,
        "people": list(employee_ids or []),
    }
    with connection.cursor() as cursor:
        cursor.execute(_GONE, values)
        cursor.execute(_COUNTING, values)


@transaction.atomic
def record_levels(
    *,
    actor: User | None,
    kind: str,
    source: str,
    label: str,
    year: int,
    source_reference: str,
    assessed_on: dt.date,
    valid_until: dt.date | None,
    levels: Sequence[NewLevel],
) -> LevelBatch:
    """Write a batch of levels; earlier open rows of the same source are closed by them."""
    batch = LevelBatch.objects.create(
        kind=kind,
        label=label,
        year=year,
        source_reference=source_reference,
        created_at=now(),
    )
    rows = AttainedLevel.objects.bulk_create(
        [
            AttainedLevel(
                employee_id=new.employee_id,
                competency_id=new.competency_id,
                level=new.level,
                source=source,
                basis=dict(new.basis),
                batch=batch,
                assessor_id=new.assessor_id,
                assessor_name=new.assessor_name,
                evidence_id=new.evidence_id,
                assessed_on=assessed_on,
                valid_until=valid_until,
                recorded_at=now(),
            )
            for new in levels
        ],
        batch_size=2000,
    )
    people = sorted({row.employee_id for row in rows})
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE competencies_attainedlevel old SET closed_by_id = new.id
            FROM competencies_attainedlevel new
            WHERE new.batch_id = %s AND old.closed_by_id IS NULL AND old.id <> new.id
              AND old.employee_id = new.employee_id AND old.competency_id = new.competency_id
              AND old.source = new.source AND old.assessed_on <= new.assessed_on
            """,
            [batch.pk],
        )
    refresh_current_levels(employee_ids=people)
    record(
        actor=actor,
        action="level_batch.recorded",
        obj=batch,
        after={"source": source, "people": len(people), "levels": len(rows)},
    )
    return batch


@transaction.atomic
def add_evidence(
    *,
    actor: User | None,
    employee: Employee,
    kind: str,
    title: str,
    hours: Decimal | None,
    happened_on: dt.date,
    competencies: Iterable[Competency],
    source_reference: str,
) -> Evidence:
    """Put a fact beside a person's competencies; the same reference is written once."""
    evidence, created = Evidence.objects.get_or_create(
        source_reference=source_reference,
        defaults={
            "employee": employee,
            "kind": kind,
            "title": title[:200],
            "hours": hours,
            "happened_on": happened_on,
        },
    )
    if created:
        evidence.competencies.set(competencies)
        record(
            actor=actor,
            action="evidence.added",
            obj=evidence,
            subject_employee_id=employee.pk,
            after={"kind": kind, "title": title},
        )
    return evidence


@transaction.atomic
def withdraw_evidence(*, actor: User | None, evidence: Evidence, reason: str) -> bool:
    """Take back a fact that was recorded by mistake, with the proposals that rest on it.

    False, and nothing changed, where somebody decided about a level on it: what was
    judged stays.
    """
    judged = evidence.proposals.exclude(state=ProposedLevel.State.OPEN).exists()
    if judged or AttainedLevel.objects.filter(evidence=evidence).exists():
        return False
    record(
        actor=actor,
        action="evidence.withdrawn",
        obj=evidence,
        subject_employee_id=evidence.employee_id,
        purpose=reason[:300],
        before={"kind": evidence.kind, "title": evidence.title},
    )
    evidence.proposals.all().delete()
    evidence.delete()
    return True


@transaction.atomic
def propose_level(
    *,
    actor: User | None,
    employee: Employee,
    competency: Competency,
    level: int,
    evidence: Evidence,
) -> ProposedLevel | None:
    """Propose a level on evidence; None where the level that counts is as high already.

    A course never grants a level: somebody confirms it at work.
    """
    counts = CurrentLevel.objects.filter(employee=employee, competency=competency).first()
    if counts is not None and counts.level >= level:
        return None
    proposal, created = ProposedLevel.objects.get_or_create(
        employee=employee, competency=competency, evidence=evidence, defaults={"level": level}
    )
    if created:
        record(
            actor=actor,
            action="proposed_level.created",
            obj=proposal,
            subject_employee_id=employee.pk,
            after={"competency": competency.code, "level": level},
        )
    return proposal


@transaction.atomic
def decide_proposed_level(
    *, actor: User, proposal: ProposedLevel, confirmed: bool
) -> ProposedLevel:
    """Confirm a proposal, which records a certificate level, or refuse it."""
    proposal = (
        ProposedLevel.objects.select_for_update(of=("self",))
        .select_related("employee", "competency", "evidence")
        .get(pk=proposal.pk)
    )
    if proposal.state != ProposedLevel.State.OPEN:
        raise ValidationError(_("Usulan tingkat ini sudah diputuskan."), code="decided")
    if not can_decide_proposed_level(actor, proposal):
        raise ValidationError(
            _("Hanya atasan langsung yang memastikan tingkat ini."), code="forbidden"
        )
    proposal.state = ProposedLevel.State.CONFIRMED if confirmed else ProposedLevel.State.REFUSED
    proposal.decided_by = actor
    proposal.decided_on = today()
    proposal.save(update_fields=["state", "decided_by", "decided_on"])
    record(
        actor=actor,
        action="proposed_level.confirmed" if confirmed else "proposed_level.refused",
        obj=proposal,
        subject_employee_id=proposal.employee_id,
        roles=roles_of(actor),
        after={"level": proposal.level},
    )
    if confirmed:
        months = int(default_number("evaluation_valid_months"))
        me = employee_of(actor)
        record_levels(
            actor=actor,
            kind=LevelBatch.Kind.CONFIRMATION,
            source=AttainedLevel.Source.CERTIFICATE,
            label=proposal.evidence.title[:120],
            year=today().year,
            source_reference=f"proposal:{proposal.pk}",
            assessed_on=today(),
            valid_until=add_months(today(), months) - dt.timedelta(days=1),
            levels=[
                NewLevel(
                    employee_id=proposal.employee_id,
                    competency_id=proposal.competency_id,
                    level=proposal.level,
                    basis={"evidence": proposal.evidence.title},
                    assessor_id=me.pk if me else None,
                    assessor_name=str(actor),
                    evidence_id=proposal.evidence_id,
                )
            ],
        )
    return proposal


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day some months later, held to the end of a shorter month."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
