"""The catalogue for employees."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from competencies.selectors.gaps import gap_rows
from competencies.selectors.people import employee_of
from gayungan_asn.accounts.requests import SignedInRequest
from training.forms.catalogue import FilterForm
from training.models import Course
from training.permissions.catalogue import can_edit_course
from training.selectors.catalogue import (
    PAGE_SIZE,
    SUGGESTED,
    CatalogueFilters,
    FilterOptions,
    class_views,
    course_views,
    filter_options,
    matching_courses,
    ordered_ids,
    why_of,
)
from training.selectors.hours import year_summary


def catalogue(request: SignedInRequest) -> HttpResponse:
    """Courses, those for the own gaps first."""
    me = employee_of(request.user)
    gaps = gap_rows(me) if me else ()
    filters = FilterForm(request.GET).filters()
    ids, suggested = ordered_ids(matching_courses(request.user, filters), gaps)
    if filters.for_gaps:
        ids = ids[:suggested]
    page = Paginator(ids, PAGE_SIZE).get_page(request.GET.get("page"))
    views = course_views(list(page.object_list), gaps, me)
    cards = min(SUGGESTED, suggested) if page.number == 1 else 0
    options = filter_options()
    return render(
        request,
        "training/catalogue.html",
        {
            "cards": views[:cards],
            "rows": views[cards:],
            "page": page,
            "filters": filters,
            "options": options,
            "modes": Course.Mode.choices,
            "active": _active(filters, options),
            "below": sum(row.gap is not None and row.gap < 0 for row in gaps),
            "hours": year_summary(me) if me else None,
            "can_manage": can_edit_course(request.user),
        },
    )


def course_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One course: what it develops, why for me, its classes."""
    course = get_object_or_404(
        Course.objects.visible_to(request.user).select_related("kind", "provider"), pk=pk
    )
    me = employee_of(request.user)
    gaps = gap_rows(me) if me else ()
    outcomes = list(course.outcomes.select_related("competency").order_by("competency"))
    return render(
        request,
        "training/course_detail.html",
        {
            "course": course,
            "outcomes": outcomes,
            "why": why_of(outcomes, gaps),
            "classes": class_views([course.pk], me).get(course.pk, []),
            "is_employee": me is not None,
            "can_edit": can_edit_course(request.user, course),
        },
    )


def _active(filters: CatalogueFilters, options: FilterOptions) -> list[dict[str, Any]]:
    """Filters in force, as links that take themselves out."""
    competencies, kinds = dict(options.competencies), dict(options.kinds)
    found = [
        (filters.q, f"“{filters.q}”", "q"),
        (filters.competency, competencies.get(filters.competency or 0, ""), "kompetensi"),
        (filters.mode, dict(Course.Mode.choices).get(filters.mode, ""), "cara"),
        (filters.kind, kinds.get(filters.kind or 0, ""), "jenis"),
        (filters.for_gaps, _("Untuk kesenjangan saya"), "saya"),
        (filters.free, _("Tanpa biaya"), "gratis"),
        (filters.seats, _("Masih ada kuota"), "kuota"),
        (filters.short, _("Paling lama 4 JP"), "singkat"),
    ]
    return [{"label": label, "name": name} for value, label, name in found if value and label]
