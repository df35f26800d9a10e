"""The paper of a plan says what the plan says."""

from decimal import Decimal

import pytest

from conftest import World
from gayungan_asn.accounts.clock import now
from reports.documents import content_hash
from reports.selectors.papers import plan_paper
from reports.tests.builders import make_plan
from training.models import DevelopmentPlan


@pytest.fixture
def plan(world: World) -> DevelopmentPlan:
    return make_plan(world.people["employee"])


def test_paper_names_person_post_and_supervisor(world: World, plan: DevelopmentPlan) -> None:
    who = plan_paper(plan).identity
    assert who.name == plan.employee.full_name
    assert who.nip == plan.employee.numbers.get().nip
    assert who.position == world.positions["employee"].name
    assert who.supervisor.startswith(world.people["superior"].full_name)


def test_paper_shortens_the_source_for_its_column(plan: DevelopmentPlan) -> None:
    [line] = plan_paper(plan).levels
    assert (line.required, line.attained, line.source) == (2, 1, "Penilaian 2026")


def test_paper_reason_carries_rating_and_unseen_behaviour(plan: DevelopmentPlan) -> None:
    [reason] = plan_paper(plan).reasons
    assert reason.unseen == ("Menerapkan metode baru",)
    assert "atasan langsung 1" in reason.rating
    assert "rekan kerja 1,5" in reason.rating


def test_paper_activity_stands_in_its_quarter(plan: DevelopmentPlan) -> None:
    [group] = plan_paper(plan).groups
    [line] = group.lines
    assert [quarter for quarter, _words in line.quarters] == [2]
    assert (line.hours, line.share) == (Decimal(6), "20")


def test_paper_without_ratification_is_a_draft_without_hr(plan: DevelopmentPlan) -> None:
    paper = plan_paper(plan)
    assert paper.issued_at is None
    assert [each.role for each in paper.signatures] == ["Mengajukan", "Menyetujui", "Menetapkan"]
    assert paper.signatures[2].name == ""


def test_paper_of_a_ratified_plan_is_dated_and_signed(world: World, plan: DevelopmentPlan) -> None:
    moment = now()
    DevelopmentPlan.objects.update(
        state=DevelopmentPlan.State.RATIFIED,
        ratified_at=moment,
        ratified_by=world.users["hr"],
    )
    paper = plan_paper(DevelopmentPlan.objects.get())
    assert paper.issued_at == moment
    assert paper.signatures[2].name == world.people["hr"].full_name


def test_paper_of_an_unchanged_plan_is_the_same(plan: DevelopmentPlan) -> None:
    again = DevelopmentPlan.objects.get(pk=plan.pk)
    assert content_hash(plan_paper(plan)) == content_hash(plan_paper(again))


def test_paper_follows_a_change_of_the_plan(plan: DevelopmentPlan) -> None:
    before = content_hash(plan_paper(plan))
    plan.items.update(quarter=3)
    assert content_hash(plan_paper(plan)) != before
