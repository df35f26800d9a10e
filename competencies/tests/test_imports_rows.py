"""Bad rows (sections E to H of the reference): every message, and what is read instead."""

import dataclasses
from typing import Any

import pytest

from competencies.import_rules.cells import message, sensible_name
from competencies.import_rules.columns import find_columns
from competencies.import_rules.people import ParsedRow, parse_person, status_of
from competencies.import_rules.plan import Choices, Plan, Snapshot, plan_people
from competencies.import_rules.structure import UnitFact, tier_of
from competencies.tests.sheets import TITLES, person
from gayungan_asn.accounts.clock import today

COLUMNS = find_columns(list(TITLES))
ROOT = UnitFact(1, "0001", "Kecamatan Uji", None, "UJI", closed=False)
SECTION = UnitFact(2, "00010001", "Seksi Uji", None, "UJI-SU", closed=False)


def parse(number: int = 2, **cells: Any) -> ParsedRow:
    row = person(number, **cells)
    return parse_person(number, [row.get(title) for title in TITLES], COLUMNS)


def messages(row: ParsedRow, weight: str = "refused") -> list[str]:
    return [
        message(row.number, problem.plain()) for problem in row.problems if problem.weight == weight
    ]


def snapshot(*units: UnitFact) -> Snapshot:
    return Snapshot(
        root=ROOT,
        units={unit.id: unit for unit in (ROOT, SECTION, *units)},
        positions=[],
        people={},
        by_national_id={},
        by_nip={},
    )


def planned(*rows: ParsedRow, units: tuple[UnitFact, ...] = (), **choices: Any) -> Plan:
    return plan_people(rows, snapshot(*units), Choices(**choices), today())


