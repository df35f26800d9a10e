"""A result: reading it, answering it, answering the answer."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from competencies.selectors.people import employee_of
from evaluations.forms.results import DecisionForm, ObjectionForm, ReopenForm
from evaluations.models import Appraisal, Objection, SupervisorPart
from evaluations.permissions.results import (
    can_acknowledge_result,
    can_decide_objection,
    can_file_objection,
    can_reopen_appraisal,
    can_view_ratings_of,
    can_view_result,
)
from evaluations.permissions.transitions import Who, allows, towards_appraisal
from evaluations.selectors.people_words import address_of
from evaluations.selectors.results import (
    objection_last_day,
    part_sheets,
    result_page,
    steps_of,
)
from evaluations.selectors.superiors import deciding_superior
from evaluations.services.objections import decide_objection, file_objection
from evaluations.services.results import acknowledge_result, reopen_appraisal
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest


def _appraisal(request: SignedInRequest, pk: int) -> Appraisal:
    return get_object_or_404(
        Appraisal.objects.visible_to(request.user).select_related(
            "cycle", "employee", "unit", "objection__decided_by"
        ),
        pk=pk,
    )


def _objection(appraisal: Appraisal) -> Objection | None:
    return getattr(appraisal, "objection", None)


def _visible_parts(
    appraisal: Appraisal, me_id: int | None, is_own: bool, oversees: bool
) -> list[SupervisorPart]:
    """The sent parts this reader may see; a former supervisor sees the own one only."""
    parts = list(appraisal.parts.select_related("supervisor"))
    sent = [part for part in parts if part.state == SupervisorPart.State.SUBMITTED]
    if is_own:
        return sent if appraisal.is_released else []
    return [part for part in sent if oversees or part.supervisor_id == me_id]


def appraisal_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Steps always; the result once it is there; for each reader what is theirs to see."""
    appraisal = _appraisal(request, pk)
    me = employee_of(request.user)
    is_own = me is not None and me.pk == appraisal.employee_id
    oversees = not is_own and can_view_ratings_of(request.user, appraisal)
    who = towards_appraisal(request.user, appraisal)
    result = None
    if appraisal.is_released and (is_own or oversees):
        result = result_page(appraisal)
    objection = _objection(appraisal)
    own_part = appraisal.parts.filter(supervisor=me, state=SupervisorPart.State.OPEN).first()
    last_day = objection_last_day(appraisal)
    may_object = objection is None and allows("object", appraisal, who)
    context = {
        "appraisal": appraisal,
        "employee": appraisal.employee,
        "address": address_of(appraisal.employee),
        "is_own": is_own,
        "is_hr": Who.HR in who,
        "steps": steps_of(appraisal),
        "result": result,
        "parts": part_sheets(_visible_parts(appraisal, me.pk if me else None, is_own, oversees)),
        "objection": objection if is_own or oversees else None,
        "superior": deciding_superior(appraisal) if objection or may_object else None,
        "last_day": last_day,
        "in_time": last_day is not None and today() <= last_day,
        "may_acknowledge": allows("acknowledge", appraisal, who),
        "may_object": may_object,
        "may_decide": allows("decide_objection", appraisal, who),
        "may_reopen": allows("reopen", appraisal, who),
        "may_rate": own_part if own_part and allows("rate", appraisal, who) else None,
    }
    return render(request, "evaluations/appraisal_detail.html", context)


@require_POST
def appraisal_acknowledge(request: SignedInRequest, pk: int) -> HttpResponse:
    """The person says that the result was read."""
    appraisal = _appraisal(request, pk)
    require(
        can_acknowledge_result(request.user, appraisal)
        or (appraisal.acknowledged_on is not None and appraisal.employee.user_id == request.user.pk)
    )
    acknowledge_result(actor=request.user, appraisal=appraisal)
    messages.success(request, _("Tercatat: Anda sudah membaca hasil."))
    return redirect("evaluations:appraisal-detail", pk=appraisal.pk)


def appraisal_object(request: SignedInRequest, pk: int) -> HttpResponse:
    """The objection's form; too late is said with the last day."""
    appraisal = _appraisal(request, pk)
    require(can_file_objection(request.user, appraisal))
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            file_objection(actor=request.user, appraisal=appraisal, text=form.cleaned_data["text"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Keberatan diajukan. Anda diberi tahu putusannya di sini."))
            return redirect("evaluations:appraisal-detail", pk=appraisal.pk)
    last_day = objection_last_day(appraisal)
    context = {
        "appraisal": appraisal,
        "form": form,
        "superior": deciding_superior(appraisal),
        "last_day": last_day,
        "in_time": last_day is not None and today() <= last_day,
    }
    status = 422 if form.errors else 200
    return render(request, "evaluations/appraisal_object.html", context, status=status)


def objection_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """The rater's superior decides, once."""
    appraisal = _appraisal(request, pk)
    require(
        can_decide_objection(request.user, appraisal) and can_view_result(request.user, appraisal)
    )
    result = result_page(appraisal)
    outcome_levels = (
        result.outcome.levels.select_related("competency").order_by("competency__display_order")
        if result and appraisal.cycle.rates_competencies
        else []
    )
    form = DecisionForm(
        request.POST or None,
        levels=outcome_levels,
        with_performance=appraisal.cycle.rates_performance,
    )
    if request.method == "POST" and form.is_valid():
        try:
            decide_objection(
                actor=request.user,
                appraisal=appraisal,
                upheld=form.cleaned_data["decision"] == "uphold",
                answer=form.cleaned_data["answer"],
                levels=form.levels,
                work_result=form.cleaned_data.get("work_result", ""),
                behaviour=form.cleaned_data.get("behaviour", ""),
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Putusan tersimpan dan berlaku."))
            return redirect("evaluations:appraisal-detail", pk=appraisal.pk)
    context = {
        "appraisal": appraisal,
        "employee": appraisal.employee,
        "objection": _objection(appraisal),
        "form": form,
        "result": result,
    }
    status = 422 if form.errors else 200
    return render(request, "evaluations/appraisal_decide.html", context, status=status)


@require_POST
def appraisal_reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    """HR gives the appraisal back to the supervisor, with a reason."""
    appraisal = _appraisal(request, pk)
    require(can_reopen_appraisal(request.user, appraisal))
    form = ReopenForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["reason"][0]))
        return redirect("evaluations:appraisal-detail", pk=appraisal.pk)
    try:
        reopen_appraisal(
            actor=request.user, appraisal=appraisal, reason=form.cleaned_data["reason"]
        )
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, _("Penilaian dibuka kembali. Pegawai dan atasannya diberi tahu."))
    return redirect("evaluations:appraisal-detail", pk=appraisal.pk)
