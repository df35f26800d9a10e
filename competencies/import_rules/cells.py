"""Single cells: texts, days, years, sex, addresses."""

import datetime as dt
import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Weight = Literal["refused", "look", "told"]

TOO_LONG: Final = "teks lebih dari {n} karakter."
HIDDEN: Final = "karakter tersembunyi tidak diizinkan."
UNNATURAL: Final = "karakter tidak wajar."
MIXED_SCRIPTS: Final = "huruf dari aksara berbeda."
FORMULA_ERROR: Final = "sel berisi galat rumus."
FORMULA_EMPTY: Final = "rumus tanpa nilai. Salin sebagai nilai."
FORMULA_USED: Final = "nilai rumus yang dipakai."
NO_DATE: Final = "tanggal tidak sah."
NOT_A_DATE: Final = "isi sebagai tanggal."
YEAR_RANGE: Final = "tahun di luar rentang."
WITH_TIME: Final = "isi tanggal tanpa jam."
NO_NUMBER: Final = "bukan angka yang sah."
SEX_WORDS: Final = "isi L atau P."
BAD_EMAIL: Final = "alamat surel tidak sah."
CELL_CHARACTERS: Final = 2_000
MARKS_IN_A_ROW: Final = 8
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100

_MONTHS: Final = {
    "januari": 1, "jan": 1, "februari": 2, "pebruari": 2, "feb": 2, "peb": 2, "maret": 3,
    "mar": 3, "april": 4, "apr": 4, "mei": 5, "juni": 6, "jun": 6, "juli": 7, "jul": 7,
    "agustus": 8, "agu": 8, "agt": 8, "ags": 8, "agust": 8, "september": 9, "sep": 9,
    "sept": 9, "oktober": 10, "okt": 10, "november": 11, "nopember": 11, "nov": 11, "nop": 11,
    "desember": 12, "des": 12,
}  # fmt: skip
_DAY_FIRST: Final = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})", re.ASCII)
_WORDS: Final = re.compile(r"(\d{1,2})[ -]([A-Za-z]+)\.?[ -](\d{4})", re.ASCII)
_TIME: Final = re.compile(r"\d[T ]\d{1,2}[:.]\d{2}", re.ASCII)
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z]{2,63}",
    re.ASCII,
)
_NAME: Final = re.compile(r"(?:[^\W\d_]|[ .'\u2018\u2019`-])+")
_MEN: Final = {"L", "M", "LAKI-LAKI", "LAKI LAKI", "LAKILAKI", "LAKI", "PRIA", "MALE"}
_WOMEN: Final = {"P", "F", "W", "PEREMPUAN", "WANITA", "FEMALE"}
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN")
_SPACES: Final = "\t\n\r\v\f"


class CellError(ValueError):
    """A cell that cannot be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row or a cell.

    `refused` keeps the row out, `look` asks the person, `told` is only said. Where
    `of_column` is set the message names the column.
    """

    text: str
    column: str = ""
    value: str = ""
    weight: Weight = "refused"
    of_column: bool = False

    def plain(self) -> dict[str, Any]:
        """As it is stored with the row."""
        return asdict(self)


def message(number: int, problem: dict[str, Any]) -> str:
    """The whole sentence of a stored problem: row, column, what to do."""
    if problem.get("of_column"):
        return f"Baris {number}, kolom {problem['column']}: {problem['text']}"
    return f"Baris {number}: {problem['text']}"


def shown(cell: Any) -> str:
    """A cell as a person sees it, cut to 40 characters."""
    if isinstance(cell, str):
        return " ".join(cell.split())[:40]
    if isinstance(cell, list) and len(cell) > 1:
        if cell[0] == "f":
            return shown(cell[1])
        if cell[0] == "n":
            return number_text(str(cell[1]))[:40]
        return str(cell[1])[:40]
    return ""


def number_text(raw: str) -> str:
    """A number cell as a spreadsheet shows it: long ones in scientific form."""
    try:
        value = float(raw)
    except ValueError:
        return raw
    if value.is_integer() and abs(value) < 1e11:
        return str(int(value))
    return f"{value:.5E}".replace(".", ",") if abs(value) >= 1e11 else raw.replace(".", ",")


def same_text(text: str) -> str:
    """A text for comparing: one normal form, single spaces, no case."""
    return " ".join(unicodedata.normalize("NFC", text).split()).casefold()


