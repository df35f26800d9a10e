"""Publishing a cycle: results, levels, gaps, notices, and what stays behind."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from competencies.models import (
    AttainedLevel,
    Competency,
    CurrentLevel,
    Indicator,
    LevelBatch,
    ReferenceRule,
)
from competencies.models.periods import since
from competencies.selectors.gaps import gap_rows
from competencies.services.levels import add_months
from competencies.tests.builders import LONG_AGO, make_competency, require_level
from conftest import World
from evaluations.models import Appraisal, Cycle, Outcome, SupervisorPart
from evaluations.services.publishing import publish_cycle, publish_late_results
from evaluations.services.results import reopen_appraisal
from evaluations.tests.builders import (
    make_appraisal,
    make_cycle,
    make_feedback,
    make_part_rating,
    make_self_rating,
)
from evaluations.tests.test_scoring import MATRIX
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, Notice


@pytest.fixture
def matrix(db: None) -> None:
    """The nine cells of the reference data."""
    for (work_result, behaviour), code in MATRIX.items():
        ReferenceRule.objects.create(
            rule_set="performance_matrix",
            key=f"{work_result}.{behaviour}",
            data={
                "work_result_code": work_result,
                "behaviour_code": behaviour,
                "predicate_code": code,
            },
            period=since(LONG_AGO),
        )


@pytest.fixture
def competency(world: World) -> Competency:
    """A competency that staff must have at level 1."""
    made = make_competency()
    require_level(made, 1, tier=world.positions["employee"].tier)
    return made


@pytest.fixture
def cycle(world: World, matrix: None) -> Cycle:
    """A cycle in its final check."""
    return make_cycle(world.root, state=Cycle.State.CALIBRATION, peers_closed_on=today())


def rated(
    world: World, cycle: Cycle, name: str, levels: dict[Competency, int], **fields: Any
) -> Appraisal:
    """An appraisal whose supervisor has sent the part."""
    appraisal = make_appraisal(
        world.people[name],
        cycle,
        [(competency, 1) for competency in levels],
        state=Appraisal.State.CALIBRATION,
    )
    part = appraisal.parts.get()
    for field, value in {"work_result": "SESUAI", "behaviour": "SESUAI", **fields}.items():
        setattr(part, field, value)
    part.save()
    make_part_rating(part, levels, submitted=True)
    return appraisal


def test_publication_writes_result_level_gap_and_notice(
    world: World, cycle: Cycle, competency: Competency
) -> None:
    appraisal = rated(world, cycle, "employee", {competency: 0})
    make_self_rating(appraisal, {competency: 2})
    done = publish_cycle(actor=world.users["hr"], cycle=cycle)
    assert done.published == 1
    appraisal.refresh_from_db()
    cycle.refresh_from_db()
    assert appraisal.state == Appraisal.State.PUBLISHED
    assert appraisal.published_at is not None
    assert cycle.state == Cycle.State.PUBLISHED
    outcome = Outcome.objects.get(appraisal=appraisal)
    assert (outcome.predicate, outcome.assessed_count, outcome.total_count) == ("BAIK", 1, 1)
    level = outcome.levels.get()
    assert level.level == 0
    # 60 and 10 of 100 are there: 0 x 6/7 + 2 x 1/7.
    assert level.value == Decimal("0.2857142857")
    assert level.by_relation == {"supervisor": "0", "self": "2"}
    (row,) = gap_rows(world.people["employee"])
    assert (row.attained, row.gap) == (0, -1)
    notice = Notice.objects.get(user=world.users["employee"])
    assert notice.link.endswith(f"/{appraisal.pk}/")
    entry = AuditEntry.objects.get(action="cycle.published")
    assert entry.after["published"] == 1


def test_published_level_carries_its_basis_and_validity(
    world: World, cycle: Cycle, competency: Competency
) -> None:
    appraisal = rated(world, cycle, "employee", {competency: 0})
    indicator = Indicator.objects.filter(level__competency=competency, level__level=1)[0]
    appraisal.responses.get().ratings.get().unseen.add(indicator)
    for number in range(1, 4):
        make_feedback(appraisal, world.people[f"peer{number}"], {competency: 3})
    publish_cycle(actor=world.users["hr"], cycle=cycle)
    level = AttainedLevel.objects.get(employee=world.people["employee"])
    assert level.source == AttainedLevel.Source.EVALUATION
    assert level.basis["unseen"] == [{"id": indicator.pk, "text": indicator.text}]
    assert level.basis["by_relation"] == {"supervisor": "0", "peer": "3"}
    assert level.basis["weights"] == {"supervisor": "75", "peer": "25"}
    assert level.basis["value"] == "0.75"
    assert level.level == 1
    assert level.basis["cycle"] == cycle.pk
    assert level.assessor == world.people["superior"]
    assert level.assessed_on == today()
    assert level.valid_until == add_months(today(), 24) - dt.timedelta(days=1)
    assert CurrentLevel.objects.get(employee=world.people["employee"]).attained == level


def test_unrated_people_stay_and_follow_with_a_second_publication(
    world: World, cycle: Cycle, competency: Competency
) -> None:
    rated(world, cycle, "employee", {competency: 1})
    late = make_appraisal(
        world.people["peer1"],
        cycle,
        [(competency, 1)],
        state=Appraisal.State.SUPERVISOR_REVIEW,
    )
    publish_cycle(actor=world.users["hr"], cycle=cycle)
    late.refresh_from_db()
    assert late.state == Appraisal.State.SUPERVISOR_REVIEW
    with pytest.raises(ValidationError) as refusal:
        publish_late_results(actor=world.users["hr"], cycle=cycle)
    assert refusal.value.code == "empty"
    part = late.parts.get()
    part.work_result = part.behaviour = "SESUAI"
    make_part_rating(part, {competency: 2}, submitted=True)
    Appraisal.objects.filter(pk=late.pk).update(state=Appraisal.State.CALIBRATION)
    done = publish_late_results(actor=world.users["hr"], cycle=cycle)
    assert done.published == 1
    assert LevelBatch.objects.count() == 2
    assert CurrentLevel.objects.get(employee=world.people["peer1"]).level == 2
    assert Notice.objects.filter(user=world.users["employee"]).count() == 1


def test_publishing_twice_changes_nothing(
    world: World, cycle: Cycle, competency: Competency
) -> None:
    appraisal = rated(world, cycle, "employee", {competency: 1})
    publish_cycle(actor=world.users["hr"], cycle=cycle)
    appraisal.refresh_from_db()
    again = publish_cycle(actor=world.users["hr"], cycle=cycle)
    assert again.published == 0
    assert LevelBatch.objects.count() == 1
    assert AttainedLevel.objects.count() == 1
    version = appraisal.version
    appraisal.refresh_from_db()
    assert appraisal.version == version
    assert AuditEntry.objects.filter(action="cycle.published").count() == 1


def test_reopened_result_is_replaced_and_its_level_closed(
    world: World, cycle: Cycle, competency: Competency
) -> None:
    appraisal = rated(world, cycle, "employee", {competency: 0})
    publish_cycle(actor=world.users["hr"], cycle=cycle)
    reopen_appraisal(
        actor=world.users["hr"], appraisal=appraisal, reason="Atasan salah memilih tingkatnya."
    )
    part = appraisal.parts.get()
    part.response.ratings.update(level=1)
    part.response.is_submitted = True
    part.response.save()
    SupervisorPart.objects.filter(pk=part.pk).update(state=SupervisorPart.State.SUBMITTED)
    Appraisal.objects.filter(pk=appraisal.pk).update(state=Appraisal.State.CALIBRATION)
    publish_late_results(actor=world.users["hr"], cycle=cycle)
    old, new = AttainedLevel.objects.filter(employee=world.people["employee"]).order_by("pk")
    assert (old.closed_by, new.closed_by) == (new, None)
    assert Outcome.objects.get(appraisal=appraisal).levels.get().level == 1
    assert CurrentLevel.objects.get(employee=world.people["employee"]).level == 1


def test_quarterly_publication_writes_predicates_and_no_levels(world: World, matrix: None) -> None:
    cycle = make_cycle(
        world.root,
        state=Cycle.State.CALIBRATION,
        kind="quarterly",
        quarter=1,
        rates_competencies=False,
    )
    appraisal = rated(world, cycle, "employee", {}, work_result="DI_ATAS", behaviour="DI_ATAS")
    done = publish_cycle(actor=world.users["hr"], cycle=cycle)
    assert done.batch is None
    assert not LevelBatch.objects.exists()
    outcome = Outcome.objects.get(appraisal=appraisal)
    assert outcome.predicate == "SANGAT_BAIK"
    assert not outcome.levels.exists()


def test_publication_without_any_part_is_refused_and_leaves_the_cycle(
    world: World, cycle: Cycle, competency: Competency
) -> None:
    make_appraisal(
        world.people["employee"],
        cycle,
        [(competency, 1)],
        state=Appraisal.State.SUPERVISOR_REVIEW,
    )
    with pytest.raises(ValidationError) as refusal:
        publish_cycle(actor=world.users["hr"], cycle=cycle)
    assert refusal.value.code == "empty"
    cycle.refresh_from_db()
    assert cycle.state == Cycle.State.CALIBRATION


def test_publication_from_a_running_cycle_is_refused(
    world: World, matrix: None, competency: Competency
) -> None:
    cycle = make_cycle(world.root)
    rated(world, cycle, "employee", {competency: 1})
    with pytest.raises(ValidationError) as refusal:
        publish_cycle(actor=world.users["hr"], cycle=cycle)
    assert refusal.value.code == "state"
    assert not Outcome.objects.exists()


@pytest.mark.parametrize("persona", ["superior", "camat", "employee", "foreign_hr", "sysadmin"])
def test_publication_by_anybody_but_hr_is_refused(
    world: World, cycle: Cycle, competency: Competency, persona: str
) -> None:
    rated(world, cycle, "employee", {competency: 1})
    with pytest.raises(ValidationError) as refusal:
        publish_cycle(actor=world.users[persona], cycle=cycle)
    assert refusal.value.code == "not_allowed"
    assert not Outcome.objects.exists()


def test_publication_with_a_matrix_that_lacks_a_cell_writes_nothing(
    world: World, competency: Competency
) -> None:
    cycle = make_cycle(world.root, state=Cycle.State.CALIBRATION)
    rated(world, cycle, "employee", {competency: 1})
    with pytest.raises(ValidationError) as refusal:
        publish_cycle(actor=world.users["hr"], cycle=cycle)
    assert refusal.value.code == "matrix"
    assert not Outcome.objects.exists()
    cycle.refresh_from_db()
    assert cycle.state == Cycle.State.CALIBRATION


def test_publication_says_nothing_about_fewer_than_three_peers(
    world: World, cycle: Cycle, competency: Competency
) -> None:
    appraisal = rated(world, cycle, "employee", {competency: 2})
    for number in (1, 2):
        make_feedback(appraisal, world.people[f"peer{number}"], {competency: 0})
    publish_cycle(actor=world.users["hr"], cycle=cycle)
    outcome = Outcome.objects.get(appraisal=appraisal)
    basis = AttainedLevel.objects.get(employee=world.people["employee"]).basis
    for kept in (outcome.inputs, outcome.levels.get().by_relation, basis):
        text = str({key: value for key, value in kept.items() if key != "weights"})
        assert "peer" not in text
