import itertools
import subprocess
import sys
from collections import namedtuple
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.rules import (
    KindRule,
    compose,
    credited_hours,
    dates_clash,
    propose,
    proposing,
    quarters,
)

SEMINAR = KindRule("KLA-06", "hari", 4)
WORKSHOP = KindRule("KLA-07", "hari", 5)
COACHING = KindRule("NON-01", "kegiatan", 2, 2, "kegiatan", "bulan")
E_LEARNING = KindRule("NON-03", "jp", 1, 3, "jp", "hari")
GUIDANCE = KindRule("NON-11", "kegiatan", 2, 2, "kegiatan", "bulan")
GUIDANCE_ABROAD = KindRule("NON-11", "kegiatan", Decimal("2.4"), 2, "kegiatan", "bulan")
SELF_STUDY_ABROAD = KindRule("NON-09", "jp", Decimal("1.2"), 2, "jp", "hari")
FORMAL_EDUCATION = KindRule("PDK-01", "semester", 20)


def course(key, outcomes, hours=6, cost=0, way="klasikal"):
    return (key, outcomes, hours, cost, way)


def test_rules_without_django_import():
    block = (
        "import sys; sys.modules['django'] = None;"
        "import training.rules; print(training.rules.propose([], [], 20))"
    )
    done = subprocess.run(
        [sys.executable, "-c", block], check=False, capture_output=True, text=True
    )
    assert done.stdout == "()\n", done.stderr


def test_proposal_for_no_gap_is_empty():
    offers = [course("A", {"INT": (0, 5)})]
    assert propose([("INT", 2, 2, True)], offers, 20) == ()
    assert propose([("INT", 2, 4, True)], offers, 20) == ()


def test_proposal_for_not_assessed_is_empty_and_for_level_zero_is_not():
    offers = [course("A", {"INT": (0, 1)})]
    assert propose([("INT", 1, None, True)], offers, 20) == ()
    assert [line.key for line in propose([("INT", 1, 0, False)], offers, 0)] == ["A"]


@pytest.mark.parametrize(
    ("outcome", "helps"),
    [((1, 2), True), ((0, 2), True), ((1, 4), True), ((2, 3), False), ((0, 1), False)],
)
def test_offer_helps_when_it_starts_at_or_below_the_level_and_ends_above(outcome, helps):
    lines = propose([("KOM", 3, 1, False)], [course("A", {"KOM": outcome})], 0)
    assert bool(lines) is helps


def test_line_tells_what_it_is_for():
    gaps = [("KOM", 3, 1, False), ("INT", 2, 1, True)]
    offers = [course("A", {"INT": (1, 2), "KOM": (1, 2)}, 8, 150_000, "nonklasikal")]
    (line,) = propose(gaps, offers, 0, names={"INT": "Integritas"})
    assert (line.key, line.competencies) == ("A", ("INT", "KOM"))
    assert (line.hours, line.cost, line.way) == (8, 150_000, "nonklasikal")
    assert line.reason == (
        "Untuk kesenjangan Integritas (tingkat 1, standar 2, di bawah standar −1, "
        "kompetensi kritis) menuju tingkat 2; "
        "KOM (tingkat 1, standar 3, di bawah standar −2) menuju tingkat 2."
    )


def test_proposal_prefers_one_line_for_two_gaps_over_two_cheaper_ones():
    gaps = [("INT", 2, 1, False), ("KOM", 2, 1, False)]
    offers = [
        course("A", {"INT": (1, 2)}),
        course("B", {"KOM": (1, 2)}),
        course("C", {"INT": (1, 2), "KOM": (1, 2)}, cost=900_000),
    ]
    assert [line.key for line in propose(gaps, offers, 0)] == ["C"]


def test_proposal_finds_the_fewest_lines_where_the_greedy_choice_does_not():
    gaps = [(code, 2, 1, False) for code in "ABCDEF"]
    offers = [
        course("wide", dict.fromkeys("BCDE", (1, 2))),
        course("left", dict.fromkeys("ABC", (1, 2))),
        course("right", dict.fromkeys("DEF", (1, 2))),
    ]
    assert [line.key for line in propose(gaps, offers, 0)] == ["left", "right"]


