import itertools
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations import rules

WEIGHTS = {"supervisor": 60, "peer": 20, "self": 10, "subordinate": 10}
MATRIX = {
    ("DI_ATAS", "DI_BAWAH"): "KURANG",
    ("DI_ATAS", "SESUAI"): "BAIK",
    ("DI_ATAS", "DI_ATAS"): "SANGAT_BAIK",
    ("SESUAI", "DI_BAWAH"): "KURANG",
    ("SESUAI", "SESUAI"): "BAIK",
    ("SESUAI", "DI_ATAS"): "BAIK",
    ("DI_BAWAH", "DI_BAWAH"): "SANGAT_KURANG",
    ("DI_BAWAH", "SESUAI"): "BUTUH_PERBAIKAN",
    ("DI_BAWAH", "DI_ATAS"): "BUTUH_PERBAIKAN",
}

levels = st.integers(0, 5)
relations = st.sampled_from(sorted(WEIGHTS))
by_relation = st.dictionaries(relations, st.none() | st.decimals(0, 5, places=2))
weightings = st.fixed_dictionaries({name: st.integers(0, 100) for name in WEIGHTS})


def test_rules_without_django_import():
    block = (
        "import sys; sys.modules['django'] = None;"
        "import evaluations.rules; print(evaluations.rules.rounded_level(2))"
    )
    done = subprocess.run(
        [sys.executable, "-c", block], check=False, capture_output=True, text=True
    )
    assert done.stdout == "2\n", done.stderr


def test_mean_leaves_out_what_is_missing():
    assert rules.mean([2, None, Decimal("3.5")]) == Decimal("2.75")
    assert rules.mean([None]) is None
    assert rules.mean([]) is None


def test_days_weigh_supervisor_periods():
    assert rules.weighted_by_days([(2, 90), (3, 270)]) == Decimal("2.75")
    assert rules.weighted_by_days([(2, 90), (None, 270), (5, 0)]) == 2
    assert rules.weighted_by_days([(None, 30), (3, 0)]) is None
    with pytest.raises(ValueError, match="negatif"):
        rules.weighted_by_days([(2, -1)])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([5, 5], None),
        ([3, None, 3], None),
        ([2, 2, 3], "2.5"),
        ([2, 2, 2, 3], "2.5"),
        ([2, 2, 2, 2, 3], "2.0"),
        ([0, 0, 0], "0.5"),
        ([5, 5, 5, 5], "4.5"),
        ([1, 2, 3, None], "2.0"),
    ],
)
def test_disclosed_is_half_steps_from_three_answers_held_inside(values, expected):
    assert rules.disclosed(values) == (None if expected is None else Decimal(expected))


def test_disclosed_minimum_rises_with_the_cycle_and_never_falls_under_three():
    assert rules.disclosed([3, 3, 3, 3], minimum=5) is None
    assert rules.disclosed([3, 3], minimum=1) is None


@given(st.lists(levels, min_size=3, max_size=12))
def test_disclosed_of_any_answers_is_the_nearest_half_step(values):
    value = rules.disclosed(values)
    exact = Fraction(sum(values), len(values))
    assert Decimal("0.5") <= value <= Decimal("4.5")
    assert (value * 2) % 1 == 0
    assert value == rules.disclosed(sorted(values, reverse=True))
    if Fraction(1, 2) <= exact <= Fraction(9, 2):
        assert -Fraction(1, 4) < Fraction(value) - exact <= Fraction(1, 4)


def test_level_of_all_relations_is_their_weighted_mean():
    given_values = {"supervisor": 2, "peer": Decimal("2.5"), "self": 3, "subordinate": 2}
    assert rules.weighted_level(given_values, WEIGHTS) == Decimal("2.2")


def test_level_with_a_missing_relation_shares_its_weight_out():
    assert rules.weighted_level({"supervisor": 2, "self": 3}, WEIGHTS) == Decimal(150) / 70
    assert rules.weighted_level({"supervisor": 4, "peer": None}, WEIGHTS) == 4
    assert rules.weighted_level({"supervisor": 0, "self": 0}, WEIGHTS) == 0


