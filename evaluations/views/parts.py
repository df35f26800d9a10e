"""The supervisor's page: rate, check, send, next person."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from competencies.permissions.person import require_person
from competencies.selectors.people import employee_of
from competencies.selectors.reference import rating_texts
from evaluations.forms.ratings import PartForm
from evaluations.models import Appraisal, Response, SupervisorPart
from evaluations.permissions.ratings import can_rate_part
from evaluations.selectors.people_words import address_of
from evaluations.selectors.rating_pages import (
    RatingSheet,
    evidence_panel,
    next_to_rate,
    rating_sheet,
    team_lines,
)
from evaluations.services.ratings import part_problems, save_part, submit_part
from evaluations.views.saving import (
    Difference,
    clock_words,
    differences,
    form_errors,
    invalid_answer,
    is_autosave,
    refusal_code,
    saved_answer,
    with_typed,
)
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest


@dataclass(frozen=True, slots=True)
class ThreeWay:
    """One of the three choices about work results or behaviour."""

    value: str
    label: str
    text: str


def _three(dimension: str) -> list[ThreeWay]:
    texts = rating_texts(dimension)
    return [
        ThreeWay(code, str(label), texts.get(code, ("", ""))[1])
        for code, label in SupervisorPart.Rating.choices
    ]


def _part(request: SignedInRequest, pk: int) -> SupervisorPart:
    return get_object_or_404(
        SupervisorPart.objects.filter(
            appraisal__in=Appraisal.objects.visible_to(request.user)
        ).select_related("appraisal__cycle", "appraisal__employee", "supervisor"),
        pk=pk,
    )


def _sheet(part: SupervisorPart) -> RatingSheet:
    response = Response.objects.filter(part=part).first()
    return rating_sheet(part.appraisal, response, for_supervisor=True)


def part_rating(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rate one person; what others said comes with the own mark of each competency."""
    part = _part(request, pk)
    me = employee_of(request.user)
    if request.method != "POST" and part.state == SupervisorPart.State.SUBMITTED:
        require(me is not None and me.pk == part.supervisor_id)
        return redirect("evaluations:appraisal-detail", pk=part.appraisal_id)
    require(can_rate_part(request.user, part))
    if request.method == "POST":
        return _save(request, part)
    return _page(request, part, _sheet(part))