def text_of(cell: Any, longest: int = CELL_CHARACTERS) -> str:
    """The text of a cell, cleaned; "" where there is none. Raises CellError."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = clean_text(cell)
    elif cell[0] == "l":
        raise CellError(TOO_LONG.format(n="2.000"))
    elif cell[0] == "e":
        raise CellError(FORMULA_ERROR)
    elif cell[0] == "x":
        raise CellError(FORMULA_EMPTY)
    elif cell[0] == "f":
        return text_of(cell[1], longest)
    elif cell[0] == "n":
        text = number_text(str(cell[1]))
    elif cell[0] == "b":
        text = "Ya" if cell[1] else "Tidak"
    else:
        text = str(cell[1])
    if len(text) > longest:
        raise CellError(TOO_LONG.format(n=f"{longest:,}".replace(",", ".")))
    return text


def clean_text(raw: str) -> str:
    """One normal form, single ordinary spaces; "-" alone counts as empty."""
    if raw.isascii() and raw.isprintable():
        text = " ".join(raw.split())
        return "" if text == "-" else text
    marks = 0
    for character in raw:
        category = unicodedata.category(character)
        if category in ("Cf", "Zl", "Zp", "Cs") or (category == "Cc" and character not in _SPACES):
            raise CellError(HIDDEN)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MARKS_IN_A_ROW:
            raise CellError(UNNATURAL)
    text = " ".join(unicodedata.normalize("NFC", raw).split())
    return "" if text == "-" else text


def mixes_scripts(text: str) -> bool:
    """True where letters that look alike come from different scripts."""
    if text.isascii():
        return False
    found: set[str] = set()
    for character in text:
        if character.isalpha():
            name = unicodedata.name(character, "")
            found.update(script for script in _SCRIPTS if name.startswith(script))
    return len(found) > 1


def day_of(cell: Any) -> dt.date | None:
    """The day of a cell, day first in text; None where it is empty. Raises CellError."""
    if isinstance(cell, list):
        kind = cell[0]
        if kind == "f":
            return day_of(cell[1])
        if kind == "d":
            return _in_range(dt.date.fromisoformat(cell[1]))
        if kind == "t":
            raise CellError(WITH_TIME)
        if kind in ("n", "b"):
            raise CellError(NOT_A_DATE)
    text = text_of(cell).lstrip("'\u2018\u2019").strip()
    if not text:
        return None
    if found := _DAY_FIRST.fullmatch(text):
        year, month, day = int(found[4]), int(found[3]), int(found[1])
    elif found := _YEAR_FIRST.fullmatch(text):
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    elif (found := _WORDS.fullmatch(text)) and found[2].casefold() in _MONTHS:
        year, month, day = int(found[3]), _MONTHS[found[2].casefold()], int(found[1])
    elif _TIME.search(text):
        raise CellError(WITH_TIME)
    elif text.isdigit():
        raise CellError(NOT_A_DATE)
    else:
        raise CellError(NO_DATE)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellError(YEAR_RANGE)
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise CellError(NO_DATE) from None


def _in_range(day: dt.date) -> dt.date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CellError(YEAR_RANGE)
    return day


def year_of(cell: Any) -> int | None:
    """A year; "2009" and "2009.0" alike. Raises CellError."""
    text = text_of(cell, 40)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,6}(?:[.,]0)?", text, re.ASCII):
        raise CellError(NO_NUMBER)
    year = int(re.split(r"[.,]", text)[0])
    if year == 0:
        return None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise CellError(YEAR_RANGE)
    return year


def sex_of(cell: Any) -> str:
    """ "L" or "P" from letters or words; "" where it is empty. Raises CellError."""
    word = text_of(cell, 40).upper()
    if word in _MEN:
        return "L"
    if word in _WOMEN:
        return "P"
    if word:
        raise CellError(SEX_WORDS)
    return ""


def email_of(cell: Any) -> str:
    """An address of electronic mail in small letters. Raises CellError."""
    if isinstance(cell, str) and any(space in cell.strip() for space in _SPACES):
        raise CellError(BAD_EMAIL)
    text = text_of(cell, 254)
    if text and (not _EMAIL.fullmatch(text) or ".." in text):
        raise CellError(BAD_EMAIL)
    return text.lower()


def phone_of(cell: Any) -> str:
    """A telephone number; a number cell has lost its leading zero, it is put back."""
    text = text_of(cell, 30)
    plain = cell[1] if isinstance(cell, list) and cell[0] == "f" else cell
    if isinstance(plain, list) and plain[0] == "n":
        text = str(plain[1]).split(".")[0]
        text = "0" + text if text.startswith("8") else text
    return text.lstrip("'\u2018\u2019").strip()


def sensible_name(text: str) -> str:
    """A name written in capitals only, in title case; any other name unchanged.

    The national system exports names in capitals. "HENDRA SUSANTO" becomes "Hendra
    Susanto", "SA'DIYAH" "Sa'diyah", "NUR-AINI" "Nur-Aini", "BIN" and "BINTI" stay
    small; what stands after a comma is a title and stays as it is. A name of one or two
    letters, and one with any small letter, is left alone.
    """
    name, comma, titles = text.partition(",")
    if len(name) < 3 or not name.isupper() or not _NAME.fullmatch(name):
        return text
    words = [
        word.lower()
        if word in ("BIN", "BINTI")
        else "-".join(part.capitalize() for part in word.split("-"))
        if word.count(".") <= 1
        else word
        for word in name.split(" ")
    ]
    return " ".join(words) + comma + titles
