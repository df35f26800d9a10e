"""Asking for a place, and the supervisor's decisions."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from competencies.models import ProposedLevel
from competencies.permissions.levels import can_decide_proposed_level
from competencies.permissions.person import require_person
from competencies.selectors.people import direct_supervisor
from competencies.services.levels import decide_proposed_level
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest
from training.models import CourseClass, Enrolment, HourEntry
from training.permissions.enrolment import (
    can_decide_enrolment,
    can_request_enrolment,
    can_withdraw_enrolment,
)
from training.selectors.catalogue import class_views
from training.selectors.enrolment import clashing, own_rows, waiting_place, waiting_requests
from training.selectors.hours import year_summary
from training.selectors.plans import waiting_levels, waiting_plans
from training.services.enrolment import (
    approve_enrolment,
    reject_enrolment,
    request_enrolment,
    withdraw_enrolment,
)
from training.views.answers import tell_refusal


def enrol(request: SignedInRequest, pk: int) -> HttpResponse:
    """Check page of a request; POST asks for the place, for oneself whatever is sent."""
    course_class = get_object_or_404(
        CourseClass.objects.visible_to(request.user).select_related("course__provider"), pk=pk
    )
    require(can_request_enrolment(request.user, course_class))
    if request.method == "POST":
        try:
            request_enrolment(actor=request.user, course_class=course_class)
        except ValidationError as refusal:
            tell_refusal(request, refusal)
            return redirect("training:enrol", pk=course_class.pk)
        messages.success(request, _("Diajukan. Menunggu persetujuan atasan langsung."))
        return redirect("training:enrolments")
    me = require_person(request.user)
    view = class_views([course_class.course_id], me, only=course_class.pk)
    return render(
        request,
        "training/enrol.html",
        {
            "course": course_class.course,
            "course_class": course_class,
            "view": view[course_class.course_id][0],
            "clash": clashing(me, course_class),
            "supervisor": direct_supervisor(me),
            "hours": year_summary(me, course_class.first_day.year),
        },
    )


def enrolments(request: SignedInRequest) -> HttpResponse:
    """Own requests and places, and the hours of the year."""
    me = require_person(request.user)
    hours = year_summary(me)
    return render(
        request,
        "training/enrolments.html",
        {
            "rows": own_rows(me),
            "hours": hours,
            "ledger": HourEntry.objects.filter(employee=me, happened_on__year=hours.year)
            .select_related("kind")
            .order_by("-happened_on", "-pk")[:50],
        },
    )


@require_POST
def enrolment_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give one's own request or place back."""
    enrolment = get_object_or_404(Enrolment.objects.visible_to(request.user), pk=pk)
    require(can_withdraw_enrolment(request.user, enrolment))
    try:
        withdraw_enrolment(actor=request.user, enrolment=enrolment)
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("Pengajuan dibatalkan."))
    return redirect("training:enrolments")


def approvals(request: SignedInRequest) -> HttpResponse:
    """What waits for the supervisor: plans, places, proposed levels."""
    me = require_person(request.user)
    return render(
        request,
        "training/approvals.html",
        {
            "plans": list(waiting_plans(me)),
            "requests": waiting_requests(me),
            "levels": list(waiting_levels(me)),
        },
    )


@require_POST
def enrolment_approve(request: SignedInRequest, pk: int) -> HttpResponse:
    """Approve a request: the seat is taken now, or the place on the waiting list told."""
    enrolment = get_object_or_404(
        Enrolment.objects.visible_to(request.user).select_related("employee"), pk=pk
    )
    require(can_decide_enrolment(request.user, enrolment))
    try:
        decided = approve_enrolment(actor=request.user, enrolment=enrolment)
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        place = waiting_place(decided)
        if place:
            text = _(
                "Kuota terakhir baru saja terisi. %(name)s di urutan %(place)s daftar tunggu."
            ) % {"name": enrolment.employee.name, "place": place}
            messages.warning(request, text)
        else:
            messages.success(
                request,
                _("Disetujui. %(name)s terdaftar.") % {"name": enrolment.employee.name},
            )
    return redirect("training:approvals")


@require_POST
def enrolment_reject(request: SignedInRequest, pk: int) -> HttpResponse:
    """Turn a request down with a reason."""
    enrolment = get_object_or_404(
        Enrolment.objects.visible_to(request.user).select_related("employee"), pk=pk
    )
    require(can_decide_enrolment(request.user, enrolment))
    try:
        reject_enrolment(actor=request.user, enrolment=enrolment, note=request.POST.get("note", ""))
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("Ditolak. Alasannya sudah disampaikan."))
    return redirect("training:approvals")


@require_POST
def level_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm a proposed level, or say that it is not seen at work yet."""
    proposal = get_object_or_404(
        ProposedLevel.objects.visible_to(request.user).select_related("employee"), pk=pk
    )
    require(can_decide_proposed_level(request.user, proposal))
    decision = request.POST.get("keputusan")
    if decision not in ("pastikan", "belum"):
        return redirect("training:approvals")
    confirmed = decision == "pastikan"
    try:
        decide_proposed_level(actor=request.user, proposal=proposal, confirmed=confirmed)
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(
            request, _("Tingkat dipastikan.") if confirmed else _("Dicatat: belum tampak.")
        )
    return redirect("training:approvals")
