"""Rows of appraisal, feedback_*, cycle."""

import datetime as dt

from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format

from competencies.models import Competency, Supervision
from competencies.tests.builders import supervise
from conftest import World
from evaluations.models import Appraisal, Cycle, FeedbackRequest, Rating, SupervisorPart
from evaluations.tests.builders import (
    make_appraisal,
    make_competencies,
    make_cycle,
    make_feedback,
    make_outcome,
    make_part,
    make_part_rating,
    make_self_rating,
)
from gayungan_asn.accounts.clock import today
from reports.tests.matrix.attempts import Attempt, Key, answer, get, post

State = Appraisal.State
REASON = "Nilai satu kompetensi tertukar saat pengisian."
CANARY = "0,5 atau kurang"


def _skills() -> list[Competency]:
    return make_competencies(2)


def _appraisal(world: World, persona: str, state: str, **fields: object) -> Appraisal:
    """An appraisal in a state, with the ratings and the result it would have by then."""
    skills = _skills()
    cycle_state = Cycle.State.PUBLISHED if state in Appraisal.RELEASED else Cycle.State.OPEN
    cycle = make_cycle(world.root, state=cycle_state)
    appraisal = make_appraisal(
        world.people[persona], cycle=cycle, items=skills, state=state, **fields
    )
    marks = dict.fromkeys(skills, 1)
    if state not in (State.DRAFT, State.SELF_REVIEW):
        make_self_rating(appraisal, marks)
    if state not in (State.DRAFT, State.SELF_REVIEW, State.SUPERVISOR_REVIEW):
        for part in appraisal.parts.all():
            make_part_rating(part, marks, submitted=True)
    if state in Appraisal.RELEASED:
        make_outcome(appraisal, marks)
    return appraisal


def _view(persona: str, owner: str, state: str = State.PUBLISHED) -> Attempt:
    def attempt(world: World) -> bool:
        appraisal = _appraisal(world, owner, state)
        return answer(get(world, persona, "evaluations:appraisal-detail", appraisal.pk), 404)

    return attempt


def _view_own_without_supervisor_rating(world: World) -> bool:
    appraisal = _appraisal(world, "employee", State.SUPERVISOR_REVIEW)
    part = appraisal.parts.get()
    make_part_rating(part, dict.fromkeys(_first(appraisal), 0))
    SupervisorPart.objects.filter(pk=part.pk).update(message="Kenari atasan")
    response = get(world, "employee", "evaluations:appraisal-detail", appraisal.pk)
    assert "Kenari atasan" not in response.content.decode()
    return answer(response)


def _first(appraisal: Appraisal) -> list[Competency]:
    return [item.competency for item in appraisal.competencies.select_related("competency")]


def _view_direct(world: World) -> bool:
    private = _appraisal(world, "peer1", State.SELF_REVIEW)
    page = get(world, "superior", "evaluations:appraisal-detail", private.pk)
    assert page.status_code == 404, "drafts stay private"
    appraisal = make_appraisal(
        world.people["employee"], cycle=private.cycle, state=State.SUPERVISOR_REVIEW
    )
    return answer(get(world, "superior", "evaluations:appraisal-detail", appraisal.pk))


def _former_own_period(world: World) -> bool:
    appraisal = _appraisal(world, "employee", State.PUBLISHED)
    page = get(world, "former_superior", "evaluations:appraisal-detail", appraisal.pk)
    assert page.status_code == 404, "nothing rated, nothing seen"
    part = make_part(appraisal, world.people["former_superior"])
    make_part_rating(part, dict.fromkeys(_first(appraisal), 2), submitted=True)
    assert not answer(post(world, "former_superior", "evaluations:part-submit", part.pk)), (
        "read only"
    )
    return answer(get(world, "former_superior", "evaluations:appraisal-detail", appraisal.pk))


def _save_self(state: str) -> Attempt:
    def attempt(world: World) -> bool:
        appraisal = _appraisal(world, "employee", state)
        skill = _first(appraisal)[0]
        response = post(
            world,
            "employee",
            "evaluations:self-rating",
            appraisal.pk,
            **{f"level_{skill.pk}": "4", "save_draft": "1", "state": "final", "rater": "1"},
        )
        appraisal.refresh_from_db()
        assert appraisal.state == state, "state is ignored when posted"
        saved = Rating.objects.filter(response__appraisal=appraisal, level=4).exists()
        allowed = answer(response, 403)
        assert saved == allowed
        return allowed

    return attempt


