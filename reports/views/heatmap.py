"""The map of gaps for leaders and HR."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from competencies.models import Competency, Unit
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest
from reports.permissions import can_view_heatmap
from reports.selectors.heatmap import Heatmap, Scope, scopes_of
from reports.selectors.heatmap import heatmap as read_heatmap


@require_safe
def heatmap(request: SignedInRequest) -> HttpResponse:
    """Mean difference from the standard, unit by competency; small groups stay hidden."""
    require(can_view_heatmap(request.user))
    scope, unit = _chosen(request, scopes_of(request.user))
    kind = request.GET.get("jenis", "")
    if kind not in {"", *Competency.Type.values}:
        raise Http404
    page = read_heatmap(scope, unit, kind)
    parent_url = f"{reverse('reports:heatmap')}?unit={page.parent.pk}" if page.parent else ""
    return render(
        request,
        "reports/heatmap.html",
        {"page": page, "tabs": _tabs(page, kind), "kind": kind, "parent_url": parent_url},
    )


def _chosen(request: SignedInRequest, scopes: list[Scope]) -> tuple[Scope, Unit]:
    """The unit asked for and the tree it is seen in; 404 outside every own tree."""
    wanted = request.GET.get("unit", "")
    if not wanted:
        return scopes[0], scopes[0].unit
    unit = Unit.objects.filter(pk=wanted).first() if wanted.isdecimal() else None
    for scope in scopes:
        if unit is not None and scope.unit.contains(unit):
            return scope, unit
    raise Http404


def _tabs(page: Heatmap, kind: str) -> list[dict[str, object]]:
    labels = {"": _("Semua")} | {value: str(label) for value, label in Competency.Type.choices}
    return [
        {
            "label": label,
            "url": f"?unit={page.unit.pk}" + (f"&jenis={value}" if value else ""),
            "count": page.counts[value],
            "current": value == kind,
        }
        for value, label in labels.items()
        if page.counts.get(value)
    ]
