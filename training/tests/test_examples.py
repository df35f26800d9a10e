"""The example catalogue covers every step a standard in use requires."""

import csv

import pytest

from competencies.models import Competency, Position, PositionStandard
from competencies.services.reference import FOLDER, load_reference
from competencies.tests.builders import make_unit
from gayungan_asn.accounts.clock import today
from training.models import ActivityOutcome, ActivityTemplate, Course, CourseClass, CourseOutcome
from training.services.examples import load_catalogue, load_classes
from training.services.reference import load_development_kinds


@pytest.fixture
def catalogue(db):
    load_reference()
    load_development_kinds()
    return load_catalogue(actor=None)


def steps(outcomes):
    found = {}
    for code, start, end in outcomes.values_list("competency__code", "from_level", "to_level"):
        found.setdefault(code, set()).update(range(start, end))
    return found


def test_every_step_of_every_standard_in_use_has_a_course_and_an_activity(catalogue):
    tiers = set(Position.objects.values_list("tier", flat=True))
    needed = {}
    for standard in PositionStandard.objects.select_related("competency"):
        if standard.tier_id is None or standard.tier_id in tiers:
            code = standard.competency.code
            needed[code] = max(needed.get(code, 0), standard.required_level)
    assert len(needed) > 20
    for offered in (steps(CourseOutcome.objects), steps(ActivityOutcome.objects)):
        missing = {
            code: set(range(level)) - offered.get(code, set()) for code, level in needed.items()
        }
        assert not {code: gaps for code, gaps in missing.items() if gaps}


def test_courses_cover_every_step_of_every_tier_too(catalogue):
    offered = steps(CourseOutcome.objects)
    for name in ("position_standards", "gayungan_position_standards"):
        with (FOLDER / f"{name}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                assert set(range(int(row["required_level"]))) <= offered[row["competency_code"]]


def test_every_competency_has_an_offer(catalogue):
    codes = set(Competency.objects.values_list("code", flat=True))
    assert set(steps(CourseOutcome.objects)) == set(steps(ActivityOutcome.objects)) == codes


def test_catalogue_has_at_least_thirty_courses_with_hours(catalogue):
    assert catalogue["courses"] >= 30
    assert not Course.objects.filter(hours=0).exists()
    assert not Course.objects.filter(cost__gt=0, cost_source="").exists()
    assert ActivityTemplate.objects.count() == catalogue["activities"]


def test_loading_the_catalogue_again_changes_nothing(catalogue):
    assert load_catalogue(actor=None) == {"courses": 0, "activities": 0}


def test_example_classes_lie_before_and_after_the_day(catalogue):
    made = load_classes(actor=None, unit=make_unit(), day=today())
    assert len(made) > 20
    assert CourseClass.objects.filter(period__startswith__lt=today()).exists()
    assert CourseClass.objects.filter(period__startswith__gt=today()).exists()
    assert load_classes(actor=None, unit=made[0].unit, day=today()) == []
