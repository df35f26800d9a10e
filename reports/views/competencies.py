"""The own levels against the standard, and how each came about."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from competencies.selectors.gaps import gap_rows, summarise
from competencies.selectors.people import employee_of
from gayungan_asn.accounts.requests import SignedInRequest
from reports.selectors.competencies import how_it_came
from reports.selectors.home import source_words


@require_safe
def competencies(request: SignedInRequest) -> HttpResponse:
    """All competencies of the own post, largest gap first."""
    employee = employee_of(request.user)
    if employee is None:
        raise PermissionDenied
    rows = gap_rows(employee)
    return render(
        request,
        "reports/competencies.html",
        {"rows": rows, "summary": summarise(rows), "sources": source_words(rows)},
    )


@require_safe
def competency_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """How the own level in one competency came about."""
    employee = employee_of(request.user)
    if employee is None:
        raise PermissionDenied
    row = next((each for each in gap_rows(employee) if each.competency.pk == pk), None)
    if row is None:
        raise Http404
    return render(request, "reports/competency_detail.html", {"how": how_it_came(employee, row)})
