"""HR changes who is asked about somebody, while the window is open."""

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from competencies.models import Employee
from competencies.selectors.people import roles_of
from evaluations.models import Appraisal, FeedbackRequest
from evaluations.models.feedback import Relation
from evaluations.permissions.cycles import can_assign_feedback
from evaluations.rules import DISCLOSURE_MINIMUM
from evaluations.selectors.progress import superiors_of
from evaluations.services.cycles import not_allowed
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record


@transaction.atomic
def change_peers(
    *,
    actor: User,
    appraisal: Appraisal,
    add: Collection[Employee] = (),
    withdraw: Collection[FeedbackRequest] = (),
) -> Appraisal:
    """Ask further peers, or take back requests nobody answered.

    Raises `self`, `supervisor`, `subordinate` for people who are no peers, `inactive`
    for the absent, `answered` for a request that was answered, and `too_few` where
    fewer than the cycle's minimum (never under three) would remain. The audit entry
    names the day and the numbers only.
    """
    appraisal = (
        Appraisal.objects.select_for_update(of=("self",))
        .select_related("cycle", "employee", "unit")
        .get(pk=appraisal.pk)
    )
    if not can_assign_feedback(actor, appraisal):
        raise not_allowed()
    requests = {
        request.pk: request
        for request in FeedbackRequest.objects.select_for_update().filter(
            appraisal=appraisal, relation=Relation.PEER
        )
    }
    taken_back = [requests[row.pk] for row in withdraw if row.pk in requests]
    if any(request.state == FeedbackRequest.State.ANSWERED for request in taken_back):
        raise ValidationError(
            gettext_lazy("Jawaban yang sudah masuk tidak dapat ditarik."), code="answered"
        )
    taken_back = [r for r in taken_back if r.state == FeedbackRequest.State.INVITED]
    asked = {
        request.rater_id
        for request in requests.values()
        if request.state in (FeedbackRequest.State.INVITED, FeedbackRequest.State.ANSWERED)
    }
    new = {employee.pk: employee for employee in add if employee.pk not in asked}
    _check_peers(appraisal, new)
    if not new and not taken_back:
        return appraisal
    remaining = len(asked) - len(taken_back) + len(new)
    least = max(appraisal.cycle.peers_minimum, DISCLOSURE_MINIMUM)
    if remaining < least:
        raise ValidationError(
            gettext_lazy("Paling sedikit %(least)d rekan kerja diminta menilai."),
            code="too_few",
            params={"least": least},
        )
    for request in taken_back:
        response, request.response = request.response, None
        request.state = FeedbackRequest.State.WITHDRAWN
        request.save(update_fields=["state", "response"])
        if response is not None:
            response.delete()
    earlier_requests = {request.rater_id: request for request in requests.values()}
    for pk in new:
        earlier = earlier_requests.get(pk)
        if earlier is not None:
            earlier.state = FeedbackRequest.State.INVITED
            earlier.save(update_fields=["state"])
        else:
            FeedbackRequest.objects.create(appraisal=appraisal, rater_id=pk, relation=Relation.PEER)
    record(
        actor=actor,
        action="feedback_assignment.changed",
        obj=appraisal,
        subject_employee_id=appraisal.employee_id,
        subject_unit_id=appraisal.unit_id,
        roles=roles_of(actor),
        after={"added": len(new), "withdrawn": len(taken_back), "asked": remaining},
        day_only=True,
    )
    notify(
        users=[employee.user_id for employee in new.values()],
        kind="feedback.asked",
        text=_("Anda diminta menilai rekan kerja dalam %(cycle)s sampai %(day)s. Jawaban anonim.")
        % {
            "cycle": appraisal.cycle.name,
            "day": f"{appraisal.cycle.peers_until:%d/%m/%Y}",
        },
        link=reverse("evaluations:appraisals"),
    )
    return appraisal


def _check_peers(appraisal: Appraisal, new: dict[int, Employee]) -> None:
    if appraisal.employee_id in new:
        raise ValidationError(
            gettext_lazy("Tidak seorang pun menjadi rekan kerja bagi dirinya sendiri."), code="self"
        )
    above = superiors_of(appraisal.employee_id) | set(
        appraisal.parts.values_list("supervisor_id", flat=True)
    )
    if above & set(new):
        raise ValidationError(
            gettext_lazy("Atasan tidak dapat menjadi rekan kerja."), code="supervisor"
        )
    for pk, employee in new.items():
        if appraisal.employee_id in superiors_of(pk):
            raise ValidationError(
                gettext_lazy("%(name)s adalah bawahan, bukan rekan kerja."),
                code="subordinate",
                params={"name": employee.full_name},
            )
    if new and Employee.objects.active().filter(pk__in=new).count() != len(new):
        raise ValidationError(gettext_lazy("Pilih pegawai yang sedang bertugas."), code="inactive")
