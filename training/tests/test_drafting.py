"""Plans drafted from levels: reasons, mix, leases, idempotence."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from competencies.models import LevelBatch, ReferenceRule
from competencies.models.periods import since
from competencies.tests.builders import (
    LONG_AGO,
    make_competency,
    make_employee,
    make_position,
    make_tier,
    make_unit,
    require_level,
    supervise,
)
from gayungan_asn.accounts.clock import now
from gayungan_asn.accounts.models import AuditEntry, Notice
from gayungan_asn.celery import app
from training.models import BatchService, DevelopmentPlan, Enrolment, PlanItem
from training.selectors.plan_content import plan_content
from training.services import drafting
from training.services.drafting import draft_plans, plan_year
from training.tests.builders import (
    attain,
    make_activity,
    make_class,
    make_course,
    make_enrolment,
)

BASIS = {
    "value": "0.45",
    "by_relation": {"supervisor": "0", "peer": "1.5", "self": "1"},
    "weights": {"supervisor": "67"},
    "unseen": [{"id": 3, "text": "Mengklasifikasi pengaduan."}],
}


@pytest.fixture
def post(db):
    """A post whose tier requires 2 in two competencies, 20 JP a year, offers for both."""
    for kind, bound, hours in (("PNS", "min", "20"), ("PPPK", "maks", "24")):
        ReferenceRule.objects.create(
            rule_set="development_targets",
            key=kind,
            data={"employment_type": kind, "bound": bound, "jp_per_year": hours},
            period=since(LONG_AGO),
        )
    tier = make_tier("PENGAWAS")
    position = make_position(make_unit(), tier=tier, seats=500)
    position.first, position.second = make_competency("KA"), make_competency("KB")
    require_level(position.first, 2, tier=tier, critical=True)
    require_level(position.second, 2, tier=tier)
    for competency in (position.first, position.second):
        make_activity("penugasan", {competency: (0, 2)}, hours_on_job=24)
        make_activity("bimbingan", {competency: (0, 2)}, hours=4)
        make_course(f"Pelatihan {competency.code}", {competency: (0, 2)}, quantity=8)
    return position


def test_plan_year_is_the_one_after_publication():
    assert plan_year(dt.date(2026, 1, 1)) == plan_year(dt.date(2026, 12, 31)) == 2027


def test_plan_is_drafted_with_the_reason_of_each_line(post):
    boss = make_employee("Hendra", with_account=True)
    ani = make_employee("Ani", post, with_account=True)
    supervise(boss, ani)
    attain(ani, {post.first: 0, post.second: 2}, basis=BASIS)
    assert draft_plans() == 1
    plan = DevelopmentPlan.objects.get(employee=ani)
    assert (plan.state, plan.target_hours, plan.version) == ("draft", 20, 1)
    items = list(plan.items.all())
    assert [item.way for item in items] == ["penugasan", "bimbingan", "pelatihan"]
    reason = items[0].reason
    for words in (
        "di bawah standar −2",
        "nilai tertimbang 0,45",
        "atasan langsung 0, rekan kerja 1,5, penilaian mandiri 1",
        "mengklasifikasi pengaduan",
        "Penilaian kompetensi 2025",
    ):
        assert words in reason
    assert items[0].provider_name == "Ditugaskan Hendra"
    assert items[0].hours_on_job == 24
    assert items[2].hours == 8
    served = items[0].gaps.get()
    assert (served.competency, served.required_level, served.attained_level) == (post.first, 2, 0)
    assert served.attained.employee == ani
    assert served.basis["value"] == "0.45"
    assert Notice.objects.get(user=ani.user).kind == "plan.drafted"
    assert AuditEntry.objects.filter(action="plan.drafted", subject_employee_id=ani.pk).exists()


def test_every_gap_gets_work_or_guidance(post):
    ani = make_employee("Ani", post)
    attain(ani, {post.first: 0, post.second: 1})
    draft_plans()
    content = plan_content(DevelopmentPlan.objects.get())
    for goal in content.goals:
        assert {"penugasan", "bimbingan"} & {line.way for line in goal.activities}
    assert content.hours_total >= 20
    assert [goal.competency_id for goal in content.goals] == [post.first.pk, post.second.pk]


def test_contract_staff_are_not_planned_past_their_ceiling(post):
    ani = make_employee("Ani", post, employment_kind="PPPK")
    for number in range(6):
        make_course(f"Lain {number}", {post.first: (0, 2)}, quantity=9)
    attain(ani, {post.first: 0, post.second: 0})
    draft_plans()
    content = plan_content(DevelopmentPlan.objects.get())
    assert content.target_is_ceiling
    assert Decimal(0) < content.hours_total <= 24


def test_person_without_gap_gets_no_plan(post):
    attain(make_employee("Ani", post), {post.first: 2, post.second: 3})
    assert draft_plans() == 0
    assert not DevelopmentPlan.objects.exists()
    assert BatchService.objects.get().done_at


def test_not_assessed_is_no_gap(post):
    attain(make_employee("Ani", post), {post.first: 2})
    assert draft_plans() == 0


def test_pelaksana_can_have_a_plan(post):
    tier = make_tier("PELAKSANA")
    competency = make_competency("KC")
    require_level(competency, 1, tier=tier)
    make_activity("penugasan", {competency: (0, 2)})
    ani = make_employee("Ani", make_position(tier=tier))
    attain(ani, {competency: 0})
    assert draft_plans() == 1
    assert PlanItem.objects.exists()


def test_people_not_at_work_are_left_out(post):
    ani = make_employee("Ani", post)
    ani.statuses.update(status="long_leave")
    attain(ani, {post.first: 0})
    assert draft_plans() == 0


def test_drafting_again_changes_nothing(post):
    ani = make_employee("Ani", post)
    attain(ani, {post.first: 0})
    draft_plans()
    before = list(PlanItem.objects.values_list("pk", "title"))
    assert draft_plans() == 0
    assert list(PlanItem.objects.values_list("pk", "title")) == before


def test_untouched_draft_is_drafted_anew_and_a_touched_one_left(post):
    ani, budi = make_employee("Ani", post), make_employee("Budi", post)
    attain([ani, budi], {post.first: 0, post.second: 0})
    draft_plans()
    DevelopmentPlan.objects.filter(employee=budi).update(edited_at=now())
    attain([ani, budi], {post.first: 2, post.second: 0}, kind=LevelBatch.Kind.OBJECTION)
    assert draft_plans() == 1
    anew = DevelopmentPlan.objects.get(employee=ani)
    assert anew.version == 2
    assert {gap.competency for item in anew.items.all() for gap in item.gaps.all()} == {post.second}
    kept = DevelopmentPlan.objects.get(employee=budi)
    assert {gap.competency for item in kept.items.all() for gap in item.gaps.all()} == {
        post.first,
        post.second,
    }


def test_proposed_plan_is_left_as_it_is(post):
    ani = make_employee("Ani", post)
    attain(ani, {post.first: 0})
    draft_plans()
    DevelopmentPlan.objects.update(state="proposed")
    attain(ani, {post.first: 1}, kind=LevelBatch.Kind.OBJECTION)
    assert draft_plans() == 0
    assert DevelopmentPlan.objects.get().gap_table[0]["attained"] == 0


@pytest.mark.parametrize("kind", [LevelBatch.Kind.OFFICIAL, LevelBatch.Kind.CONFIRMATION])
def test_other_batches_draft_nothing(post, kind):
    attain(make_employee("Ani", post), {post.first: 0}, kind=kind)
    assert draft_plans() == 0
    assert not BatchService.objects.exists()


def test_course_done_before_is_not_offered_again(post):
    ani = make_employee("Ani", post)
    course = make_course("Sudah diikuti", {post.first: (0, 2)}, cost=0, quantity=40)
    make_enrolment(make_class(course), ani, Enrolment.State.COMPLETED)
    attain(ani, {post.first: 0})
    draft_plans()
    assert not PlanItem.objects.filter(course=course).exists()


def test_batch_held_by_another_worker_is_left_until_its_lease_ends(post):
    ani = make_employee("Ani", post)
    batch = attain(ani, {post.first: 0})
    service = BatchService.objects.create(
        batch=batch, lease_token=uuid.uuid4(), lease_until=now() + dt.timedelta(seconds=20)
    )
    assert draft_plans() == 0
    BatchService.objects.filter(pk=service.pk).update(lease_until=now() - dt.timedelta(seconds=1))
    assert draft_plans() == 1


def test_stopped_worker_is_taken_up_where_it_stood(post, monkeypatch):
    monkeypatch.setattr(drafting, "CHUNK", 2)
    people = [make_employee(f"Pegawai {n}", post) for n in range(5)]
    batch = attain(people, {post.first: 0})
    BatchService.objects.create(batch=batch)
    token = drafting._claim(batch)
    assert drafting._serve_chunk(batch, token, drafting.plan_offers(2027)) == (2, True)
    BatchService.objects.update(lease_until=now() - dt.timedelta(seconds=1))
    assert draft_plans() == 3
    assert DevelopmentPlan.objects.count() == 5
    service = BatchService.objects.get()
    assert (service.plans_drafted, bool(service.done_at)) == (5, True)


def test_worker_that_lost_its_lease_writes_nothing(post):
    ani = make_employee("Ani", post)
    batch = attain(ani, {post.first: 0})
    BatchService.objects.create(batch=batch, lease_token=uuid.uuid4())
    with pytest.raises(drafting.LeaseLostError):
        drafting._serve_chunk(batch, uuid.uuid4(), ())
    assert not DevelopmentPlan.objects.exists()


def test_run_that_is_out_of_time_leaves_the_rest_to_the_next(post, monkeypatch):
    attain(make_employee("Ani", post), {post.first: 0})
    monkeypatch.setattr(drafting, "WORKING_SECONDS", -1)
    assert draft_plans() == 0
    monkeypatch.setattr(drafting, "WORKING_SECONDS", 40)
    assert draft_plans() == 1


def test_drafting_reads_the_same_for_few_and_many(post):
    def reads(count):
        people = [make_employee(f"Pegawai {n}", post) for n in range(count)]
        attain(people, {post.first: 0, post.second: 1})
        with CaptureQueriesContext(connection) as caught:
            draft_plans()
        return len([q for q in caught if q["sql"].startswith("SELECT")])

    assert reads(2) == reads(20)


def test_drafting_is_rung_within_half_a_minute():
    entry = next(
        each
        for each in app.conf.beat_schedule.values()
        if each["task"] == "training.tasks.draft_plans"
    )
    assert entry["schedule"] <= 30
    assert settings.LEASE_SECONDS <= 60
