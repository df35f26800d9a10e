"""Courses and classes, for HR."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from competencies.models import RoleGrant, Unit
from competencies.models.people import granted_units
from competencies.selectors.people import employee_of
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest
from training.forms.catalogue import ClassForm, CompletionForm, CourseForm, OutcomeFormSet
from training.models import Course, CourseClass, Enrolment
from training.permissions.catalogue import (
    can_create_class,
    can_edit_class,
    can_edit_course,
    can_manage_catalogue,
    can_record_completion,
    can_view_class,
)
from training.selectors.classes import OPEN_STATES, class_list, course_list, participants
from training.selectors.dates import days_words
from training.services.classes import cancel_class, create_class, update_class
from training.services.completion import record_completion, reverse_completion
from training.services.courses import create_course, set_course_published, update_course
from training.views.answers import code_of, compared, put_in_form, tell_refusal

PER_PAGE = 25
TABS = ("", "results", "past", "cancelled")


def classes(request: SignedInRequest) -> HttpResponse:
    """Classes of the own trees: coming, waiting for results, past."""
    require(can_manage_catalogue(request.user))
    when = request.GET.get("tab", "")
    when = when if when in TABS else ""
    q = request.GET.get("q", "").strip()[:100]
    page = Paginator(class_list(request.user, when=when, q=q), PER_PAGE).get_page(
        request.GET.get("page")
    )
    names = {
        "": _("Akan datang"),
        "results": _("Menunggu hasil"),
        "past": _("Sudah lewat"),
        "cancelled": _("Dibatalkan"),
    }
    tabs = [
        {"label": names[key], "url": f"?tab={key}" if key else "?", "current": key == when}
        for key in TABS
    ]
    return render(
        request,
        "training/classes.html",
        {
            "page": page,
            "rows": [{"klass": klass, "days": days_words(klass)} for klass in page.object_list],
            "tabs": tabs,
            "q": q,
            "when": when,
        },
    )


def courses(request: SignedInRequest) -> HttpResponse:
    """Every course, shown or not."""
    require(can_manage_catalogue(request.user))
    q = request.GET.get("q", "").strip()[:100]
    shown, mode = request.GET.get("tampil", ""), request.GET.get("cara", "")
    found = course_list(q=q, shown=shown, mode=mode)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "training/courses.html",
        {"page": page, "q": q, "shown": shown, "mode": mode, "modes": Course.Mode.choices},
    )


def course_new(request: SignedInRequest) -> HttpResponse:
    """A new course with its outcomes."""
    require(can_edit_course(request.user))
    form = CourseForm(request.POST or None)
    outcomes = OutcomeFormSet(request.POST or None, prefix="hasil")
    if request.method == "POST" and form.is_valid() and outcomes.is_valid():
        try:
            course = create_course(
                actor=request.user, code="", details=form.details(), outcomes=outcomes.outcomes()
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
        else:
            messages.success(request, _("Pelatihan disimpan. Tampilkan bila sudah siap."))
            return redirect("training:course-detail", pk=course.pk)
    return render(request, "training/course_form.html", {"form": form, "outcomes": outcomes})


def course_update(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a course; somebody else's change in between is shown, not overwritten."""
    course = get_object_or_404(
        Course.objects.visible_to(request.user).select_related("provider"), pk=pk
    )
    require(can_edit_course(request.user, course))
    form = CourseForm(request.POST or None, initial=CourseForm.initial_of(course))
    outcomes = OutcomeFormSet(
        request.POST or None,
        prefix="hasil",
        initial=list(course.outcomes.values("competency", "from_level", "to_level")),
    )
    if request.method == "POST" and form.is_valid() and outcomes.is_valid():
        try:
            update_course(
                actor=request.user,
                course=course,
                version=form.cleaned_data["version"],
                details=form.details(),
                outcomes=outcomes.outcomes(),
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
            if code_of(refusal) == "stale":
                return _conflict(
                    request,
                    "training/course_form.html",
                    form,
                    CourseForm.initial_of(course),
                    course=course,
                    outcomes=outcomes,
                )
        else:
            messages.success(request, _("Pelatihan disimpan."))
            return redirect("training:course-detail", pk=course.pk)
    context = {"form": form, "outcomes": outcomes, "course": course}
    return render(request, "training/course_form.html", context)


@require_POST
def course_publish(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show a course in the catalogue, or take it out."""
    course = get_object_or_404(Course.objects.visible_to(request.user), pk=pk)
    require(can_edit_course(request.user, course))
    published = request.POST.get("tampil") == "ya"
    try:
        set_course_published(actor=request.user, course=course, published=published)
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(
            request,
            _("Pelatihan ditampilkan.") if published else _("Pelatihan tidak ditampilkan lagi."),
        )
    return redirect("training:course-detail", pk=course.pk)


def class_new(request: SignedInRequest, pk: int) -> HttpResponse:
    """A new class of a course."""
    course = get_object_or_404(Course.objects.visible_to(request.user), pk=pk)
    require(can_manage_catalogue(request.user))
    roots = granted_units(request.user, RoleGrant.Role.HR)
    units = Unit.objects.below(*roots)
    form = ClassForm(
        request.POST or None,
        units=units,
        initial={"unit": roots[0].pk, "opens_on": today(), "capacity": 30},
    )
    if request.method == "POST" and form.is_valid():
        unit = form.cleaned_data["unit"]
        require(can_create_class(request.user, unit))
        try:
            made = create_class(
                actor=request.user, course=course, unit=unit, details=form.details()
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
        else:
            messages.success(request, _("Kelas dibuka."))
            return redirect("training:class-detail", pk=made.pk)
    return render(request, "training/class_form.html", {"form": form, "course": course})


def class_update(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change a class; somebody else's change in between is shown, not overwritten."""
    course_class = _class(request, pk)
    require(can_edit_class(request.user, course_class))
    stored = ClassForm.initial_of(course_class)
    form = ClassForm(request.POST or None, units=None, fixed_unit=True, initial=stored)
    context = {"form": form, "course": course_class.course, "course_class": course_class}
    if request.method == "POST" and form.is_valid():
        try:
            update_class(
                actor=request.user,
                course_class=course_class,
                version=form.cleaned_data["version"],
                details=form.details(),
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
            if code_of(refusal) == "stale":
                context.pop("form")
                return _conflict(request, "training/class_form.html", form, stored, **context)
        else:
            messages.success(request, _("Kelas disimpan."))
            return redirect("training:class-detail", pk=course_class.pk)
    return render(request, "training/class_form.html", context)


@require_POST
def class_cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """Cancel a class with a reason; participants are told."""
    course_class = _class(request, pk)
    require(can_edit_class(request.user, course_class))
    try:
        cancel_class(
            actor=request.user, course_class=course_class, reason=request.POST.get("alasan", "")
        )
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("Kelas dibatalkan. Peserta sudah diberi tahu."))
    return redirect("training:class-detail", pk=course_class.pk)


def class_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """A class and its participants; results are recorded here."""
    course_class = _class(request, pk)
    require(can_view_class(request.user, course_class))
    rows = list(participants(course_class))
    form = None
    if request.method == "POST":
        form, done = _record_results(request, course_class, rows)
        if done:
            return redirect("training:class-detail", pk=course_class.pk)
    me = employee_of(request.user)
    begun = course_class.first_day <= today()
    for row in rows:
        row.can_record = row.state in OPEN_STATES and not (me and me.pk == row.employee_id)
    return render(
        request,
        "training/class_detail.html",
        {
            "course_class": course_class,
            "course": course_class.course,
            "days": days_words(course_class),
            "rows": rows,
            "form": form,
            "begun": begun,
            "can_record": begun and any(row.can_record for row in rows),
            "is_open": course_class.state == CourseClass.State.OPEN,
            "default_day": min(today(), course_class.last_day),
            "counts": {
                "seated": course_class.seats_taken,
                "waiting": sum(row.state == Enrolment.State.WAITLISTED for row in rows),
                "asked": sum(row.state == Enrolment.State.REQUESTED for row in rows),
            },
        },
    )


@require_POST
def completion_reverse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a recorded result back."""
    enrolment = get_object_or_404(
        Enrolment.objects.visible_to(request.user).select_related("course_class__unit"), pk=pk
    )
    require(can_record_completion(request.user, enrolment))
    try:
        reverse_completion(
            actor=request.user, enrolment=enrolment, reason=request.POST.get("alasan", "")
        )
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("Hasil ditarik kembali. JP sudah disesuaikan."))
    return redirect("training:class-detail", pk=enrolment.course_class_id)


def _class(request: SignedInRequest, pk: int) -> CourseClass:
    return get_object_or_404(
        CourseClass.objects.visible_to(request.user).select_related("course__kind", "unit"), pk=pk
    )


def _record_results(
    request: SignedInRequest, course_class: CourseClass, rows: list[Any]
) -> tuple[CompletionForm, bool]:
    """Record the result of every ticked participant; True where nothing was refused."""
    by_pk = {row.pk: row for row in rows if row.state in OPEN_STATES}
    form = CompletionForm(
        request.POST, participants=[(pk, row.employee.name) for pk, row in by_pk.items()]
    )
    if not form.is_valid():
        return form, False
    done = 0
    for pk in form.cleaned_data["peserta"]:
        enrolment = by_pk[pk]
        require(can_record_completion(request.user, enrolment))
        try:
            record_completion(
                actor=request.user,
                enrolment=enrolment,
                completed=form.cleaned_data["hasil"] == "completed",
                happened_on=form.cleaned_data["tanggal"],
            )
        except ValidationError as refusal:
            messages.error(request, f"{enrolment.employee.name}: {' '.join(refusal.messages)}")
        else:
            done += 1
    if done:
        messages.success(request, _("%(count)s hasil dicatat.") % {"count": done})
    return form, True


def _conflict(
    request: SignedInRequest, template: str, form: Any, stored: dict[str, Any], **context: Any
) -> HttpResponse:
    """The form once more with what is stored beside it; saving again is a decision."""
    differences = compared(form, stored)
    form.data = form.data.copy()
    form.data["version"] = stored["version"]
    return render(
        request,
        template,
        {"form": form, "conflict": True, "differences": differences, **context},
        status=409,
    )
