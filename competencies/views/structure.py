"""Units, posts, what posts require, and the dictionary: open to everybody who works here."""

from itertools import groupby

from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from competencies.forms.filters import PositionFilter
from competencies.models import Competency, CompetencyLevel, Position, PositionStandard, Unit
from competencies.permissions.people import can_create_employee
from competencies.selectors.directory import positions_with_seats, unit_lines
from competencies.selectors.people import definitive_assignment, employee_of
from competencies.selectors.reference import proficiency_names
from competencies.selectors.standards import standard_of
from gayungan_asn.accounts.requests import SignedInRequest

PAGE_SIZE = 50


@require_safe
def units(request: SignedInRequest) -> HttpResponse:
    """The tree of units with people and seats."""
    shown = Unit.objects.visible_to(request.user).filter(closed_on=None)
    page = Paginator(shown, 100).get_page(request.GET.get("page"))
    return render(
        request,
        "competencies/units.html",
        {
            "page": page,
            "lines": unit_lines(page.object_list),
            "with_people": can_create_employee(request.user),
        },
    )


@require_safe
def positions(request: SignedInRequest) -> HttpResponse:
    """Posts with seats, held and vacant."""
    chosen = PositionFilter(request.GET, queryset=positions_with_seats(request.user))
    found = chosen.qs.order_by("unit__path", "-is_head", "name")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "competencies/positions.html",
        {
            "page": page,
            "filter_form": chosen.form,
            "in_force": chosen.in_force(),
            "with_people": can_create_employee(request.user),
        },
    )


@require_safe
def position_standard(request: SignedInRequest, pk: int) -> HttpResponse:
    """What a post requires, and by which rule."""
    position = get_object_or_404(
        Position.objects.visible_to(request.user).select_related("unit", "tier"), pk=pk
    )
    names = proficiency_names()
    rules: dict[int, PositionStandard] = {}
    rows = PositionStandard.objects.visible_to(request.user).on()
    for row in rows.filter(Q(tier=position.tier_id) | Q(position=position.pk)):
        if row.position_id is not None or row.competency_id not in rules:
            rules[row.competency_id] = row
    lines = [
        {
            "item": item,
            "level_name": names.get(item.required_level, ("", ""))[0],
            "rule": rules.get(item.competency.pk),
        }
        for item in standard_of(position)
    ]
    return render(
        request, "competencies/position_standard.html", {"position": position, "lines": lines}
    )


@require_safe
def competency_list(request: SignedInRequest) -> HttpResponse:
    """The dictionary by type."""
    rows = Competency.objects.filter(closed_on=None)
    groups = [
        (Competency.Type(code).label, list(group))
        for code, group in groupby(rows, key=lambda competency: competency.type)
    ]
    return render(request, "competencies/competency_list.html", {"groups": groups})


@require_safe
def competency_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One competency: levels and the behaviours by which they are recognised."""
    levels = CompetencyLevel.objects.prefetch_related("indicators")
    competency = get_object_or_404(
        Competency.objects.prefetch_related(Prefetch("levels", queryset=levels)), pk=pk
    )
    me = employee_of(request.user)
    post = definitive_assignment(me) if me else None
    required = None
    if post is not None:
        required = next(
            (
                item.required_level
                for item in standard_of(post.position)
                if item.competency.pk == competency.pk
            ),
            None,
        )
    return render(
        request,
        "competencies/competency_detail.html",
        {"competency": competency, "names": proficiency_names(), "required": required},
    )
