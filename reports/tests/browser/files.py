"""Exports as HR brings them."""

from pathlib import Path

import openpyxl

EXAMPLE = Path(__file__).resolve().parents[3] / "competencies/examples/siasn_pegawai_gayungan.xlsx"
NEW_EMAIL = "agus.baru@example.org"
NEW_UNIT = "Seksi Kebersihan dan Pertamanan"
CHANGED_PERSON = "Agus Suryani"
MOVED_PERSON = "Juwita Hidayat"


def changed_export(folder: Path) -> Path:
    """The example with one new e-mail, one unit nobody knows and one NIP that is too short."""
    book = openpyxl.load_workbook(EXAMPLE)
    sheet = book.active
    column = {cell.value: cell.column for cell in sheet[1]}
    row_of = {
        sheet.cell(row, column["NAMA"]).value.title(): row for row in range(2, sheet.max_row + 1)
    }
    sheet.cell(row_of[CHANGED_PERSON], column["EMAIL"]).value = NEW_EMAIL
    moved = row_of[MOVED_PERSON]
    sheet.cell(moved, column["UNOR NAMA"]).value = NEW_UNIT
    sheet.cell(moved, column["UNOR ID"]).value = None
    sheet.cell(moved, column["TMT JABATAN"]).value = "02-11-2026"
    sheet.cell(row_of["Vina Iskandar"], column["NIP BARU"]).value = "19780928200012200"
    path = folder / "siasn_berubah.xlsx"
    book.save(path)
    return path
