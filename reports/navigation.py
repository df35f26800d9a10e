"""What every page's frame needs: agency, menu with badges, name and roles."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from competencies.models import RoleGrant
from competencies.selectors.people import employee_of, roles_of
from gayungan_asn.accounts.models import User
from reports.selectors.work import Waiting, waiting_for


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the main menu."""

    label: str
    short_label: str
    url: str
    icon: str
    current: bool
    badge: int = 0
    badge_label: str = ""


def page_frame(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html; at most five statements, once per request."""
    known: dict[str, Any] | None = getattr(request, "_page_frame", None)
    if known is not None:
        return known
    frame: dict[str, Any] = {
        "agency": {"name": settings.AGENCY_NAME, "city": settings.AGENCY_CITY},
        "demo": settings.DEMO,
        "navigation": [],
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        roles = roles_of(user)
        me = employee_of(user)
        frame |= {
            "navigation": list(_entries(request, user, roles)),
            "user_name": me.name if me else str(user),
            "user_roles": _role_words(roles),
        }
    request._page_frame = frame  # type: ignore[attr-defined]
    return frame


def _role_words(roles: frozenset[str]) -> str:
    words = [str(label) for code, label in RoleGrant.Role.choices if code in roles]
    if "supervisor" in roles:
        words.insert(0, _("Atasan langsung"))
    return ", ".join(words)


def _plans(roles: frozenset[str], waiting: Waiting) -> Iterator[tuple[str, str, str, str, int]]:
    """(label, short label, URL name, icon, badge) of each entry for these roles."""
    yield _("Beranda"), "", "home", "house-door", 0
    if "hr" in roles:
        yield _("Pegawai"), "", "competencies:people", "people", waiting.imports
        yield _("Penilaian"), "", "evaluations:cycles", "clipboard2-check", 0
        yield _("Pelatihan"), "", "training:classes", "mortarboard", waiting.classes
        yield _("Peta kesenjangan"), _("Peta"), "reports:heatmap", "grid-3x3-gap", 0
        yield _("Rencana"), "", "training:plans", "file-earmark-pdf", waiting.ratifications
    elif "asn" in roles:
        if not roles & {"supervisor", "leadership"}:
            yield _("Kompetensi"), "", "reports:competencies", "bar-chart-steps", 0
        yield _("Penilaian"), "", "evaluations:appraisals", "clipboard2-check", waiting.appraisals
        if "supervisor" in roles:
            yield (
                _("Pegawai yang dinilai"),
                _("Pegawai"),
                "evaluations:team",
                "people",
                waiting.approvals,
            )
        if "leadership" in roles:
            yield _("Peta kesenjangan"), _("Peta"), "reports:heatmap", "grid-3x3-gap", 0
        yield _("Pelatihan"), "", "training:catalogue", "mortarboard", 0
    elif "leadership" in roles:
        yield _("Peta kesenjangan"), _("Peta"), "reports:heatmap", "grid-3x3-gap", 0
    if "auditor" in roles:
        yield _("Catatan audit"), _("Audit"), "competencies:audit", "journal-text", 0
    if "sysadmin" in roles:
        yield _("Akun"), "", "competencies:accounts", "person-gear", 0
        yield _("Peran"), "", "competencies:role-grants", "key", waiting.grants
        if "auditor" not in roles:
            yield _("Catatan teknis"), _("Catatan"), "competencies:audit", "journal-text", 0
    if "asn" in roles and "hr" not in roles:
        yield _("Profil"), "", "profile", "person-vcard", 0


# Pages that stand under an entry without being its own.
COVERED = {
    "competencies:people": (
        "competencies:person",
        "competencies:unit",
        "competencies:position",
        "competencies:import",
    ),
    "evaluations:cycles": ("evaluations:",),
    "evaluations:appraisals": ("evaluations:",),
    "training:classes": ("training:",),
    "training:catalogue": ("training:",),
    "training:plans": ("training:plan",),
    "reports:competencies": ("reports:competenc",),
}


def _entries(request: HttpRequest, user: User, roles: frozenset[str]) -> Iterator[Entry]:
    waiting = waiting_for(user)
    here = request.resolver_match.view_name if request.resolver_match else ""
    plans = list(_plans(roles, waiting))
    current = _current(here, [name for _label, _short, name, _icon, _badge in plans])
    for label, short, name, icon, badge in plans:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        yield Entry(label, short, url, icon, name == current, badge, _("perlu tindakan"))


def _current(here: str, names: list[str]) -> str:
    """The entry a page belongs to: its own, else the one with the longest covering name."""
    if here in names:
        return here
    covering = [
        (len(prefix), name)
        for name in names
        for prefix in COVERED.get(name, ())
        if here.startswith(prefix)
    ]
    return max(covering)[1] if covering else ""
