"""A ratified plan follows what happens: enrolments by themselves, the rest by a tick."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from competencies.selectors.people import roles_of
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import record
from training.models import DevelopmentPlan, Enrolment, PlanItem
from training.permissions.plans import can_follow_plan

ITEM_STATE_OF = {
    Enrolment.State.REQUESTED: PlanItem.State.PLANNED,
    Enrolment.State.WAITLISTED: PlanItem.State.PLANNED,
    Enrolment.State.APPROVED: PlanItem.State.RUNNING,
    Enrolment.State.CONFIRMED: PlanItem.State.RUNNING,
    Enrolment.State.ATTENDED: PlanItem.State.RUNNING,
    Enrolment.State.COMPLETED: PlanItem.State.DONE,
    Enrolment.State.FAILED: PlanItem.State.PLANNED,
}


def follow_enrolment(enrolment: Enrolment) -> int:
    """Put the enrolment beside the plan line of its course; gives the lines changed.

    Ratified plans only, of the year the class begins in. An enrolment given back or
    failed leaves the line as planned. Runs inside the caller's transaction.
    """
    course_class = enrolment.course_class
    lines = PlanItem.objects.select_for_update(of=("self",)).filter(
        plan__employee=enrolment.employee_id,
        plan__year=course_class.first_day.year,
        plan__state=DevelopmentPlan.State.RATIFIED,
        course=course_class.course_id,
    )
    state = ITEM_STATE_OF.get(Enrolment.State(enrolment.state))
    changed = 0
    for line in lines:
        if state is None:
            if line.enrolment_id != enrolment.pk:
                continue
            line.enrolment, line.state, line.done_on = None, PlanItem.State.PLANNED, None
        else:
            line.enrolment, line.state = enrolment, state
            line.done_on = enrolment.completed_on if state == PlanItem.State.DONE else None
        line.save(update_fields=["enrolment", "state", "done_on"])
        DevelopmentPlan.objects.filter(pk=line.plan_id).update(version=F("version") + 1)
        changed += 1
    return changed


@transaction.atomic
def set_item_state(
    *,
    actor: User,
    item: PlanItem,
    state: str,
    quarter: int | None = None,
    done_on: dt.date | None = None,
) -> PlanItem:
    """Tick an activity of one's ratified plan, or move it to another quarter.

    Raises ValidationError: forbidden, state, enrolled (an enrolment decides the line).
    """
    plan = (
        DevelopmentPlan.objects.select_for_update(of=("self",))
        .select_related("employee")
        .get(pk=item.plan_id)
    )
    item = PlanItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if not can_follow_plan(actor, plan):
        raise ValidationError(
            _("Kegiatan hanya ditandai pada rencana sendiri yang sudah ditetapkan."),
            code="forbidden",
        )
    if state not in PlanItem.State.values:
        raise ValidationError(_("Pilih salah satu dari daftar"), code="state")
    if item.enrolment_id and state != item.state:
        raise ValidationError(
            _("Keadaan kegiatan ini mengikuti pengajuan pelatihannya."), code="enrolled"
        )
    before = {"state": item.state, "quarter": item.quarter}
    item.state = state
    item.quarter = quarter or item.quarter
    item.done_on = (done_on or today()) if state == PlanItem.State.DONE else None
    item.full_clean(exclude=["plan", "course", "activity", "enrolment", "kind"])
    item.save(update_fields=["state", "quarter", "done_on"])
    DevelopmentPlan.objects.filter(pk=plan.pk).update(version=F("version") + 1)
    record(
        actor=actor,
        action="plan_item.state_set",
        obj=item,
        subject_employee_id=plan.employee_id,
        roles=roles_of(actor),
        before=before,
        after={"state": item.state, "quarter": item.quarter},
    )
    return item
