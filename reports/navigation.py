"""What every page's frame needs: agency, menu, notices."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html."""
    return {
        "agency": {"name": settings.AGENCY_NAME, "city": settings.AGENCY_CITY},
        "demo": settings.DEMO,
        "navigation": [],
    }
