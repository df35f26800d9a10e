"""The way of a development plan, and changing its lines while it is a draft."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from competencies.selectors.people import (
    definitive_assignment,
    direct_supervisor,
    employee_of,
    hr_covers,
    hr_users_for,
    is_direct_supervisor,
    roles_of,
)
from gayungan_asn.accounts.clock import now
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record
from training.models import DevelopmentPlan, PlanItem, PlanItemGap, Way
from training.permissions.plans import is_own_plan
from training.selectors.offers import PlanOffer
from training.selectors.plan_content import goal_reason
from training.services.drafting import item_from, item_gap

State = DevelopmentPlan.State
Check = Callable[[User, DevelopmentPlan], bool]


def _is_supervisor(user: User, plan: DevelopmentPlan) -> bool:
    return is_direct_supervisor(user, plan.employee)


def _is_other_hr(user: User, plan: DevelopmentPlan) -> bool:
    return not is_own_plan(user, plan) and hr_covers(user, plan.employee)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of state: from where, to where, by whom."""

    source: str
    target: str
    who: Check
    refusal: Any


STEPS: Final[dict[str, Step]] = {
    "propose": Step(
        State.DRAFT,
        State.PROPOSED,
        is_own_plan,
        gettext_lazy("Rencana diajukan oleh pegawai yang bersangkutan."),
    ),
    "withdraw": Step(
        State.PROPOSED,
        State.DRAFT,
        is_own_plan,
        gettext_lazy("Rencana ditarik oleh pegawai yang bersangkutan."),
    ),
    "approve": Step(
        State.PROPOSED,
        State.APPROVED,
        _is_supervisor,
        gettext_lazy("Rencana disetujui oleh atasan langsung, dan tidak untuk diri sendiri."),
    ),
    "return": Step(
        State.PROPOSED,
        State.DRAFT,
        _is_supervisor,
        gettext_lazy("Rencana dikembalikan oleh atasan langsung."),
    ),
    "ratify": Step(
        State.APPROVED,
        State.RATIFIED,
        _is_other_hr,
        gettext_lazy("Rencana ditetapkan oleh kepegawaian, dan tidak untuk diri sendiri."),
    ),
}
"""The whole way of a plan. `closed` follows at the end of its year."""

PAST = {
    "propose": "plan.proposed",
    "withdraw": "plan.withdrawn",
    "approve": "plan.approved",
    "return": "plan.returned",
    "ratify": "plan.ratified",
}


@transaction.atomic
def propose_plan(*, actor: User, plan: DevelopmentPlan, version: int) -> DevelopmentPlan:
    """Hand one's own draft to the supervisor, as it was read in `version`.

    Raises ValidationError: forbidden, state, stale, empty, no_supervisor.
    """
    if not plan.items.exists():
        raise ValidationError(_("Tambahkan sedikitnya satu kegiatan."), code="empty")
    supervisor = direct_supervisor(plan.employee)
    if supervisor is None:
        raise ValidationError(
            _("Atasan langsung Anda belum tercatat. Hubungi bagian kepegawaian."),
            code="no_supervisor",
        )
    plan = _move(actor, plan, version, "propose", proposed_at=now(), note="", edited_at=now())
    notify(
        users=[supervisor.user_id],
        kind="plan.proposed",
        text=_("Rencana pengembangan %(year)s %(name)s menunggu persetujuan Anda.")
        % {"year": plan.year, "name": plan.employee.name},
        link=_link(plan),
    )
    return plan


@transaction.atomic
def withdraw_plan(*, actor: User, plan: DevelopmentPlan, version: int) -> DevelopmentPlan:
    """Take one's own proposal back while nobody has decided.

    Raises ValidationError: forbidden, state, stale.
    """
    return _move(actor, plan, version, "withdraw", proposed_at=None)


@transaction.atomic
def approve_plan(*, actor: User, plan: DevelopmentPlan, version: int) -> DevelopmentPlan:
    """The direct supervisor agrees; HR ratifies next.

    Raises ValidationError: forbidden, state, stale.
    """
    plan = _move(
        actor,
        plan,
        version,
        "approve",
        approved_at=now(),
        approved_by=actor,
        approved_by_employee=employee_of(actor),
    )
    _tell_employee(plan, _("disetujui atasan langsung, lalu menunggu penetapan kepegawaian"))
    post = definitive_assignment(plan.employee)
    if post is not None:
        notify(
            users=list(hr_users_for(post.position.unit).exclude(pk=plan.employee.user_id or 0)),
            kind="plan.approved",
            text=_("Rencana pengembangan %(year)s %(name)s menunggu penetapan.")
            % {"year": plan.year, "name": plan.employee.name},
            link=_link(plan),
        )
    return plan


