"""Pages that say how the product treats people: privacy, accessibility, help."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, why, who sees it, and their rights."""
    return render(request, "reports/pages/privacy.html")


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """What was done so that everybody can use the product, and whom to tell."""
    return render(request, "reports/pages/accessibility.html")


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Where to turn, and the questions asked most."""
    return render(request, "reports/pages/help.html")
