"""Figures as they are written on pages: hours, money, gaps, NIP, decimals."""

from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.translation import gettext as _

register = template.Library()

NOTHING = "–"
MINUS = "−"
NO_BREAK = "\N{NO-BREAK SPACE}"
FEWEST_SHOWN = Decimal("0.5")
MOST_SHOWN = Decimal("4.5")


def _grouped(value: int) -> str:
    return f"{value:,}".replace(",", ".")


@register.filter
def decimal_id(value: Decimal | float | int | None, places: int = 2) -> str:
    """A number with a comma before its decimals, rounded half up; a dash for None."""
    if value is None or value == "":
        return NOTHING
    number = Decimal(str(value)).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)
    whole, _point, rest = f"{abs(number):f}".partition(".")
    sign = MINUS if number < 0 else ""
    return sign + _grouped(int(whole)) + (f",{rest}" if rest else "")


@register.filter
def jp(value: Decimal | float | int | None) -> str:
    """Lesson hours with their unit: "12 JP", "4,5 JP"."""
    if value is None or value == "":
        return NOTHING
    number = Decimal(str(value))
    places = max(0, -int(number.normalize().as_tuple().exponent))
    return f"{decimal_id(number, min(places, 2))}{NO_BREAK}JP"


@register.filter
def rupiah(value: Decimal | int | None) -> str:
    """Money in whole rupiah; nothing to pay is said in words."""
    if value is None or value == "":
        return NOTHING
    amount = int(Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP))
    if amount == 0:
        return _("Tanpa biaya")
    return f"{MINUS if amount < 0 else ''}Rp{NO_BREAK}{_grouped(abs(amount))}"


@register.filter
def signed(value: Decimal | float | int | None) -> str:
    """A difference with its sign: −2, +1, 0, +0,3; a dash for None."""
    if value is None or value == "":
        return NOTHING
    number = Decimal(str(value))
    places = max(0, -int(number.normalize().as_tuple().exponent))
    text = decimal_id(number, places)
    return f"+{text}" if number > 0 else text


@register.filter
def nip(value: str | None) -> str:
    """A NIP in its groups 8-6-1-3; anything else stays as it is."""
    text = str(value or "")
    if len(text) != 18 or not text.isdigit():
        return text
    return " ".join((text[:8], text[8:14], text[14:15], text[15:]))


@register.filter
def initials(name: str | None) -> str:
    """Two letters for the round mark beside a name; titles after a comma do not count."""
    words = [word for word in str(name or "").split(",")[0].split() if word[:1].isalpha()]
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper() or "?"


@register.filter
def half_steps(value: Decimal | float | None) -> str:
    """A disclosed value of peers; its ends say that they are bands."""
    if value is None or value == "":
        return NOTHING
    number = Decimal(str(value))
    text = decimal_id(number, 0 if number == number.to_integral_value() else 1)
    if number <= FEWEST_SHOWN:
        return _("%(value)s atau kurang") % {"value": text}
    if number >= MOST_SHOWN:
        return _("%(value)s atau lebih") % {"value": text}
    return text