def _submit_self(world: World) -> bool:
    appraisal = _appraisal(world, "employee", State.SELF_REVIEW)
    make_self_rating(appraisal, dict.fromkeys(_first(appraisal), 2), submitted=False)
    allowed = answer(post(world, "employee", "evaluations:self-submit", appraisal.pk))
    appraisal.refresh_from_db()
    assert appraisal.state == State.SUPERVISOR_REVIEW
    version = appraisal.version
    post(world, "employee", "evaluations:self-submit", appraisal.pk)
    appraisal.refresh_from_db()
    assert appraisal.version == version, "a second submit changes nothing"
    return allowed


def _rate(persona: str, owner: str, state: str, *refusals: int) -> Attempt:
    """Save a draft of the supervisor's part of somebody."""

    def attempt(world: World) -> bool:
        appraisal = _appraisal(world, owner, state)
        part = appraisal.parts.first() or make_part(appraisal, world.people["superior"])
        skill = _first(appraisal)[0]
        response = post(
            world,
            persona,
            "evaluations:part-rating",
            part.pk,
            **{f"level_{skill.pk}": "5", "save_draft": "1", "version": str(part.version)},
        )
        allowed = answer(response, *refusals)
        ratings = Rating.objects.filter(response__part=part, level=5)
        assert ratings.exists() == allowed
        return allowed

    return attempt


def _rate_self(world: World) -> bool:
    """Even where the chart wrongly makes somebody the own supervisor through a part."""
    appraisal = _appraisal(world, "superior", State.SUPERVISOR_REVIEW)
    part = make_part(appraisal, world.people["superior"])
    skill = _first(appraisal)[0]
    response = post(
        world,
        "superior",
        "evaluations:part-rating",
        part.pk,
        **{f"level_{skill.pk}": "5", "save_draft": "1"},
    )
    assert not Rating.objects.filter(response__part=part).exists()
    return answer(response)


def _acknowledge(world: World) -> bool:
    appraisal = _appraisal(world, "employee", State.PUBLISHED)
    allowed = answer(post(world, "employee", "evaluations:appraisal-acknowledge", appraisal.pk))
    appraisal.refresh_from_db()
    assert appraisal.state == State.ACKNOWLEDGED
    return allowed


def _object(days_ago: int) -> Attempt:
    def attempt(world: World) -> bool:
        appraisal = _appraisal(world, "employee", State.PUBLISHED)
        moment = appraisal.published_at
        assert moment is not None
        Appraisal.objects.filter(pk=appraisal.pk).update(
            published_at=moment - dt.timedelta(days=days_ago)
        )
        response = post(
            world, "employee", "evaluations:appraisal-object", appraisal.pk, text=REASON
        )
        appraisal.refresh_from_db()
        filed = appraisal.state == State.OBJECTED
        if not filed:
            last = today() - dt.timedelta(days=days_ago - 14)
            shown = response.content.decode()
            if response.status_code == 302:
                shown = world.client("employee").get(response.headers["Location"]).content.decode()
            assert response.status_code in (200, 302, 403, 422)
            assert date_format(last, "j F Y") in shown
        return filed

    return attempt


def _decide(persona: str) -> Attempt:
    def attempt(world: World) -> bool:
        appraisal = _appraisal(world, "employee", State.PUBLISHED)
        post(world, "employee", "evaluations:appraisal-object", appraisal.pk, text=REASON)
        response = post(
            world,
            persona,
            "evaluations:objection-decide",
            appraisal.pk,
            decision="dismiss",
            upheld="",
            answer="Penilaian tetap karena buktinya cukup.",
        )
        allowed = answer(response)
        appraisal.refresh_from_db()
        assert (appraisal.state == State.FINAL) == allowed
        return allowed

    return attempt


