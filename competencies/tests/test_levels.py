"""Levels: append-only, counted in the right order, closed by what follows."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from competencies.models import (
    AttainedLevel,
    CurrentLevel,
    LevelBatch,
    ProposedLevel,
    ReferenceRule,
)
from competencies.models.periods import since
from competencies.selectors.gaps import gap_rows, summarise
from competencies.services.levels import (
    NewLevel,
    add_evidence,
    add_months,
    decide_proposed_level,
    propose_level,
    record_levels,
    refresh_current_levels,
)
from competencies.tests.builders import (
    LONG_AGO,
    make_competency,
    make_employee,
    make_position,
    require_level,
    supervise,
)
from gayungan_asn.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


def put(employee, competency, level, source="evaluation", on=dt.date(2026, 1, 5), until=None):
    return record_levels(
        actor=None,
        kind=LevelBatch.Kind.EVALUATION,
        source=source,
        label="Uji",
        year=2026,
        source_reference="uji",
        assessed_on=on,
        valid_until=until,
        levels=[NewLevel(employee.pk, competency.pk, level)],
    )


def test_current_level_follows_source_order_then_date():
    person, skill = make_employee(), make_competency()
    put(person, skill, 3, source="certificate", on=dt.date(2026, 5, 1))
    put(person, skill, 2, source="evaluation", on=dt.date(2026, 4, 1))
    assert CurrentLevel.objects.get().level == 2
    put(person, skill, 1, source="official", on=dt.date(2025, 4, 1))
    assert CurrentLevel.objects.get().level == 1
    put(person, skill, 5, source="self_declared", on=dt.date(2026, 6, 1))
    assert CurrentLevel.objects.get().level == 1


def test_current_level_expired_official_gives_way_to_evaluation(monkeypatch):
    person, skill = make_employee(), make_competency()
    put(person, skill, 3, source="evaluation")
    put(person, skill, 1, source="official", on=dt.date(2023, 1, 1), until=dt.date(2026, 1, 1))
    monkeypatch.setenv("AS_OF", "2026-01-01")
    refresh_current_levels()
    assert CurrentLevel.objects.get().level == 1
    monkeypatch.setenv("AS_OF", "2026-01-02")
    refresh_current_levels()
    assert CurrentLevel.objects.get().level == 3


def test_attained_level_is_closed_by_the_next_of_its_source_and_never_changed():
    person, skill = make_employee(), make_competency()
    put(person, skill, 1, on=dt.date(2025, 1, 1))
    put(person, skill, 2, on=dt.date(2026, 1, 1))
    new, old = AttainedLevel.objects.order_by("-assessed_on")
    assert old.closed_by == new
    for change in ({"level": 4}, {"closed_by": None}, {"basis": {"x": 1}}):
        with pytest.raises(DatabaseError), transaction.atomic():
            AttainedLevel.objects.filter(pk=old.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        AttainedLevel.objects.filter(pk=old.pk)._raw_delete("default")


def test_gap_rows_order_and_summary():
    position = make_position()
    skills = [make_competency(code, display_order=n) for n, code in enumerate("ABCDE", 1)]
    for skill in skills:
        require_level(skill, 2, tier=position.tier)
    require_level(skills[4], 3, position=position)
    person = make_employee(position=position)
    for skill, level in zip(skills[:4], (2, 1, 0, 3), strict=True):
        put(person, skill, level)
    rows = gap_rows(person)
    assert [(row.competency.code, row.gap) for row in rows] == [
        ("C", -2),
        ("B", -1),
        ("E", None),
        ("A", 0),
        ("D", 1),
    ]
    assert rows[2].required == 3, "the post's row wins over the tier's"
    summary = summarise(rows)
    assert (summary.assessed, summary.total, summary.below, summary.not_assessed) == (4, 5, 2, 1)
    assert summary.index == 5 * 100 / 8


def test_expired_level_reads_as_not_assessed(monkeypatch):
    position, skill = make_position(), make_competency()
    require_level(skill, 2, tier=position.tier)
    person = make_employee(position=position)
    monkeypatch.setenv("AS_OF", "2026-03-01")
    put(person, skill, 2, until=dt.date(2026, 3, 31))
    assert gap_rows(person, dt.date(2026, 3, 31))[0].attained == 2
    assert gap_rows(person, dt.date(2026, 4, 1))[0].attained is None


def test_proposed_level_is_confirmed_by_the_supervisor_only():
    ReferenceRule.objects.create(
        rule_set="defaults",
        key="evaluation_valid_months",
        data={"value": "24"},
        period=since(LONG_AGO),
    )
    boss, person = make_employee(with_account=True), make_employee(with_account=True)
    supervise(boss, person)
    skill = make_competency()
    evidence = add_evidence(
        actor=None,
        employee=person,
        kind="training",
        title="Kursus",
        hours=None,
        happened_on=dt.date(2026, 1, 1),
        competencies=[skill],
        source_reference="enrolment:1",
    )
    proposal = propose_level(
        actor=None, employee=person, competency=skill, level=2, evidence=evidence
    )
    assert proposal is not None
    with pytest.raises(ValidationError):
        decide_proposed_level(actor=person.user, proposal=proposal, confirmed=True)
    assert not CurrentLevel.objects.exists()
    decide_proposed_level(actor=boss.user, proposal=proposal, confirmed=True)
    assert CurrentLevel.objects.get().source == "certificate"
    assert AuditEntry.objects.filter(action="proposed_level.confirmed").count() == 1
    with pytest.raises(ValidationError):
        decide_proposed_level(actor=boss.user, proposal=proposal, confirmed=False)
    assert (
        propose_level(actor=None, employee=person, competency=skill, level=2, evidence=evidence)
        is None
    )
    assert ProposedLevel.objects.count() == 1


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-03-10", 36, "2027-03-10"),
        ("2026-11-30", 3, "2027-02-28"),
    ],
)
def test_add_months_holds_to_the_end_of_a_shorter_month(day, months, expected):
    assert add_months(dt.date.fromisoformat(day), months) == dt.date.fromisoformat(expected)
