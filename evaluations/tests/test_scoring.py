"""Arithmetic of a result against a slow independent reading of the decisions."""

import itertools
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from competencies.models import Competency
from competencies.tests.builders import make_competency
from conftest import World
from evaluations.models import Appraisal, SupervisorPart
from evaluations.services.scoring import (
    rating_by_days,
    score_appraisals,
    score_competency,
    shared_weights,
)
from evaluations.tests.builders import (
    make_appraisal,
    make_cycle,
    make_feedback,
    make_part,
    make_part_rating,
    make_self_rating,
)

LEVEL = st.integers(0, 5)
WEIGHTS = st.fixed_dictionaries(
    {name: st.integers(0, 100) for name in ("supervisor", "peer", "self", "subordinate")}
)
MATRIX = {
    ("DI_ATAS", "DI_ATAS"): "SANGAT_BAIK",
    ("DI_ATAS", "SESUAI"): "BAIK",
    ("DI_ATAS", "DI_BAWAH"): "KURANG",
    ("SESUAI", "DI_ATAS"): "BAIK",
    ("SESUAI", "SESUAI"): "BAIK",
    ("SESUAI", "DI_BAWAH"): "KURANG",
    ("DI_BAWAH", "DI_ATAS"): "BUTUH_PERBAIKAN",
    ("DI_BAWAH", "SESUAI"): "BUTUH_PERBAIKAN",
    ("DI_BAWAH", "DI_BAWAH"): "SANGAT_KURANG",
}


def slow_disclosed(marks: list[int], minimum: int) -> Fraction | None:
    """Under the minimum nothing; else the half-step nearest to the mean, the upper of two."""
    if len(marks) < minimum:
        return None
    mean = Fraction(sum(marks), len(marks))
    steps = [Fraction(step, 2) for step in range(1, 10)]
    return min(steps, key=lambda step: (abs(step - mean), -step))


def slow_level(
    supervisors: list[tuple[int, int]],
    peers: list[int],
    subordinates: list[int],
    own: int | None,
    weights: Mapping[str, int],
    minimum: int,
) -> int | None:
    """One day, one vote: every day of supervision is written out and averaged."""
    days = list(
        itertools.chain.from_iterable(itertools.repeat(level, n) for level, n in supervisors)
    )
    found = {
        "supervisor": Fraction(sum(days), len(days)) if days else None,
        "peer": slow_disclosed(peers, minimum),
        "self": None if own is None else Fraction(own),
        "subordinate": slow_disclosed(subordinates, minimum),
    }
    there = {name: value for name, value in found.items() if value is not None and weights[name]}
    if not there:
        return None
    total = sum(weights[name] for name in there)
    value = sum(value * Fraction(weights[name], total) for name, value in there.items())
    return next(
        level for level in range(6) if level - Fraction(1, 2) <= value < level + Fraction(1, 2)
    )


@given(
    supervisors=st.lists(st.tuples(LEVEL, st.integers(1, 366)), max_size=3),
    peers=st.lists(LEVEL, max_size=6),
    subordinates=st.lists(LEVEL, max_size=6),
    own=st.none() | LEVEL,
    weights=WEIGHTS,
    minimum=st.integers(3, 5),
)
def test_level_agrees_with_the_slow_reference(
    supervisors: list[tuple[int, int]],
    peers: list[int],
    subordinates: list[int],
    own: int | None,
    weights: dict[str, int],
    minimum: int,
) -> None:
    scored = score_competency(
        1,
        3,
        supervisors=supervisors,
        peers=peers,
        subordinates=subordinates,
        own=own,
        weights=weights,
        minimum=minimum,
    )
    assert scored.level == slow_level(supervisors, peers, subordinates, own, weights, minimum)
    if scored.value is not None:
        assert set(scored.by_relation) == set(scored.weights)
        assert abs(sum(scored.weights.values()) - 100) < Decimal("0.000001")
        again = (
            sum(scored.by_relation[name] * scored.weights[name] for name in scored.weights) / 100
        )
        assert abs(again - scored.value) < Decimal("0.000001")


def test_missing_subordinates_share_their_weight_out() -> None:
    shared = shared_weights(
        ["supervisor", "peer", "self"],
        {"supervisor": 60, "peer": 20, "self": 10, "subordinate": 10},
    )
    assert [round(shared[name]) for name in ("supervisor", "peer", "self")] == [67, 22, 11]


def test_two_peers_count_for_nothing_and_leave_no_trace() -> None:
    scored = score_competency(
        1,
        3,
        supervisors=[(3, 10)],
        peers=[0, 0],
        subordinates=[],
        own=None,
        weights={"supervisor": 60, "peer": 40},
        minimum=3,
    )
    assert scored.level == 3
    assert dict(scored.by_relation) == {"supervisor": Decimal(3)}