def _reopen(world: World) -> bool:
    appraisal = _appraisal(world, "employee", State.FINAL)
    short = post(world, "hr", "evaluations:appraisal-reopen", appraisal.pk, reason="singkat")
    assert short.status_code in (200, 302, 422)
    appraisal.refresh_from_db()
    assert appraisal.state == State.FINAL, "twenty characters at least"
    allowed = answer(post(world, "hr", "evaluations:appraisal-reopen", appraisal.pk, reason=REASON))
    appraisal.refresh_from_db()
    assert appraisal.state == State.SUPERVISOR_REVIEW
    return allowed


# --- Feedback -----------------------------------------------------------------
def _request(world: World, rater: str = "peer1", answered: bool = False) -> FeedbackRequest:
    appraisal = _appraisal(world, "employee", State.SELF_REVIEW)
    marks = dict.fromkeys(_first(appraisal), 3) if answered else None
    return make_feedback(appraisal, world.people[rater], marks)


def _send(world: World, persona: str, request: FeedbackRequest) -> bool:
    marks = {f"level_{skill.pk}": "2" for skill in _first(request.appraisal)}
    response = post(world, persona, "evaluations:feedback", request.pk, **marks, send="1")
    allowed = answer(response)
    request.refresh_from_db()
    assert (request.state == "answered") == allowed
    return allowed


def _answer_assigned(world: World) -> bool:
    request = _request(world)
    allowed = _send(world, "peer1", request)
    assert request.appraisal.responses.filter(relation="peer").count() == 1
    post(world, "peer1", "evaluations:feedback", request.pk, send="1")
    assert request.appraisal.responses.filter(relation="peer").count() == 1, "one per assignment"
    return allowed


def _answer_unassigned(world: World) -> bool:
    return _send(world, "peer2", _request(world))


def _change_before_close(world: World) -> bool:
    request = _request(world)
    skill = _first(request.appraisal)[0]
    for level in ("1", "3"):
        answer(
            post(
                world,
                "peer1",
                "evaluations:feedback",
                request.pk,
                **{f"level_{skill.pk}": level, "save_draft": "1"},
            )
        )
    return Rating.objects.get(response__appraisal=request.appraisal).level == 3


def _see_answer(persona: str, rater: str = "peer1") -> Attempt:
    """Open the form of a request with an answer in it."""

    def attempt(world: World) -> bool:
        request = _request(world, rater)
        skill = _first(request.appraisal)[0]
        post(
            world,
            rater,
            "evaluations:feedback",
            request.pk,
            **{f"level_{skill.pk}": "3", "save_draft": "1"},
        )
        return answer(get(world, persona, "evaluations:feedback", request.pk), 404)

    return attempt


def _unseal(world: World) -> bool:
    for name in ("feedback-unseal", "response-detail", "responses"):
        try:
            reverse(f"evaluations:{name}", args=[1])
        except NoReverseMatch:
            continue
        return True
    return answer(world.client("hr").get("/penilaian/rekan/1/buka/"), 404)


def _aggregate(persona: str, answers: int, *, closed: bool = True) -> Attempt:
    """True where the peers' disclosed value shows on the result page."""

    def attempt(world: World) -> bool:
        skills = _skills()
        cycle = make_cycle(
            world.root,
            state=Cycle.State.PUBLISHED if closed else Cycle.State.OPEN,
            peers_closed_on=today() if closed else None,
        )
        state = State.PUBLISHED if closed else State.SUPERVISOR_REVIEW
        appraisal = make_appraisal(world.people["employee"], cycle=cycle, items=skills, state=state)
        marks = dict.fromkeys(skills, 2)
        make_self_rating(appraisal, marks)
        for number in range(1, answers + 1):
            make_feedback(appraisal, world.people[f"peer{number}"], dict.fromkeys(skills, 0))
        for part in appraisal.parts.all():
            make_part_rating(part, marks, submitted=closed)
        if closed:
            outcome = make_outcome(appraisal, marks)
            for row in outcome.levels.all():
                shown = {"supervisor": "2", "self": "2"}
                if answers >= 3:
                    shown["peer"] = "0.5"
                row.by_relation = shown
                row.weights = dict.fromkeys(shown, "20")
                row.save()
        response = get(world, persona, "evaluations:appraisal-detail", appraisal.pk)
        if not answer(response):
            return False
        return CANARY in response.content.decode()

    return attempt