def test_proposal_keeps_to_an_exact_partition_against_cheaper_parts():
    gaps = [(code, 2, 1, False) for code in "ABCDEF"]
    offers = [
        course("left", dict.fromkeys("ABC", (1, 2)), cost=900_000),
        course("right", dict.fromkeys("DEF", (1, 2)), cost=900_000),
        course("cheap", dict.fromkeys("AB", (1, 2))),
        course("rest", dict.fromkeys("CD", (1, 2))),
    ]
    assert [line.key for line in propose(gaps, offers, 0)] == ["left", "right"]


def test_proposal_goes_from_critical_to_wide_to_code():
    gaps = [
        ("D", 2, 1, False),
        ("C", 2, 1, False),
        ("B", 4, 1, False),
        ("A", 2, 1, True),
        ("E", 3, 1, True),
    ]
    offers = [course(f"for {code}", {code: (1, 2)}) for code in "ABCDE"]
    order = [line.competencies for line in propose(gaps, offers, 0)]
    assert order == [("E",), ("A",), ("B",), ("C",), ("D",)]


def test_offer_chosen_leads_nearest_then_costs_least_then_is_longest_then_first():
    gap = [("KOM", 3, 1, False)]
    near = course("A", {"KOM": (1, 2)}, cost=0)
    dear = course("B", {"KOM": (1, 3)}, cost=200_000)
    short = course("C", {"KOM": (1, 5)}, hours=4, cost=100_000)
    last = course("E", {"KOM": (1, 3)}, hours=8, cost=100_000)
    first = course("D", {"KOM": (1, 3)}, hours=8, cost=100_000)
    offers = [near, dear, short, last, first]
    picked = []
    while offers:
        (line,) = propose(gap, offers, 0)
        picked.append(line.key)
        offers = [offer for offer in offers if offer[0] != line.key]
    assert picked == ["D", "E", "C", "B", "A"]


def test_hours_under_target_bring_further_offers_most_urgent_gap_first():
    gaps = [("INT", 2, 1, True), ("KOM", 2, 1, False)]
    offers = [course(f"I{n}", {"INT": (1, 2)}) for n in (1, 2, 3)]
    offers += [course(f"K{n}", {"KOM": (1, 2)}) for n in (1, 2, 3)]
    assert [line.key for line in propose(gaps, offers, 12)] == ["I1", "K1"]
    assert [line.key for line in propose(gaps, offers, 13)] == ["I1", "I2", "K1"]
    assert [line.key for line in propose(gaps, offers, 18)] == ["I1", "I2", "K1"]
    assert [line.key for line in propose(gaps, offers, 20)] == ["I1", "I2", "K1", "K2"]
    assert [line.key for line in propose(gaps, offers, 25)] == ["I1", "I2", "I3", "K1", "K2"]
    assert len(propose(gaps, offers, 1000)) == 6


def test_further_offer_says_it_is_for_the_hours():
    offers = [course("A", {"INT": (1, 2)}), course("B", {"INT": (1, 2)})]
    first, second = propose([("INT", 2, 1, False)], offers, Decimal("12.50"))
    assert first.reason.startswith("Untuk kesenjangan INT (")
    assert second.reason.startswith("Tambahan menuju 12,5 JP untuk kesenjangan INT (")


def test_offers_without_hours_or_cost_count_as_zero_and_fill_last():
    offers = [
        course("A", {"INT": (1, 2)}, hours=None, cost=None),
        course("B", {"INT": (1, 2)}, hours=-4, cost=-1),
        course("C", {"INT": (1, 2)}, hours=20, cost=1),
    ]
    lines = propose([("INT", 2, 1, False)], offers, 20)
    assert [(line.key, line.hours, line.cost) for line in lines] == [("A", 0, 0), ("C", 20, 1)]


