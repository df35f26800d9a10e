"""A cycle while it runs: how far each unit is, who is missing, closing and publishing."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from competencies.models import Unit
from evaluations.forms.cycles import AppraisalFilterForm, PeersForm
from evaluations.models import Appraisal, Cycle, FeedbackRequest
from evaluations.permissions.cycles import (
    can_admit_people,
    can_assign_feedback,
    can_calibrate_cycle,
    can_change_cycle,
    can_close_cycle,
    can_close_window,
    can_publish_cycle,
    can_publish_late_results,
    can_remind_people,
    can_view_feedback_status,
)
from evaluations.permissions.transitions import Who, allows
from evaluations.selectors.progress import (
    appraisals_of,
    cycle_tally,
    feedback_status,
    feedback_tally,
    left_out_of,
    peer_options,
    publishable,
    requests_about,
    unit_tallies,
    unrated,
    waiting_people,
)
from evaluations.services.feedback_assignment import change_peers
from evaluations.services.launch import admit_people
from evaluations.services.publishing import publish_cycle, publish_late_results
from evaluations.services.reminders import remind_people
from evaluations.services.windows import calibrate_cycle, close_cycle, close_feedback_window
from evaluations.views.cycles import explain, first_sentence, visible_cycle
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest

PAGE = 25


def _steps(cycle: Cycle) -> list[dict[str, Any]]:
    """Where the cycle stands, for the line on top."""
    day = today()
    started = cycle.state != Cycle.State.DRAFT and day >= cycle.opens_on
    ended = cycle.state in (Cycle.State.CALIBRATION, Cycle.State.PUBLISHED, Cycle.State.CLOSED)
    published = cycle.state in (Cycle.State.PUBLISHED, Cycle.State.CLOSED)
    names = [
        (_("Penilaian mandiri"), ended or day > cycle.self_until),
        (_("Rekan kerja"), cycle.peers_closed_on is not None or day > cycle.peers_until),
        (_("Atasan langsung"), ended),
        (_("Pemeriksaan akhir"), published),
        (_("Ditetapkan"), published),
    ]
    if not cycle.rates_competencies:
        names = names[2:]
    steps, now_given = [], not started
    for label, done in names:
        state = "done" if done else "todo" if now_given else "now"
        now_given = now_given or state == "now"
        steps.append({"label": label, "state": state})
    return steps


def cycle_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Progress by unit; a draft goes on where it was left."""
    cycle = visible_cycle(request, pk)
    if can_change_cycle(request.user, cycle):
        return redirect("evaluations:cycle-check", pk=cycle.pk)
    may_remind = can_remind_people(request.user, cycle)
    context = {
        "cycle": cycle,
        "steps": _steps(cycle),
        "tally": cycle_tally(cycle),
        "units": unit_tallies(cycle),
        "feedback": feedback_tally(cycle, request.user) if cycle.rates_competencies else None,
        "waiting": len(waiting_people(cycle)) if may_remind else 0,
        "left_out": left_out_of(cycle),
        "days_left": (cycle.supervisor_until - today()).days,
        "may_remind": may_remind,
        "may_close_window": can_close_window(request.user, cycle),
        "may_calibrate": can_calibrate_cycle(request.user, cycle),
        "may_publish": can_publish_cycle(request.user, cycle),
        "may_publish_late": can_publish_late_results(request.user, cycle),
        "may_admit": can_admit_people(request.user, cycle),
        "may_close": can_close_cycle(request.user, cycle),
        "may_view_feedback": can_view_feedback_status(request.user, cycle)
        and cycle.rates_competencies,
    }
    return render(request, "evaluations/cycle_detail.html", context)


def cycle_people(request: SignedInRequest, pk: int) -> HttpResponse:
    """Appraisals of the cycle, with what each still waits for; search in the address."""
    cycle = visible_cycle(request, pk)
    units = Unit.objects.below(cycle.unit).order_by("path")
    form = AppraisalFilterForm(request.GET or None, units=units)
    rows = appraisals_of(cycle)
    if form.is_bound:
        rows = form.narrow(rows)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    window_open = cycle.state == Cycle.State.OPEN and cycle.peers_closed_on is None
    context = {
        "cycle": cycle,
        "form": form,
        "page": page,
        "query": request.GET,
        "assignable": [
            appraisal.pk
            for appraisal in page
            if window_open
            and cycle.rates_competencies
            and appraisal.employee.user_id != request.user.pk
            and allows("assign_feedback", appraisal, [Who.HR])
        ],
    }
    return render(request, "evaluations/cycle_people.html", context)