def _assign(world: World) -> bool:
    appraisal = _appraisal(world, "employee", State.SELF_REVIEW)
    for number in (1, 2, 3):
        make_feedback(appraisal, world.people[f"peer{number}"])
    for refused in ("employee", "superior"):
        post(world, "hr", "evaluations:appraisal-peers", appraisal.pk, add=world.people[refused].pk)
    asked = appraisal.requests.filter(state="invited")
    assert asked.count() == 3, "never oneself, never the supervisor"
    first = asked.first()
    assert first is not None
    post(world, "hr", "evaluations:appraisal-peers", appraisal.pk, withdraw=first.pk)
    assert asked.count() == 3, "never under three"
    page = post(
        world, "hr", "evaluations:appraisal-peers", appraisal.pk, add=world.people["peer4"].pk
    )
    assert asked.count() == 4
    return answer(page)


def _status(persona: str) -> Attempt:
    """True where the persona's page names a peer who was asked."""

    def attempt(world: World) -> bool:
        request = _request(world, "peer5", answered=True)
        name = world.people["peer5"].name
        if persona == "hr":
            page = get(world, "hr", "evaluations:appraisal-peers", request.appraisal_id)
            return answer(page) and name in page.content.decode()
        Appraisal.objects.filter(pk=request.appraisal_id).update(state=State.SUPERVISOR_REVIEW)
        pages = [
            get(world, persona, "evaluations:appraisal-detail", request.appraisal_id),
            get(world, persona, "evaluations:appraisals"),
        ]
        return any(name in page.content.decode() for page in pages if page.status_code == 200)

    return attempt


# --- Cycles -------------------------------------------------------------------
def _new_cycle(persona: str) -> Attempt:
    return lambda world: answer(get(world, persona, "evaluations:cycle-new"))


def _launch(world: World) -> bool:
    cycle = make_cycle(world.root, state=Cycle.State.DRAFT, launched_at=None)
    allowed = answer(post(world, "hr", "evaluations:cycle-check", cycle.pk, version=cycle.version))
    cycle.refresh_from_db()
    assert cycle.state == Cycle.State.OPEN
    return allowed


def _publish(world: World) -> bool:
    appraisal = _appraisal(world, "employee", State.CALIBRATION)
    Cycle.objects.filter(pk=appraisal.cycle_id).update(
        state=Cycle.State.CALIBRATION, peers_closed_on=today()
    )
    allowed = answer(
        post(
            world,
            "hr",
            "evaluations:cycle-publish",
            appraisal.cycle_id,
            version=appraisal.cycle.version,
        )
    )
    appraisal.refresh_from_db()
    assert appraisal.state == State.PUBLISHED
    return allowed


def _wrong_chart(world: World) -> bool:
    """A supervision of somebody else's people gives no right over oneself."""
    Supervision.objects.filter(employee=world.people["superior"]).delete()
    supervise(world.people["peer1"], world.people["superior"])
    return _rate_self(world)


