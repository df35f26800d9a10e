"""Small drawings made by the server: numbers in, safe SVG out.

Shared by pages and printed documents. No style, no script, no text inside: words stand
beside a drawing, or in its title where it stands alone.
"""

from decimal import Decimal

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

TEAL, TERRA, INK, RULE, SOFT_RULE = "#0b5f5b", "#a33d16", "#16282b", "#c9bfab", "#8f8570"
LEVELS = range(6)
STANDARDS = range(1, 6)
MOST_HOUR_BOXES = 40


def level_class(attained: int | None, required: int) -> str:
    """Class of the level bar: attained 0–5, or `n` for not assessed; then the standard."""
    held = "n" if attained is None else str(min(max(attained, 0), 5))
    return f"l{held}{min(max(required, 1), 5)}"


def _svg(width: float, height: float, body: str, head: str = "") -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"{head}>{body}</svg>'
    )


def _hatch(x: float, y: float, width: float, height: float, step: float = 4) -> str:
    """Diagonal strokes clipped to the box by arithmetic, so no clip path is needed."""
    strokes, along = [], step / 2
    while along < width + height:
        right = (x + along, y) if along <= width else (x + width, y + along - width)
        left = (x, y + along) if along <= height else (x + along - height, y + height)
        strokes.append(f"M{right[0]:.1f},{right[1]:.1f}L{left[0]:.1f},{left[1]:.1f}")
        along += step
    return "".join(strokes)


def _level_bar(attained: int | None, required: int) -> str:
    """Five steps: filled = attained, hatched = missing, tick = standard, dashed = not assessed."""
    full = missing = rest = ""
    for step in range(5):
        x = step * 19
        if step < (attained or 0):
            full += f"M{x},2h17v7h-17z"
        elif step < required and attained is not None:
            missing += f"M{x + 0.4},2.4h16.2v6.2h-16.2z" + _hatch(x + 0.4, 2.4, 16.2, 6.2)
        else:
            rest += f"M{x + 0.3},2.3h16.4v6.4h-16.4z"
    dash = "" if attained is not None else ' stroke-dasharray="2 1.6"'
    frame = RULE if attained is not None else SOFT_RULE
    body = ""
    if rest:
        body += f'<path d="{rest}" fill="none" stroke="{frame}" stroke-width=".6"{dash}/>'
    if missing:
        body += f'<path d="{missing}" fill="none" stroke="{TERRA}" stroke-width=".8"/>'
    if full:
        body += f'<path d="{full}" fill="{TEAL}"/>'
    tick = 19 * required - 1
    body += f'<path d="M{tick},0V11" stroke="#fff" stroke-width="3.2"/>'
    body += f'<path d="M{tick},0V11" stroke="{INK}" stroke-width="1.9"/>'
    return _svg(96, 11, body)


def _key(kind: str) -> str:
    """The signs of the legend: attained, below the standard, the standard."""
    if kind == "a":
        body = f'<path d="M0,2h17v7h-17z" fill="{TEAL}"/>'
    elif kind == "b":
        hatch = _hatch(0.4, 2.4, 16.2, 6.2)
        body = (
            f'<path d="M.4,2.4h16.2v6.2h-16.2z{hatch}" fill="none" stroke="{TERRA}" '
            'stroke-width=".8"/>'
        )
    else:
        body = f'<path d="M3,0V11" stroke="{INK}" stroke-width="1.9"/>'
    return _svg(19.7, 11, body)


def print_drawings() -> dict[str, bytes]:
    """Backgrounds of the print stylesheet by asset name: 35 level bars, 3 legend signs."""
    drawings = {
        f"l/{'n' if attained is None else attained}{required}": _level_bar(attained, required)
        for attained in (None, *LEVELS)
        for required in STANDARDS
    }
    drawings |= {f"k/{kind}": _key(kind) for kind in "abq"}
    return {name: drawing.encode() for name, drawing in drawings.items()}


def hour_boxes(planned: Decimal, required: int, title: str, font_family: str) -> SafeString:
    """Planned hours against the yearly duty: one box an hour, at most 40, tick at the duty."""
    count = int(planned)
    top = min(MOST_HOUR_BOXES, max(count, required + 4))
    width = 220 / top
    filled = "".join(
        f"M{place * width:.2f},6h{width - 1.4:.2f}v10h-{width - 1.4:.2f}z"
        for place in range(min(count, top))
    )
    empty = "".join(
        f"M{place * width + 0.4:.2f},6.4h{width - 2.2:.2f}v9.2h-{width - 2.2:.2f}z"
        for place in range(min(count, top), top)
    )
    tick = f"{min(required, top) * width - 0.7:.2f}"
    body = ""
    if filled:
        body += f'<path d="{filled}" fill="{TEAL}"/>'
    if empty:
        body += f'<path d="{empty}" fill="none" stroke="{RULE}" stroke-width=".8"/>'
    body += f'<path d="M{tick},1V21" stroke="#fff" stroke-width="4"/>'
    body += f'<path d="M{tick},1V21" stroke="{INK}" stroke-width="2"/>'
    return _titled(220, 22, title, body, font_family)


def qr_code(text: str, title: str, font_family: str) -> SafeString:
    """A QR code (level M) as one stroked path, two commands a run of dark modules."""
    code = segno.make(text, error="m", micro=False)
    size = code.symbol_size(border=0)[0]
    commands: list[str] = []
    for y, row in enumerate(code.matrix):
        x, pen = 0, None
        while x < size:
            end = x
            while end < size and row[end] == row[x]:
                end += 1
            if row[x]:
                start = f"M{x},{y}.5" if pen is None else f"m{x - pen},0"
                commands.append(f"{start}h{end - x}")
                pen = end
            x = end
    body = f'<path d="{"".join(commands)}" stroke="#000"/>'
    return _titled(size, size, title, body, font_family)


def _titled(width: float, height: float, title: str, body: str, font_family: str) -> SafeString:
    # The page's stylesheet does not reach inside inline SVG: without the attribute the
    # title would be measured in a font of the machine.
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}" height="{}" '
        'role="img" font-family="{}"><title>{}</title>{}</svg>',
        width,
        height,
        width,
        height,
        font_family,
        title,
        mark_safe(body),  # noqa: S308 -- built above from numbers only
    )


def axis_position(level: Decimal | float | int) -> Decimal:
    """Where a level 0–5 stands on the axis of the gap chart, in per cent of its width."""
    return (Decimal("6") + Decimal("17.6") * Decimal(str(level))).quantize(Decimal("0.1"))
