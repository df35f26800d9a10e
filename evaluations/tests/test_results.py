"""Results after publication: read, contested, decided, reopened."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from competencies.models import (
    AttainedLevel,
    Competency,
    CurrentLevel,
    Holiday,
    LevelBatch,
    ReferenceRule,
    Supervision,
    Threshold,
)
from competencies.models.periods import since
from competencies.services.levels import NewLevel, record_levels
from competencies.tests.builders import LONG_AGO, supervise
from conftest import World
from evaluations.models import Appraisal, Cycle, Objection, OutcomeLevel, SupervisorPart
from evaluations.permissions.results import can_decide_objection
from evaluations.selectors.results import objection_last_day, result_page
from evaluations.selectors.team import open_objections
from evaluations.services.objections import decide_objection, file_objection
from evaluations.services.ratings import submit_part
from evaluations.services.results import acknowledge_result, reopen_appraisal
from evaluations.tests.builders import (
    make_appraisal,
    make_competencies,
    make_cycle,
    make_outcome,
    make_part,
    make_part_rating,
)
from gayungan_asn.accounts.clock import now, on_day, today
from gayungan_asn.accounts.models import AuditEntry, Notice

State = Appraisal.State
REASON = "Nilai satu kompetensi tertukar saat diisi."


@pytest.fixture
def skills(db: None) -> list[Competency]:
    """Three competencies, standard 2."""
    return make_competencies(3)


@pytest.fixture
def published(world: World, skills: list[Competency]) -> Appraisal:
    """A published result of `employee`, rated by `superior`: 1, 2 and 2."""
    cycle = make_cycle(world.root, state=Cycle.State.PUBLISHED, peers_closed_on=today())
    appraisal = make_appraisal(world.people["employee"], cycle, items=skills, state=State.PUBLISHED)
    levels = dict(zip(skills, (1, 2, 2), strict=True))
    make_part_rating(appraisal.parts.get(), levels, submitted=True)
    make_outcome(appraisal, levels, work_result="SESUAI", behaviour="SESUAI", predicate="BAIK")
    record_levels(
        actor=None,
        kind=LevelBatch.Kind.EVALUATION,
        source=AttainedLevel.Source.EVALUATION,
        label="Penilaian",
        year=2026,
        source_reference="test",
        assessed_on=today(),
        valid_until=today() + dt.timedelta(days=700),
        levels=[
            NewLevel(
                employee_id=appraisal.employee_id,
                competency_id=skill.pk,
                level=level,
                basis={"unseen": ["x"]},
            )
            for skill, level in levels.items()
        ],
    )
    return appraisal


@pytest.fixture
def objected(world: World, published: Appraisal) -> Appraisal:
    """The same, contested."""
    file_objection(actor=world.users["employee"], appraisal=published, text=REASON)
    published.refresh_from_db()
    return published


def code_of(service, **values) -> str:
    with pytest.raises(ValidationError) as refusal:
        service(**values)
    return refusal.value.code


def said_to(world: World, persona: str) -> list[str]:
    return list(Notice.objects.filter(user=world.users[persona]).values_list("kind", flat=True))


# --- Reading -----------------------------------------------------------------------
def test_acknowledge_is_noted_once(world, published):
    user = world.users["employee"]
    acknowledge_result(actor=user, appraisal=published)
    again = acknowledge_result(actor=user, appraisal=published)
    assert again.state == State.ACKNOWLEDGED
    assert again.acknowledged_on == today()
    assert AuditEntry.objects.filter(action="appraisal.acknowledged").count() == 1


@pytest.mark.parametrize("persona", ["superior", "hr", "camat"])
def test_acknowledge_by_somebody_else_is_refused(world, published, persona):
    assert code_of(acknowledge_result, actor=world.users[persona], appraisal=published) == "state"


def test_result_page_opens_each_figure_into_its_inputs(world, published, skills):
    OutcomeLevel.objects.filter(competency=skills[0]).update(
        by_relation={"supervisor": "1.5", "peer": "2.5", "self": "3"},
        weights={"supervisor": "66.66666667", "peer": "22.22222222", "self": "11.11111111"},
        value=Decimal("1.8888888889"),
        level=2,
    )
    page = result_page(published)
    first = page.rows[0]
    assert [one.relation for one in first.inputs] == ["supervisor", "peer", "self"]
    assert sum(one.share for one in first.inputs) == pytest.approx(Decimal(100))
    assert sum(one.points for one in first.inputs) == pytest.approx(first.value)
    assert first.counted_level == first.level == 2
    assert page.peers_told
    assert not first.lacks_peers
    assert page.rows[1].lacks_peers


@pytest.mark.parametrize(("assessed", "expected"), [(3, "Cukup Optimal"), (2, "")])
def test_class_is_named_only_with_full_coverage(world, published, skills, assessed, expected):
    for code, name, lowest in (("O", "Optimal", 90), ("CO", "Cukup Optimal", 78)):
        Threshold.objects.create(
            scheme="jpm_pemetaan",
            code=code,
            name=name,
            min_inclusive=lowest,
            period=since(LONG_AGO),
        )
    published.outcome.assessed_count = assessed
    published.outcome.save()
    assert result_page(published).class_name == expected


# --- Objecting -----------------------------------------------------------------------
def test_objection_is_filed_and_told_to_those_who_hear_it(world, published):
    objection = file_objection(
        actor=world.users["employee"], appraisal=published, text=f"  {REASON} "
    )
    published.refresh_from_db()
    assert published.state == State.OBJECTED
    assert objection.text == REASON
    assert objection.last_day == today() + dt.timedelta(days=14)
    assert "objection" in said_to(world, "camat")
    assert "objection" in said_to(world, "superior")
    assert AuditEntry.objects.filter(action="objection.filed").count() == 1


def test_objection_after_reading_is_still_open(world, published):
    user = world.users["employee"]
    acknowledge_result(actor=user, appraisal=published)
    file_objection(actor=user, appraisal=published, text=REASON)
    published.refresh_from_db()
    assert published.state == State.OBJECTED


def test_objection_twice_is_refused(world, objected):
    values = {"actor": world.users["employee"], "appraisal": objected}
    assert code_of(file_objection, **values, text=REASON) == "state"


def test_objection_with_a_short_text_is_refused(world, published):
    values = {"actor": world.users["employee"], "appraisal": published}
    assert code_of(file_objection, **values, text="x" * 19 + "   ") == "text"


@pytest.mark.parametrize(("days", "late"), [(14, False), (15, True)])
def test_objection_is_in_time_through_the_last_day(world, published, days, late):
    values = {"actor": world.users["employee"], "appraisal": published, "text": REASON}
    with on_day(today() + dt.timedelta(days=days)):
        if not late:
            assert file_objection(**values).state == Objection.State.OPEN
            return
        with pytest.raises(ValidationError) as refusal:
            file_objection(**values)
    assert refusal.value.code == "late"
    last_day = today() + dt.timedelta(days=14)
    assert str(last_day.day) in refusal.value.messages[0]
    assert str(last_day.year) in refusal.value.messages[0]


def test_last_day_passes_over_weekends_and_holidays_where_the_cycle_says_so(published):
    published.cycle.objection_days = 3
    published.cycle.objection_working_days = True
    published.published_at = now().replace(year=2026, month=2, day=12)
    Holiday.objects.create(date=dt.date(2026, 2, 17), name="Imlek", kind="nasional")
    # Friday 13, Monday 16, not Tuesday 17: Wednesday 18.
    assert objection_last_day(published) == dt.date(2026, 2, 18)


@pytest.mark.parametrize("persona", ["superior", "camat", "hr", "unrelated"])
def test_objection_by_somebody_else_is_refused(world, published, persona):
    values = {"actor": world.users[persona], "appraisal": published}
    assert code_of(file_objection, **values, text=REASON) == "state"


# --- Deciding ------------------------------------------------------------------------
def test_dismissal_is_final_and_changes_no_level(world, objected, skills):
    decided = decide_objection(
        actor=world.users["camat"],
        appraisal=objected,
        upheld=False,
        answer=REASON,
        levels={skills[0].pk: 5},
    )
    objected.refresh_from_db()
    assert objected.state == State.FINAL
    assert decided.state == Objection.State.DISMISSED
    assert decided.decided_by == world.people["camat"]
    assert OutcomeLevel.objects.get(competency=skills[0]).level == 1
    assert not LevelBatch.objects.filter(kind=LevelBatch.Kind.OBJECTION).exists()
    assert AuditEntry.objects.filter(action="objection.dismissed").count() == 1
    assert "objection" in said_to(world, "employee")


def test_upheld_changes_result_level_and_index_and_keeps_the_old(world, objected, skills):
    decide_objection(
        actor=world.users["camat"],
        appraisal=objected,
        upheld=True,
        answer=REASON,
        levels={skills[0].pk: 2, skills[1].pk: 2},
    )
    outcome = objected.outcome
    outcome.refresh_from_db()
    assert outcome.index == 100
    assert outcome.inputs["objection"]["levels"] == [
        {"competency": skills[0].code, "before": 1, "after": 2}
    ]
    batch = LevelBatch.objects.get(kind=LevelBatch.Kind.OBJECTION)
    row = batch.levels.get()
    assert (row.competency, row.level, row.basis["unseen"]) == (skills[0], 2, ["x"])
    assert row.basis["objection"] == {"before": 1, "after": 2}
    assert AttainedLevel.objects.get(closed_by=row).level == 1
    assert CurrentLevel.objects.get(competency=skills[0]).level == 2
    entry = AuditEntry.objects.get(action="objection.upheld")
    assert entry.after["levels"][0]["before"] == 1
    assert result_page(objected).rows[0].changed_from == "1"


def test_upheld_behaviour_changes_the_predicate(world, objected, skills):
    ReferenceRule.objects.create(
        rule_set="performance_matrix",
        key="SESUAI/DI_BAWAH",
        period=since(LONG_AGO),
        data={
            "work_result_code": "SESUAI",
            "behaviour_code": "DI_BAWAH",
            "predicate_code": "KURANG",
        },
    )
    decide_objection(
        actor=world.users["camat"],
        appraisal=objected,
        upheld=True,
        answer=REASON,
        behaviour="DI_BAWAH",
    )
    objected.outcome.refresh_from_db()
    assert objected.outcome.predicate == "KURANG"
    assert objected.outcome.inputs["objection"]["predicate"]["before"] == "BAIK"
    assert not LevelBatch.objects.filter(kind=LevelBatch.Kind.OBJECTION).exists()


def test_upheld_without_a_change_is_refused(world, objected, skills):
    values = {"actor": world.users["camat"], "appraisal": objected, "upheld": True}
    same = {skills[0].pk: 1}
    assert code_of(decide_objection, **values, answer=REASON, levels=same) == "unchanged"
    objected.refresh_from_db()
    assert objected.state == State.OBJECTED


def test_decision_needs_an_answer(world, objected):
    values = {"actor": world.users["camat"], "appraisal": objected, "upheld": False}
    assert code_of(decide_objection, **values, answer="Tidak.") == "text"


@pytest.mark.parametrize("persona", ["superior", "employee", "hr", "other_superior", "unrelated"])
def test_decision_by_anybody_but_the_raters_superior_is_refused(world, objected, persona):
    values = {"actor": world.users[persona], "appraisal": objected, "upheld": False}
    assert code_of(decide_objection, **values, answer=REASON) == "state"


def test_superior_who_rated_a_part_does_not_decide(world, objected, skills):
    part = make_part(objected, world.people["camat"], days=20, period=since(LONG_AGO, today()))
    make_part_rating(part, {skills[0]: 1}, submitted=True)
    values = {"actor": world.users["camat"], "appraisal": objected, "upheld": False}
    assert code_of(decide_objection, **values, answer=REASON) == "state"


@pytest.mark.parametrize("persona", ["camat", "superior", "sub_head", "other_superior", "hr"])
def test_list_of_objections_agrees_with_who_decides(world, objected, persona):
    listed = open_objections(world.people[persona])
    may = can_decide_objection(world.users[persona], objected)
    assert [one.appraisal for one in listed] == ([objected] if may else [])
    assert may == (persona == "camat")


def test_decision_is_made_once(world, objected):
    values = {"actor": world.users["camat"], "appraisal": objected, "upheld": False}
    decide_objection(**values, answer=REASON)
    assert code_of(decide_objection, **values, answer=REASON) == "state"


# --- Reopening -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "state", [State.CALIBRATION, State.PUBLISHED, State.ACKNOWLEDGED, State.FINAL]
)
def test_reopening_gives_the_part_back_and_tells_both(world, published, skills, state):
    Appraisal.objects.filter(pk=published.pk).update(state=state)
    published.refresh_from_db()
    reopened = reopen_appraisal(actor=world.users["hr"], appraisal=published, reason=REASON)
    part = reopened.parts.get()
    assert reopened.state == State.SUPERVISOR_REVIEW
    assert reopened.reopened_reason == REASON
    assert part.state == SupervisorPart.State.OPEN
    assert part.response.ratings.count() == 3
    assert not part.response.is_submitted
    assert said_to(world, "employee") == ["appraisal"]
    assert said_to(world, "superior") == ["appraisal"]
    entry = AuditEntry.objects.get(action="appraisal.reopened")
    assert (entry.purpose, entry.before["state"]) == (REASON, state)
    part.response.ratings.update(reason="Karena.")
    part.work_result = part.behaviour = "SESUAI"
    part.save()
    submit_part(actor=world.users["superior"], part=part)
    reopened.refresh_from_db()
    assert reopened.state == State.CALIBRATION


def test_reopening_after_a_change_of_supervisor_reaches_the_new_one(world, published):
    old = Supervision.objects.on().get(employee=world.people["employee"])
    old.period = since(old.period.lower, today())
    old.save()
    supervise(world.people["other_superior"], world.people["employee"], today())
    reopened = reopen_appraisal(actor=world.users["hr"], appraisal=published, reason=REASON)
    part = reopened.parts.get(supervisor=world.people["other_superior"])
    assert part.state == SupervisorPart.State.OPEN
    assert reopened.parts.get(supervisor=world.people["superior"]).state == "submitted"
    assert "appraisal" in said_to(world, "other_superior")


def test_reopening_with_nobody_to_rate_is_refused(world, published):
    Supervision.objects.filter(employee=world.people["employee"]).delete()
    values = {"actor": world.users["hr"], "appraisal": published, "reason": REASON}
    assert code_of(reopen_appraisal, **values) == "no_part"
    published.refresh_from_db()
    assert published.state == State.PUBLISHED


@pytest.mark.parametrize("state", [State.SELF_REVIEW, State.SUPERVISOR_REVIEW, State.OBJECTED])
def test_reopening_from_another_state_is_refused(world, published, state):
    Appraisal.objects.filter(pk=published.pk).update(state=state)
    values = {"actor": world.users["hr"], "appraisal": published, "reason": REASON}
    assert code_of(reopen_appraisal, **values) == "state"


@pytest.mark.parametrize("persona", ["superior", "camat", "employee", "foreign_hr"])
def test_reopening_by_somebody_else_is_refused(world, published, persona):
    values = {"actor": world.users[persona], "appraisal": published, "reason": REASON}
    assert code_of(reopen_appraisal, **values) == "state"


def test_reopening_needs_twenty_characters(world, published):
    values = {"actor": world.users["hr"], "appraisal": published}
    assert code_of(reopen_appraisal, **values, reason="x" * 19) == "reason"


def test_reopening_of_hr_s_own_appraisal_is_refused(world, skills):
    cycle = make_cycle(world.root, state=Cycle.State.PUBLISHED)
    mine = make_appraisal(world.people["hr"], cycle, items=skills, state=State.FINAL)
    assert (
        code_of(reopen_appraisal, actor=world.users["hr"], appraisal=mine, reason=REASON) == "state"
    )