CASES: dict[Key, Attempt] = {
    ("asn", "appraisal", "view", "own"): _view_own_without_supervisor_rating,
    ("asn", "appraisal", "view", "other"): _view("peer1", "employee"),
    ("asn", "appraisal", "update", "own_draft"): _save_self(State.SELF_REVIEW),
    ("asn", "appraisal", "update", "own_submitted"): _save_self(State.SUPERVISOR_REVIEW),
    ("asn", "appraisal", "submit", "own_draft"): _submit_self,
    ("asn", "appraisal", "rate", "own"): _rate(
        "employee", "employee", State.SUPERVISOR_REVIEW, 403, 404
    ),
    ("asn", "appraisal", "acknowledge", "own_released"): _acknowledge,
    ("asn", "appraisal", "object", "own_released"): _object(1),
    ("asn", "appraisal", "object", "own_after_14_days"): _object(15),
    ("supervisor", "appraisal", "view", "direct"): _view_direct,
    ("supervisor", "appraisal", "view", "indirect"): _view("superior", "sub_employee"),
    ("supervisor", "appraisal", "rate", "direct_submitted"): _rate(
        "superior", "employee", State.SUPERVISOR_REVIEW
    ),
    ("supervisor", "appraisal", "rate", "indirect"): _rate(
        "superior", "sub_employee", State.SUPERVISOR_REVIEW, 403
    ),
    ("supervisor", "appraisal", "rate", "unrelated"): _rate(
        "other_superior", "employee", State.SUPERVISOR_REVIEW, 404
    ),
    ("supervisor", "appraisal", "rate", "self"): _wrong_chart,
    ("supervisor", "appraisal", "rate", "direct_final"): _rate(
        "superior", "employee", State.FINAL, 403
    ),
    ("supervisor", "appraisal", "view", "former_direct_own_period"): _former_own_period,
    ("supervisor", "appraisal", "decide_objection", "indirect_objected"): _decide("camat"),
    ("supervisor", "appraisal", "decide_objection", "direct"): _decide("superior"),
    ("supervisor", "appraisal", "decide_objection", "unrelated"): _decide("other_superior"),
    ("peer", "appraisal", "view", "assigned"): _view("peer1", "employee"),
    ("hr", "appraisal", "view", "own_org"): _view("hr", "employee"),
    ("hr", "appraisal", "rate", "own_org"): _rate("hr", "employee", State.SUPERVISOR_REVIEW, 403),
    ("hr", "appraisal", "reopen", "own_org_final"): _reopen,
    ("hr", "appraisal", "view", "other_org"): _view("foreign_hr", "employee"),
    ("leadership", "appraisal", "view", "own_unit"): _view("leader", "employee"),
    ("auditor", "appraisal", "view", "own_org"): _view("auditor", "employee"),
    ("sysadmin", "appraisal", "view", "any"): _view("sysadmin", "employee"),
    ("hr", "feedback_assignment", "create", "own_org"): _assign,
    ("asn", "feedback_assignment", "view", "own_as_subject"): _status("employee"),
    ("supervisor", "feedback_assignment", "view_status", "direct"): _status("superior"),
    ("hr", "feedback_assignment", "view_status", "own_org"): _status("hr"),
    ("peer", "feedback_response", "create", "assigned_open"): _answer_assigned,
    ("peer", "feedback_response", "update", "own_before_close"): _change_before_close,
    ("peer", "feedback_response", "view", "own"): _see_answer("peer1"),
    ("peer", "feedback_response", "view", "other"): _see_answer("peer2"),
    ("peer", "feedback_response", "create", "unassigned"): _answer_unassigned,
    ("asn", "feedback_response", "view", "own_as_subject"): _see_answer("employee"),
    ("supervisor", "feedback_response", "view", "direct"): _see_answer("superior"),
    ("supervisor", "feedback_response", "view", "indirect"): _see_answer("camat"),
    ("hr", "feedback_response", "view", "own_org"): _see_answer("hr"),
    ("hr", "feedback_response", "unseal", "own_org"): _unseal,
    ("leadership", "feedback_response", "view", "own_unit"): _see_answer("leader"),
    ("auditor", "feedback_response", "view", "own_org"): _see_answer("auditor"),
    ("sysadmin", "feedback_response", "view", "any"): _see_answer("sysadmin"),
    ("asn", "feedback_aggregate", "view", "own_n_ge_3_closed"): _aggregate("employee", 3),
    ("asn", "feedback_aggregate", "view", "own_n_lt_3"): _aggregate("employee", 2),
    ("asn", "feedback_aggregate", "view", "own_open"): _aggregate("employee", 5, closed=False),
    ("supervisor", "feedback_aggregate", "view", "direct_n_ge_3_closed"): _aggregate("superior", 3),
    ("supervisor", "feedback_aggregate", "view", "direct_n_lt_3"): _aggregate("superior", 2),
    ("supervisor", "feedback_aggregate", "view", "unrelated"): _aggregate("other_superior", 5),
    ("hr", "feedback_aggregate", "view", "own_org_n_ge_3_closed"): _aggregate("hr", 3),
    ("hr", "feedback_aggregate", "view", "own_org_n_lt_3"): _aggregate("hr", 2),
    ("hr", "cycle", "create", "own_org"): _new_cycle("hr"),
    ("hr", "cycle", "launch", "own_org"): _launch,
    ("hr", "cycle", "publish", "own_org_calibrated"): _publish,
    ("supervisor", "cycle", "create", "any"): _new_cycle("superior"),
}
