"""Bad files (sections A to D of the reference): each is refused or read as it says."""

import datetime as dt
import io
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from competencies.services.people_file import PeopleFile, read_people
from competencies.spreadsheets import limits
from competencies.spreadsheets.limits import RefusedFileError
from competencies.spreadsheets.reading import PROJECT_FOLDER
from competencies.tests.sheets import (
    EXAMPLE_CSV,
    EXAMPLE_XLSX,
    TITLES,
    people_csv,
    people_xlsx,
    person,
    repacked,
    sheet_xml,
    table,
    without_declaration,
    xlsx,
)

GOOD_FILE = people_xlsx(person(1), person(2), person(3))


def read(tmp_path: Path, content: bytes) -> PeopleFile:
    path = tmp_path / "berkas"
    path.write_bytes(content)
    return read_people(path)


def zipped(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return target.getvalue()


def falsely_sized(content: bytes) -> bytes:
    """The directory and the local head tell a tenth of what the sheet unpacks to."""
    source = zipfile.ZipFile(io.BytesIO(content))
    info = source.getinfo("xl/worksheets/sheet1.xml")
    told = struct.pack("<I", info.file_size)
    return content.replace(told, struct.pack("<I", info.file_size // 10))


def billion_laughs(xml: bytes) -> bytes:
    entities = b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"lol") for n in range(10)
    )
    return b'<?xml version="1.0"?><!DOCTYPE x [%s]>' % entities + without_declaration(xml)


def external_entity(xml: bytes) -> bytes:
    return (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        + without_declaration(xml).replace(
            b"</sheetData>", b"<row><c><v>&e;</v></c></row></sheetData>"
        )
    )


def bomb() -> bytes:
    texts = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</sst>'
        % (b"<si><t>" + b"A" * 30_000 + b"</t></si>")
        * 3_000
    )
    return repacked(GOOD_FILE, xl__sharedStrings_dot_xml=texts)


