"""Text as it may stand on paper: what the bundled fonts hold, of bounded length."""

import datetime as dt
import functools
import unicodedata
from decimal import Decimal
from pathlib import Path
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont

from gayungan_asn.accounts.templatetags.figures import decimal_id

FONT_FOLDER: Final = Path(__file__).resolve().parent.parent / "fonts"
FONTS: Final = {
    "font/400": "plus-jakarta-sans-latin-400.ttf",
    "font/600": "plus-jakarta-sans-latin-600.ttf",
    "font/700": "plus-jakarta-sans-latin-700.ttf",
    "font/400x": "plus-jakarta-sans-latin-ext-400.ttf",
    "font/700x": "plus-jakarta-sans-latin-ext-700.ttf",
}
NAME_LENGTH: Final = 200
NOTE_LENGTH: Final = 1_000
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
DASH: Final = "–"
REPLACEMENT: Final = "?"
SIMILAR: Final = {
    "≥": ">=",
    "≤": "<=",
    "→": "->",
    "←": "<-",
    "✓": "v",
    "✔": "v",
    "‑": "-",
    "‐": "-",
}


@functools.cache
def printable() -> frozenset[str]:
    """Characters that the bundled fonts can show."""
    known: set[int] = set()
    for name in FONTS.values():
        with TTFont(FONT_FOLDER / name, lazy=True) as font:
            known |= set(font.getBestCmap())
    return frozenset(chr(code) for code in known)


def _shown(character: str) -> str:
    if character in printable():
        return character
    if character in SIMILAR:
        return SIMILAR[character]
    if unicodedata.category(character).startswith("M"):
        return ""
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if c in printable())
    return plain or REPLACEMENT


def clean(text: str, length: int = NAME_LENGTH) -> str:
    """Text in NFC on one line, without control and direction characters, cut at `length`.

    What no bundled font can show becomes the nearest that it can, at worst a question
    mark: another font of the machine would creep into the file.
    """
    kept = []
    for character in unicodedata.normalize("NFC", str(text)[: 4 * length]):
        category = unicodedata.category(character)
        if category in {"Zs", "Zl", "Zp"} or character in "\t\n\r\v\f":
            kept.append(NO_BREAK if character == NO_BREAK else " ")
        elif category[0] != "C":
            kept.append(_shown(character))
    words = " ".join(word for word in "".join(kept).split(" ") if word)
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def money(amount: Decimal | int) -> str:
    """Whole rupiah: Rp1.250.000, Rp0."""
    return f"Rp{decimal_id(amount, 0)}"


def hours(value: Decimal | int) -> str:
    """Lesson hours without their unit: 6, 4,5; a dash where there are none."""
    number = Decimal(value)
    if not number:
        return DASH
    return decimal_id(number, 0 if number == number.to_integral_value() else 1)


def day(value: dt.date) -> str:
    """14 Januari 2027."""
    return date_format(value, "j F Y")


def months(start: dt.date, end: dt.date) -> str:
    """Okt – Nov, or one month where both are the same."""
    first, last = date_format(start, "M"), date_format(end, "M")
    return first if first == last else f"{first} {DASH} {last}"


def difference(required: int, attained: int | None) -> tuple[str, str]:
    """The state of a competency in words, and the class that shows it."""
    if attained is None:
        return _("belum dinilai"), "na"
    gap = attained - required
    if gap < 0:
        return _("di bawah standar%(space)s(−%(size)d)") % {"space": NO_BREAK, "size": -gap}, "gap"
    if gap > 0:
        return _("melampaui%(space)s(+%(size)d)") % {"space": NO_BREAK, "size": gap}, "up"
    return _("memenuhi"), ""