@transaction.atomic
def return_plan(*, actor: User, plan: DevelopmentPlan, version: int, note: str) -> DevelopmentPlan:
    """Send a proposal back as a draft, with a note that says what to change.

    Raises ValidationError: forbidden, state, stale, reason.
    """
    if not note.strip():
        raise ValidationError(_("Tulis apa yang perlu diubah."), code="reason")
    plan = _move(actor, plan, version, "return", proposed_at=None, note=note.strip()[:500])
    _tell_employee(plan, _("dikembalikan: %(note)s") % {"note": plan.note})
    return plan


@transaction.atomic
def ratify_plan(*, actor: User, plan: DevelopmentPlan, version: int) -> DevelopmentPlan:
    """HR makes an approved plan binding; nobody one's own.

    Raises ValidationError: forbidden, state, stale.
    """
    plan = _move(actor, plan, version, "ratify", ratified_at=now(), ratified_by=actor)
    _tell_employee(plan, _("ditetapkan"))
    return plan


@transaction.atomic
def update_item(
    *,
    actor: User,
    item: PlanItem,
    version: int,
    quarter: int,
    hours: Decimal,
    hours_on_job: int,
    success_sign: str,
    offer: PlanOffer | None = None,
) -> PlanItem:
    """Change a line of one's own draft; `offer` puts another activity in its place.

    A course keeps its own hours. Raises ValidationError: forbidden, state, stale,
    twice (the offer is in the plan already), offer (it does not help the line's gaps).
    """
    plan = _touch(actor, item.plan, version)
    item = PlanItem.objects.select_for_update(of=("self",)).get(pk=item.pk, plan=plan)
    before = _line(item)
    gaps = list(item.gaps.select_related("competency"))
    if offer is not None and offer.key != item.key:
        if not any(offer.helps(gap.competency.code, gap.attained_level) for gap in gaps):
            raise ValidationError(_("Kegiatan itu tidak menjawab kesenjangan ini."), code="offer")
        _check_once(plan, offer)
        reason = item.reason
        changed = item_from(
            plan,
            offer,
            supervisor=_supervisor_name(plan),
            reason=reason,
            quarter=quarter,
            display_order=item.display_order,
        )
        changed.pk = item.pk
        changed._state.adding = False
        item = changed
        for gap in gaps:
            if not offer.helps(gap.competency.code, gap.attained_level):
                gap.delete()
        success_sign = success_sign if success_sign != before["sign"] else offer.success_sign
    elif item.way != Way.COURSE:
        item.hours, item.hours_on_job = hours, hours_on_job
    item.quarter = quarter
    item.success_sign = success_sign.strip()[:300]
    item.full_clean(exclude=["plan", "course", "activity", "enrolment", "kind"])
    item.save()
    _record_line(actor, plan, item, "plan_item.updated", before, _line(item))
    return item


@transaction.atomic
def add_item(
    *,
    actor: User,
    plan: DevelopmentPlan,
    version: int,
    competency_id: int,
    offer: PlanOffer,
    quarter: int,
) -> PlanItem:
    """Add an activity for a gap of one's own draft.

    Raises ValidationError: forbidden, state, stale, twice, offer (no such gap, or the
    offer does not help it).
    """
    plan = _touch(actor, plan, version)
    row = next((row for row in plan.gap_table if row["competency_id"] == competency_id), None)
    if row is None or row["attained"] is None or not offer.helps(row["code"], row["attained"]):
        raise ValidationError(_("Kegiatan itu tidak menjawab kesenjangan ini."), code="offer")
    _check_once(plan, offer)
    last = plan.items.order_by("-display_order").values_list("display_order", flat=True).first()
    item = item_from(
        plan,
        offer,
        supervisor=_supervisor_name(plan),
        reason=_("Ditambahkan untuk %(name)s. %(reason)s")
        % {"name": row["name"], "reason": goal_reason(row)},
        quarter=quarter,
        display_order=(last or 0) + 1,
    )
    item.full_clean(exclude=["plan", "course", "activity", "enrolment", "kind"])
    item.save()
    served = [
        each
        for each in plan.gap_table
        if each["attained"] is not None
        and each["attained"] < each["required"]
        and offer.helps(each["code"], each["attained"])
    ]
    PlanItemGap.objects.bulk_create([item_gap(item, each) for each in served])
    _record_line(actor, plan, item, "plan_item.added", None, _line(item))
    return item