NIP = "NIP BARU"
ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "E1 number": (
        {NIP: ["n", "1.98609261504151E+17"]},
        "Baris 2: NIP tersimpan sebagai angka sehingga digit terakhir hilang. "
        "Format kolom sebagai Teks dan isi ulang.",
    ),
    "E1 text": (
        {NIP: "1,98609E+17"},
        "Baris 2: NIP tersimpan sebagai angka sehingga digit terakhir hilang. "
        "Format kolom sebagai Teks dan isi ulang.",
    ),
    "E2 17": ({NIP: "19860926201505100"}, "Baris 2: NIP harus 18 digit."),
    "E2 19": ({NIP: "1986092620150510011"}, "Baris 2: NIP harus 18 digit."),
    "E4": ({NIP: "19860926201505100O"}, "Baris 2: NIP hanya boleh berisi angka 0–9."),
    "E5": ({NIP: "１９８６０９２６２０１５０５１００１"}, "Baris 2: NIP hanya boleh berisi angka 0–9."),
    "E6": ({NIP: "198613262015051001"}, "Baris 2: tanggal lahir dalam NIP tidak sah."),
    "E8 00": ({NIP: "198609262015001001"}, "Baris 2: bulan pengangkatan dalam NIP tidak sah."),
    "E8 13": ({NIP: "198609262015131001"}, "Baris 2: bulan pengangkatan dalam NIP tidak sah."),
    "E8 PPPK": (
        {NIP: "198609262015201001", "JENIS PEGAWAI NAMA": "PPPK Daerah"},
        "Baris 2: kode kontrak dalam NIP tidak sah.",
    ),
    "E9": ({NIP: "198609262015053001"}, "Baris 2: kode jenis kelamin dalam NIP tidak sesuai."),
    "E13": ({NIP: None}, "Baris 2: NIP wajib diisi."),
    "E14": ({NIP: "130123456"}, "Baris 2: NIP harus 18 digit."),
    "F1": ({"TMT JABATAN": "31/02/2020"}, "Baris 2, kolom TMT JABATAN: tanggal tidak sah."),
    "F5": ({"TMT JABATAN": ["n", "43924"]}, "Baris 2, kolom TMT JABATAN: isi sebagai tanggal."),
    "F6": ({"TMT JABATAN": "3 Abril 2020"}, "Baris 2, kolom TMT JABATAN: tanggal tidak sah."),
    "F7 0086": ({"TMT JABATAN": "01-01-0086"}, "Baris 2, kolom TMT JABATAN: tahun di luar rentang."),
    "F7 1899": ({"TMT JABATAN": "31-12-1899"}, "Baris 2, kolom TMT JABATAN: tahun di luar rentang."),
    "F7 9999": (
        {"TMT JABATAN": ["d", "9999-12-31"]},
        "Baris 2, kolom TMT JABATAN: tahun di luar rentang.",
    ),
    "F8 text": (
        {"TMT JABATAN": "2020-04-03T10:00:00+07:00"},
        "Baris 2, kolom TMT JABATAN: isi tanggal tanpa jam.",
    ),
    "F8 cell": (
        {"TMT JABATAN": ["t", "2020-04-03T10:00:00"]},
        "Baris 2, kolom TMT JABATAN: isi tanggal tanpa jam.",
    ),
    "F9 before birth": ({"TMT CPNS": "01-01-1975"}, "Baris 2: tanggal pengangkatan tidak mungkin."),
    "F9 under 18": ({"TMT CPNS": "01-01-1997"}, "Baris 2: tanggal pengangkatan tidak mungkin."),
    "F15": ({"TAHUN LULUS": "1e309"}, "Baris 2, kolom TAHUN LULUS: bukan angka yang sah."),
    "F15 long": ({"TAHUN LULUS": "9" * 400}, "Baris 2, kolom TAHUN LULUS: teks lebih dari 40 karakter."),
    "F18": ({"NAMA": ["e", "#N/A"]}, "Baris 2, kolom NAMA: sel berisi galat rumus."),
    "G2": ({"NAMA": ["x"]}, "Baris 2, kolom NAMA: rumus tanpa nilai. Salin sebagai nilai."),
    "G7 zero width": ({"NAMA": "Bu\u200bdi"}, "Baris 2, kolom NAMA: karakter tersembunyi tidak diizinkan."),
    "G7 override": ({"NAMA": "Bu\u202edi"}, "Baris 2, kolom NAMA: karakter tersembunyi tidak diizinkan."),
    "G11": ({"NAMA": "a" + "\u0301" * 200}, "Baris 2, kolom NAMA: karakter tidak wajar."),
    "G12 control": ({"NAMA": "Bu\x07di"}, "Baris 2, kolom NAMA: karakter tersembunyi tidak diizinkan."),
    "G12 separator": ({"NAMA": "Bu\u2028di"}, "Baris 2, kolom NAMA: karakter tersembunyi tidak diizinkan."),
    "G13": ({"NAMA": " \u00a0 "}, "Baris 2: NAMA wajib diisi."),
    "G14": ({"JABATAN NAMA": "-"}, "Baris 2: JABATAN NAMA wajib diisi."),
    "G18": ({"EMAIL": "a@x.go.id\nBcc: b@x.go.id"}, "Baris 2: alamat surel tidak sah."),
    "G18 plain": ({"EMAIL": "bukan surel"}, "Baris 2: alamat surel tidak sah."),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
def test_bad_cell_is_refused_with_its_message(case: str) -> None:
    cells, expected = ROWS[case]
    assert messages(parse(**cells)) == [expected]


@pytest.mark.parametrize(
    "written",
    [
        "03/04/2020", "03-04-2020", "3.4.2020", "2020-04-03", "3 Apr 2020", "3 April 2020",
        ["d", "2020-04-03"], ["f", ["d", "2020-04-03"]], "'03-04-2020",
    ],
)  # fmt: skip
def test_day_is_read_day_first_in_every_usual_form(written: Any) -> None:
    row = parse(**{"TMT JABATAN": written})
    assert row.data["position_since"] == "2020-04-03"
    assert not row.refused


@pytest.mark.parametrize("nip", ["19860926 201505 1 001", "'198609262015051001", "19860926.201505.1.001",
                                 "19860926\u00a0201505 1 001"])  # fmt: skip
def test_nip_with_spaces_dots_or_apostrophe_is_cleaned(nip: str) -> None:
    assert parse(**{NIP: nip, "TANGGAL LAHIR": None}).data["nip"] == "198609262015051001"


