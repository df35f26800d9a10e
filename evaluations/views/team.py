"""The supervisor's queue: people to rate, proposed levels, everybody below."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from competencies.models import ProposedLevel
from competencies.permissions.levels import can_decide_proposed_level
from competencies.permissions.person import require_person
from competencies.services.levels import decide_proposed_level
from evaluations.selectors.rating_pages import team_lines
from evaluations.selectors.team import open_objections, open_proposals, team_people, team_rows
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest

PAGE = 25


def team(request: SignedInRequest) -> HttpResponse:
    """Pegawai yang dinilai: what waits, then everybody below."""
    me = require_person(request.user)
    lines = team_lines(me)
    waiting = [line for line in lines if line.can_rate]
    page = Paginator(team_people(me), PAGE).get_page(request.GET.get("page"))
    deadlines = [line.part.appraisal.cycle.supervisor_until for line in waiting]
    nearest = min(deadlines, default=None)
    context = {
        "lines": lines,
        "waiting": waiting,
        "sent": sum(line.is_sent for line in lines),
        "cycles": sorted(
            {line.part.appraisal.cycle for line in lines}, key=lambda cycle: cycle.supervisor_until
        ),
        "nearest": nearest,
        "days_left": (nearest - today()).days if nearest else None,
        "proposals": open_proposals(me),
        "objections": open_objections(me),
        "page": page,
        "rows": team_rows(me, list(page.object_list)),
    }
    return render(request, "evaluations/team.html", context)


@require_POST
def proposal_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm a proposed level, or say that it does not show at work."""
    proposal = get_object_or_404(
        ProposedLevel.objects.visible_to(request.user).select_related("employee"), pk=pk
    )
    require(can_decide_proposed_level(request.user, proposal))
    confirmed = request.POST.get("decision") == "confirm"
    try:
        decide_proposed_level(actor=request.user, proposal=proposal, confirmed=confirmed)
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(
            request,
            _("Tingkat dipastikan.") if confirmed else _("Dicatat: tingkat ini belum tampak."),
        )
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if safe else "evaluations:team")
