"""Rating oneself and others: the lists, and the forms of the person and of peers."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from competencies.permissions.person import require_person
from evaluations.forms.ratings import FeedbackForm, MarksForm
from evaluations.models import Appraisal, FeedbackPhrase, FeedbackRequest, Response
from evaluations.models.feedback import Relation
from evaluations.permissions.ratings import (
    can_answer_feedback,
    can_edit_self_rating,
    can_read_own_answer,
    is_own_appraisal,
)
from evaluations.selectors.people_words import address_of
from evaluations.selectors.rating_pages import (
    RatingSheet,
    asked_of,
    rating_sheet,
    team_lines,
)
from evaluations.selectors.results import steps_of
from evaluations.services.ratings import (
    save_feedback,
    save_self_rating,
    submit_feedback,
    submit_self_rating,
)
from evaluations.views.saving import (
    clock_words,
    differences,
    form_errors,
    invalid_answer,
    is_autosave,
    refusal_code,
    saved_answer,
    with_typed,
)
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest


def appraisals(request: SignedInRequest) -> HttpResponse:
    """What somebody has to do with appraisals: the own one, people to rate, answers asked."""
    me = require_person(request.user)
    own = list(me.appraisals.select_related("cycle").order_by("-cycle__opens_on", "-pk")[:12])
    running = [row for row in own if not row.is_released and row.cycle.state != "closed"]
    lines = team_lines(me)
    return render(
        request,
        "evaluations/appraisal_list.html",
        {
            "running": [(row, steps_of(row)) for row in running],
            "results": [row for row in own if row.is_released],
            "lines": lines,
            "sent": sum(line.is_sent for line in lines),
            "asked": asked_of(me),
        },
    )


# --- Oneself -----------------------------------------------------------------
def _own(request: SignedInRequest, pk: int) -> Appraisal:
    appraisal = get_object_or_404(
        Appraisal.objects.visible_to(request.user).select_related("cycle", "employee"), pk=pk
    )
    require(is_own_appraisal(request.user, appraisal))
    return appraisal


def _self_sheet(appraisal: Appraisal) -> tuple[RatingSheet, int]:
    response = Response.objects.filter(appraisal=appraisal, relation=Relation.SELF).first()
    return rating_sheet(appraisal, response), response.version if response else 1


def self_rating(request: SignedInRequest, pk: int) -> HttpResponse:
    """The own rating; read only once it is sent."""
    appraisal = _own(request, pk)
    if request.method == "POST":
        require(can_edit_self_rating(request.user, appraisal))
        return _save_self(request, appraisal)
    sheet, version = _self_sheet(appraisal)
    if appraisal.self_submitted_on is not None:
        context = {"appraisal": appraisal, "sheet": sheet, "steps": steps_of(appraisal)}
        return render(request, "evaluations/self_sent.html", context)
    if not can_edit_self_rating(request.user, appraisal):
        return redirect("evaluations:appraisal-detail", pk=appraisal.pk)
    return _self_page(request, appraisal, sheet, version)


def _self_page(
    request: SignedInRequest,
    appraisal: Appraisal,
    sheet: RatingSheet,
    version: int,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"appraisal": appraisal, "sheet": sheet, "version": version, **more}
    context["unfolded"] = sheet.unfolded | _asked_open(request)
    return render(request, "evaluations/self_rating.html", context, status=status)


def _asked_open(request: SignedInRequest) -> frozenset[int]:
    """The competency a link leads to (`buka`)."""
    asked = request.GET.get("buka", "")
    return frozenset({int(asked)}) if asked.isascii() and asked.isdigit() else frozenset()


def _save_self(request: SignedInRequest, appraisal: Appraisal) -> HttpResponse:
    form = MarksForm(request.POST, appraisal.competencies.values_list("competency_id", flat=True))
    if not form.is_valid():
        if is_autosave(request):
            return invalid_answer(form)
        sheet, version = _self_sheet(appraisal)
        return _self_page(request, appraisal, sheet, version, 422, form=form)
    try:
        response = save_self_rating(
            actor=request.user,
            appraisal=appraisal,
            marks=form.marks,
            version=form.cleaned_data["version"],
        )
    except ValidationError as refusal:
        refusal_code(refusal)
        if is_autosave(request):
            return HttpResponse(status=409)
        sheet, version = _self_sheet(appraisal)
        return _self_page(
            request,
            appraisal,
            with_typed(sheet, form.marks),
            version,
            409,
            differences=differences(sheet, form.marks),
        )
    if is_autosave(request):
        return saved_answer(response.version)
    if "check" in request.POST:
        return redirect("evaluations:self-check", pk=appraisal.pk)
    messages.success(request, _("Draf tersimpan pukul %(time)s.") % {"time": clock_words()})
    return redirect("evaluations:self-rating", pk=appraisal.pk)


def self_check(request: SignedInRequest, pk: int) -> HttpResponse:
    """What will be sent, with links to change it."""
    appraisal = _own(request, pk)
    if appraisal.self_submitted_on is not None:
        return redirect("evaluations:self-rating", pk=appraisal.pk)
    require(can_edit_self_rating(request.user, appraisal))
    sheet, _version = _self_sheet(appraisal)
    missing = [row for row in sheet.rows if row.level is None]
    context = {"appraisal": appraisal, "sheet": sheet, "missing": missing}
    return render(request, "evaluations/self_check.html", context)


@require_POST
def self_submit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the own rating; a second press changes nothing."""
    appraisal = _own(request, pk)
    require(
        appraisal.self_submitted_on is not None or can_edit_self_rating(request.user, appraisal)
    )
    try:
        submit_self_rating(actor=request.user, appraisal=appraisal)
    except ValidationError as refusal:
        refusal_code(refusal)
        messages.error(request, refusal.messages[0])
        return redirect("evaluations:self-check", pk=appraisal.pk)
    messages.success(request, _("Penilaian mandiri terkirim. Atasan langsung Anda diberi tahu."))
    return redirect("evaluations:self-rating", pk=appraisal.pk)


