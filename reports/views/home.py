"""The first page after signing in, by role."""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from competencies.selectors.people import employee_of, roles_of
from gayungan_asn.accounts.requests import SignedInRequest
from reports.selectors.home import greeting_of, person_home
from reports.selectors.work import waiting_for


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """What to do next and where one stands; blocks by role."""
    roles = roles_of(request.user)
    page = person_home(request.user)
    return render(
        request,
        "reports/home.html",
        {
            "page": page,
            "greeting": page.greeting if page else greeting_of(request.user, None),
            "waiting": waiting_for(request.user),
            "is_supervisor": "supervisor" in roles,
            "is_hr": "hr" in roles,
            "is_leader": "leadership" in roles,
            "is_auditor": "auditor" in roles,
            "is_sysadmin": "sysadmin" in roles,
        },
    )


@require_safe
def profile(request: SignedInRequest) -> HttpResponse:
    """One's own page among the people."""
    employee = employee_of(request.user)
    if employee is None:
        raise PermissionDenied
    return redirect("competencies:person-detail", pk=employee.pk)
