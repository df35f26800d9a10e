"""Suppression of small groups: nothing hidden is shown, and nothing hidden can be found."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.rules import Group, gap_class, hyphenated, mean_gap, shown_groups


@st.composite
def trees(draw: st.DrawFn) -> dict[int, Group]:
    """Groups as sums of their children: every inner group has a group of its own people."""
    parents: dict[int, int | None] = {}
    for node in range(draw(st.integers(1, 9))):
        parents[node] = draw(st.sampled_from([None, *range(node)]))
    own = {node: draw(st.integers(0, 8)) for node in parents}
    inner = {parent for parent in parents.values() if parent is not None}
    people = dict(own)
    for node in sorted(parents, reverse=True):
        parent = parents[node]
        if parent is not None:
            people[parent] += people[node]
    groups = {node: Group(parents[node], people[node]) for node in parents}
    return groups | {100 + node: Group(node, own[node]) for node in inner}


def leaves_of(groups: dict[int, Group], node: int) -> set[int]:
    children = [child for child, group in groups.items() if group.parent == node]
    if not children:
        return {node}
    return set().union(*(leaves_of(groups, child) for child in children))


def can_be_solved(known: list[list[int]], wanted: list[int]) -> bool:
    """True where the wanted sum is a combination of the known sums."""

    def rank(rows: list[list[int]]) -> int:
        matrix = [[Fraction(value) for value in row] for row in rows]
        found = 0
        for column in range(len(wanted)):
            pivot = next((r for r in range(found, len(matrix)) if matrix[r][column]), None)
            if pivot is None:
                continue
            matrix[found], matrix[pivot] = matrix[pivot], matrix[found]
            for r in range(len(matrix)):
                if r != found and matrix[r][column]:
                    factor = matrix[r][column] / matrix[found][column]
                    matrix[r] = [
                        a - factor * b for a, b in zip(matrix[r], matrix[found], strict=True)
                    ]
            found += 1
        return found

    return rank([*known, wanted]) == rank(known)


@given(trees(), st.sampled_from([3, 5]))
@settings(max_examples=400, deadline=None)
def test_shown_groups_never_shows_or_betrays_a_small_group(
    groups: dict[int, Group], smallest: int
) -> None:
    shown = shown_groups(groups, smallest)
    leaves = sorted(
        leaf
        for leaf in set().union(*(leaves_of(groups, node) for node in groups))
        if groups[leaf].people
    )
    vectors = {node: [int(leaf in leaves_of(groups, node)) for leaf in leaves] for node in groups}
    assert all(groups[node].people >= smallest for node in shown)
    known = [vectors[node] for node in shown]
    for node, group in groups.items():
        if 0 < group.people < smallest:
            assert not can_be_solved(known, vectors[node])


@given(trees(), st.sampled_from([3, 5]))
@settings(max_examples=200, deadline=None)
def test_shown_groups_below_a_shown_group_hides_nobody_or_enough(
    groups: dict[int, Group], smallest: int
) -> None:
    shown = shown_groups(groups, smallest)
    for node in shown:
        hidden = [
            each
            for each, group in groups.items()
            if group.parent == node and group.people and each not in shown
        ]
        together = sum(groups[each].people for each in hidden)
        assert (
            not hidden
            or (together >= smallest and len(hidden) != 1)
            or together == groups[node].people
        )


@given(trees(), st.integers(0, 10_000))
def test_shown_groups_order_of_input_changes_nothing(groups: dict[int, Group], seed: int) -> None:
    shuffled = dict(sorted(groups.items(), key=lambda item: hash((item[0], seed))))
    assert shown_groups(groups, 5) == shown_groups(shuffled, 5)


def test_shown_groups_one_small_child_hides_a_second() -> None:
    groups = {
        "top": Group(None, 22),
        "small": Group("top", 2),
        "next": Group("top", 8),
        "large": Group("top", 12),
    }
    assert shown_groups(groups, 5) == {"top", "large"}


def test_shown_groups_without_total_shows_all_large_ones() -> None:
    groups = {"small": Group(None, 2), "large": Group(None, 8)}
    assert shown_groups(groups, 5) == {"large"}


def test_shown_groups_threshold_belongs_to_the_shown() -> None:
    assert shown_groups({"a": Group(None, 5), "b": Group(None, 4)}, 5) == {"a"}


@pytest.mark.parametrize(
    ("total", "people", "expected"),
    [
        (-7, 10, "-0.7"),
        (0, 4, "0"),
        (-1, 20, "-0.1"),
        (-1, 21, "0"),
        (5, 4, "1.3"),
        (-5, 4, "-1.3"),
    ],
)
def test_mean_gap_rounds_once_half_away_from_zero(total: int, people: int, expected: str) -> None:
    assert str(mean_gap(total, people)) == expected


def test_mean_gap_of_nobody_is_none() -> None:
    assert mean_gap(0, 0) is None


@pytest.mark.parametrize(
    ("mean", "name"),
    [
        ("0.3", "h-up"),
        ("0.2", "h-ok"),
        ("0", "h-ok"),
        ("-0.1", "h-1"),
        ("-0.4", "h-1"),
        ("-0.5", "h-2"),
        ("-0.9", "h-2"),
        ("-1.0", "h-3"),
        ("-1.4", "h-3"),
        ("-1.5", "h-4"),
    ],
)
def test_gap_class_follows_the_legend(mean: str, name: str) -> None:
    assert gap_class(Decimal(mean)) == name


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Administrasi", "Ad-mi-nis-tra-si"),
        ("Kependudukan", "Ke-pen-du-du-kan"),
        ("Pengembangan", "Pe-ngem-ba-ngan"),
        ("Kesejahteraan", "Ke-se-jah-te-raan"),
        ("Kerja Sama", "Kerja Sama"),
        ("Integritas", "In-teg-ri-tas"),
    ],
)
def test_hyphenated_splits_long_words_by_syllable(word: str, expected: str) -> None:
    assert hyphenated(word).replace("\N{SOFT HYPHEN}", "-") == expected


@given(st.text(max_size=60))
def test_hyphenated_changes_nothing_but_the_hyphens(text: str) -> None:
    assert hyphenated(text).replace("\N{SOFT HYPHEN}", "") == text.replace("\N{SOFT HYPHEN}", "")