def test_further_offer_with_hours_goes_before_a_cheaper_one_without():
    offers = [
        course("A", {"INT": (1, 2)}, hours=6, cost=0),
        course("B", {"INT": (1, 2)}, hours=0, cost=1),
        course("C", {"INT": (1, 2)}, hours=6, cost=2),
    ]
    lines = propose([("INT", 2, 1, False)], offers, 12)
    assert [line.key for line in lines] == ["A", "C"]


def test_same_competency_twice_is_one_gap_of_the_higher_standard():
    gaps = [("INT", 2, 1, False), ("INT", 3, 1, True), ("INT", 3, None, False)]
    (line,) = propose(gaps, [course("A", {"INT": (1, 3)})], 0)
    assert line.competencies == ("INT",)
    assert "standar 3, di bawah standar −2, kompetensi kritis" in line.reason


def test_same_key_twice_is_one_line():
    offers = [course("A", {"INT": (1, 2)}), course("A", {"INT": (1, 2)}, cost=5)]
    for order in (offers, offers[::-1]):
        assert [line.cost for line in propose([("INT", 2, 1, False)], order, 99)] == [0]


def test_gaps_may_be_named_tuples_or_lists_and_keys_numbers():
    named = namedtuple("named", "competency required attained critical")
    gaps = [named(7, 3, 1, False), [8, 3, 1, False]]
    offers = [course(10, {7: (1, 3)}), course(9, {7: (1, 3)}), course(11, {8: (1, 3)})]
    assert [line.key for line in propose(gaps, offers, 0)] == [9, 11]


codes = st.sampled_from("ABCDE")
gap_rows = st.lists(
    st.tuples(codes, st.integers(1, 4), st.none() | st.integers(0, 4), st.booleans()),
    max_size=5,
    unique_by=lambda row: row[0],
)
outcome = st.tuples(st.integers(0, 3), st.integers(1, 3)).map(lambda o: (o[0], o[0] + o[1]))
offer_rows = st.lists(
    st.tuples(
        st.integers(1, 99),
        st.dictionaries(codes, outcome, max_size=3),
        st.none() | st.integers(0, 12),
        st.integers(0, 3),
        st.just("klasikal"),
    ),
    max_size=7,
    unique_by=lambda row: row[0],
)


def helped(gaps, offer):
    """The competencies of real gaps an offer helps, by the letter of the rule."""
    return {
        code
        for code, required, attained, _ in gaps
        if attained is not None
        and attained < required
        and code in offer[1]
        and offer[1][code][0] <= attained < offer[1][code][1]
    }


@given(gap_rows, offer_rows)
@settings(max_examples=300)
def test_proposal_covers_all_that_can_be_with_the_fewest_lines(gaps, offers):
    lines = propose(gaps, offers, 0)
    sets = [helped(gaps, offer) for offer in offers]
    coverable = set().union(*sets)
    assert {code for line in lines for code in line.competencies} == coverable
    fewest = next(
        size
        for size in range(len(offers) + 1)
        if any(set().union(*some) == coverable for some in itertools.combinations(sets, size))
    )
    assert len(lines) == fewest


@given(gap_rows, offer_rows, st.integers(0, 60))
@settings(max_examples=300)
def test_proposal_with_a_target_holds_every_promise(gaps, offers, target):
    lines = propose(gaps, offers, target)
    by_key = {offer[0]: offer for offer in offers}
    assert len({line.key for line in lines}) == len(lines)
    for line in lines:
        assert line.competencies
        assert set(line.competencies) == helped(gaps, by_key[line.key])
        assert line.hours == (by_key[line.key][2] or 0)
        assert all(code in line.reason for code in line.competencies)
    urgency = [
        code
        for code, required, attained, critical in sorted(
            (row for row in gaps if row[2] is not None),
            key=lambda row: (not row[3], row[2] - row[1], row[0]),
        )
    ]
    for line in lines:
        assert list(line.competencies) == sorted(line.competencies, key=urgency.index)
    firsts = [urgency.index(line.competencies[0]) for line in lines]
    assert firsts == sorted(firsts)
    needed = {line.key for line in propose(gaps, offers, 0)}
    assert needed <= {line.key for line in lines}
    planned = sum(line.hours for line in lines)
    usable = {offer[0] for offer in offers if helped(gaps, offer)}
    if planned < target:
        assert {line.key for line in lines} == usable
    further = [line for line in lines if line.key not in needed]
    if further:
        assert planned - max(line.hours for line in further) < target


