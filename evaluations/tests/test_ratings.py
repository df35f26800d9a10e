"""Saving and sending ratings: each rule, each refusal, what the audit trail says."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from competencies.models import Competency, Indicator, Supervision
from conftest import World
from evaluations.models import (
    Appraisal,
    Cycle,
    FeedbackRequest,
    Rating,
    Response,
    SupervisorPart,
)
from evaluations.models.feedback import Relation
from evaluations.selectors.rating_pages import (
    disclosed_by_competency,
    rating_sheet,
    shared_phrases,
    team_lines,
)
from evaluations.services.ratings import (
    Mark,
    part_problems,
    save_feedback,
    save_part,
    save_self_rating,
    submit_feedback,
    submit_part,
    submit_self_rating,
)
from evaluations.tests.builders import (
    make_appraisal,
    make_competencies,
    make_feedback,
    make_part,
    make_part_rating,
    make_phrase,
    make_self_rating,
)
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, Notice

State = Appraisal.State


@pytest.fixture
def skills(db: None) -> list[Competency]:
    """Three competencies, standard 2."""
    return make_competencies(3)


@pytest.fixture
def own(world: World, skills: list[Competency]) -> Appraisal:
    """The appraisal of `employee`, waiting for the self-rating."""
    return make_appraisal(world.people["employee"], items=skills)


@pytest.fixture
def part(world: World, skills: list[Competency]) -> SupervisorPart:
    """The part of `superior` about `employee`, to be rated now."""
    appraisal = make_appraisal(
        world.people["employee"], items=skills, state=State.SUPERVISOR_REVIEW
    )
    return appraisal.parts.get()


@pytest.fixture
def asked(world: World, skills: list[Competency]) -> FeedbackRequest:
    """`peer1` asked about `employee`."""
    appraisal = make_appraisal(world.people["employee"], items=skills)
    return make_feedback(appraisal, world.people["peer1"])


def marks(skills: list[Competency], level: int = 2) -> dict[int, Mark]:
    return {skill.pk: Mark(level) for skill in skills}


def code_of(service, **values) -> str:
    with pytest.raises(ValidationError) as refusal:
        service(**values)
    error = refusal.value
    return error.error_list[0].code if not getattr(error, "code", None) else error.code


# --- Oneself ---------------------------------------------------------------------
def test_self_rating_is_kept_as_draft_and_changed(world, own, skills):
    user = world.users["employee"]
    save_self_rating(actor=user, appraisal=own, marks={skills[0].pk: Mark(0)})
    response = save_self_rating(actor=user, appraisal=own, marks={skills[0].pk: Mark(4)})
    assert response.version == 3
    assert not response.is_submitted
    assert [rating.level for rating in response.ratings.all()] == [4]


def test_self_rating_of_a_competency_outside_the_standard_is_ignored(world, own):
    other = make_competencies(1)[0]
    save_self_rating(actor=world.users["employee"], appraisal=own, marks={other.pk: Mark(3)})
    assert not Rating.objects.exists()


def test_self_rating_with_a_stale_version_conflicts(world, own, skills):
    user = world.users["employee"]
    save_self_rating(actor=user, appraisal=own, marks=marks(skills), version=1)
    code = code_of(save_self_rating, actor=user, appraisal=own, marks={}, version=1)
    assert code == "conflict"


@pytest.mark.parametrize("persona", ["superior", "hr", "camat", "peer1"])
def test_self_rating_by_somebody_else_is_refused(world, own, skills, persona):
    actor = world.users[persona]
    assert code_of(save_self_rating, actor=actor, appraisal=own, marks={}) == "closed"
    assert code_of(submit_self_rating, actor=actor, appraisal=own) == "closed"


def test_self_rating_of_level_six_is_refused(world, own, skills):
    values = {"actor": world.users["employee"], "appraisal": own}
    assert code_of(save_self_rating, **values, marks={skills[0].pk: Mark(6)}) == "level"


def test_self_submit_without_all_levels_is_refused(world, own, skills):
    user = world.users["employee"]
    save_self_rating(actor=user, appraisal=own, marks=marks(skills[:2]))
    assert code_of(submit_self_rating, actor=user, appraisal=own) == "incomplete"
    own.refresh_from_db()
    assert own.state == State.SELF_REVIEW


def test_self_submit_gives_the_turn_to_the_supervisor_once(world, own, skills):
    user = world.users["employee"]
    make_part(own, world.people["former_superior"], days=10)
    save_self_rating(actor=user, appraisal=own, marks=marks(skills))
    submit_self_rating(actor=user, appraisal=own)
    again = submit_self_rating(actor=user, appraisal=own)
    assert again.state == State.SUPERVISOR_REVIEW
    assert again.self_submitted_on == today()
    assert AuditEntry.objects.filter(action="appraisal.self_submitted").count() == 1
    assert [notice.user_id for notice in Notice.objects.all()] == [world.users["superior"].pk]
    assert code_of(save_self_rating, actor=user, appraisal=own, marks={}) == "closed"


# --- The supervisor ----------------------------------------------------------------
def test_part_is_kept_as_draft_with_ratings_and_message(world, part, skills):
    save_part(
        actor=world.users["superior"],
        part=part,
        marks={skills[0].pk: Mark(3, " Rapi. ")},
        work_result="SESUAI",
        behaviour="DI_ATAS",
        message="Terima kasih.",
        version=1,
    )
    part.refresh_from_db()
    rating = part.response.ratings.get()
    assert (rating.level, rating.reason) == (3, "Rapi.")
    assert (part.work_result, part.behaviour, part.message, part.version) == (
        "SESUAI",
        "DI_ATAS",
        "Terima kasih.",
        2,
    )


def test_part_with_a_stale_version_conflicts_and_keeps_what_is_stored(world, part, skills):
    user = world.users["superior"]
    save_part(actor=user, part=part, marks={}, message="Pertama", version=1)
    code = code_of(save_part, actor=user, part=part, marks={}, message="Kedua", version=1)
    assert code == "conflict"
    part.refresh_from_db()
    assert part.message == "Pertama"


def test_unseen_ticks_count_only_under_the_standard_and_of_its_level(world, part, skills):
    skill = skills[0]
    of_standard = Indicator.objects.filter(level__competency=skill, level__level=2)
    foreign = Indicator.objects.filter(level__competency=skill, level__level=3).first()
    ticks = (*of_standard.values_list("pk", flat=True), foreign.pk)
    values = {"actor": world.users["superior"], "part": part}
    save_part(**values, marks={skill.pk: Mark(1, unseen=ticks)})
    rating = Rating.objects.get(response__part=part)
    assert set(rating.unseen.all()) == set(of_standard)
    save_part(**values, marks={skill.pk: Mark(2, unseen=ticks)})
    assert not rating.unseen.exists()


@pytest.mark.parametrize("persona", ["camat", "hr", "employee", "other_superior", "peer1"])
def test_part_rated_by_somebody_else_is_refused(world, part, persona):
    actor = world.users[persona]
    assert code_of(save_part, actor=actor, part=part, marks={}) == "closed"
    assert code_of(submit_part, actor=actor, part=part) == "closed"


def test_part_of_a_supervisor_who_moved_on_is_refused(world, part):
    Supervision.objects.filter(
        employee=world.people["employee"], supervisor=world.people["superior"]
    ).delete()
    values = {"actor": world.users["superior"], "part": part}
    assert code_of(save_part, **values, marks={}) == "closed"


def test_part_about_oneself_is_refused(world, skills):
    appraisal = make_appraisal(
        world.people["superior"], items=skills, state=State.SUPERVISOR_REVIEW, with_part=False
    )
    part = make_part(appraisal, world.people["superior"])
    assert code_of(save_part, actor=world.users["superior"], part=part, marks={}) == "closed"


@pytest.mark.parametrize("state", [State.SELF_REVIEW, State.CALIBRATION, State.FINAL])
def test_part_outside_its_turn_is_refused(world, part, state):
    Appraisal.objects.update(state=state)
    values = {"actor": world.users["superior"], "part": part}
    assert code_of(save_part, **values, marks={}) == "closed"


def test_problems_name_missing_levels_and_choices(world, part, skills):
    anchors = [anchor for anchor, _text in part_problems(part)]
    assert anchors == [*(f"k-{skill.pk}" for skill in skills), "work_result", "behaviour"]


def test_problems_ask_a_reason_two_from_standard_or_self_rating(world, part, skills):
    make_self_rating(part.appraisal, {skills[0]: 3, skills[1]: 3, skills[2]: 4})
    make_part_rating(part, {skills[0]: 1, skills[1]: 4, skills[2]: 3})
    part.work_result = part.behaviour = "SESUAI"
    assert [anchor for anchor, _text in part_problems(part)] == [
        f"reason-{skills[0].pk}",
        f"reason-{skills[1].pk}",
    ]
    Rating.objects.filter(response__part=part).update(reason="Karena.")
    assert part_problems(part) == []


def test_cycle_without_performance_asks_no_choices(world, part, skills):
    Cycle.objects.update(rates_performance=False)
    part.appraisal.cycle.refresh_from_db()
    make_part_rating(part, dict.fromkeys(skills, 2))
    assert part_problems(part) == []
    saved = save_part(actor=world.users["superior"], part=part, marks={}, work_result="SESUAI")
    assert saved.work_result == ""


def test_part_submit_sends_once_and_moves_the_appraisal_on(world, part, skills):
    user = world.users["superior"]
    save_part(actor=user, part=part, marks=marks(skills), work_result="SESUAI", behaviour="SESUAI")
    submit_part(actor=user, part=part)
    submit_part(actor=user, part=part)
    part.refresh_from_db()
    part.appraisal.refresh_from_db()
    assert part.state == SupervisorPart.State.SUBMITTED
    assert part.response.is_submitted
    assert part.appraisal.state == State.CALIBRATION
    assert AuditEntry.objects.filter(action="appraisal.part_submitted").count() == 1
    assert code_of(save_part, actor=user, part=part, marks={}) == "closed"


def test_part_submit_incomplete_is_refused(world, part, skills):
    assert code_of(submit_part, actor=world.users["superior"], part=part) == "incomplete"
    part.appraisal.refresh_from_db()
    assert part.appraisal.state == State.SUPERVISOR_REVIEW


# --- What a supervisor is shown ------------------------------------------------------
def test_sheet_holds_no_marks_of_others_before_the_own(world, part, skills):
    make_self_rating(part.appraisal, dict.fromkeys(skills, 4))
    response = make_part_rating(part, {skills[0]: 2})
    rows = rating_sheet(part.appraisal, response, for_supervisor=True).rows
    assert rows[0].others.self_level == 4
    assert rows[0].needs_reason
    assert [row.others for row in rows[1:]] == [None, None]


def test_sheet_shows_at_once_where_the_cycle_does_not_hide(world, part, skills):
    make_self_rating(part.appraisal, dict.fromkeys(skills, 4))
    part.appraisal.cycle.hides_others_marks = False
    rows = rating_sheet(part.appraisal, None, for_supervisor=True).rows
    assert {row.others.self_level for row in rows} == {4}


def test_sheet_ignores_a_self_rating_that_is_not_sent(world, part, skills):
    make_self_rating(part.appraisal, dict.fromkeys(skills, 4), submitted=False)
    response = make_part_rating(part, {skills[0]: 2})
    assert (
        rating_sheet(part.appraisal, response, for_supervisor=True).rows[0].others.self_level
        is None
    )


@pytest.mark.parametrize(
    ("answers", "closed", "expected"), [(2, True, False), (3, True, True), (3, False, False)]
)
def test_peers_are_disclosed_from_three_after_closing(
    world, part, skills, answers, closed, expected
):
    strength = make_phrase()
    for number in range(1, answers + 1):
        make_feedback(
            part.appraisal,
            world.people[f"peer{number}"],
            dict.fromkeys(skills, 5),
            strength=strength,
        )
    make_feedback(part.appraisal, world.people["peer5"], dict.fromkeys(skills, 0), submitted=False)
    part.appraisal.cycle.peers_closed_on = today() if closed else None
    assert bool(disclosed_by_competency(part.appraisal)) == expected
    assert bool(shared_phrases(part.appraisal)) == expected


def test_unanimous_peers_are_held_within_the_band(world, part, skills):
    for number in range(1, 4):
        make_feedback(part.appraisal, world.people[f"peer{number}"], {skills[0]: 5, skills[1]: 0})
    part.appraisal.cycle.peers_closed_on = today()
    values = disclosed_by_competency(part.appraisal)
    assert str(values[skills[0].pk]) == "4.5"
    assert str(values[skills[1].pk]) == "0.5"


def test_phrases_open_with_the_last_own_mark(world, part, skills):
    phrase = make_phrase()
    for number in range(1, 4):
        make_feedback(
            part.appraisal, world.people[f"peer{number}"], dict.fromkeys(skills, 3), strength=phrase
        )
    part.appraisal.cycle.peers_closed_on = today()
    response = make_part_rating(part, dict.fromkeys(skills[:2], 2))
    assert rating_sheet(part.appraisal, response, for_supervisor=True).phrases == ()
    Rating.objects.create(response=response, competency=skills[2], level=2)
    assert rating_sheet(part.appraisal, response, for_supervisor=True).phrases == (phrase.text,)


def test_team_lines_put_the_started_first_and_the_sent_last(world, part, skills):
    cycle = part.appraisal.cycle
    waiting = make_appraisal(world.people["peer1"], cycle, items=skills)
    sent = make_appraisal(world.people["peer2"], cycle, items=skills, state=State.CALIBRATION)
    make_part_rating(sent.parts.get(), dict.fromkeys(skills, 2), submitted=True)
    fresh = make_appraisal(
        world.people["peer3"], cycle, items=skills, state=State.SUPERVISOR_REVIEW
    )
    make_part_rating(part, {skills[0]: 2})
    lines = team_lines(world.people["superior"])
    assert [line.part.appraisal_id for line in lines] == [
        part.appraisal_id,
        fresh.pk,
        waiting.pk,
        sent.pk,
    ]
    assert (lines[0].done, lines[0].total) == (1, 3)


# --- Peers ---------------------------------------------------------------------------
def test_feedback_is_kept_changed_and_sent_once(world, asked, skills):
    user = world.users["peer1"]
    phrase = make_phrase()
    save_feedback(actor=user, request=asked, marks={skills[0].pk: Mark(2), skills[1].pk: Mark(3)})
    saved = save_feedback(
        actor=user,
        request=asked,
        marks={skills[0].pk: Mark(4, "alasan"), skills[1].pk: Mark(None)},
        strength=phrase,
    )
    assert {(r.level, r.reason) for r in saved.response.ratings.all()} == {(4, "")}
    sent = submit_feedback(actor=user, request=asked)
    assert sent.state == FeedbackRequest.State.ANSWERED
    assert sent.answered_on == today()
    assert sent.response.is_submitted
    assert code_of(submit_feedback, actor=user, request=asked) == "closed"
    assert code_of(save_feedback, actor=user, request=asked, marks={}) == "closed"


def test_feedback_of_unknowns_only_is_refused(world, asked, skills):
    user = world.users["peer1"]
    save_feedback(actor=user, request=asked, marks={skills[0].pk: Mark(None)})
    assert code_of(submit_feedback, actor=user, request=asked) == "incomplete"


def test_feedback_covers_only_what_peers_are_asked(world, asked, skills):
    asked.appraisal.competencies.filter(competency=skills[2]).update(asked_of_peers=False)
    save_feedback(actor=world.users["peer1"], request=asked, marks=marks(skills))
    assert Rating.objects.count() == 2


@pytest.mark.parametrize("persona", ["peer2", "superior", "employee", "hr"])
def test_feedback_by_somebody_not_asked_is_refused(world, asked, persona):
    assert code_of(save_feedback, actor=world.users[persona], request=asked, marks={}) == "closed"


def test_feedback_after_the_window_is_refused(world, asked):
    Cycle.objects.update(peers_closed_on=today())
    assert code_of(save_feedback, actor=world.users["peer1"], request=asked, marks={}) == "closed"


def test_feedback_leaves_only_the_day_in_the_audit_trail(world, asked, skills):
    user = world.users["peer1"]
    save_feedback(actor=user, request=asked, marks=marks(skills))
    submit_feedback(actor=user, request=asked)
    entry = AuditEntry.objects.get(action="feedback.answered")
    assert entry.day_only
    assert (entry.at.hour, entry.at.minute) in {(0, 0), (17, 0)}
    assert (entry.object_id, entry.object_label, entry.request_id) == ("", "", "")
    assert entry.before is None
    assert entry.after is None


def test_one_answer_belongs_to_one_request(world, asked, skills):
    response = Response.objects.create(appraisal=asked.appraisal, relation=Relation.PEER)
    FeedbackRequest.objects.filter(pk=asked.pk).update(response=response)
    other = make_feedback(asked.appraisal, world.people["peer2"])
    with pytest.raises(IntegrityError), transaction.atomic():
        FeedbackRequest.objects.filter(pk=other.pk).update(response=response)