# --- Peers and subordinates ------------------------------------------------------
def feedback(request: SignedInRequest, pk: int) -> HttpResponse:
    """The short form about a colleague; only for the person asked."""
    asked = get_object_or_404(
        FeedbackRequest.objects.visible_to(request.user)
        .exclude(state=FeedbackRequest.State.WITHDRAWN)
        .select_related("appraisal__cycle", "appraisal__employee", "response"),
        pk=pk,
    )
    if request.method == "POST":
        require(can_answer_feedback(request.user, asked))
        return _save_feedback(request, asked)
    if can_answer_feedback(request.user, asked):
        return _feedback_page(request, asked)
    readable = can_read_own_answer(request.user, asked)
    context: dict[str, Any] = {"asked": asked, "sheet": None}
    if readable:
        context["sheet"] = rating_sheet(asked.appraisal, asked.response, only_asked_of_peers=True)
    return render(request, "evaluations/feedback_sent.html", context)


def _feedback_page(
    request: SignedInRequest,
    asked: FeedbackRequest,
    form: FeedbackForm | None = None,
    errors: list[dict[str, str]] | None = None,
) -> HttpResponse:
    sheet = rating_sheet(asked.appraisal, asked.response, only_asked_of_peers=True)
    chosen = {
        "strength": asked.response.strength_id if asked.response else None,
        "suggestion": asked.response.suggestion_id if asked.response else None,
    }
    if form is not None:
        sheet = with_typed(sheet, form.marks)
        chosen = {name: _number(form.data.get(name, "")) for name in chosen}
    phrases = list(FeedbackPhrase.objects.filter(is_active=True))
    unfolded = sheet.unfolded
    if errors:
        unfolded = frozenset(row.competency.pk for row in sheet.rows if row.level is None)
    context = {
        "asked": asked,
        "employee": asked.appraisal.employee,
        "address": address_of(asked.appraisal.employee),
        "sheet": sheet,
        "unfolded": unfolded,
        "strengths": [one for one in phrases if one.kind == FeedbackPhrase.Kind.STRENGTH],
        "suggestions": [one for one in phrases if one.kind == FeedbackPhrase.Kind.SUGGESTION],
        "chosen": chosen,
        "errors": errors or [],
        "has_errors": bool(errors),
    }
    return render(request, "evaluations/feedback.html", context, status=422 if errors else 200)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _unanswered(asked: FeedbackRequest, form: FeedbackForm) -> list[dict[str, str]]:
    """Competencies without any choice, "tidak tahu" being one."""
    items = asked.appraisal.competencies.filter(asked_of_peers=True).select_related("competency")
    return [
        {
            "anchor": f"k-{item.competency_id}",
            "message": _("%(name)s: pilih satu, atau Tidak tahu") % {"name": item.competency},
        }
        for item in items
        if item.competency_id not in form.marks
    ]


def _save_feedback(request: SignedInRequest, asked: FeedbackRequest) -> HttpResponse:
    items = asked.appraisal.competencies.filter(asked_of_peers=True)
    form = FeedbackForm(request.POST, items.values_list("competency_id", flat=True))
    if not form.is_valid():
        if is_autosave(request):
            return invalid_answer(form)
        errors = form_errors(form)
        return _feedback_page(request, asked, form, errors)
    saved = asked
    errors = _unanswered(asked, form) if "send" in request.POST else []
    try:
        saved = save_feedback(
            actor=request.user,
            request=asked,
            marks=form.marks,
            strength=form.cleaned_data["strength"],
            suggestion=form.cleaned_data["suggestion"],
        )
        if "send" in request.POST and not errors:
            submit_feedback(actor=request.user, request=saved)
            messages.success(request, _("Terima kasih. Jawaban Anda terkirim tanpa nama."))
            return redirect("evaluations:appraisals")
    except ValidationError as refusal:
        refusal_code(refusal)
        errors = [{"anchor": "", "message": text} for text in refusal.messages]
    if is_autosave(request):
        return saved_answer()
    if errors:
        return _feedback_page(request, saved, form, errors)
    messages.success(request, _("Draf tersimpan pukul %(time)s.") % {"time": clock_words()})
    return redirect("evaluations:feedback", pk=asked.pk)
