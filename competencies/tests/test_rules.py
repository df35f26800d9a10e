import calendar
import subprocess
import sys
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competencies import rules

MAPPING = [("KO", Decimal("0.00")), ("O", Decimal("90.00")), ("CO", Decimal("78.00"))]

levels = st.integers(0, 5)
pairs = st.lists(st.tuples(st.integers(1, 5), st.none() | levels), max_size=15)


def test_rules_without_django_import():
    block = (
        "import sys; sys.modules['django'] = None;"
        "import competencies.rules; print(competencies.rules.gap(3, 1))"
    )
    done = subprocess.run(
        [sys.executable, "-c", block], check=False, capture_output=True, text=True
    )
    assert done.stdout == "-2\n", done.stderr


@pytest.mark.parametrize(
    ("text", "kind", "birth_date", "sex", "appointed", "serial"),
    [
        ("198502172010012901", "PNS", date(1985, 2, 17), "P", (2010, 1), 901),
        ("199107082024211902", "PPPK", date(1991, 7, 8), "L", (2024, 21), 902),
        ("199203152025242903", "PPPK", date(1992, 3, 15), "P", (2025, 24), 903),
    ],
)
def test_nip_valid_in_form_is_taken_apart(text, kind, birth_date, sex, appointed, serial):
    nip = rules.parse_nip(text)
    assert (nip.kind, nip.birth_date, nip.sex) == (kind, birth_date, sex)
    assert (nip.appointed, nip.serial, nip.digits) == (appointed, serial, text)


@pytest.mark.parametrize(
    "text",
    [
        "19860926 201505 1 001",
        "19860926.201505.1.001",
        "'198609262015051001",
        " '19860926 2015051001 ",
        "' 198609262015051001",
        "\u2019198609262015051001",
        "19860926\u00a0201505\u00a01\u202f001",
        "198609262015051001\r\n",
    ],
)
def test_nip_with_spaces_dots_apostrophe_is_cleaned(text):
    assert rules.parse_nip(text).digits == "198609262015051001"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "NIP wajib diisi."),
        ("", "NIP wajib diisi."),
        (" \u00a0", "NIP wajib diisi."),
        ("'", "NIP wajib diisi."),
        (198609262015051001, rules.NIP_AS_NUMBER),
        (1.98609262015051e17, rules.NIP_AS_NUMBER),
        (True, rules.NIP_AS_NUMBER),
        (b"198609262015051001", rules.NIP_AS_NUMBER),
        ("1,98609E+17", rules.NIP_AS_NUMBER),
        ("1.98609E+17", rules.NIP_AS_NUMBER),
        ("19860926201505100", "NIP harus 18 digit."),
        ("1986092620150510011", "NIP harus 18 digit."),
        ("131234567", "NIP harus 18 digit."),
        ("19860926201505100O", "NIP hanya boleh berisi angka 0–9."),
        ("''198609262015051001", "NIP hanya boleh berisi angka 0–9."),
        ("198609262015051001'", "NIP hanya boleh berisi angka 0–9."),
        ("19860926-201505-1-001", "NIP hanya boleh berisi angka 0–9."),
        ("19860926201505100\u200b1", "NIP hanya boleh berisi angka 0–9."),
        ("１９８６０９２６２０１５０５１００１", "NIP hanya boleh berisi angka 0–9."),
        ("١٩٨٦٠٩٢٦٢٠١٥٠٥١٠٠١", "NIP hanya boleh berisi angka 0–9."),
        ("198513172010012901", "Tanggal lahir dalam NIP tidak sah."),
        ("198502302010012901", "Tanggal lahir dalam NIP tidak sah."),
        ("198500172010012901", "Tanggal lahir dalam NIP tidak sah."),
        ("008602172010012901", "Tanggal lahir dalam NIP tidak sah."),
        ("999902172010012901", "Tanggal lahir dalam NIP tidak sah."),
        ("198502170010012901", "Tahun pengangkatan dalam NIP tidak sah."),
        ("198502172010002901", "Bulan pengangkatan dalam NIP tidak sah."),
        ("198502172010132901", "Bulan pengangkatan dalam NIP tidak sah."),
        ("198502172010142901", "Bulan pengangkatan atau kode kontrak dalam NIP tidak sah."),
        ("198502172010202901", "Bulan pengangkatan atau kode kontrak dalam NIP tidak sah."),
        ("198502172010010901", "Kode jenis kelamin dalam NIP tidak sesuai."),
        ("198502172010013901", "Kode jenis kelamin dalam NIP tidak sesuai."),
        ("198502172010012000", "Nomor urut dalam NIP tidak sah."),
    ],
)
def test_nip_with_one_fault_is_refused_by_name(text, message):
    with pytest.raises(ValueError, match=r"^.+$") as refusal:
        rules.parse_nip(text)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("00", "PNS", rules.NIP_MONTH),
        ("13", "PNS", rules.NIP_MONTH),
        ("21", "PNS", rules.NIP_MONTH),
        ("00", "PPPK", rules.NIP_CONTRACT),
        ("05", "PPPK", rules.NIP_CONTRACT),
        ("20", "PPPK", rules.NIP_CONTRACT),
    ],
)
def test_nip_against_known_kind_is_refused_by_that_kind(code, kind, message):
    with pytest.raises(ValueError, match=message):
        rules.parse_nip(f"198502172010{code}2901", kind=kind)