@pytest.mark.parametrize(
    ("values", "weights"),
    [
        ({}, WEIGHTS),
        ({"peer": None}, WEIGHTS),
        ({"peer": 3}, {"supervisor": 100}),
        ({"peer": 3}, {"peer": 0}),
        ({"peer": 3}, {}),
    ],
)
def test_level_without_any_weight_left_is_none(values, weights):
    assert rules.weighted_level(values, weights) is None


def test_level_with_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match="negatif"):
        rules.weighted_level({"peer": 3}, {"peer": -1})


def test_level_of_exactly_a_half_survives_an_earlier_quotient():
    supervisor = rules.weighted_by_days([(1, 200), (2, 100)])
    values, weights = {"supervisor": supervisor, "self": 0}, {"supervisor": 30, "self": 50}
    level = rules.weighted_level(values, weights)
    assert level == Decimal("0.5")
    assert rules.rounded_level(level) == 1


@given(by_relation, weightings)
def test_level_of_any_relations_is_exact_within_and_blind_to_the_missing(values, weights):
    level = rules.weighted_level(values, weights)
    present = {name: value for name, value in values.items() if value is not None}
    total = sum(weights[name] for name in present)
    assert level == rules.weighted_level(present, weights)
    if total == 0:
        assert level is None
        return
    exact = sum(Fraction(value) * weights[name] for name, value in present.items()) / total
    assert abs(Fraction(level) - exact) < Fraction(1, 10**20)
    counted = [value for name, value in present.items() if weights[name]]
    assert min(counted) <= level <= max(counted)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("2.5"), 3),
        (Decimal("3.5"), 4),
        (Decimal("2.4999999999999999"), 2),
        (Decimal("0.5"), 1),
        (Decimal("0.49"), 0),
        (4, 4),
        (None, None),
    ],
)
def test_level_rounds_half_up_once(value, expected):
    assert rules.rounded_level(value) == expected


@given(st.decimals(0, 5, allow_nan=False))
def test_level_rounded_is_the_nearest_whole(value):
    whole = rules.rounded_level(value)
    assert isinstance(whole, int)
    assert Fraction(whole) - Fraction(1, 2) <= Fraction(value) < Fraction(whole) + Fraction(1, 2)


@pytest.mark.parametrize(("pair", "code"), MATRIX.items())
def test_predicate_is_read_from_the_matrix(pair, code):
    assert rules.predicate(*pair, MATRIX) == code


def test_predicate_of_half_a_rating_is_none_and_of_an_unknown_one_refused():
    assert rules.predicate(None, "SESUAI", MATRIX) is None
    assert rules.predicate("SESUAI", None, MATRIX) is None
    with pytest.raises(ValueError, match="Tidak ada predikat"):
        rules.predicate("SESUAI", "ISTIMEWA", MATRIX)


@pytest.mark.parametrize(
    ("rating", "required", "self_rating", "expected"),
    [
        (1, 3, None, True),
        (5, 3, None, True),
        (2, 3, None, False),
        (4, 3, None, False),
        (1, 2, 3, True),
        (2, 2, 3, False),
        (1, 1, 1, False),
        (5, 4, None, False),
        (0, None, None, False),
        (None, 3, 1, False),
    ],
)
def test_reason_is_asked_two_levels_from_standard_or_shown_self_rating(
    rating, required, self_rating, expected
):
    assert rules.reason_required(rating, required, self_rating) is expected


def test_objection_by_calendar_days_does_not_count_the_day_of_receipt():
    assert rules.objection_deadline(date(2026, 2, 2), 14) == date(2026, 2, 16)


def test_objection_by_working_days_passes_over_weekends_and_holidays():
    friday = date(2026, 4, 24)
    assert rules.objection_deadline(friday, 5, working_days=True) == date(2026, 5, 1)
    holidays = [date(2026, 5, 1)]
    assert rules.objection_deadline(friday, 5, True, holidays) == date(2026, 5, 4)


def test_objection_with_negative_days_is_refused():
    with pytest.raises(ValueError, match="negatif"):
        rules.objection_deadline(date(2026, 2, 2), -1)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60), st.sets(levels))
