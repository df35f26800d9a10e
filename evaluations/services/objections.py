"""Objections: filed in time by the person, answered once by the rater's superior."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from competencies.models import AttainedLevel, LevelBatch
from competencies.rules import job_person_match
from competencies.selectors.people import employee_of, roles_of
from competencies.selectors.reference import performance_matrix
from competencies.services.levels import NewLevel, add_months, record_levels
from evaluations import rules
from evaluations.models import (
    Appraisal,
    Cycle,
    Objection,
    Outcome,
    OutcomeLevel,
    SupervisorPart,
)
from evaluations.permissions.results import can_decide_objection, can_file_objection
from evaluations.selectors.results import objection_last_day
from evaluations.selectors.superiors import deciding_superior, main_part
from evaluations.services.moves import move_appraisal, refusal
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record

SHORTEST_TEXT = 20


def _lock(appraisal: Appraisal) -> Appraisal:
    return (
        Appraisal.objects.select_for_update(of=("self",))
        .select_related("cycle", "employee", "unit")
        .get(pk=appraisal.pk)
    )


def _checked_text(text: str) -> str:
    text = text.strip()
    if len(text) < SHORTEST_TEXT:
        raise ValidationError(
            _("Tulis alasannya, paling sedikit %(count)d karakter."),
            code="text",
            params={"count": SHORTEST_TEXT},
        )
    return text[:2000]


@transaction.atomic
def file_objection(*, actor: User, appraisal: Appraisal, text: str) -> Objection:
    """Object to a result, once, within the cycle's days.

    Raises `late` with the last day named, `no_superior` where nobody could decide, and
    `text` under 20 characters.
    """
    locked = _lock(appraisal)
    if not can_file_objection(actor, locked):
        raise refusal()
    last_day = objection_last_day(locked)
    if last_day is None:
        raise refusal()
    if today() > last_day:
        raise ValidationError(
            _("Tenggang keberatan sudah lewat. Hari terakhirnya %(day)s."),
            code="late",
            params={"day": date_format(last_day, "j F Y")},
        )
    if deciding_superior(locked) is None:
        raise ValidationError(
            _(
                "Belum ada atasan dari penilai yang dapat memutuskan keberatan ini. "
                "Hubungi bagian kepegawaian sebelum %(day)s."
            ),
            code="no_superior",
            params={"day": date_format(last_day, "j F Y")},
        )
    objection = Objection(
        appraisal=locked, text=_checked_text(text), filed_on=today(), last_day=last_day
    )
    objection.full_clean()
    objection.save()
    before = locked.state
    move_appraisal(locked, "object")
    record(
        actor=actor,
        action="objection.filed",
        obj=objection,
        subject_employee_id=locked.employee_id,
        subject_unit_id=locked.unit_id,
        roles=roles_of(actor),
        before={"state": before},
        after={"state": locked.state},
    )
    superior = deciding_superior(locked)
    part = main_part(locked)
    told = [superior.user_id if superior else None, part.supervisor.user_id if part else None]
    notify(
        users=told,
        kind="objection",
        text=str(
            _("%(name)s mengajukan keberatan atas hasil %(cycle)s.")
            % {"name": locked.employee.full_name, "cycle": locked.cycle.name}
        ),
        link=reverse("evaluations:appraisal-detail", args=[locked.pk]),
    )
    return objection


def _changed_levels(
    outcome: Outcome, levels: Mapping[int, int]
) -> list[tuple[OutcomeLevel, int | None, int]]:
    changed = []
    for row in outcome.levels.select_related("competency"):
        new = levels.get(row.competency_id)
        if new is None or new == row.level:
            continue
        if not 0 <= new <= 5:
            raise ValidationError(_("Pilih tingkat 0 sampai 5."), code="level")
        changed.append((row, row.level, new))
    return changed


def _correct_levels(
    actor: User, appraisal: Appraisal, changed: list[tuple[OutcomeLevel, int | None, int]]
) -> None:
    """Write the decided levels beside the old ones, which they close."""
    standing = {
        row.competency_id: row
        for row in AttainedLevel.objects.filter(
            employee=appraisal.employee_id,
            source=AttainedLevel.Source.EVALUATION,
            closed_by=None,
            competency__in=[row.competency_id for row, _old, _new in changed],
        )
    }
    ends = {row.valid_until for row in standing.values()}
    ends.discard(None)
    valid_until = (
        max(end for end in ends if end is not None)
        if ends
        else add_months(today(), appraisal.cycle.valid_months) - dt.timedelta(days=1)
    )
    me = employee_of(actor)
    record_levels(
        actor=actor,
        kind=LevelBatch.Kind.OBJECTION,
        source=AttainedLevel.Source.EVALUATION,
        label=str(_("Keputusan keberatan: %(cycle)s") % {"cycle": appraisal.cycle.name})[:120],
        year=appraisal.cycle.year,
        source_reference=f"objection:{appraisal.objection.pk}",
        assessed_on=today(),
        valid_until=valid_until,
        levels=[
            NewLevel(
                employee_id=appraisal.employee_id,
                competency_id=row.competency_id,
                level=new,
                basis=(
                    dict(standing[row.competency_id].basis) if row.competency_id in standing else {}
                )
                | {"objection": {"before": old, "after": new}},
                assessor_id=me.pk if me else None,
                assessor_name=str(actor),
            )
            for row, old, new in changed
        ],
    )


def _recount(outcome: Outcome) -> None:
    pairs = list(outcome.levels.values_list("required_level", "level"))
    outcome.index = job_person_match(pairs, capped=True)
    outcome.index_uncapped = job_person_match(pairs, capped=False)
    outcome.assessed_count = sum(level is not None for _required, level in pairs)


def _change_outcome(
    actor: User,
    appraisal: Appraisal,
    levels: Mapping[int, int],
    work_result: str,
    behaviour: str,
) -> dict[str, Any]:
    """Make the outcome say what was decided; give back what changed, before and after."""
    outcome = Outcome.objects.select_for_update().get(appraisal=appraisal)
    changed = _changed_levels(outcome, levels)
    changes: dict[str, Any] = {
        "levels": [
            {"competency": row.competency.code, "before": old, "after": new}
            for row, old, new in changed
        ]
    }
    for row, _old, new in changed:
        row.level = new
        row.save(update_fields=["level"])
    if appraisal.cycle.rates_performance:
        choices = SupervisorPart.Rating.values
        for name, value in (("work_result", work_result), ("behaviour", behaviour)):
            before = getattr(outcome, name)
            if not value or value == before:
                continue
            if value not in choices:
                raise ValidationError(_("Pilih salah satu dari tiga pilihan."), code="choice")
            setattr(outcome, name, value)
            changes[name] = {"before": before, "after": value}
        if len(changes) > 1:
            before = outcome.predicate
            outcome.predicate = (
                rules.predicate(
                    outcome.work_result or None, outcome.behaviour or None, performance_matrix()
                )
                or ""
            )
            changes["predicate"] = {"before": before, "after": outcome.predicate}
    if not changed and len(changes) == 1:
        raise ValidationError(
            _("Ubah sedikitnya satu nilai bila keberatan diterima."), code="unchanged"
        )
    _recount(outcome)
    outcome.inputs = {**outcome.inputs, "objection": changes}
    outcome.save()
    writes_levels = appraisal.cycle.kind != Cycle.Kind.QUARTERLY
    if changed and writes_levels and appraisal.cycle.rates_competencies:
        _correct_levels(actor, appraisal, changed)
    return changes


@transaction.atomic
def decide_objection(
    *,
    actor: User,
    appraisal: Appraisal,
    upheld: bool,
    answer: str,
    levels: Mapping[int, int] | None = None,
    work_result: str = "",
    behaviour: str = "",
) -> Objection:
    """Answer an objection; the answer is final.

    Upheld: `levels` (competency id → level) and the two ratings as they shall be, at
    least one of them changed. Old and new value stay in the result and the audit trail,
    and a correcting batch of levels is written. Raises `text` for a short answer.
    """
    locked = _lock(appraisal)
    if not can_decide_objection(actor, locked):
        raise refusal()
    objection = Objection.objects.select_for_update().get(appraisal=locked)
    if objection.state != Objection.State.OPEN:
        raise refusal()
    locked.objection = objection
    changes: dict[str, Any] = {}
    text = _checked_text(answer)
    if upheld:
        changes = _change_outcome(actor, locked, levels or {}, work_result, behaviour)
    objection.state = Objection.State.UPHELD if upheld else Objection.State.DISMISSED
    objection.answer = text
    objection.decided_by = employee_of(actor)
    objection.decided_by_user = actor
    objection.decided_on = today()
    objection.full_clean()
    objection.save()
    before = locked.state
    move_appraisal(locked, "decide_objection")
    record(
        actor=actor,
        action="objection.upheld" if upheld else "objection.dismissed",
        obj=objection,
        subject_employee_id=locked.employee_id,
        subject_unit_id=locked.unit_id,
        roles=roles_of(actor),
        before={"state": before},
        after={"state": locked.state, **changes},
    )
    part = main_part(locked)
    notify(
        users=[locked.employee.user_id, part.supervisor.user_id if part else None],
        kind="objection",
        text=str(
            _("Keberatan %(name)s atas %(cycle)s sudah diputuskan: %(state)s.")
            % {
                "name": locked.employee.full_name,
                "cycle": locked.cycle.name,
                "state": objection.get_state_display(),
            }
        ),
        link=reverse("evaluations:appraisal-detail", args=[locked.pk]),
    )
    return objection