def test_exactly_half_between_rounds_up_after_unequal_days() -> None:
    # 1/3 of the days at 1 and 2/3 at 4 is 3; with a self-rating of 2 at equal weight: 2.5.
    scored = score_competency(
        1,
        3,
        supervisors=[(1, 100), (4, 200)],
        peers=[],
        subordinates=[],
        own=2,
        weights={"supervisor": 50, "self": 50},
        minimum=3,
    )
    assert scored.level == 3


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([("SESUAI", 365)], "SESUAI"),
        ([("DI_ATAS", 183), ("SESUAI", 182)], "DI_ATAS"),
        ([("DI_ATAS", 182), ("SESUAI", 183)], "SESUAI"),
        ([("DI_ATAS", 100), ("DI_BAWAH", 100)], "SESUAI"),
        ([("DI_BAWAH", 200), ("SESUAI", 200)], "SESUAI"),
        ([("", 300), ("DI_BAWAH", 10)], "DI_BAWAH"),
        ([("", 300)], ""),
        ([], ""),
    ],
)
def test_three_way_rating_of_several_supervisors_goes_by_days(
    parts: list[tuple[str, int]], expected: str
) -> None:
    assert rating_by_days(parts) == expected


@pytest.fixture
def competency(db: None) -> Competency:
    return make_competency()


def _appraisal(world: World, competency: Competency, **cycle: object) -> Appraisal:
    return make_appraisal(
        world.people["employee"],
        make_cycle(world.root, **cycle),
        [(competency, 3)],
        state=Appraisal.State.CALIBRATION,
        with_part=False,
    )


@pytest.mark.parametrize(("pair", "code"), MATRIX.items())
def test_predicate_of_each_of_the_nine_cells(
    world: World, competency: Competency, pair: tuple[str, str], code: str
) -> None:
    appraisal = _appraisal(world, competency)
    make_part(
        appraisal,
        world.people["superior"],
        state=SupervisorPart.State.SUBMITTED,
        work_result=pair[0],
        behaviour=pair[1],
    )
    (result,) = score_appraisals(appraisal.cycle, [appraisal], MATRIX)
    assert result.predicate == code
    assert (result.assessed, result.total, result.index) == (0, 1, None)


def test_mover_is_rated_by_both_supervisors_by_days_and_open_parts_do_not_count(
    world: World, competency: Competency
) -> None:
    appraisal = _appraisal(world, competency)
    for name, level, days, submitted in (
        ("former_superior", 1, 300, True),
        ("superior", 5, 100, True),
        ("camat", 0, 5, False),
    ):
        part = make_part(appraisal, world.people[name], days=days)
        make_part_rating(part, {competency: level}, submitted=submitted)
    (result,) = score_appraisals(appraisal.cycle, [appraisal], MATRIX)
    assert result.levels[0].value == 2
    assert result.levels[0].level == 2
    assert [part["days"] for part in result.inputs["parts"]] == [300, 100]


def test_result_of_many_takes_four_statements(
    world: World, competency: Competency, django_assert_num_queries: object
) -> None:
    cycle = make_cycle(world.root)
    appraisals = []
    for name in ("employee", "peer1", "peer2", "unrelated"):
        appraisal = make_appraisal(world.people[name], cycle, [(competency, 3)])
        make_part_rating(appraisal.parts.get(), {competency: 2}, submitted=True)
        make_self_rating(appraisal, {competency: 4})
        appraisals.append(appraisal)
    with django_assert_num_queries(4):  # type: ignore[operator]
        score_appraisals(cycle, appraisals, MATRIX)


def test_unsent_self_rating_and_unsent_answers_do_not_count(
    world: World, competency: Competency
) -> None:
    appraisal = _appraisal(world, competency)
    make_part_rating(
        make_part(appraisal, world.people["superior"]), {competency: 2}, submitted=True
    )
    make_self_rating(appraisal, {competency: 5}, submitted=False)
    for number in range(1, 6):
        make_feedback(
            appraisal, world.people[f"peer{number}"], {competency: 5}, submitted=number < 3
        )
    (result,) = score_appraisals(appraisal.cycle, [appraisal], MATRIX)
    assert result.levels[0].value == 2


def test_peers_count_with_the_disclosed_value_not_with_their_mean(
    world: World, competency: Competency
) -> None:
    appraisal = _appraisal(
        world, competency, weight_supervisor=0, weight_peer=100, weight_self=0, weight_subordinate=0
    )
    for number in range(1, 6):
        make_feedback(appraisal, world.people[f"peer{number}"], {competency: 5})
    (result,) = score_appraisals(appraisal.cycle, [appraisal], MATRIX)
    assert result.levels[0].value == Decimal("4.5")
    assert result.levels[0].level == 5


def test_pelaksana_with_core_standard_one_can_be_below_it(
    world: World, competency: Competency
) -> None:
    appraisal = make_appraisal(
        world.people["employee"],
        make_cycle(world.root),
        [(competency, 1)],
        state=Appraisal.State.CALIBRATION,
    )
    make_part_rating(appraisal.parts.get(), {competency: 0}, submitted=True)
    make_self_rating(appraisal, {competency: 1})
    (result,) = score_appraisals(appraisal.cycle, [appraisal], MATRIX)
    assert result.levels[0].level == 0
    assert result.assessed == 1
    assert result.index == 0
