"""The first page after signing in, by role."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from competencies.selectors.people import employee_of, roles_of
from gayungan_asn.accounts.requests import SignedInRequest
from gayungan_asn.accounts.services import mark_notices_read
from reports.selectors.home import greeting_of, person_home, unread_notices
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
            "notices": unread_notices(request.user),
            "is_supervisor": "supervisor" in roles,
            "is_hr": "hr" in roles,
            "is_leader": "leadership" in roles,
            "is_auditor": "auditor" in roles,
            "is_sysadmin": "sysadmin" in roles,
        },
    )


@require_POST
def notices_read(request: SignedInRequest) -> HttpResponse:
    """Put away the notices that were shown; younger ones stay."""
    until = parse_datetime(request.POST.get("until", ""))
    if until is None or timezone.is_naive(until):
        raise Http404
    mark_notices_read(actor=request.user, until=until)
    return redirect("home")


@require_safe
def profile(request: SignedInRequest) -> HttpResponse:
    """One's own page among the people."""
    employee = employee_of(request.user)
    if employee is None:
        raise PermissionDenied
    return redirect("competencies:person-detail", pk=employee.pk)