@given(st.data(), gap_rows, offer_rows, st.integers(0, 40))
def test_proposal_of_shuffled_input_is_the_same(data, gaps, offers, target):
    shuffled = propose(data.draw(st.permutations(gaps)), data.draw(st.permutations(offers)), target)
    assert shuffled == propose(gaps, offers, target)


def test_proposal_that_runs_out_of_steps_still_covers_everything(monkeypatch):
    monkeypatch.setattr(proposing, "_MOST_STEPS", 1)
    gaps = [(code, 2, 1, False) for code in "ABCDEF"]
    offers = [
        course("wide", dict.fromkeys("BCDE", (1, 2))),
        course("left", dict.fromkeys("ABC", (1, 2))),
        course("right", dict.fromkeys("DEF", (1, 2))),
    ]
    lines = propose(gaps, offers, 0)
    assert {code for line in lines for code in line.competencies} == set("ABCDEF")


def test_hours_of_the_regulations_example_make_twenty():
    parts = [
        credited_hours(SEMINAR, 2),
        credited_hours(WORKSHOP, 1),
        credited_hours(E_LEARNING, 4),
        credited_hours(GUIDANCE, 3),
    ]
    assert parts == [8, 5, 3, 4]
    assert sum(parts) == 20


@pytest.mark.parametrize(
    ("rule", "quantity", "already", "expected"),
    [
        (E_LEARNING, 2, 2, 1),
        (E_LEARNING, 2, 5, 0),
        (GUIDANCE, 1, 2, 0),
        (GUIDANCE_ABROAD, 2, 1, Decimal("2.4")),
        (SELF_STUDY_ABROAD, 1, 0, Decimal("1.2")),
        (SELF_STUDY_ABROAD, 2, 0, 2),
        (FORMAL_EDUCATION, 1, 0, 20),
        (FORMAL_EDUCATION, 1, 99, 20),
        (SEMINAR, 0, 0, 0),
    ],
)
def test_hours_of_one_kind_stop_at_its_cap(rule, quantity, already, expected):
    value = credited_hours(rule, quantity, already)
    assert value == expected
    assert isinstance(value, Decimal)


@pytest.mark.parametrize(
    ("rule", "quantity", "already"),
    [
        (SEMINAR, -1, 0),
        (COACHING, 1, -1),
        (KindRule("X", "hari", -1), 1, 0),
        (KindRule("X", "hari", 4, 2, "kegiatan", "bulan"), 1, 0),
    ],
)
def test_hours_that_make_no_sense_are_refused(rule, quantity, already):
    with pytest.raises(ValueError, match=r"\.$"):
        credited_hours(rule, quantity, already)


amounts = st.decimals(0, 50, places=1)


@given(
    st.sampled_from([COACHING, E_LEARNING, GUIDANCE_ABROAD, SELF_STUDY_ABROAD]), amounts, amounts
)
def test_hours_never_pass_the_cap_or_the_uncapped_amount(rule, quantity, already):
    cap = rule.cap_quantity if rule.cap_unit == "jp" else rule.cap_quantity * rule.jp_per_unit
    value = credited_hours(rule, quantity, already)
    assert 0 <= value <= min(cap, quantity * rule.jp_per_unit)
    assert value <= credited_hours(rule, quantity)


@given(st.sampled_from([COACHING, E_LEARNING, SELF_STUDY_ABROAD]), st.lists(amounts, max_size=6))
def test_hours_credited_in_parts_equal_those_credited_at_once(rule, quantities):
    parts = counted = Decimal(0)
    for quantity in quantities:
        earned = credited_hours(rule, quantity, counted)
        parts += earned
        counted += earned if rule.cap_unit == "jp" else earned / rule.jp_per_unit
    assert parts == credited_hours(rule, sum(quantities, Decimal(0)))