@given(
    birth_date=st.dates(date(1940, 1, 1), date(2008, 12, 31)),
    year=st.integers(1970, 2030),
    code=st.integers(1, 12) | st.integers(21, 99),
    sex=st.sampled_from("LP"),
    serial=st.integers(1, 999),
)
def test_nip_built_from_parts_parses_back_in_any_dress(birth_date, year, code, sex, serial):
    digits = f"{birth_date:%Y%m%d}{year}{code:02}{'LP'.index(sex) + 1}{serial:03}"
    for text in (digits, f"'{digits}", rules.format_nip(digits), ".".join(digits)):
        nip = rules.parse_nip(text)
        assert nip.kind == ("PNS" if code <= 12 else "PPPK")
        assert (nip.birth_date, nip.sex, nip.serial) == (birth_date, sex, serial)
        assert (nip.appointed, nip.digits) == ((year, code), digits)


@given(st.from_regex(r"(19|20)[0-9]{16}", fullmatch=True))
def test_nip_of_any_eighteen_digits_is_accepted_iff_every_part_is_valid(digits):
    month, day = int(digits[4:6]), int(digits[6:8])
    valid = (
        1 <= month <= 12
        and 1 <= day <= calendar.monthrange(int(digits[:4]), month)[1]
        and 1900 <= int(digits[8:12]) <= 2099
        and (1 <= int(digits[12:14]) <= 12 or int(digits[12:14]) >= 21)
        and digits[14] in "12"
        and digits[15:] != "000"
    )
    if valid:
        assert rules.parse_nip(digits).digits == digits
    else:
        with pytest.raises(ValueError, match="dalam NIP tidak"):
            rules.parse_nip(digits)


@given(st.text() | st.none() | st.integers() | st.floats() | st.binary())
def test_nip_of_anything_gives_digits_or_an_indonesian_refusal(text):
    try:
        outcome = f"NIP {rules.parse_nip(text).digits}"
    except ValueError as refusal:
        outcome = str(refusal)
    assert "NIP" in outcome


def test_nip_format_groups_eight_six_one_three():
    assert rules.format_nip("198502172010012901") == "19850217 201001 2 901"


def test_nip_format_of_an_old_number_leaves_it():
    assert rules.format_nip("131234567") == "131234567"