def workbook_with(change: object) -> bytes:
    """A good sheet in a workbook that is changed before it is saved."""
    book = openpyxl.load_workbook(io.BytesIO(GOOD_FILE))
    change(book)  # type: ignore[operator]
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def corner_cells(xml: bytes) -> bytes:
    head = xml.split(b"<sheetData>")[0]
    return (
        head + b'<sheetData><row r="1"><c r="A1" t="str"><v>NIP BARU</v></c>'
        b'<c r="B1" t="str"><v>NAMA</v></c><c r="C1" t="str"><v>UNOR NAMA</v></c>'
        b'<c r="D1" t="str"><v>JABATAN NAMA</v></c></row>'
        b'<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row></sheetData></worksheet>'
    )


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
REFUSED: dict[str, tuple[bytes, str]] = {
    "A2": (b"", "Berkas kosong."),
    "A3": (b"a" * (limits.FILE_BYTES + 1), "Berkas melebihi 20 MB. Bagi menjadi beberapa berkas."),
    "A4": (b"MZ\x90\0" + b"\0" * 300, "Isi berkas bukan XLSX atau CSV."),
    "A5": (OLE, "Format XLS lama tidak didukung. Simpan ulang sebagai XLSX."),
    "A6": (b"<html><table><tr><td>NIP BARU</td></tr></table>", "Isi berkas bukan XLSX atau CSV."),
    "A7": (zipped(a=b"x"), "Berkas XLSX rusak atau tidak lengkap."),
    "A8": (GOOD_FILE[: len(GOOD_FILE) // 2], "Berkas XLSX rusak atau tidak lengkap."),
    "A9": (
        OLE + "EncryptedPackage".encode("utf-16-le"),
        "Berkas terkunci kata sandi. Buka kuncinya lalu unggah lagi.",
    ),
    "A10": (
        repacked(GOOD_FILE, xl__vbaProject_dot_bin=b"x"),
        "Berkas dengan makro tidak diterima. Simpan sebagai XLSX.",
    ),
    "A11 PDF": (b"%PDF-1.7\n", "Isi berkas bukan XLSX atau CSV."),
    "A11 PNG": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "Isi berkas bukan XLSX atau CSV."),
    "A11 ODS": (
        zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": b"x"}),
        "Isi berkas bukan XLSX atau CSV.",
    ),
    "B1": (bomb(), "Berkas terlalu besar setelah dibuka."),
    "B2 false size": (falsely_sized(GOOD_FILE), "Berkas terlalu besar setelah dibuka."),
    "B2 nested": (
        repacked(GOOD_FILE, xl__embeddings__a_dot_xlsx=bomb()),
        "Berkas terlalu besar setelah dibuka.",
    ),
    "B3": (
        zipped(**{f"xl/{n}.xml": b"" for n in range(50_000)}),
        "Berkas XLSX rusak atau tidak lengkap.",
    ),
    "B4 up": (
        repacked(GOOD_FILE, **{"..__x": b"x"}),
        "Berkas XLSX rusak atau tidak lengkap.",
    ),
    "B4 absolute": (
        repacked(GOOD_FILE, __etc__x=b"x"),
        "Berkas XLSX rusak atau tidak lengkap.",
    ),
    "B5": (sheet_xml(GOOD_FILE, billion_laughs), "Berkas XLSX rusak atau tidak lengkap."),
    "B6": (sheet_xml(GOOD_FILE, external_entity), "Berkas XLSX rusak atau tidak lengkap."),
    "B7": (
        sheet_xml(GOOD_FILE, corner_cells),
        "Baris lebih dari 100.000. Bagi menjadi beberapa berkas.",
    ),
    "B10": (
        xlsx([[f"K{n}" for n in range(16_384)], ["x"]]),
        "Kolom lebih dari 128.",
    ),
    "C2 LE": (people_csv(person(1)).decode().encode("utf-16"), "Simpan CSV sebagai UTF-8."),
    "C2 BE": (
        b"\xfe\xff" + people_csv(person(1)).decode().encode("utf-16-be"),
        "Simpan CSV sebagai UTF-8.",
    ),
    "C3": (
        people_csv(person(1), person(2, NAMA="André")).decode().encode("cp1252"),
        "Baris 3: bukan UTF-8. Simpan CSV sebagai UTF-8.",
    ),
    "C4": (
        b"a,b\n" * 49_999 + b"a,\xff\n" + b"a,b\n" * 1_000,
        "Baris 50000: bukan UTF-8. Simpan CSV sebagai UTF-8.",
    ),
    "C5": (
        people_csv(person(1)) + b"a,\0b\r\n",
        "Berkas berisi karakter yang tidak diizinkan.",
    ),
    "C8": (
        people_csv(person(1)) + people_csv(person(2), separator=";").split(b"\r\n", 1)[1],
        f"Baris 3: jumlah kolom 1, seharusnya {len(TITLES)}.",
    ),
    "C9": (
        people_csv(person(1))
        + b'"198609262015051001,'
        + people_csv(person(3)).split(b"\r\n", 1)[1],
        "Baris 3: tanda kutip tidak ditutup.",
    ),
    "D1": (people_xlsx(), "Tidak ada baris data."),
    "D2": (
        xlsx([["1986", "Budi", "x"], ["1987", "Siti", "y"]]),
        "Judul kolom tidak ditemukan. Gunakan templat. Judul yang diperlukan: "
        "NIP BARU, NAMA, JABATAN NAMA, UNOR NAMA.",
    ),
    "D3": (
        people_xlsx(person(1), titles=[t for t in TITLES if t != "JABATAN NAMA"]),
        "Kolom wajib tidak ada: JABATAN NAMA.",
    ),
    "D4": (
        people_xlsx(person(1), titles=[*TITLES, "NAMA"]),
        "Kolom NAMA muncul lebih dari sekali.",
    ),
    "D10": (
        workbook_with(
            lambda book: (
                setattr(book.active, "sheet_state", "hidden"),
                book.create_chartsheet("Grafik"),
            )
        ),
        "Lembar tersembunyi tidak dibaca.",
    ),
    "D14 above": (
        xlsx([["Daftar pegawai Kecamatan Uji"], *table([person(1)])]),
        "Judul kolom tidak ditemukan. Gunakan templat. Judul yang diperlukan: "
        "NIP BARU, NAMA, JABATAN NAMA, UNOR NAMA.",
    ),
    "D14 two rows": (
        xlsx([list(TITLES), *table([person(1)])]),
        "Judul kolom tidak ditemukan. Gunakan templat.",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_file_that_is_no_people_file_is_refused_with_its_message(tmp_path: Path, case: str) -> None:
    content, message = REFUSED[case]
    with pytest.raises(RefusedFileError) as refusal:
        read(tmp_path, content)
    assert str(refusal.value) == message


ACCEPTED: dict[str, bytes] = {
    "as it is": GOOD_FILE,
    "B8": sheet_xml(
        GOOD_FILE,
        lambda xml: xml.replace(b'<dimension ref="A1:V4"', b'<dimension ref="A1:XFD1048576"'),
    ),
    "B12": repacked(
        GOOD_FILE,
        xl__externalLinks__externalLink1_dot_xml=b"<x/>",
        xl__media__image1_dot_png=b"\x89PNG",
    ),
    "C1": b"\xef\xbb\xbf" + people_csv(person(1), person(2), person(3)),
    "C6": people_csv(person(1), person(2), person(3), separator=";"),
    "C7": people_csv(person(1), person(2), person(3), separator="\t"),
    "C10": people_csv(person(1, NAMA="PEGAWAI\nSA"), person(2), person(3)),
    "C11 CR": people_csv(person(1), person(2), person(3), end="\r"),
    "C11 mixed": people_csv(person(1), person(2), end="\n")
    + people_csv(person(3)).split(b"\r\n", 1)[1],
    "C13": b"sep=;\r\n" + people_csv(person(1), person(2), person(3), separator=";"),
    "D7": people_xlsx(
        *(
            {" Nip\u00a0 Baru " if k == "NIP BARU" else k: v for k, v in person(n).items()}
            for n in (1, 2, 3)
        ),
        titles=[" Nip\u00a0 Baru " if t == "NIP BARU" else t for t in TITLES],
    ),
    "D8": people_xlsx(person(1), person(2), person(3), titles=list(reversed(TITLES))),
    "D11": workbook_with(lambda book: book.create_chartsheet("Grafik", 0)),
    "D13": xlsx([list(TITLES), [], *table([person(1), person(2)])[1:], [None, " "], [],
                 *table([person(3)])[1:], [], []]),
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
def test_harmless_variant_is_read_like_the_plain_file(tmp_path: Path, case: str) -> None:
    plain = read(tmp_path, GOOD_FILE)
    people = read(tmp_path, ACCEPTED[case])
    assert [row.data for row in people.rows] == [row.data for row in plain.rows]
    assert not [problem for row in people.rows for problem in row.problems]


def test_empty_rows_keep_the_numbers_of_the_sheet(tmp_path: Path) -> None:
    assert [row.number for row in read(tmp_path, ACCEPTED["D13"]).rows] == [3, 4, 7]


@pytest.mark.parametrize("path", [EXAMPLE_XLSX, EXAMPLE_CSV])
def test_example_export_is_read_unchanged(path: Path) -> None:
    people = read_people(path)
    assert len(people.rows) == 72
    assert people.columns.known == 69
    assert not people.notices
    assert not [problem for row in people.rows for problem in row.problems]


def test_rows_beyond_the_limit_end_the_reading_in_time(tmp_path: Path) -> None:
    row = b'<row><c t="inlineStr"><is><t>x</t></is></c><c><v>1</v></c></row>'
    content = sheet_xml(
        GOOD_FILE,
        lambda xml: xml.replace(b"</sheetData>", row * 250_000 + b"</sheetData>"),
    )
    # The ratio of such a sheet alone would refuse it; the limit of rows is what is tried.
    path = tmp_path / "berkas"
    path.write_bytes(content)
    started = time.monotonic()
    with pytest.raises(RefusedFileError):
        read_people(path)
    assert time.monotonic() - started < 15


def test_csv_rows_beyond_the_limit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFileError, match=r"Baris lebih dari 100\.000"):
        read(tmp_path, people_csv(person(1)) + (b"x" + b"," * (len(TITLES) - 1) + b"\n") * 100_001)


def test_process_that_needs_more_memory_is_stopped_and_told_so(tmp_path: Path) -> None:
    code = (
        "from competencies.spreadsheets import process, limits;"
        "limits.MEMORY_BYTES = 24 * 1024 * 1024;"
        f"process.main({str(EXAMPLE_XLSX)!r})"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode != 0 or limits.TOO_BIG_OPENED in answer.stdout


def test_process_cannot_write_files(tmp_path: Path) -> None:
    target = tmp_path / "x"
    code = (
        "from competencies.spreadsheets import process; process.limit_myself();"
        f"open({str(target)!r}, 'w').write('x')"
    )
    subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_FOLDER, capture_output=True, check=False
    )
    assert not target.exists() or target.stat().st_size == 0


def test_long_cell_is_an_error_of_its_row(tmp_path: Path) -> None:
    for content in (
        people_xlsx(person(1), person(2, NAMA="x" * 32_767)),
        people_csv(person(1), person(2, NAMA="x" * 1_000_000)),
    ):
        people = read(tmp_path, content)
        assert not people.rows[0].problems
        assert [p.text for p in people.rows[1].problems] == ["teks lebih dari 2.000 karakter."]
        assert people.rows[1].problems[0].column == "NAMA"


def test_row_with_another_count_of_cells_is_an_error_of_its_row(tmp_path: Path) -> None:
    people = read(tmp_path, people_csv(person(1), person(2)) + b"a,b,c\r\n")
    assert [p.text for p in people.rows[2].problems] == [
        f"jumlah kolom 3, seharusnya {len(TITLES)}."
    ]
    assert not people.rows[1].refused


def test_unknown_columns_are_told_and_set_nothing(tmp_path: Path) -> None:
    titles = [*TITLES, "is_superuser", "role", "password", "id"]
    row = person(1, is_superuser=True, role="hr", password="x", id=1)
    people = read(tmp_path, people_xlsx(row, titles=titles))
    assert people.notices == [
        f"Kolom tidak dikenal diabaikan: {title}."
        for title in ("is_superuser", "role", "password", "id")
    ]
    assert not {"role", "password", "id", "is_superuser"} & people.rows[0].data.keys()


def test_several_sheets_first_visible_one_is_read_and_named(tmp_path: Path) -> None:
    def hide_first(book: openpyxl.Workbook) -> None:
        book.create_sheet("Rahasia", 0).sheet_state = "veryHidden"
        book.create_sheet("Lain")

    people = read(tmp_path, workbook_with(hide_first))
    assert people.notices == ["Lembar yang dibaca: Pegawai.", "Lembar tersembunyi tidak dibaca."]
    assert len(people.rows) == 3


def test_hidden_rows_are_read_and_counted(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True

    people = read(tmp_path, people_xlsx(person(1), person(2), change=hide))
    assert len(people.rows) == 2
    assert people.notices == ["1 baris tersembunyi ikut dibaca."]


def test_merged_cells_are_errors_of_the_rows_with_empty_parts(tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells(start_row=2, end_row=4, start_column=20, end_column=20)

    people = read(tmp_path, people_xlsx(person(1), person(2), person(3), change=merge))
    merged = "sel gabungan tidak didukung."
    assert [merged in [p.text for p in row.problems] for row in people.rows] == [False, True, True]


@pytest.mark.parametrize("mac", [False, True])
def test_date_cell_gives_the_same_day_in_both_calendars(tmp_path: Path, mac: bool) -> None:
    def use(book: openpyxl.Workbook) -> None:
        if mac:
            book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book["Pegawai"]["Q2"] = dt.date(2020, 4, 3)

    people = read(tmp_path, workbook_with(use))
    assert people.rows[0].data["position_since"] == "2020-04-03"
