"""Arithmetic of people and competencies; no database, no Django.

Messages are plain Indonesian sentences: forms and imports show them as they are.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

NipKind = Literal["PNS", "PPPK"]
Sex = Literal["L", "P"]

NIP_LENGTH: Final = 18
FIRST_CONTRACT_CODE: Final = 21
EARLIEST_YEAR: Final = 1900
LATEST_YEAR: Final = 2099

NIP_EMPTY: Final = "NIP wajib diisi."
NIP_AS_NUMBER: Final = (
    "NIP tersimpan sebagai angka sehingga digit terakhir hilang. "
    "Format kolom sebagai Teks dan isi ulang."
)
NIP_NOT_DIGITS: Final = "NIP hanya boleh berisi angka 0–9."
NIP_WRONG_LENGTH: Final = "NIP harus 18 digit."
NIP_BIRTH_DATE: Final = "Tanggal lahir dalam NIP tidak sah."
NIP_YEAR: Final = "Tahun pengangkatan dalam NIP tidak sah."
NIP_MONTH: Final = "Bulan pengangkatan dalam NIP tidak sah."
NIP_CONTRACT: Final = "Kode kontrak dalam NIP tidak sah."
NIP_MONTH_OR_CONTRACT: Final = "Bulan pengangkatan atau kode kontrak dalam NIP tidak sah."
NIP_SEX: Final = "Kode jenis kelamin dalam NIP tidak sesuai."
NIP_SERIAL: Final = "Nomor urut dalam NIP tidak sah."

_APOSTROPHES: Final = ("'", "\u2018", "\u2019")
_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?[Ee]\+?[0-9]+", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Nip:
    """A NIP that is valid in form, taken apart; it proves nothing about a person.

    `appointed` is (year, month) for PNS and (year, contract code) for PPPK.
    `digits` is the form that is stored: 18 ASCII digits without spaces.
    """

    kind: NipKind
    birth_date: date
    sex: Sex
    appointed: tuple[int, int]
    serial: int
    digits: str


def parse_nip(text: object, kind: NipKind | None = None) -> Nip:
    """Take a NIP apart (Peraturan BKN on NIP: 8 + 6 + 1 + 3 digits, no check digit).

    Spaces of any kind, dots and one leading apostrophe are dropped. `kind` tells
    which number is expected where the caller knows it (PNS also for CPNS, PPPK also
    for part-time PPPK); without it the two digits after the year of appointment
    decide: 01 to 12 is a month (PNS), 21 to 99 a contract code (PPPK).
    Raises ValueError with an Indonesian sentence naming the first fault from the
    left; a number instead of text is a fault too, since spreadsheets keep 15 digits.
    """
    digits = _nip_digits(text)
    birth_date = _nip_birth_date(digits[:8])
    year, code = int(digits[8:12]), int(digits[12:14])
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValueError(NIP_YEAR)
    found = _nip_kind(code, kind)
    if digits[14] not in "12":
        raise ValueError(NIP_SEX)
    serial = int(digits[15:])
    if serial == 0:
        raise ValueError(NIP_SERIAL)
    return Nip(
        kind=found,
        birth_date=birth_date,
        sex="L" if digits[14] == "1" else "P",
        appointed=(year, code),
        serial=serial,
        digits=digits,
    )


def _nip_digits(text: object) -> str:
    if text is None:
        raise ValueError(NIP_EMPTY)
    if not isinstance(text, str):
        raise ValueError(NIP_AS_NUMBER)
    cleaned = text.strip()
    if cleaned.startswith(_APOSTROPHES):
        cleaned = cleaned[1:].strip()
    if _SCIENTIFIC.fullmatch(cleaned):
        raise ValueError(NIP_AS_NUMBER)
    cleaned = "".join(
        character
        for character in cleaned
        if character != "." and unicodedata.category(character) != "Zs"
    )
    if not cleaned:
        raise ValueError(NIP_EMPTY)
    if not _DIGITS.fullmatch(cleaned):
        raise ValueError(NIP_NOT_DIGITS)
    if len(cleaned) != NIP_LENGTH:
        raise ValueError(NIP_WRONG_LENGTH)
    return cleaned


def _nip_birth_date(digits: str) -> date:
    year = int(digits[:4])
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValueError(NIP_BIRTH_DATE)
    try:
        return date(year, int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        raise ValueError(NIP_BIRTH_DATE) from None


def _nip_kind(code: int, expected: NipKind | None) -> NipKind:
    is_month = 1 <= code <= 12
    is_contract = code >= FIRST_CONTRACT_CODE
    if expected == "PNS" and not is_month:
        raise ValueError(NIP_MONTH)
    if expected == "PPPK" and not is_contract:
        raise ValueError(NIP_CONTRACT)
    if is_month:
        return "PNS"
    if is_contract:
        return "PPPK"
    # 00 and 13 are the usual slips of a month; 14 to 20 could be meant as either.
    raise ValueError(NIP_MONTH if code in (0, 13) else NIP_MONTH_OR_CONTRACT)


def format_nip(digits: str) -> str:
    """Show 18 stored digits in groups of 8, 6, 1 and 3; other text stays as it is.

    Old numbers of nine digits live in the same history, so this never raises.
    """
    if len(digits) != NIP_LENGTH or not _DIGITS.fullmatch(digits):
        return digits
    return f"{digits[:8]} {digits[8:14]} {digits[14]} {digits[15:]}"


def gap(required: int | None, attained: int | None) -> int | None:
    """Give attained − required in levels: negative means below the standard.

    None where there is no standard or where the competency is not assessed; level 0
    is an assessment ("belum memenuhi tingkat 1").
    """
    if required is None or attained is None:
        return None
    return attained - required


def job_person_match(
    pairs: Iterable[tuple[int | None, int | None]], capped: bool = True
) -> Decimal | None:
    """Give Σ attained ÷ Σ required × 100, unrounded, in per cent.

    `pairs` are (required, attained) levels. A pair that is not assessed leaves both
    sums. With `capped` a level counts at most as its required level, so a surplus in
    one competency does not offset a gap in another. None where nothing is assessed
    or nothing is required. The name JPM is for official assessments only (Peraturan
    BKN 26/2019); from in-app ratings this is the internal index of standards met.
    """
    total_required = 0
    total_attained = 0
    for required, attained in pairs:
        if required is None or attained is None:
            continue
        total_required += required
        total_attained += min(attained, required) if capped else attained
    if total_required == 0:
        return None
    return Decimal(total_attained * 100) / Decimal(total_required)


def coverage(pairs: Iterable[tuple[int | None, int | None]]) -> tuple[int, int]:
    """Count (assessed, all) competencies of a standard from (required, attained).

    No class may be given while the two differ.
    """
    assessed = total = 0
    for required, attained in pairs:
        if required is None:
            continue
        total += 1
        if attained is not None:
            assessed += 1
    return assessed, total


def classify(
    value: Decimal | int | None, bounds: Iterable[tuple[str, Decimal | int]]
) -> str | None:
    """Give the code of the highest class whose lower bound `value` reaches.

    `bounds` are (code, min_inclusive) in any order, in the unit of `value`. A value
    on a bound belongs to the upper class; pass it unrounded (77.78 is below 78).
    None stays None. Raises ValueError for a value below every bound, for no bounds
    at all, for two classes with one bound and for NaN.
    """
    if value is None:
        return None
    ordered = sorted(bounds, key=lambda bound: bound[1], reverse=True)
    if len({minimum for _, minimum in ordered}) != len(ordered):
        raise ValueError("Dua kelas memakai batas bawah yang sama.")
    if isinstance(value, Decimal) and value.is_nan():
        raise ValueError("Nilai bukan angka yang sah.")
    for code, minimum in ordered:
        if value >= minimum:
            return code
    raise ValueError("Nilai di bawah batas kelas terendah.")