def cycle_feedback(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who has answered, by day; never what, never about whom."""
    cycle = visible_cycle(request, pk)
    require(can_view_feedback_status(request.user, cycle) and cycle.rates_competencies)
    page = Paginator(feedback_status(cycle, request.user), PAGE).get_page(request.GET.get("page"))
    context = {
        "cycle": cycle,
        "page": page,
        "query": request.GET,
        "tally": feedback_tally(cycle, request.user),
    }
    return render(request, "evaluations/cycle_feedback.html", context)


@require_POST
def cycle_remind(request: SignedInRequest, pk: int) -> HttpResponse:
    """Remind everybody with something missing, or those of one unit."""
    cycle = visible_cycle(request, pk)
    require(can_remind_people(request.user, cycle))
    unit = None
    if request.POST.get("unit", "").isdecimal():
        unit = get_object_or_404(Unit.objects.below(cycle.unit), pk=request.POST["unit"])
    told = remind_people(actor=request.user, cycle=cycle, unit=unit)
    if told:
        messages.success(
            request, ngettext("%d orang diingatkan.", "%d orang diingatkan.", told) % told
        )
    else:
        messages.info(request, _("Semua yang punya akun sudah diingatkan hari ini."))
    return redirect("evaluations:cycle-detail", pk=cycle.pk)


@require_POST
def cycle_admit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take in people who could not take part at launch."""
    cycle = visible_cycle(request, pk)
    require(can_admit_people(request.user, cycle))
    plan = admit_people(actor=request.user, cycle=cycle)
    if plan.appraisals:
        messages.success(request, _("%(n)d pegawai disusulkan.") % {"n": len(plan.appraisals)})
    else:
        messages.info(request, _("Belum ada yang dapat disusulkan."))
    return redirect("evaluations:cycle-detail", pk=cycle.pk)


@require_POST
def cycle_close_window(request: SignedInRequest, pk: int) -> HttpResponse:
    """End the answers of peers and subordinates before their last day."""
    cycle = visible_cycle(request, pk)
    require(can_close_window(request.user, cycle))
    close_feedback_window(actor=request.user, cycle=cycle)
    messages.success(request, _("Masa pengisian rekan kerja ditutup."))
    return redirect("evaluations:cycle-detail", pk=cycle.pk)


def cycle_calibrate(request: SignedInRequest, pk: int) -> HttpResponse:
    """End the rating; who is not rated yet is named before."""
    cycle = visible_cycle(request, pk)
    require(can_calibrate_cycle(request.user, cycle))
    if request.method == "POST":
        try:
            calibrate_cycle(actor=request.user, cycle=cycle)
        except ValidationError as refusal:
            messages.error(request, first_sentence(refusal))
        else:
            messages.success(request, _("Penilaian ditutup. Periksa lalu tetapkan hasilnya."))
        return redirect("evaluations:cycle-detail", pk=cycle.pk)
    context = {
        "cycle": cycle,
        "tally": cycle_tally(cycle),
        "missing": Paginator(unrated(cycle), PAGE).get_page(request.GET.get("page")),
        "query": request.GET,
    }
    return render(request, "evaluations/cycle_calibrate.html", context)


def cycle_publish(request: SignedInRequest, pk: int) -> HttpResponse:
    """Publish, or publish what came late; who stays unpublished is named before."""
    cycle = visible_cycle(request, pk)
    late = cycle.state == Cycle.State.PUBLISHED
    require(
        can_publish_late_results(request.user, cycle)
        if late
        else can_publish_cycle(request.user, cycle)
    )
    if request.method == "POST":
        publish = publish_late_results if late else publish_cycle
        try:
            done = publish(actor=request.user, cycle=cycle)
        except ValidationError as refusal:
            messages.error(request, first_sentence(refusal))
        else:
            messages.success(request, _("Hasil %(n)d pegawai ditetapkan.") % {"n": done.published})
        return redirect("evaluations:cycle-detail", pk=cycle.pk)
    context = {
        "cycle": cycle,
        "late": late,
        "tally": cycle_tally(cycle),
        "ready": publishable(cycle).count(),
        "missing": Paginator(unrated(cycle), PAGE).get_page(request.GET.get("page")),
        "query": request.GET,
    }
    return render(request, "evaluations/cycle_publish.html", context)


@require_POST
def cycle_close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Close a published cycle for good."""
    cycle = visible_cycle(request, pk)
    require(can_close_cycle(request.user, cycle))
    close_cycle(actor=request.user, cycle=cycle)
    messages.success(request, _("Siklus ditutup."))
    return redirect("evaluations:cycle-detail", pk=cycle.pk)


def appraisal_peers(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who is asked about one person: HR adds or takes back while the window is open."""
    appraisal = get_object_or_404(
        Appraisal.objects.visible_to(request.user).select_related(
            "cycle__unit", "employee", "unit"
        ),
        pk=pk,
    )
    require(can_assign_feedback(request.user, appraisal))
    asked = requests_about(appraisal)
    form = PeersForm(
        request.POST if request.method == "POST" else None,
        options=peer_options(appraisal),
        requests=asked.filter(state=FeedbackRequest.State.INVITED),
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_peers(actor=request.user, appraisal=appraisal, **form.cleaned_data)
        except ValidationError as refusal:
            explain(form, refusal)
        else:
            messages.success(request, _("Rekan kerja yang diminta menilai sudah diperbarui."))
            return redirect("evaluations:cycle-people", pk=appraisal.cycle_id)
    context = {"appraisal": appraisal, "cycle": appraisal.cycle, "asked": asked, "form": form}
    return render(
        request, "evaluations/appraisal_peers.html", context, status=422 if form.errors else 200
    )
