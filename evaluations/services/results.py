"""What happens to a result after it is there: read, reopened."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from competencies.selectors.people import direct_supervisor, roles_of
from evaluations.models import Appraisal, Response, SupervisorPart
from evaluations.permissions.results import can_acknowledge_result, can_reopen_appraisal
from evaluations.services.moves import move_appraisal, refusal
from evaluations.services.windows import follow_supervisors
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record

SHORTEST_REASON = 20


def _lock(appraisal: Appraisal) -> Appraisal:
    return (
        Appraisal.objects.select_for_update(of=("self",))
        .select_related("cycle", "employee", "unit")
        .get(pk=appraisal.pk)
    )


@transaction.atomic
def acknowledge_result(*, actor: User, appraisal: Appraisal) -> Appraisal:
    """Note that the person has read the result. Saying it twice changes nothing."""
    locked = _lock(appraisal)
    if locked.acknowledged_on is not None and locked.employee.user_id == actor.pk:
        return locked
    if not can_acknowledge_result(actor, locked):
        raise refusal()
    before = locked.state
    move_appraisal(locked, "acknowledge", acknowledged_on=today())
    record(
        actor=actor,
        action="appraisal.acknowledged",
        obj=locked,
        subject_employee_id=locked.employee_id,
        subject_unit_id=locked.unit_id,
        roles=roles_of(actor),
        before={"state": before},
        after={"state": locked.state},
    )
    return locked


def _open_part(appraisal: Appraisal) -> SupervisorPart:
    """The part of today's supervisor, open again; a new supervisor gets one."""
    supervisor = direct_supervisor(appraisal.employee)
    parts = appraisal.parts.filter(supervisor=supervisor).select_related("supervisor")
    part = parts.order_by("-period").first()
    if part is None and supervisor is not None:
        follow_supervisors(cycle=appraisal.cycle)
        part = parts.order_by("-period").first()
    if part is None:
        raise ValidationError(
            _("Belum ada atasan langsung yang dapat menilai. Perbaiki atasan langsung dahulu."),
            code="no_part",
        )
    part.state = SupervisorPart.State.OPEN
    part.submitted_at = None
    part.version += 1
    part.save(update_fields=["state", "submitted_at", "version"])
    Response.objects.filter(part=part).update(is_submitted=False, version=F("version") + 1)
    return part


@transaction.atomic
def reopen_appraisal(*, actor: User, appraisal: Appraisal, reason: str) -> Appraisal:
    """Give an appraisal back to today's direct supervisor, for a stated reason.

    The supervisor's part opens again as it was; the person and the supervisor are told.
    Raises `reason` under 20 characters and `no_part` where nobody could rate now.
    """
    locked = _lock(appraisal)
    reason = reason.strip()[:500]
    if len(reason) < SHORTEST_REASON:
        raise ValidationError(
            _("Tulis alasannya, paling sedikit %(count)d karakter."),
            code="reason",
            params={"count": SHORTEST_REASON},
        )
    if not can_reopen_appraisal(actor, locked):
        raise refusal()
    before = locked.state
    move_appraisal(
        locked, "reopen", reopened_reason=reason, acknowledged_on=None, published_at=None
    )
    part = _open_part(locked)
    record(
        actor=actor,
        action="appraisal.reopened",
        obj=locked,
        subject_employee_id=locked.employee_id,
        subject_unit_id=locked.unit_id,
        roles=roles_of(actor),
        purpose=reason,
        before={"state": before},
        after={"state": locked.state},
    )
    notify(
        users=[locked.employee.user_id],
        kind="appraisal",
        text=str(
            _("%(cycle)s Anda dibuka kembali oleh kepegawaian: %(reason)s")
            % {"cycle": locked.cycle.name, "reason": reason}
        ),
        link=reverse("evaluations:appraisal-detail", args=[locked.pk]),
    )
    notify(
        users=[part.supervisor.user_id],
        kind="appraisal",
        text=str(
            _("Penilaian %(name)s dibuka kembali oleh kepegawaian: %(reason)s")
            % {"name": locked.employee.full_name, "reason": reason}
        ),
        link=reverse("evaluations:part-rating", args=[part.pk]),
    )
    return locked
