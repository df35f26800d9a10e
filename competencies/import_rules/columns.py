"""The columns of the national system's profile export, found by their titles."""

import unicodedata
from dataclasses import dataclass
from typing import Any, Final

NO_TITLES: Final = "Judul kolom tidak ditemukan. Gunakan templat."
EXPECTED: Final = "Judul yang diperlukan: {titles}."
MISSING: Final = "Kolom wajib tidak ada: {c}."
TWICE: Final = "Kolom {c} muncul lebih dari sekali."
UNKNOWN: Final = "Kolom tidak dikenal diabaikan: {c}."
RECOGNISED_FROM: Final = 3

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "national_id": ("PNS ID",),
    "nip": ("NIP BARU", "NIP"),
    "name": ("NAMA", "NAMA LENGKAP"),
    "title_before": ("GELAR DEPAN",),
    "title_after": ("GELAR BELAKANG",),
    "birth_place": ("TEMPAT LAHIR NAMA", "TEMPAT LAHIR"),
    "birth_date": ("TANGGAL LAHIR", "TGL LAHIR"),
    "sex": ("JENIS KELAMIN",),
    "phone": ("NOMOR HP", "NO HP"),
    "email": ("EMAIL",),
    "office_email": ("EMAIL GOV",),
    "address": ("ALAMAT",),
    "employment": ("JENIS PEGAWAI NAMA",),
    "standing": ("KEDUDUKAN HUKUM NAMA",),
    "candidate": ("STATUS CPNS PNS",),
    "appointed_first": ("TMT CPNS",),
    "appointed_full": ("TMT PNS",),
    "grade": ("GOL AKHIR NAMA", "GOLONGAN"),
    "grade_since": ("TMT GOLONGAN",),
    "position_kind": ("JENIS JABATAN NAMA",),
    "position": ("JABATAN NAMA", "JABATAN"),
    "position_since": ("TMT JABATAN",),
    "education_level": ("TINGKAT PENDIDIKAN NAMA",),
    "education": ("PENDIDIKAN NAMA",),
    "graduation_year": ("TAHUN LULUS",),
    "unit_id": ("UNOR ID",),
    "unit": ("UNOR NAMA",),
    "office_parent": ("SATUAN KERJA INDUK NAMA",),
    "office": ("SATUAN KERJA KERJA NAMA",),
    "echelon": ("ESELON NAMA",),
}
REQUIRED: Final = ("nip", "name", "position", "unit")
IGNORED: Final = (
    "NIP LAMA", "TEMPAT LAHIR ID", "AGAMA ID", "AGAMA NAMA", "JENIS KAWIN ID",
    "JENIS KAWIN NAMA", "NIK", "NPWP NOMOR", "BPJS", "JENIS PEGAWAI ID",
    "KEDUDUKAN HUKUM ID", "KARTU ASN VIRTUAL", "NOMOR SK CPNS", "TANGGAL SK CPNS",
    "NOMOR SK PNS", "TANGGAL SK PNS", "GOL AWAL ID", "GOL AWAL NAMA", "GOL AKHIR ID",
    "MK TAHUN", "MK BULAN", "JENIS JABATAN ID", "JABATAN ID", "TINGKAT PENDIDIKAN ID",
    "PENDIDIKAN ID", "KPKN ID", "KPKN NAMA", "LOKASI KERJA ID", "LOKASI KERJA NAMA",
    "INSTANSI INDUK ID", "INSTANSI INDUK NAMA", "INSTANSI KERJA ID", "INSTANSI KERJA NAMA",
    "SATUAN KERJA INDUK ID", "SATUAN KERJA KERJA ID", "IS VALID NIK", "NAMA SEKOLAH",
    "FLAG IKD", "ESELON ID",
)  # fmt: skip
"""Columns of the export that are known and not wanted here."""

_FIELD_OF: Final = {title: field for field, titles in FIELDS.items() for title in titles}


class RefusedTitlesError(Exception):
    """The titles do not fit; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands, under which title, and what was passed over."""

    places: dict[str, int]
    titles: dict[str, str]
    known: int
    unknown: tuple[str, ...]


def plain_title(cell: Any) -> str:
    """A title without case, with single ordinary spaces."""
    if not isinstance(cell, str):
        return ""
    return " ".join(unicodedata.normalize("NFKC", cell).split()).upper()


def looks_like_titles(cells: list[Any]) -> bool:
    """True for a row in which several known titles stand."""
    titles = {plain_title(cell) for cell in cells}
    return len(titles & (_FIELD_OF.keys() | set(IGNORED))) >= RECOGNISED_FROM


def find_columns(cells: list[Any]) -> Columns:
    """Find the fields by title. Raises RefusedTitlesError."""
    if not looks_like_titles(cells):
        needed = ", ".join(FIELDS[field][0] for field in REQUIRED)
        raise RefusedTitlesError(f"{NO_TITLES} {EXPECTED.format(titles=needed)}")
    places: dict[str, int] = {}
    titles: dict[str, str] = {}
    unknown: list[str] = []
    seen: set[str] = set()
    known = 0
    for place, cell in enumerate(cells):
        title = plain_title(cell)
        if not title:
            continue
        field = _FIELD_OF.get(title)
        if field is None and title not in IGNORED:
            unknown.append(" ".join(str(cell).split())[:40])
            continue
        known += 1
        if title in seen or field in places:
            raise RefusedTitlesError(TWICE.format(c=title))
        seen.add(title)
        if field is not None:
            places[field], titles[field] = place, title
    for field in REQUIRED:
        if field not in places:
            raise RefusedTitlesError(MISSING.format(c=FIELDS[field][0]))
    return Columns(places, titles, known, tuple(dict.fromkeys(unknown)))
