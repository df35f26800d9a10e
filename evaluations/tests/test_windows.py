"""What the calendar and HR do to a running cycle; who wrote what is forgotten in time."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from competencies.models import Competency, Supervision
from competencies.tests.builders import make_competency, supervise
from conftest import World
from evaluations.models import Appraisal, Cycle, FeedbackRequest, Response, SupervisorPart
from evaluations.selectors.progress import (
    cycle_tally,
    feedback_status,
    feedback_tally,
    unit_tallies,
    waiting_people,
)
from evaluations.selectors.rating_pages import disclosed_by_competency
from evaluations.services.feedback_links import cut_feedback_links
from evaluations.services.windows import (
    advance_cycle,
    calibrate_cycle,
    close_cycle,
    close_feedback_window,
    follow_supervisors,
)
from evaluations.tasks import advance_cycles
from evaluations.tests.builders import (
    make_appraisal,
    make_cycle,
    make_feedback,
    make_part_rating,
)
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import AuditEntry, Notice

DAY = dt.timedelta(days=1)


@pytest.fixture
def competency(db: None) -> Competency:
    return make_competency()


def on(monkeypatch: pytest.MonkeyPatch, day: dt.date) -> None:
    """Let it be that day."""
    monkeypatch.setenv("AS_OF", day.isoformat())


def answered(world: World, appraisal: Appraisal, competency: Competency, count: int) -> None:
    """That many peers answered."""
    for number in range(1, count + 1):
        make_feedback(appraisal, world.people[f"peer{number}"], {competency: 4})


def test_first_day_opens_drafts_and_tells_people(
    world: World, competency: Competency, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = make_cycle(world.root, opens_on=today() + 2 * DAY)
    appraisal = make_appraisal(
        world.people["employee"], cycle, [competency], state=Appraisal.State.DRAFT
    )
    make_feedback(appraisal, world.people["peer1"])
    assert advance_cycle(cycle=cycle) == {}
    on(monkeypatch, today() + 2 * DAY)
    assert advance_cycle(cycle=cycle) == {"opened": 1}
    appraisal.refresh_from_db()
    assert appraisal.state == Appraisal.State.SELF_REVIEW
    assert Notice.objects.get(user=world.users["employee"]).kind == "cycle.opened"
    assert Notice.objects.get(user=world.users["peer1"]).kind == "feedback.asked"
    assert advance_cycle(cycle=cycle) == {}


def test_self_rating_past_its_last_day_moves_on(
    world: World, competency: Competency, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = make_cycle(world.root)
    appraisal = make_appraisal(world.people["employee"], cycle, [competency])
    on(monkeypatch, cycle.self_until)
    assert "passed" not in advance_cycle(cycle=cycle)
    on(monkeypatch, cycle.self_until + DAY)
    assert advance_cycle(cycle=cycle)["passed"] == 1
    appraisal.refresh_from_db()
    assert appraisal.state == Appraisal.State.SUPERVISOR_REVIEW
    assert appraisal.self_submitted_on is None
    assert Notice.objects.filter(user=world.users["superior"]).exists()


def test_window_closes_the_day_after_its_last_and_links_are_cut_a_day_later(
    world: World, competency: Competency, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = make_cycle(world.root)
    appraisal = make_appraisal(
        world.people["employee"], cycle, [competency], state=Appraisal.State.SUPERVISOR_REVIEW
    )
    answered(world, appraisal, competency, 3)
    draft = make_feedback(appraisal, world.people["peer4"], {competency: 1}, submitted=False)
    on(monkeypatch, cycle.peers_until)
    advance_cycle(cycle=cycle)
    assert disclosed_by_competency(Appraisal.objects.get(pk=appraisal.pk)) == {}
    on(monkeypatch, cycle.peers_until + DAY)
    assert advance_cycle(cycle=cycle)["closed"] == 1
    draft.refresh_from_db()
    assert (draft.state, draft.response) == (FeedbackRequest.State.EXPIRED, None)
    assert Response.objects.filter(relation="peer").count() == 3
    assert FeedbackRequest.objects.filter(response__isnull=False).count() == 3
    fresh = Appraisal.objects.get(pk=appraisal.pk)
    assert disclosed_by_competency(fresh) == {competency.pk: 4}
    on(monkeypatch, cycle.peers_until + 2 * DAY)
    assert advance_cycle(cycle=cycle)["cut"] == 3
    assert not FeedbackRequest.objects.filter(response__isnull=False).exists()
    states = FeedbackRequest.objects.filter(appraisal=appraisal).values_list("state", flat=True)
    assert sorted(states) == ["answered", "answered", "answered", "expired"]
    assert disclosed_by_competency(Appraisal.objects.get(pk=appraisal.pk)) == {competency.pk: 4}


def test_links_are_not_cut_on_the_day_of_closing(world: World, competency: Competency) -> None:
    cycle = make_cycle(world.root, peers_closed_on=today())
    appraisal = make_appraisal(world.people["employee"], cycle, [competency])
    answered(world, appraisal, competency, 3)
    assert cut_feedback_links(cycle=cycle) == 0
    assert FeedbackRequest.objects.filter(response__isnull=False).count() == 3
    assert cut_feedback_links(cycle=cycle, day=today() + DAY) == 3
    assert cut_feedback_links(cycle=cycle, day=today() + DAY) == 0
    assert AuditEntry.objects.filter(action="feedback.links_cut").count() == 1


def test_two_answers_are_never_disclosed(world: World, competency: Competency) -> None:
    cycle = make_cycle(world.root, peers_closed_on=today())
    appraisal = make_appraisal(world.people["employee"], cycle, [competency])
    answered(world, appraisal, competency, 2)
    assert disclosed_by_competency(appraisal) == {}


def test_three_answers_of_which_two_about_a_competency_disclose_nothing_about_it(
    world: World, competency: Competency
) -> None:
    other = make_competency()
    cycle = make_cycle(world.root, peers_closed_on=today())
    appraisal = make_appraisal(world.people["employee"], cycle, [competency, other])
    make_feedback(appraisal, world.people["peer1"], {competency: 4, other: 1})
    make_feedback(appraisal, world.people["peer2"], {competency: 4, other: 1})
    make_feedback(appraisal, world.people["peer3"], {competency: 4})
    assert disclosed_by_competency(appraisal) == {competency.pk: 4}


def test_hr_closes_the_window_early_once(world: World, competency: Competency) -> None:
    cycle = make_cycle(world.root)
    appraisal = make_appraisal(world.people["employee"], cycle, [competency])
    request = make_feedback(appraisal, world.people["peer1"])
    closed = close_feedback_window(actor=world.users["hr"], cycle=cycle)
    request.refresh_from_db()
    assert closed.peers_closed_on == today()
    assert request.state == FeedbackRequest.State.EXPIRED
    close_feedback_window(actor=world.users["hr"], cycle=cycle)
    assert AuditEntry.objects.filter(action="cycle.window_closed").count() == 1


@pytest.mark.parametrize("persona", ["superior", "camat", "foreign_hr"])
def test_window_is_closed_by_hr_of_the_tree_only(world: World, persona: str) -> None:
    cycle = make_cycle(world.root)
    with pytest.raises(ValidationError) as refusal:
        close_feedback_window(actor=world.users[persona], cycle=cycle)
    assert refusal.value.code == "not_allowed"


def test_calibration_takes_what_was_sent_and_leaves_the_rest_with_the_supervisor(
    world: World, competency: Competency
) -> None:
    cycle = make_cycle(world.root)
    sent = make_appraisal(
        world.people["employee"], cycle, [competency], state=Appraisal.State.SUPERVISOR_REVIEW
    )
    make_part_rating(sent.parts.get(), {competency: 2}, submitted=True)
    idle = make_appraisal(world.people["peer1"], cycle, [competency])
    calibrated = calibrate_cycle(actor=world.users["hr"], cycle=cycle)
    sent.refresh_from_db()
    idle.refresh_from_db()
    assert calibrated.state == Cycle.State.CALIBRATION
    assert calibrated.peers_closed_on == today()
    assert sent.state == Appraisal.State.CALIBRATION
    assert idle.state == Appraisal.State.SUPERVISOR_REVIEW
    with pytest.raises(ValidationError):
        calibrate_cycle(actor=world.users["hr"], cycle=cycle)
    assert AuditEntry.objects.filter(action="cycle.calibrated").count() == 1


def test_calibration_by_a_supervisor_is_refused(world: World) -> None:
    with pytest.raises(ValidationError) as refusal:
        calibrate_cycle(actor=world.users["superior"], cycle=make_cycle(world.root))
    assert refusal.value.code == "not_allowed"


def test_closing_a_cycle_needs_publication(world: World) -> None:
    cycle = make_cycle(world.root)
    with pytest.raises(ValidationError) as refusal:
        close_cycle(actor=world.users["hr"], cycle=cycle)
    assert refusal.value.code == "state"
    Cycle.objects.filter(pk=cycle.pk).update(state=Cycle.State.PUBLISHED)
    assert close_cycle(actor=world.users["hr"], cycle=cycle).state == Cycle.State.CLOSED
    assert AuditEntry.objects.filter(action="cycle.closed").count() == 1


def test_results_become_final_after_the_last_day_for_objections(
    world: World, competency: Competency, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = make_cycle(world.root, state=Cycle.State.PUBLISHED, published_at=now())
    appraisal = make_appraisal(
        world.people["employee"], cycle, [competency], state=Appraisal.State.PUBLISHED
    )
    objected = make_appraisal(
        world.people["peer1"], cycle, [competency], state=Appraisal.State.OBJECTED
    )
    first = today()
    on(monkeypatch, first + 14 * DAY)
    assert advance_cycle(cycle=cycle) == {}
    on(monkeypatch, first + 15 * DAY)
    assert advance_cycle(cycle=cycle) == {"final": 1}
    appraisal.refresh_from_db()
    objected.refresh_from_db()
    assert (appraisal.state, objected.state) == ("final", "objected")


def test_new_supervisor_gets_a_part_and_the_unbegun_one_keeps_its_days(
    world: World, competency: Competency
) -> None:
    cycle = make_cycle(world.root)
    appraisal = make_appraisal(
        world.people["unrelated"], cycle, [competency], state=Appraisal.State.SUPERVISOR_REVIEW
    )
    assert follow_supervisors(cycle=cycle) == 0
    Supervision.objects.filter(employee=world.people["unrelated"]).delete()
    supervise(world.people["superior"], world.people["unrelated"])
    assert follow_supervisors(cycle=cycle) == 1
    part = appraisal.parts.get()
    assert part.supervisor == world.people["superior"]
    assert Notice.objects.filter(user=world.users["superior"]).exists()
    assert follow_supervisors(cycle=cycle) == 0
    assert AuditEntry.objects.filter(action="appraisal.supervisor_changed").count() == 1


def test_part_already_begun_stays_when_the_supervisor_changes(
    world: World, competency: Competency
) -> None:
    cycle = make_cycle(world.root)
    appraisal = make_appraisal(
        world.people["unrelated"], cycle, [competency], state=Appraisal.State.SUPERVISOR_REVIEW
    )
    make_part_rating(appraisal.parts.get(), {competency: 2})
    Supervision.objects.filter(employee=world.people["unrelated"]).delete()
    supervise(world.people["superior"], world.people["unrelated"])
    follow_supervisors(cycle=cycle)
    names = set(appraisal.parts.values_list("supervisor__name", flat=True))
    assert names == {"Other Superior", "Superior"}


def test_nothing_is_published_by_the_calendar(
    world: World, competency: Competency, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = make_cycle(world.root)
    appraisal = make_appraisal(
        world.people["employee"], cycle, [competency], state=Appraisal.State.CALIBRATION
    )
    on(monkeypatch, today() + dt.timedelta(days=200))
    advance_cycles()
    appraisal.refresh_from_db()
    cycle.refresh_from_db()
    assert appraisal.state == Appraisal.State.CALIBRATION
    assert cycle.state == Cycle.State.OPEN


def test_task_goes_on_with_the_next_cycle_when_one_fails(
    world: World, competency: Competency, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = make_cycle(world.other_section)
    sound = make_cycle(world.root)
    make_appraisal(world.people["employee"], sound, [competency])
    on(monkeypatch, sound.self_until + DAY)
    from evaluations import tasks

    real = tasks.advance_cycle

    def failing(*, cycle: Cycle) -> dict[str, int]:
        if cycle.pk == broken.pk:
            raise RuntimeError
        return real(cycle=cycle)

    monkeypatch.setattr(tasks, "advance_cycle", failing)
    advance_cycles()
    assert Appraisal.objects.get().state == Appraisal.State.SUPERVISOR_REVIEW


def test_waiting_people_are_those_who_can_do_something(
    world: World, competency: Competency
) -> None:
    cycle = make_cycle(world.root)
    appraisal = make_appraisal(
        world.people["employee"], cycle, [competency], state=Appraisal.State.SUPERVISOR_REVIEW
    )
    SupervisorPart.objects.create(
        appraisal=appraisal,
        supervisor=world.people["former_superior"],
        period=cycle.period,
        days=3,
    )
    make_appraisal(world.people["peer1"], cycle, [competency])
    make_feedback(appraisal, world.people["peer2"])
    make_feedback(appraisal, world.people["peer3"], {competency: 3})
    expected = {world.people[name].pk for name in ("superior", "peer1", "peer2")}
    assert waiting_people(cycle) == expected
    assert waiting_people(cycle, world.other_section) == set()


def test_feedback_status_tells_days_and_counts_and_hides_those_about_the_reader(
    world: World, competency: Competency
) -> None:
    cycle = make_cycle(world.root)
    about = make_appraisal(world.people["employee"], cycle, [competency])
    about_hr = make_appraisal(world.people["hr"], cycle, [competency])
    make_feedback(about, world.people["peer1"], {competency: 3})
    make_feedback(about, world.people["peer2"])
    make_feedback(about_hr, world.people["peer3"], {competency: 3})
    rows = feedback_status(cycle, world.users["hr"])
    assert [(row.name, row.answered, row.asked, row.last_day) for row in rows] == [
        ("Peer2", 0, 1, None),
        ("Peer1", 1, 1, today()),
    ]
    tally = feedback_tally(cycle, world.users["hr"])
    assert (tally.asked, tally.answered) == (2, 1), "the sum must not tell about the reader"


@pytest.mark.parametrize(
    ("days", "late"), [(0, 0), (11, 1), (26, 2)], ids=["in time", "self late", "both late"]
)
def test_tallies_count_states_and_what_is_late(
    world: World,
    competency: Competency,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    late: int,
) -> None:
    cycle = make_cycle(world.root)
    make_appraisal(world.people["employee"], cycle, [competency])
    make_appraisal(
        world.people["unrelated"], cycle, [competency], state=Appraisal.State.SUPERVISOR_REVIEW
    )
    make_appraisal(world.people["peer1"], cycle, [competency], state=Appraisal.State.PUBLISHED)
    on(monkeypatch, today() + dt.timedelta(days=days))
    whole = cycle_tally(cycle)
    assert (whole.total, whole.sent, whole.at_supervisor, whole.not_begun) == (3, 1, 1, 1)
    assert whole.late == late
    assert (whole.unrated, whole.ready) == (2, 0)
    units = {tally.name: tally for tally in unit_tallies(cycle)}
    assert (units["Seksi A"].total, units["Seksi B"].total) == (2, 1)
    assert sum(tally.late for tally in units.values()) == late
