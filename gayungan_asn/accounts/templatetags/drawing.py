"""What the small drawings of the pages need: icons, positions, tones.

Charts are SVG with percentage coordinates, so that no inline style is needed.
"""

from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

LEVEL_START = Decimal("6")
LEVEL_STEP = Decimal("17.6")
TONES = {
    "ok": {
        "acknowledged", "answered", "applied", "attended", "completed", "confirmed", "done",
        "final", "published", "ratified", "ready", "submitted", "upheld", "valid",
    },
    "info": {"applying", "approved", "calibration", "open", "running", "supervisor_review"},
    "warn": {
        "draft", "invited", "objected", "proposed", "queued", "reading", "rendering",
        "requested", "self_review", "superseded", "waitlisted",
    },
    "gap": {"expired", "failed", "refused", "rejected", "revoked"},
}  # fmt: skip


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """One icon of the sprite, hidden from screen readers: the words stand beside it."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {classes}" if classes else "",
        static("vendor/icons.svg"),
        name,
    )


@register.filter
def share(part: Decimal | float | int | None, whole: Decimal | float | int | None) -> str:
    """Width or position in a drawing: part of whole between 0 and 100 per cent."""
    if not whole:
        return "0%"
    portion = Decimal(str(part or 0)) * 100 / Decimal(str(whole))
    return f"{min(max(portion, Decimal(0)), Decimal(100)):.2f}%"


@register.filter
def level_x(level: Decimal | float | int) -> str:
    """Where a level from 0 to 5 stands on the axis of the gap chart."""
    return f"{LEVEL_START + LEVEL_STEP * Decimal(str(level)):.1f}%"


@register.filter
def ticks(segments: int) -> list[str]:
    """Positions of the lines that cut a bar into equal parts."""
    return [share(number, segments) for number in range(1, int(segments or 0))]


@register.filter
def pip_cells(levels: str) -> list[dict[str, str | int]]:
    """Left edge of each of the five cells of a level, and of the frame around it."""
    return [
        {
            "level": int(level),
            "left": f"{Decimal('20.5') * place:.1f}%",
            "frame": f"{Decimal('20.5') * place - Decimal('1.2'):.1f}%",
        }
        for place, level in enumerate(levels)
    ]


@register.filter
def tone(state: str | None) -> str:
    """Tone of the tag of a state code; never the only cue, the words stand in the tag."""
    code = str(state or "").lower()
    return next((name for name, codes in TONES.items() if code in codes), "")