def _page(
    request: SignedInRequest,
    part: SupervisorPart,
    sheet: RatingSheet,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    appraisal = part.appraisal
    cycle = appraisal.cycle
    lines = team_lines(part.supervisor)
    asked = request.GET.get("buka", "")
    opened = {int(asked)} if asked.isascii() and asked.isdigit() else set()
    context = {
        "part": part,
        "appraisal": appraisal,
        "employee": appraisal.employee,
        "address": address_of(appraisal.employee),
        "sheet": sheet,
        "unfolded": sheet.unfolded | opened,
        "peers_closed": cycle.peers_closed_on is not None,
        "days_left": (cycle.supervisor_until - today()).days,
        "evidence": evidence_panel(appraisal),
        "lines": lines,
        "sent": sum(line.is_sent for line in lines),
        "work_choices": _three("hasil_kerja") if cycle.rates_performance else [],
        "behaviour_choices": _three("perilaku_kerja") if cycle.rates_performance else [],
        "values": {
            "work_result": part.work_result,
            "behaviour": part.behaviour,
            "message": part.message,
        },
        **more,
    }
    return render(request, "evaluations/part_rating.html", context, status=status)


def _fragments(part: SupervisorPart) -> Iterator[str]:
    """What opens with saved marks: others' marks, and phrases with the last one."""
    sheet = _sheet(part)
    closed = part.appraisal.cycle.peers_closed_on is not None
    for row in sheet.rows:
        if row.others is None or row.level is None:
            continue
        context = {"row": row, "peers_closed": closed}
        yield render_to_string("evaluations/_part_subline.html", context)
        yield render_to_string("evaluations/_part_reveal.html", context)
    if sheet.phrases:
        yield render_to_string("evaluations/_part_phrases.html", {"phrases": sheet.phrases})


def _save(request: SignedInRequest, part: SupervisorPart) -> HttpResponse:
    ids = part.appraisal.competencies.values_list("competency_id", flat=True)
    form = PartForm(request.POST, ids)
    if not form.is_valid():
        if is_autosave(request):
            return invalid_answer(form)
        typed = {name: request.POST.get(name, "") for name in ("work_result", "behaviour")}
        typed["message"] = request.POST.get("message", "")
        errors = form_errors(form)
        return _page(
            request,
            part,
            with_typed(_sheet(part), form.marks),
            422,
            errors=errors,
            has_errors=True,
            values=typed,
        )
    cleaned = form.cleaned_data
    performance = {name: cleaned[name] for name in ("work_result", "behaviour", "message")}
    try:
        saved = save_part(
            actor=request.user,
            part=part,
            marks=form.marks,
            version=cleaned["version"],
            **performance,
        )
    except ValidationError as refusal:
        refusal_code(refusal)
        if is_autosave(request):
            return HttpResponse(status=409)
        return _conflict(request, part, form, performance)
    if is_autosave(request):
        return saved_answer(saved.version, _fragments(saved))
    if "check" in request.POST:
        return redirect("evaluations:part-check", pk=part.pk)
    messages.success(request, _("Draf tersimpan pukul %(time)s.") % {"time": clock_words()})
    return redirect("evaluations:part-rating", pk=part.pk)


def _conflict(
    request: SignedInRequest, part: SupervisorPart, form: PartForm, typed: dict[str, str]
) -> HttpResponse:
    """The page again with what was typed, and what is stored beside it."""
    part.refresh_from_db(fields=["version", "work_result", "behaviour", "message"])
    sheet = _sheet(part)
    found = differences(sheet, form.marks)
    words = {"": "–", **dict(SupervisorPart.Rating.choices)}
    labels = {"work_result": _("Hasil kerja"), "behaviour": _("Perilaku"), "message": _("Pesan")}
    for name, label in labels.items():
        stored = getattr(part, name)
        if stored != typed[name]:
            found.append(
                Difference(
                    label,
                    str(words.get(stored, stored) or "–"),
                    str(words.get(typed[name], typed[name]) or "–"),
                )
            )
    return _page(request, part, with_typed(sheet, form.marks), 409, differences=found, values=typed)


def part_check(request: SignedInRequest, pk: int) -> HttpResponse:
    """What will be sent, what is missing, with links to each place."""
    part = _part(request, pk)
    require(can_rate_part(request.user, part))
    context = {
        "part": part,
        "appraisal": part.appraisal,
        "employee": part.appraisal.employee,
        "address": address_of(part.appraisal.employee),
        "sheet": _sheet(part),
        "problems": [
            (anchor, anchor.rpartition("-")[2], text) for anchor, text in part_problems(part)
        ],
    }
    return render(request, "evaluations/part_check.html", context)


@require_POST
def part_submit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send the part; a second press changes nothing."""
    part = _part(request, pk)
    me = employee_of(request.user)
    again = part.state == SupervisorPart.State.SUBMITTED and me and me.pk == part.supervisor_id
    # Sent is sent: a second press is harmless, but only while no result came of it.
    if not (again and part.appraisal.state == Appraisal.State.CALIBRATION):
        require(can_rate_part(request.user, part))
    try:
        submit_part(actor=request.user, part=part)
    except ValidationError as refusal:
        if getattr(refusal, "code", None) == "closed":
            refusal_code(refusal)
        return redirect("evaluations:part-check", pk=part.pk)
    return redirect("evaluations:part-sent", pk=part.pk)


def part_sent(request: SignedInRequest, pk: int) -> HttpResponse:
    """Said: it is sent. Offered: the next unfinished person."""
    part = _part(request, pk)
    me = require_person(request.user)
    require(me.pk == part.supervisor_id and part.state == SupervisorPart.State.SUBMITTED)
    context = {
        "part": part,
        "employee": part.appraisal.employee,
        "address": address_of(part.appraisal.employee),
        "next_line": next_to_rate(me, part),
    }
    return render(request, "evaluations/part_sent.html", context)