def test_objection_working_days_are_counted_exactly(received, days, offsets):
    holidays = {received + timedelta(days=offset) for offset in offsets}
    last = rules.objection_deadline(received, days, True, holidays)
    passed = [received + timedelta(days=n) for n in range(1, (last - received).days + 1)]
    counted = [day for day in passed if day.weekday() < 5 and day not in holidays]
    assert len(counted) == days
    assert counted[-1] == last


def test_peers_are_nearest_then_least_loaded():
    near = [(2, 0, 4), (3, 0, 1), (4, 0, 2)]
    far = [(5, 1, 0), (6, 1, 3), (7, 2, 0)]
    assert rules.choose_peers(1, far + near) == (3, 4, 2, 5, 6)


def test_peers_of_equal_standing_follow_the_subject_in_turn():
    unit = [(key, 0, 0) for key in range(1, 9)]
    assert rules.choose_peers(3, unit, invited=3) == (4, 5, 6)
    assert rules.choose_peers(7, unit, invited=3) == (8, 1, 2)


def test_peers_by_running_load_override_the_candidates_own():
    unit = [(2, 0, 0), (3, 0, 0), (4, 0, 0), (5, 0, 0)]
    assert rules.choose_peers(1, unit, invited=3, load={2: 9}) == (3, 4, 5)


def test_peers_of_a_whole_unit_carry_the_same_load():
    keys = range(1, 11)
    load = dict.fromkeys(keys, 0)
    for subject in keys:
        for peer in rules.choose_peers(subject, [(key, 0, 0) for key in keys], load=load):
            load[peer] += 1
    assert set(load.values()) == {5}


def test_peers_fewer_than_the_minimum_are_none():
    assert rules.choose_peers(1, [(1, 0, 0), (2, 0, 0), (3, 0, 0)]) == ()
    assert rules.choose_peers(1, [(2, 0, 0), (3, 0, 0)], minimum=1) == ()
    assert rules.choose_peers(1, [(2, 0, 0), (3, 0, 0), (4, 0, 0)], excluded=[4]) == ()


candidates = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3), st.integers(0, 5)))


@given(candidates.flatmap(lambda c: st.tuples(st.just(c), st.permutations(c))), st.integers(1, 12))
def test_peers_never_include_subject_or_supervisor_in_any_order(both, supervisor):
    listed, shuffled = both
    chosen = rules.choose_peers(1, listed, excluded={supervisor})
    assert chosen == rules.choose_peers(1, shuffled, excluded={supervisor})
    assert not {1, supervisor} & set(chosen)
    eligible = {key for key, _, _ in listed} - {1, supervisor}
    assert len(chosen) == len(set(chosen))
    assert len(chosen) == (min(5, len(eligible)) if len(eligible) >= 3 else 0)


STANDARD = [
    ("INT", "manajerial", 2, False),
    ("KSM", "manajerial", 2, False),
    ("PPB", "manajerial", 3, False),
    ("PKB", "sosial_kultural", 2, True),
    ("TEK-01", "teknis", 3, False),
    ("TEK-02", "teknis", 2, False),
    ("TEK-03", "teknis", 2, True),
    ("PEM-01", "pemerintahan", 1, False),
]


def test_peer_competencies_are_critical_first_then_balanced():
    expected = ("PKB", "TEK-03", "PPB", "TEK-01", "INT", "TEK-02")
    for order in itertools.islice(itertools.permutations(STANDARD), 0, None, 997):
        assert rules.peer_competencies(order) == expected


def test_peer_competencies_fill_from_one_kind_where_the_other_runs_out():
    managerial = [item for item in STANDARD if item[1] == "manajerial"]
    assert rules.peer_competencies([*managerial, STANDARD[4]]) == ("PPB", "TEK-01", "INT", "KSM")


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABCDEFGHIJKLMN"),
            st.sampled_from(["manajerial", "sosial_kultural", "teknis", "pemerintahan"]),
            st.integers(1, 5),
            st.booleans(),
        ),
        unique_by=lambda item: item[0],
    ),
    st.integers(0, 8),
)
def test_peer_competencies_of_any_standard_are_as_many_as_fit(items, limit):
    chosen = rules.peer_competencies(items, limit)
    critical = {code for code, _, _, is_critical in items if is_critical}
    assert len(chosen) == len(set(chosen)) == min(limit, len(items))
    assert set(chosen) <= critical or critical <= set(chosen)
