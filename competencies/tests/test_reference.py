"""The shipped reference data: complete, and never in the way of what HR changed."""

import datetime as dt
from decimal import Decimal

import pytest

from competencies.models import (
    Competency,
    Indicator,
    JobTier,
    Position,
    PositionStandard,
    ReferenceRule,
    Threshold,
    Unit,
)
from competencies.models.periods import since
from competencies.selectors.reference import (
    bounds,
    default_number,
    performance_matrix,
    predicate_names,
    proficiency_names,
)
from competencies.selectors.standards import standard_of
from competencies.services.reference import load_reference, read_rows
from gayungan_asn.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded():
    return load_reference()


def test_load_brings_every_row_of_the_files(loaded):
    assert loaded["competencies"] == len(read_rows("competencies")) == 30
    assert loaded["units"] == len(read_rows("gayungan_units"))
    assert loaded["positions"] == len(read_rows("gayungan_positions"))
    assert loaded["position_standards"] == len(read_rows("position_standards")) + len(
        read_rows("gayungan_position_standards")
    )
    assert Position.objects.filter(is_head=True).count() == Unit.objects.count()


def test_load_keeps_the_order_of_types(loaded):
    types = list(Competency.objects.values_list("type", flat=True))
    assert types == sorted(
        types, key=["manajerial", "sosial_kultural", "teknis", "pemerintahan"].index
    )
    assert Competency.objects.first().code == "INT"


def test_load_twice_changes_nothing(loaded):
    entries = AuditEntry.objects.count()
    again = load_reference()
    assert set(again.values()) == {0}
    assert AuditEntry.objects.count() == entries


def test_figure_dated_anew_by_hr_survives_a_load(loaded):
    change = dt.date(2026, 3, 1)
    row = ReferenceRule.objects.get(rule_set="defaults", key="peers_minimum")
    row.period = since(row.period.lower, change)
    row.save()
    ReferenceRule.objects.create(
        rule_set="defaults",
        key="peers_minimum",
        data={**row.data, "value": "4"},
        period=since(change),
    )
    load_reference()
    assert default_number("peers_minimum", dt.date(2026, 2, 28)) == 3
    assert default_number("peers_minimum", change) == 4
    assert ReferenceRule.objects.filter(rule_set="defaults", key="peers_minimum").count() == 2


def test_names_and_words_changed_by_hr_survive_a_load(loaded):
    Unit.objects.filter(code="GYG-PMB").update(name="Seksi Pembangunan Wilayah")
    indicator = Indicator.objects.first()
    Indicator.objects.filter(pk=indicator.pk).update(text="Kata yang disepakati")
    threshold = Threshold.objects.get(scheme="jpm_pengisian_jabatan", code="MS")
    Threshold.objects.filter(pk=threshold.pk).update(min_inclusive=Decimal("82"))
    load_reference()
    assert Unit.objects.get(code="GYG-PMB").name == "Seksi Pembangunan Wilayah"
    indicator.refresh_from_db()
    assert indicator.text == "Kata yang disepakati"
    assert dict(bounds("jpm_pengisian_jabatan"))["MS"] == 82


def test_selectors_read_what_was_loaded(loaded):
    assert performance_matrix()["DI_ATAS", "DI_BAWAH"] == "KURANG"
    assert len(performance_matrix()) == 9
    assert predicate_names()["SANGAT_BAIK"] == "Sangat Baik"
    assert proficiency_names()[0][0] == "Belum memenuhi tingkat 1"
    assert default_number("weight_supervisor") == 60


def test_standard_of_a_post_joins_tier_and_post(loaded):
    camat = Position.objects.get(code="CAMAT")
    standard = {item.competency.code: item.required_level for item in standard_of(camat)}
    assert standard["INT"] == 3
    assert standard["TEK-01"] == 3
    assert JobTier.objects.get(code="PELAKSANA").standards.first().required_level == 1
    assert PositionStandard.objects.filter(rule_name="").count() == 0