@pytest.mark.parametrize(
    ("word", "sex"),
    [("M", "L"), ("F", "P"), ("L", "L"), ("P", "P"), ("Laki-laki", "L"), ("PEREMPUAN", "P"),
     ("Pria", "L"), ("wanita", "P")],
)  # fmt: skip
def test_sex_is_read_from_letters_and_words(word: str, sex: str) -> None:
    assert parse(**{"JENIS KELAMIN": word}).data["sex"] == sex


def test_texts_that_look_like_formulas_or_markup_are_stored_as_typed() -> None:
    for name in ("=HYPERLINK(1)", "@SUM(1)", "<script>", "{{ 7*7 }}", "'; DROP TABLE",
                 "Dr. Ir. H. Sa'diyah, M.Si.", "B", "Suharto", "李明 ꦗꦮ"):  # fmt: skip
        row = parse(NAMA=name)
        assert row.data["name"] == name
        assert not row.refused


def test_same_name_composed_and_decomposed_is_one_name() -> None:
    assert parse(NAMA="Andre\u0301").data["name"] == parse(NAMA="Andr\u00e9").data["name"]


def test_name_of_mixed_scripts_is_a_warning() -> None:
    row = parse(NAMA="B\u0443di Santoso")
    assert messages(row, "look") == ["Baris 2, kolom NAMA: huruf dari aksara berbeda."]
    assert not row.refused


def test_value_of_a_formula_is_taken_and_told() -> None:
    row = parse(NAMA=["f", "Budi"])
    assert row.data["name"] == "Budi"
    assert messages(row, "told") == ["Baris 2, kolom NAMA: nilai rumus yang dipakai."]


@pytest.mark.parametrize(
    ("capitals", "name"),
    [
        ("HENDRA SUSANTO", "Hendra Susanto"),
        ("DRS. H. M. SA'DIYAH BIN ALI", "Drs. H. M. Sa'diyah bin Ali"),
        ("NUR-AINI", "Nur-Aini"),
        ("SITI, S.AP.", "Siti, S.AP."),
        ("Siti AMINAH", "Siti AMINAH"),
        ("AB", "AB"),
    ],
)
def test_name_in_capitals_only_gets_title_case(capitals: str, name: str) -> None:
    assert sensible_name(capitals) == name


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Aktif", "active"), ("PPPK Aktif", "active"), ("Pensiun BUP", "retired"),
        ("Pemberhentian karena Pensiun Janda/Duda", "retired"), ("Masa Persiapan Pensiun", "other"),
        ("Tugas Belajar", "study"), ("Cuti di Luar Tanggungan Negara", "unpaid_leave"),
        ("CLTN", "unpaid_leave"), ("Pindah Instansi", "transferred"), ("Meninggal", "other"),
        ("Tidak Aktif", "other"), ("Entah", None),
    ],
)  # fmt: skip
def test_standing_is_understood(words: str, status: str | None) -> None:
    assert status_of(words) == status


@pytest.mark.parametrize(
    ("position", "kind", "echelon", "tier"),
    [
        ("Kepala Dinas", "Jabatan Struktural", "II.b", "JPT_PRATAMA"),
        ("Camat", "Jabatan Struktural", "III.a", "ADMINISTRATOR"),
        ("Lurah Uji", "Jabatan Struktural", "IV.a", "PENGAWAS"),
        ("Analis Kebijakan Ahli Madya", "Jabatan Fungsional Tertentu", "", "JF_AHLI_MADYA"),
        ("Arsiparis Terampil", "Jabatan Fungsional Tertentu", "", "JF_TERAMPIL"),
        ("Pranata Komputer Penyelia", "", "", "JF_PENYELIA"),
        ("Pengolah Data", "Jabatan Fungsional Umum", "", "PELAKSANA"),
        ("Pengadministrasi", "", "", "PELAKSANA"),
    ],
)
def test_tier_of_a_new_post(position: str, kind: str, echelon: str, tier: str) -> None:
    assert tier_of(position, kind, echelon) == tier


def test_same_nip_twice_is_reported_at_both_rows() -> None:
    first, second = parse(2), parse(3)
    second.data["nip"] = first.data["nip"]
    plan = planned(first, second, parse(4))
    assert [row.state for row in plan.rows] == ["refused", "refused", "new"]
    assert messages(first) == ["Baris 2: NIP sama dengan baris 3."]
    assert messages(second) == ["Baris 3: NIP sama dengan baris 2."]


