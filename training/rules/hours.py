"""Hours that activities earn, and days that clash."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Number = Decimal | int
DateRange = tuple[date | None, date | None]


@dataclass(frozen=True, slots=True)
class KindRule:
    """How one kind of development earns JP (Peraturan LAN 10/2018, annex).

    One `unit` (jp, hari, kegiatan, semester) earns `jp_per_unit`. With a cap, at
    most `cap_quantity` of `cap_unit` ("jp" or "kegiatan") count in one
    `cap_period` ("hari" or "bulan").
    """

    code: str
    unit: str
    jp_per_unit: Number
    cap_quantity: Number | None = None
    cap_unit: str | None = None
    cap_period: str | None = None


def credited_hours(kind_rule: KindRule, quantity: Number, already_credited: Number = 0) -> Decimal:
    """Give the JP that `quantity` of one kind earns within one cap period.

    `quantity` is in `kind_rule.unit`. `already_credited` is what the person has
    had counted in the same cap period, in `cap_unit`: JP of the same day for
    e-learning, times of the same month for coaching. Call once per cap period: an
    activity over three days with a cap per day is three calls. Multiply first, cap
    afterwards. Raises ValueError for negative numbers and for a cap in a unit that
    neither is JP nor the unit counted.

    | kind | unit | cap | quantity | already | JP |
    | --- | --- | --- | --- | --- | --- |
    | seminar, 4 JP a day | hari | none | 2 | 0 | 8 |
    | workshop, 5 JP a day | hari | none | 1 | 0 | 5 |
    | e-learning, 1 JP each | jp | 3 jp a hari | 4 | 0 | 3 |
    | e-learning, later that day | jp | 3 jp a hari | 2 | 2 | 1 |
    | guidance, 2 JP each | kegiatan | 2 kegiatan a bulan | 3 | 0 | 4 |
    | guidance, third that month | kegiatan | 2 kegiatan a bulan | 1 | 2 | 0 |
    | guidance abroad, 2.4 JP each | kegiatan | 2 kegiatan a bulan | 2 | 1 | 2.4 |
    | study leave, 20 JP each | semester | none | 1 | 0 | 20 |

    The first, second, third and fifth rows make 20 JP, the yearly duty of a PNS.
    """
    amount, already = Decimal(quantity), Decimal(already_credited)
    rate = Decimal(kind_rule.jp_per_unit)
    if amount < 0 or already < 0 or rate < 0:
        raise ValueError("Jumlah kegiatan dan JP tidak boleh negatif.")
    if kind_rule.cap_quantity is None:
        return amount * rate
    room = max(Decimal(kind_rule.cap_quantity) - already, Decimal(0))
    if kind_rule.cap_unit == "jp":
        return min(amount * rate, room)
    if kind_rule.cap_unit == kind_rule.unit:
        return min(amount, room) * rate
    raise ValueError(
        f"Batas dalam {kind_rule.cap_unit} tidak dapat diterapkan pada {kind_rule.unit}."
    )


def dates_clash(a: DateRange, b: DateRange) -> bool:
    """Tell whether two half-open ranges (start, end) share a day.

    The end day is not part of the range, so a range may begin where another ends.
    None is an open end; an empty or reversed range shares no day with any.
    """
    start = max((each[0] for each in (a, b) if each[0] is not None), default=date.min)
    end = min((each[1] for each in (a, b) if each[1] is not None), default=None)
    return end is None or start < end