DAYS = [date(2026, 3, 1) + timedelta(days=n) for n in range(8)]
ranges = st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS))


def test_ranges_that_only_touch_do_not_clash():
    assert not dates_clash((DAYS[0], DAYS[2]), (DAYS[2], DAYS[4]))
    assert dates_clash((DAYS[0], DAYS[3]), (DAYS[2], DAYS[4]))


def test_open_range_clashes_with_all_that_lies_in_it():
    assert dates_clash((DAYS[1], None), (DAYS[5], DAYS[6]))
    assert not dates_clash((DAYS[6], None), (DAYS[1], DAYS[6]))
    assert dates_clash((None, None), (DAYS[1], DAYS[2]))


@given(ranges, ranges)
def test_ranges_clash_iff_they_share_a_day(a, b):
    shared = {day for day in DAYS if a[0] <= day < a[1]} & {
        day for day in DAYS if b[0] <= day < b[1]
    }
    assert dates_clash(a, b) is bool(shared)
    assert dates_clash(b, a) is bool(shared)


ACTIVITIES = st.lists(
    st.tuples(
        st.text("abcdef", min_size=1, max_size=4),
        st.dictionaries(
            st.sampled_from("ABCD"),
            st.tuples(st.integers(0, 2), st.integers(3, 5)),
            min_size=1,
            max_size=2,
        ),
        st.integers(0, 12),
        st.integers(0, 900_000),
        st.sampled_from(["penugasan", "bimbingan", "pelatihan"]),
    ),
    max_size=12,
    unique_by=lambda offer: offer[0],
)
GAPS = st.lists(
    st.tuples(
        st.sampled_from("ABCD"), st.integers(1, 5), st.none() | st.integers(0, 5), st.booleans()
    ),
    max_size=4,
    unique_by=lambda gap: gap[0],
)


@settings(max_examples=200, deadline=None)
@given(GAPS, ACTIVITIES, st.integers(0, 40), st.booleans())
def test_mix_covers_every_gap_an_offer_can_close_and_nothing_else(gaps, offers, target, ceiling):
    lines = compose(gaps, offers, target, is_ceiling=ceiling)
    opened = {gap[0]: gap[2] for gap in gaps if gap[2] is not None and gap[2] < gap[1]}
    closable = {
        code
        for code, attained in opened.items()
        if any(
            code in offer[1] and offer[1][code][0] <= attained < offer[1][code][1]
            for offer in offers
        )
    }
    served = {code for line in lines for code in line.competencies}
    assert served == closable
    assert len({line.key for line in lines}) == len(lines)
    assert lines == compose(
        list(reversed(gaps)), list(reversed(offers)), target, is_ceiling=ceiling
    )


def test_mix_of_one_gap_is_work_guidance_and_a_course():
    offers = [
        ("p", {"A": (0, 2)}, 0, 0, "penugasan"),
        ("b", {"A": (0, 2)}, 4, 0, "bimbingan"),
        ("k", {"A": (0, 2)}, 8, 0, "pelatihan"),
    ]
    ways = [line.way for line in compose([("A", 2, 0, False)], offers, 20)]
    assert ways == ["penugasan", "bimbingan", "pelatihan"]


def test_mix_stays_under_a_ceiling():
    offers = [("p", {"A": (0, 2)}, 0, 0, "penugasan")]
    offers += [(f"k{n}", {"A": (0, 2)}, 9, 0, "pelatihan") for n in range(5)]
    gaps = [("A", 2, 0, False)]
    assert sum(line.hours for line in compose(gaps, offers, 24, is_ceiling=True)) == 18
    assert sum(line.hours for line in compose(gaps, offers, 24)) == 27


def test_quarters_spread_over_the_year():
    assert quarters(0) == ()
    assert quarters(1) == (1,)
    assert quarters(6) == (1, 1, 2, 3, 3, 4)
