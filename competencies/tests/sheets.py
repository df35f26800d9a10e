"""Spreadsheets for import tests, made in a few lines each."""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
EXAMPLE_XLSX = EXAMPLES / "siasn_pegawai_gayungan.xlsx"
EXAMPLE_CSV = EXAMPLES / "siasn_pegawai_gayungan.csv"
TITLES = (
    "PNS ID", "NIP BARU", "NAMA", "GELAR DEPAN", "GELAR BELAKANG", "TANGGAL LAHIR",
    "JENIS KELAMIN", "NOMOR HP", "EMAIL", "JENIS PEGAWAI NAMA", "KEDUDUKAN HUKUM NAMA",
    "TMT CPNS", "GOL AKHIR NAMA", "TMT GOLONGAN", "JENIS JABATAN NAMA", "JABATAN NAMA",
    "TMT JABATAN", "TAHUN LULUS", "UNOR ID", "UNOR NAMA", "SATUAN KERJA KERJA NAMA",
    "ESELON NAMA",
)  # fmt: skip
GOOD: dict[str, Any] = {
    "NIP BARU": "198609262015051001",
    "NAMA": "BUDI SANTOSO",
    "TANGGAL LAHIR": "26-09-1986",
    "JENIS KELAMIN": "M",
    "JENIS PEGAWAI NAMA": "PNS Daerah Kabupaten/Kota",
    "KEDUDUKAN HUKUM NAMA": "Aktif",
    "TMT CPNS": "01-05-2015",
    "GOL AKHIR NAMA": "III/a",
    "JENIS JABATAN NAMA": "Jabatan Fungsional Umum",
    "JABATAN NAMA": "Pengolah Data",
    "TMT JABATAN": "01-02-2020",
    "UNOR NAMA": "Seksi Uji",
    "SATUAN KERJA KERJA NAMA": "Kecamatan Uji",
}
SYLLABLES = ("NO", "SA", "DU", "TI", "PA", "LI", "NA", "TU", "LA", "SE")


def person(number: int = 1, **cells: Any) -> dict[str, Any]:
    """A good row; every number another person."""
    birth = dt.date(1980, 1, 1) + dt.timedelta(days=37 * number)
    return (
        GOOD
        | {
            "NIP BARU": f"{birth:%Y%m%d}2015051{number % 999 + 1:03d}",
            "NAMA": f"PEGAWAI {''.join(SYLLABLES[int(digit)] for digit in str(number))}",
            "TANGGAL LAHIR": f"{birth:%d-%m-%Y}",
        }
        | cells
    )


def table(rows: Sequence[dict[str, Any]], titles: Sequence[str] = TITLES) -> list[list[Any]]:
    """Titles and rows as lists of cells."""
    return [list(titles), *([row.get(title) for title in titles] for row in rows)]


def xlsx(
    cells: Sequence[Sequence[Any]], change: Callable[[Worksheet], None] = lambda sheet: None
) -> bytes:
    """A workbook with one sheet of these cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Pegawai"
    for row in cells:
        sheet.append(list(row))
    change(sheet)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def people_xlsx(*rows: dict[str, Any], titles: Sequence[str] = TITLES, **more: Any) -> bytes:
    """A workbook of people."""
    return xlsx(table(rows, titles), **more)


def people_csv(
    *rows: dict[str, Any], titles: Sequence[str] = TITLES, separator: str = ",", end: str = "\r\n"
) -> bytes:
    """A CSV file of people."""
    target = io.StringIO()
    csv.writer(target, delimiter=separator, lineterminator=end).writerows(table(rows, titles))
    return target.getvalue().encode()


def repacked(content: bytes, **parts: Callable[[bytes], bytes] | bytes | None) -> bytes:
    """The workbook with some parts changed, added or left out (None); "__" reads "/"."""
    changes = {name.replace("__", "/").replace("_dot_", "."): what for name, what in parts.items()}
    source, target = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            what = changes.pop(name, source.read(name))
            if callable(what):
                what = what(source.read(name))
            if what is not None:
                made.writestr(name, what)
        for name, what in changes.items():
            assert isinstance(what, bytes)
            made.writestr(name, what)
    return target.getvalue()


def sheet_xml(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with the text of its first sheet changed."""
    return repacked(content, xl__worksheets__sheet1_dot_xml=change)


def without_declaration(xml: bytes) -> bytes:
    """An XML part without its first line, so that another may stand there."""
    return re.sub(rb"^<\?xml[^>]*\?>\s*", b"", xml)