@pytest.mark.parametrize(
    ("required", "attained", "expected"),
    [(3, 1, -2), (3, 3, 0), (2, 3, 1), (1, 0, -1), (3, None, None), (None, 3, None)],
)
def test_gap_is_attained_less_required_or_none(required, attained, expected):
    assert rules.gap(required, attained) == expected


@pytest.mark.parametrize(
    ("attained", "required", "expected"),
    [(25, 27, "92.59"), (15, 18, "83.33"), (18, 27, "66.67")],
)
def test_match_of_sums_in_the_regulation_agrees_to_two_places(attained, required, expected):
    value = rules.job_person_match([(required, attained)])
    assert value.quantize(Decimal("0.01")) == Decimal(expected)


def test_match_capped_does_not_offset_a_gap_by_a_surplus():
    nine = [(3, attained) for attained in (4, 4, 3, 3, 3, 2, 3, 3, 3)]
    assert rules.job_person_match(nine).quantize(Decimal("0.01")) == Decimal("96.30")
    uncapped = rules.job_person_match(nine, capped=False)
    assert uncapped.quantize(Decimal("0.01")) == Decimal("103.70")
    assert sum(1 for required, attained in nine if rules.gap(required, attained) < 0) == 1


def test_match_of_not_assessed_leaves_both_sums_and_zero_does_not():
    assert rules.job_person_match([(3, 3), (3, None)]) == 100
    assert rules.job_person_match([(3, 3), (3, 0)]) == 50


@pytest.mark.parametrize("nothing", [[], [(3, None)], [(0, 0)], [(None, 3)]])
def test_match_of_nothing_assessed_is_none(nothing):
    assert rules.job_person_match(nothing) is None


@given(pairs)
def test_match_is_the_exact_quotient_within_its_bounds(given_pairs):
    assessed = [(r, a) for r, a in given_pairs if a is not None]
    value = rules.job_person_match(iter(given_pairs))
    assert value == rules.job_person_match(assessed)
    if not assessed:
        assert value is None
        return
    exact = Fraction(100 * sum(min(r, a) for r, a in assessed), sum(r for r, _ in assessed))
    assert abs(Fraction(value) - exact) < Fraction(1, 10**20)
    assert 0 <= value <= 100
    assert value <= rules.job_person_match(assessed, capped=False)
    assert (value == 100) == all(a >= r for r, a in assessed)


@given(pairs)
def test_coverage_counts_the_assessed_of_all(given_pairs):
    assessed, total = rules.coverage(given_pairs)
    assert total == len(given_pairs)
    assert (assessed == 0) == (rules.job_person_match(given_pairs) is None)
    assert assessed == sum(a is not None for _, a in given_pairs)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (Decimal(100), "O"),
        (Decimal("103.70"), "O"),
        (90, "O"),
        (Decimal("89.9999999"), "CO"),
        (78, "CO"),
        (Decimal("77.78"), "KO"),
        (Decimal("77.9999999999"), "KO"),
        (0, "KO"),
        (None, None),
    ],
)
def test_class_on_a_boundary_is_the_upper_one(value, code):
    assert rules.classify(value, MAPPING) == code


@pytest.mark.parametrize(
    ("value", "bounds"),
    [
        (Decimal("-0.01"), MAPPING),
        (5, []),
        (Decimal("NaN"), MAPPING),
        (5, [("A", 1), ("B", Decimal("1.00"))]),
    ],
)
def test_class_that_cannot_be_told_is_refused(value, bounds):
    with pytest.raises(ValueError, match=r"\.$"):
        rules.classify(value, bounds)


@given(
    st.decimals(0, 100, allow_nan=False),
    st.sets(st.integers(1, 100), max_size=6).flatmap(lambda s: st.permutations([0, *s])),
)
def test_class_in_any_order_of_bounds_is_the_highest_reached(value, minimums):
    code = rules.classify(value, [(str(minimum), minimum) for minimum in minimums])
    assert int(code) == max(minimum for minimum in minimums if minimum <= value)
