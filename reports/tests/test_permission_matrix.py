"""Every row of permissions.csv is tried through the pages; what it does not list is refused."""

import csv
from pathlib import Path

import pytest

from conftest import World
from reports.tests.matrix import administration, appraisals, documents, plans, training
from reports.tests.matrix.attempts import Attempt, Key

ROWS = list(
    csv.DictReader((Path(__file__).parent / "permissions.csv").open(encoding="utf-8", newline=""))
)
CASES: dict[Key, Attempt] = {
    **administration.CASES,
    **appraisals.CASES,
    **documents.CASES,
    **plans.CASES,
    **training.CASES,
}
# Resources, and documents of kinds, that no page or table has yet.
NOT_YET = {
    ("*", "export"),
    ("*", "activation"),
    ("*", "data_subject_request"),
    ("*", "supervisor_report"),
    ("*", "candidate_comparison"),
    ("*", "system_setting"),
    ("*", "reference_rule"),
    ("supervisor", "document_file", "download", "direct_appraisal"),
    ("leadership", "document_file", "download", "unit_report"),
    # A proposal of peers is no row yet: rule and HR assign.
    ("supervisor", "feedback_assignment", "propose", "direct"),
    # Standards are loaded, not yet edited in a browser: a draft of one does not exist.
    ("hr", "competency_standard", "update", "draft"),
    ("auditor", "audit_entry", "verify", "own_org"),
    ("sysadmin", "user_account", "reset_mfa", "other"),
}


def key_of(row: dict[str, str]) -> Key:
    return row["role"], row["resource"], row["action"], row["scope"]


def is_not_yet(key: Key) -> bool:
    return ("*", key[1]) in NOT_YET or key in NOT_YET


TRIED = [row for row in ROWS if not is_not_yet(key_of(row))]


def test_every_row_of_the_matrix_is_tried_or_named_as_not_yet_there() -> None:
    listed = {key_of(row) for row in ROWS}
    assert len(listed) == len(ROWS), "a row stands twice"
    assert {key for key in listed if key not in CASES and not is_not_yet(key)} == set()
    assert {key for key in CASES if key not in listed} == set(), "tried without a row"
    assert {key for key in CASES if is_not_yet(key)} == set(), "there by now"


@pytest.mark.parametrize("row", TRIED, ids=lambda row: "-".join(key_of(row)))
def test_permission_row_is_kept(row: dict[str, str], world: World) -> None:
    allowed = CASES[key_of(row)](world)
    assert allowed == (row["allowed"] == "true"), row["notes"]
