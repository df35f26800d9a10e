"""The audit trail."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from competencies.forms.filters import AuditFilter
from competencies.models import RoleGrant
from competencies.models.people import granted_units
from competencies.permissions.audit import can_list_audit_entries
from competencies.selectors.audit import action_line, audit_entries_for, before_cursor
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest

PAGE_SIZE = 50


@require_safe
def audit(request: SignedInRequest) -> HttpResponse:
    """Entries in view, newest first, by period, action, actor and person; never counted."""
    require(can_list_audit_entries(request.user))
    chosen = AuditFilter(request.GET, queryset=audit_entries_for(request.user))
    cursor = request.GET.get("sesudah", "")
    found = before_cursor(chosen.qs, cursor).order_by("-at", "id")
    lines = [action_line(entry) for entry in found[: PAGE_SIZE + 1]]
    more = len(lines) > PAGE_SIZE
    lines = lines[:PAGE_SIZE]
    return render(
        request,
        "competencies/audit.html",
        {
            "lines": lines,
            "filter_form": chosen.form,
            "in_force": chosen.in_force(),
            "next_cursor": lines[-1].cursor if more else "",
            "is_later_page": bool(cursor),
            "technical_only": not granted_units(request.user, RoleGrant.Role.AUDITOR),
        },
    )
