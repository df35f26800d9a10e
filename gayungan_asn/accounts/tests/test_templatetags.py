"""The filters and tags that write figures and draw."""

from decimal import Decimal

import pytest
from django.http import QueryDict

from gayungan_asn.accounts.templatetags import address, drawing, figures

NB = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (Decimal("83.3333"), 2, "83,33"),
        (Decimal("77.775"), 2, "77,78"),
        (1234567, 0, "1.234.567"),
        (Decimal("-0.5"), 1, "−0,5"),
        (None, 2, "–"),
    ],
)
def test_decimal_id_of_a_value_uses_comma_and_rounds_half_up(value, places, shown):
    assert figures.decimal_id(value, places) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(20, f"20{NB}JP"), (Decimal("4.50"), f"4,5{NB}JP"), (0, f"0{NB}JP")]
)
def test_jp_of_hours_carries_its_unit(value, shown):
    assert figures.jp(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(750000, f"Rp{NB}750.000"), (0, "Tanpa biaya"), (None, "–")]
)
def test_rupiah_of_an_amount_groups_thousands_and_names_nothing(value, shown):
    assert figures.rupiah(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-2, "−2"),
        (1, "+1"),
        (0, "0"),
        (Decimal("0.3"), "+0,3"),
        (Decimal("-1.50"), "−1,5"),
        (None, "–"),
    ],
)
def test_signed_of_a_gap_uses_a_real_minus(value, shown):
    assert figures.signed(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("198603142010012004", "19860314 201001 2 004"), ("12345", "12345"), (None, "")],
)
def test_nip_of_eighteen_digits_is_grouped_and_others_stay(value, shown):
    assert figures.nip(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("Rina Puspitasari, S.AP.", "RP"), ("Suparno", "S"), ("", "?"), ("Mohammad bin Fauzi", "MF")],
)
def test_initials_of_a_name_leave_titles_out(value, shown):
    assert figures.initials(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("0.5"), "0,5 atau kurang"),
        (Decimal("2.5"), "2,5"),
        (Decimal("2.0"), "2"),
        (Decimal("4.5"), "4,5 atau lebih"),
        (None, "–"),
    ],
)
def test_half_steps_of_a_disclosed_value_says_its_bands(value, shown):
    assert figures.half_steps(value) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(12, 20, "60.00%"), (30, 20, "100.00%"), (1, 0, "0%"), (-1, 5, "0.00%")],
)
def test_share_of_a_whole_stays_inside_the_drawing(part, whole, shown):
    assert drawing.share(part, whole) == shown


def test_level_x_of_the_ends_lies_on_the_axis():
    assert [drawing.level_x(level) for level in (0, 2, 5)] == ["6.0%", "41.2%", "94.0%"]


def test_icon_with_hostile_name_is_escaped():
    drawn = drawing.icon('x"><script>')
    assert "<script>" not in drawn
    assert 'aria-hidden="true"' in drawn


def test_tone_of_an_unknown_state_is_plain():
    assert drawing.tone("ratified") == "ok"
    assert drawing.tone("REJECTED") == "gap"
    assert drawing.tone("something") == ""


def test_without_a_filter_keeps_the_others_and_drops_the_page():
    query = QueryDict("unit=3&q=a+b&page=4")
    assert address.without(query, "unit") == "?q=a+b"
    assert query["unit"] == "3"