@transaction.atomic
def remove_item(*, actor: User, item: PlanItem, version: int) -> DevelopmentPlan:
    """Take a line out of one's own draft. Raises ValidationError: forbidden, state, stale."""
    plan = _touch(actor, item.plan, version)
    item = PlanItem.objects.select_for_update(of=("self",)).get(pk=item.pk, plan=plan)
    _record_line(actor, plan, item, "plan_item.removed", _line(item), None)
    item.delete()
    return plan


def _move(
    actor: User, plan: DevelopmentPlan, version: int, name: str, **values: Any
) -> DevelopmentPlan:
    """Change the state as the table allows: one conditional update by state and version."""
    step = STEPS[name]
    plan = _locked(plan)
    if not step.who(actor, plan):
        raise ValidationError(step.refusal, code="forbidden")
    _check_state(plan, step.source)
    _check_version(plan, version)
    changed = DevelopmentPlan.objects.filter(pk=plan.pk, state=step.source, version=version).update(
        state=step.target, version=version + 1, **values
    )
    if not changed:
        raise ValidationError(_stale(), code="stale")
    before = plan.state
    plan.refresh_from_db()
    record(
        actor=actor,
        action=PAST[name],
        obj=plan,
        subject_employee_id=plan.employee_id,
        roles=roles_of(actor),
        purpose=str(values.get("note", "")),
        before={"state": before},
        after={"state": plan.state, "version": plan.version},
    )
    return plan


def _touch(actor: User, plan: DevelopmentPlan, version: int) -> DevelopmentPlan:
    plan = _locked(plan)
    if not is_own_plan(actor, plan):
        raise ValidationError(STEPS["propose"].refusal, code="forbidden")
    _check_state(plan, State.DRAFT)
    _check_version(plan, version)
    plan.version += 1
    plan.edited_at = now()
    plan.save(update_fields=["version", "edited_at"])
    return plan


def _locked(plan: DevelopmentPlan) -> DevelopmentPlan:
    return (
        DevelopmentPlan.objects.select_for_update(of=("self",))
        .select_related("employee")
        .get(pk=plan.pk)
    )


def _check_state(plan: DevelopmentPlan, wanted: str) -> None:
    if plan.state != wanted:
        raise ValidationError(
            _("Rencana ini sudah berubah keadaan: %(state)s.")
            % {"state": plan.get_state_display()},
            code="state",
        )


def _check_version(plan: DevelopmentPlan, version: int) -> None:
    if plan.version != version:
        raise ValidationError(_stale(), code="stale")


def _stale() -> str:
    return _("Rencana ini berubah sejak Anda membukanya. Baca lagi, lalu ulangi.")


def _check_once(plan: DevelopmentPlan, offer: PlanOffer) -> None:
    if plan.items.filter(key=offer.key).exists():
        raise ValidationError(_("Kegiatan itu sudah ada dalam rencana."), code="twice")


def _supervisor_name(plan: DevelopmentPlan) -> str:
    supervisor = direct_supervisor(plan.employee)
    return supervisor.name if supervisor else ""


def _line(item: PlanItem) -> dict[str, Any]:
    return {
        "title": item.title,
        "quarter": item.quarter,
        "hours": item.hours,
        "hours_on_job": item.hours_on_job,
        "sign": item.success_sign,
    }


def _record_line(
    actor: User,
    plan: DevelopmentPlan,
    item: PlanItem,
    action: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    record(
        actor=actor,
        action=action,
        obj=item,
        subject_employee_id=plan.employee_id,
        roles=roles_of(actor),
        before=before,
        after=after,
    )


def _tell_employee(plan: DevelopmentPlan, what: str) -> None:
    notify(
        users=[plan.employee.user_id],
        kind="plan.moved",
        text=_("Rencana pengembangan %(year)s Anda %(what)s.") % {"year": plan.year, "what": what},
        link=_link(plan),
    )


def _link(plan: DevelopmentPlan) -> str:
    return reverse("training:plan-detail", args=[plan.pk])