def test_birth_date_unlike_the_nip_is_looked_at_and_the_nip_proposed() -> None:
    told = {"TANGGAL LAHIR": "01-01-1981"}
    row = planned(parse(**told)).rows[0]
    assert (row.state, row.needs_look) == ("new", True)
    assert messages(row.parsed, "look") == [
        "Baris 2: tanggal lahir tidak sama dengan NIP. Periksa mana yang benar."
    ]
    assert row.values["birth_date"] == row.parsed.data["nip_birth_date"]
    by_file = planned(parse(**told), values={2: "file"}).rows[0]
    assert by_file.values["birth_date"] == "1981-01-01"


def test_sex_unlike_the_nip_is_looked_at() -> None:
    row = planned(parse(**{"JENIS KELAMIN": "F"})).rows[0]
    assert row.needs_look
    assert row.values["sex"] == "L"


def test_unknown_unit_is_proposed_below_its_office() -> None:
    plan = planned(parse(**{"UNOR NAMA": "Seksi Baru", "UNOR ID": "X-1"}), parse(3))
    assert plan.rows[0].needs_look
    assert [(u.name, u.national_id, u.place, u.rows) for u in plan.units.values()] == [
        ("Seksi Baru", "X-1", "below:1", 1)
    ]


def test_unit_of_another_organisation_is_refused_in_the_words_of_an_unknown_one() -> None:
    other = UnitFact(9, "0002", "Kecamatan Lain", "LAIN", "LAIN", closed=False)
    by_office = planned(parse(**{"SATUAN KERJA KERJA NAMA": "Kecamatan Lain"}), units=(other,))
    by_id = planned(parse(**{"UNOR ID": "LAIN"}), units=(other,))
    for plan in (by_office, by_id):
        assert messages(plan.rows[0].parsed) == ["Baris 2: kode unit Seksi Uji tidak dikenal."]


def test_units_of_one_name_in_two_offices_are_never_mixed() -> None:
    east = UnitFact(3, "00010002", "Kelurahan Timur", None, "T", closed=False)
    west = UnitFact(4, "00010003", "Kelurahan Barat", None, "B", closed=False)
    desks = [
        UnitFact(5, "000100020001", "Sekretariat", None, "TS", closed=False),
        UnitFact(6, "000100030001", "Sekretariat", None, "BS", closed=False),
    ]
    rows = [
        parse(2, **{"UNOR NAMA": "Sekretariat", "SATUAN KERJA KERJA NAMA": "Kelurahan Timur"}),
        parse(3, **{"UNOR NAMA": "SEKRETARIAT", "SATUAN KERJA KERJA NAMA": "Kelurahan  Barat"}),
        parse(4, **{"UNOR NAMA": "Sekretariat", "SATUAN KERJA KERJA NAMA": "Kelurahan Utara"}),
    ]
    plan = planned(*rows, units=(east, west, *desks))
    posts = [plan.positions[row.new_position] for row in plan.rows if row.new_position]
    assert [post.unit_id for post in posts] == [5, 6, None]
    # The third office is not recorded: it comes first, its secretariat below it.
    new = {unit.name: unit for unit in plan.units.values()}
    assert new["Kelurahan Utara"].place == "below:1"
    assert new["Sekretariat"].place == f"new:{new['Kelurahan Utara'].key}"


def test_unit_with_another_national_id_is_another_unit() -> None:
    known = dataclasses.replace(SECTION, national_id="A")
    plan = planned(parse(**{"UNOR ID": "B"}), units=(known,))
    assert [unit.doubtful for unit in plan.units.values()] == [True]
    assert [unit.place for unit in plan.units.values()] == ["skip"]


def test_retired_newcomer_needs_no_post() -> None:
    told = {"KEDUDUKAN HUKUM NAMA": "Pensiun", "JABATAN NAMA": None, "UNOR NAMA": None}
    row = planned(parse(**told)).rows[0]
    assert (row.state, row.new_status, row.moves) == ("new", "retired", False)
