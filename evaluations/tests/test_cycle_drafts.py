"""Drafting a cycle, assigning peers, reminding: rules, refusals, audit."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from competencies.models import Competency, ReferenceRule
from competencies.models.periods import since
from competencies.tests.builders import LONG_AGO, make_competency, make_employee
from conftest import World
from evaluations.models import Appraisal, Cycle, FeedbackPhrase, FeedbackRequest, Response
from evaluations.services.cycles import (
    create_cycle,
    discard_cycle,
    suggested_identity,
    update_cycle,
)
from evaluations.services.feedback_assignment import change_peers
from evaluations.services.reference import load_phrases
from evaluations.services.reminders import remind_people
from evaluations.tests.builders import make_appraisal, make_cycle, make_feedback
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, Notice


def identity(**changes: Any) -> dict[str, Any]:
    """Values of the first screen."""
    return suggested_identity(None, today(), "Penilaian kompetensi") | changes


def test_draft_takes_the_defaults_in_force(world: World) -> None:
    for key, value in (("weight_supervisor", 70), ("weight_peer", 10), ("objection_days", 7)):
        ReferenceRule.objects.create(
            rule_set="defaults", key=key, data={"value": value}, period=since(LONG_AGO)
        )
    cycle = create_cycle(actor=world.users["hr"], unit=world.root, identity=identity())
    assert (cycle.weight_supervisor, cycle.weight_peer, cycle.objection_days) == (70, 10, 7)
    assert (cycle.state, cycle.created_by) == (Cycle.State.DRAFT, world.users["hr"])
    assert AuditEntry.objects.filter(action="cycle.created", object_id=str(cycle.pk)).exists()


def test_draft_copied_from_last_year_keeps_its_rules_and_moves_its_windows(world: World) -> None:
    last = make_cycle(
        world.root,
        name="Penilaian kompetensi 2025",
        year=2025,
        weight_supervisor=50,
        weight_peer=30,
        employment_kinds=["PNS"],
        period=since(dt.date(2025, 1, 1), dt.date(2026, 1, 1)),
        opens_on=dt.date(2025, 11, 9),
        self_until=dt.date(2025, 11, 22),
        peers_until=dt.date(2025, 11, 22),
        supervisor_until=dt.date(2025, 12, 12),
        state=Cycle.State.PUBLISHED,
    )
    values = suggested_identity(last, dt.date(2026, 10, 1), "")
    assert values["name"] == "Penilaian kompetensi 2026"
    assert values["opens_on"] == dt.date(2026, 11, 9)
    assert values["supervisor_until"] == dt.date(2026, 12, 12)
    cycle = create_cycle(actor=world.users["hr"], unit=world.root, identity=values, template=last)
    assert (cycle.weight_supervisor, cycle.weight_peer) == (50, 30)
    assert cycle.employment_kinds == ["PNS"]


def test_windows_of_last_year_that_are_past_start_today(world: World) -> None:
    last = make_cycle(world.root, opens_on=today() - dt.timedelta(days=400))
    values = suggested_identity(last, today(), "")
    assert values["opens_on"] == today()
    assert values["self_until"] > today()


def test_quarterly_draft_rates_no_competencies(world: World) -> None:
    cycle = create_cycle(
        actor=world.users["hr"],
        unit=world.root,
        identity=identity(kind=Cycle.Kind.QUARTERLY, quarter=2),
    )
    assert (cycle.rates_competencies, cycle.rates_performance) == (False, True)
    changed = update_cycle(
        actor=world.users["hr"], cycle=cycle, values={"rates_competencies": True}
    )
    assert changed.rates_competencies is False


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weight_supervisor": 61}, "Bobot seharusnya berjumlah 100."),
        ({"peers_minimum": 2}, "Rekan kerja paling sedikit tiga orang."),
        ({"peers_minimum": 5, "peers_invited": 4}, "Rekan kerja paling sedikit tiga orang."),
        ({"self_until": dt.date(2020, 1, 1)}, "Urutan tanggal tidak benar."),
    ],
)
def test_draft_with_impossible_rules_is_refused(
    world: World, values: dict[str, Any], message: str
) -> None:
    cycle = make_cycle(world.root, state=Cycle.State.DRAFT)
    with pytest.raises(ValidationError) as refusal:
        update_cycle(actor=world.users["hr"], cycle=cycle, values=values)
    assert message in refusal.value.messages


def test_second_cycle_for_the_same_period_is_refused(world: World) -> None:
    create_cycle(actor=world.users["hr"], unit=world.root, identity=identity())
    with pytest.raises(ValidationError) as refusal:
        create_cycle(actor=world.users["hr"], unit=world.root, identity=identity())
    assert "Siklus untuk masa ini sudah ada." in refusal.value.messages


@pytest.mark.parametrize("persona", ["superior", "camat", "foreign_hr", "auditor"])
def test_draft_by_anybody_but_hr_of_the_tree_is_refused(world: World, persona: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        create_cycle(actor=world.users[persona], unit=world.root, identity=identity())
    assert refusal.value.code == "not_allowed"


def test_draft_cannot_be_moved_to_a_foreign_tree(world: World) -> None:
    cycle = make_cycle(world.root, state=Cycle.State.DRAFT)
    with pytest.raises(ValidationError) as refusal:
        update_cycle(actor=world.users["hr"], cycle=cycle, values={"unit": world.foreign_root})
    assert refusal.value.code == "not_allowed"


def test_draft_changed_elsewhere_is_a_conflict(world: World) -> None:
    cycle = make_cycle(world.root, state=Cycle.State.DRAFT)
    update_cycle(actor=world.users["hr"], cycle=cycle, values={"name": "Satu"}, version=1)
    with pytest.raises(ValidationError) as refusal:
        update_cycle(actor=world.users["hr"], cycle=cycle, values={"name": "Dua"}, version=1)
    assert refusal.value.code == "conflict"
    cycle.refresh_from_db()
    assert cycle.name == "Satu"


def test_launched_cycle_is_not_changed_or_discarded(world: World) -> None:
    cycle = make_cycle(world.root)
    with pytest.raises(ValidationError):
        update_cycle(actor=world.users["hr"], cycle=cycle, values={"name": "X"})
    with pytest.raises(ValidationError):
        discard_cycle(actor=world.users["hr"], cycle=cycle)
    assert Cycle.objects.filter(pk=cycle.pk).exists()


def test_discarded_draft_leaves_an_audit_entry(world: World) -> None:
    cycle = make_cycle(world.root, state=Cycle.State.DRAFT)
    discard_cycle(actor=world.users["hr"], cycle=cycle)
    assert not Cycle.objects.exists()
    assert AuditEntry.objects.filter(action="cycle.discarded").count() == 1


# --- Peers -------------------------------------------------------------------
@pytest.fixture
def competency(db: None) -> Competency:
    return make_competency()


@pytest.fixture
def appraisal(world: World, competency: Competency) -> Appraisal:
    """Three peers are asked about the employee; one has answered."""
    made = make_appraisal(world.people["employee"], make_cycle(world.root), [competency])
    make_feedback(made, world.people["peer1"], {competency: 3})
    make_feedback(made, world.people["peer2"], {competency: 3}, submitted=False)
    make_feedback(made, world.people["peer3"])
    return made


def change(world: World, appraisal: Appraisal, add: str = "", withdraw: str = "") -> Appraisal:
    """HR adds and takes back by persona."""
    return change_peers(
        actor=world.users["hr"],
        appraisal=appraisal,
        add=[world.people[name] for name in add.split()],
        withdraw=[
            FeedbackRequest.objects.get(appraisal=appraisal, rater=world.people[name])
            for name in withdraw.split()
        ],
    )


def test_hr_exchanges_a_peer_and_the_draft_is_thrown_away(
    world: World, appraisal: Appraisal
) -> None:
    change(world, appraisal, add="peer4", withdraw="peer2")
    states = dict(appraisal.requests.values_list("rater__name", "state"))
    assert states == {
        "Peer1": "answered",
        "Peer2": "withdrawn",
        "Peer3": "invited",
        "Peer4": "invited",
    }
    assert Response.objects.filter(relation="peer").count() == 1
    assert Notice.objects.filter(user=world.users["peer4"]).count() == 1
    change(world, appraisal, add="peer2")
    assert appraisal.requests.get(rater=world.people["peer2"]).state == "invited"


def test_assignment_entry_keeps_the_day_and_no_names(world: World, appraisal: Appraisal) -> None:
    change(world, appraisal, add="peer4")
    entry = AuditEntry.objects.get(action="feedback_assignment.changed")
    assert entry.day_only
    assert entry.object_id == ""
    assert entry.after == {"added": 1, "withdrawn": 0, "asked": 4}


@pytest.mark.parametrize(
    ("add", "withdraw", "code"),
    [
        ("employee", "", "self"),
        ("superior", "", "supervisor"),
        ("camat", "", "supervisor"),
        ("", "peer3", "too_few"),
        ("", "peer1", "answered"),
    ],
)
def test_assignment_refuses_who_is_no_peer_and_too_few(
    world: World, appraisal: Appraisal, add: str, withdraw: str, code: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        change(world, appraisal, add=add, withdraw=withdraw)
    assert refusal.value.code == code
    assert appraisal.requests.exclude(state="withdrawn").count() == 3


def test_assignment_refuses_a_subordinate_and_somebody_away(
    world: World, competency: Competency
) -> None:
    boss = make_appraisal(world.people["superior"], make_cycle(world.root), [competency])
    with pytest.raises(ValidationError) as refusal:
        change(world, boss, add="sub_employee hr unrelated")
    assert refusal.value.code == "subordinate"
    gone = make_employee("Sudah Pindah", world.positions["unrelated"])
    gone.statuses.update(status="transferred")
    with pytest.raises(ValidationError) as refusal:
        change_peers(
            actor=world.users["hr"],
            appraisal=boss,
            add=[gone, world.people["hr"], world.people["unrelated"]],
        )
    assert refusal.value.code == "inactive"


def test_fewer_than_three_first_peers_are_refused(world: World, competency: Competency) -> None:
    bare = make_appraisal(world.people["employee"], make_cycle(world.root), [competency])
    with pytest.raises(ValidationError) as refusal:
        change(world, bare, add="peer1 peer2")
    assert refusal.value.code == "too_few"
    change(world, bare, add="peer1 peer2 peer3")
    assert bare.requests.count() == 3


def test_assignment_by_others_about_oneself_or_after_closing_is_refused(
    world: World, appraisal: Appraisal, competency: Competency
) -> None:
    own = make_appraisal(world.people["hr"], appraisal.cycle, [competency])
    Cycle.objects.filter(pk=appraisal.cycle_id).update(peers_closed_on=None)
    for actor, about in (("superior", appraisal), ("employee", appraisal), ("hr", own)):
        with pytest.raises(ValidationError) as refusal:
            change_peers(actor=world.users[actor], appraisal=about, add=[world.people["peer4"]])
        assert refusal.value.code == "not_allowed"
    Cycle.objects.filter(pk=appraisal.cycle_id).update(peers_closed_on=today())
    with pytest.raises(ValidationError):
        change(world, appraisal, add="peer4")


# --- Reminders, phrases --------------------------------------------------------
def test_reminder_reaches_each_once_a_day_and_names_nobody(
    world: World, appraisal: Appraisal
) -> None:
    first = remind_people(actor=world.users["hr"], cycle=appraisal.cycle)
    assert first == 3  # the employee, peer2 with a draft, peer3
    assert remind_people(actor=world.users["hr"], cycle=appraisal.cycle) == 0
    texts = set(Notice.objects.filter(kind="cycle.reminder").values_list("text", flat=True))
    assert texts == {f"Ada isian {appraisal.cycle.name} yang menunggu Anda."}
    assert AuditEntry.objects.filter(action="cycle.people_reminded").count() == 1


def test_reminder_of_one_unit_and_by_others(world: World, appraisal: Appraisal) -> None:
    assert (
        remind_people(actor=world.users["hr"], cycle=appraisal.cycle, unit=world.other_section) == 0
    )
    with pytest.raises(ValidationError):
        remind_people(actor=world.users["superior"], cycle=appraisal.cycle)


def test_phrases_load_once_eight_of_each_kind_and_keep_changes(db: None) -> None:
    assert load_phrases() == 16
    FeedbackPhrase.objects.filter(code="teliti").update(is_active=False, text="Lain.")
    assert load_phrases() == 0
    kinds = list(FeedbackPhrase.objects.values_list("kind", flat=True))
    assert (kinds.count("strength"), kinds.count("suggestion")) == (8, 8)
    assert FeedbackPhrase.objects.get(code="teliti").text == "Lain."
