"""Completion: hours by the rule of the kind, evidence, proposed levels, correction."""

from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.db.models import Sum

from competencies.models import CurrentLevel, Evidence, ProposedLevel, ReferenceRule
from competencies.models.periods import since
from competencies.services.levels import decide_proposed_level
from competencies.tests.builders import LONG_AGO, make_competency, make_employee
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, Notice
from training.models import Enrolment, HourEntry
from training.selectors.hours import year_summary
from training.services.completion import record_completion, reverse_completion
from training.tests.builders import (
    DAY,
    attain,
    coaching,
    e_learning,
    make_class,
    make_course,
    make_enrolment,
    make_kind,
    refused,
)

State = Enrolment.State


@pytest.fixture
def seated(world):
    """A function that seats `employee` in a class of the world's root."""

    def seat(days=1, ago=5, persona="employee", **course_fields):
        course = make_course(**course_fields)
        course_class = make_class(course, world.root, today() - ago * DAY, days)
        return make_enrolment(course_class, world.people[persona], State.CONFIRMED)

    return seat


def total(employee):
    return HourEntry.objects.filter(employee=employee).aggregate(n=Sum("hours"))["n"] or 0


def test_completion_credits_evidence_and_proposes_but_grants_nothing(world, seated):
    competency = make_competency()
    enrolment = seated(outcomes={competency: (0, 2)}, title="Menangani Keluhan")
    employee = world.people["employee"]
    attain(employee, {competency: 0})
    record_completion(
        actor=world.users["hr"], enrolment=enrolment, completed=True, happened_on=today()
    )
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.completed_on) == (State.COMPLETED, today())
    assert total(employee) == 8
    evidence = Evidence.objects.get(source_reference=f"enrolment:{enrolment.pk}")
    assert (evidence.title, evidence.hours) == ("Menangani Keluhan", 8)
    assert list(evidence.competencies.all()) == [competency]
    proposal = ProposedLevel.objects.get()
    assert (proposal.level, proposal.state) == (2, ProposedLevel.State.OPEN)
    assert CurrentLevel.objects.get(employee=employee).level == 0
    assert AuditEntry.objects.filter(action="enrolment.completed").count() == 1
    assert Notice.objects.filter(user=employee.user, kind="enrolment.completed").exists()
    assert Notice.objects.filter(
        user=world.users["superior"], kind="proposed_level.created"
    ).exists()


def test_completion_proposes_nothing_that_is_attained_already(world, seated):
    competency = make_competency()
    attain(world.people["employee"], {competency: 2})
    enrolment = seated(outcomes={competency: (0, 2)})
    record_completion(
        actor=world.users["hr"], enrolment=enrolment, completed=True, happened_on=today()
    )
    assert not ProposedLevel.objects.exists()


def test_failure_credits_nothing(world, seated):
    enrolment = seated()
    record_completion(
        actor=world.users["hr"], enrolment=enrolment, completed=False, happened_on=today()
    )
    enrolment.refresh_from_db()
    assert enrolment.state == State.FAILED
    assert total(world.people["employee"]) == 0
    assert not Evidence.objects.exists()


def test_hours_of_a_kind_by_days_are_multiplied(world, seated):
    workshop = make_kind("KLA-07", unit="hari", hours_per_unit=5)
    enrolment = seated(kind=workshop, quantity=2, days=2)
    record_completion(
        actor=world.users["hr"], enrolment=enrolment, completed=True, happened_on=today()
    )
    assert total(world.people["employee"]) == 10


def test_e_learning_in_one_day_is_capped_at_three(world, seated):
    enrolment = seated(kind=e_learning(), quantity=8, ago=0)
    record_completion(
        actor=world.users["hr"], enrolment=enrolment, completed=True, happened_on=today()
    )
    entry = HourEntry.objects.get()
    assert (entry.hours, entry.quantity) == (3, 8)


def test_e_learning_over_days_is_capped_on_each(world, seated):
    enrolment = seated(kind=e_learning(), quantity=8, ago=4, days=5)
    record_completion(
        actor=world.users["hr"], enrolment=enrolment, completed=True, happened_on=today()
    )
    lines = HourEntry.objects.order_by("happened_on")
    assert [line.hours for line in lines] == [3, 3, 2]
    assert len({line.happened_on for line in lines}) == 3


def test_e_learning_counts_what_the_same_day_already_has(world, seated):
    hr = world.users["hr"]
    for quantity in (2, 4):
        record_completion(
            actor=hr,
            enrolment=seated(kind=e_learning(), quantity=quantity, ago=0),
            completed=True,
            happened_on=today(),
        )
    assert total(world.people["employee"]) == 3


def test_coaching_counts_twice_a_month(world, seated):
    enrolment = seated(kind=coaching(), quantity=3, ago=0)
    record_completion(
        actor=world.users["hr"], enrolment=enrolment, completed=True, happened_on=today()
    )
    assert total(world.people["employee"]) == 4


@pytest.mark.parametrize("offset", [-1, 6])
def test_completion_on_an_impossible_day_is_refused(world, seated, offset):
    enrolment = seated()
    refused(
        "date",
        record_completion,
        actor=world.users["hr"],
        enrolment=enrolment,
        completed=True,
        happened_on=today() + (offset - 5) * DAY,
    )


def test_completion_before_the_class_is_refused(world):
    course_class = make_class(unit=world.root)
    enrolment = make_enrolment(course_class, world.people["employee"], State.CONFIRMED)
    refused(
        "not_begun",
        record_completion,
        actor=world.users["hr"],
        enrolment=enrolment,
        completed=True,
        happened_on=today(),
    )


def test_completion_of_a_place_without_seat_is_refused(world, seated):
    enrolment = seated()
    Enrolment.objects.filter(pk=enrolment.pk).update(state=State.WAITLISTED)
    refused(
        "state",
        record_completion,
        actor=world.users["hr"],
        enrolment=enrolment,
        completed=True,
        happened_on=today(),
    )


def test_own_completion_is_recorded_by_another(world, seated):
    enrolment = seated(persona="hr")
    values = {"enrolment": enrolment, "completed": True, "happened_on": today()}
    refused("forbidden", record_completion, actor=world.users["hr"], **values)
    record_completion(actor=world.users["second_hr"], **values)
    assert total(world.people["hr"]) == 8


@pytest.mark.parametrize("persona", ["superior", "foreign_hr", "employee", "camat"])
def test_completion_by_others_is_refused(world, seated, persona):
    refused(
        "forbidden",
        record_completion,
        actor=world.users[persona],
        enrolment=seated(),
        completed=True,
        happened_on=today(),
    )


def test_correction_takes_hours_and_evidence_back_and_allows_another_result(world, seated):
    competency, hr = make_competency(), world.users["hr"]
    employee = world.people["employee"]
    enrolment = seated(outcomes={competency: (0, 2)}, kind=e_learning(), quantity=5, days=5)
    record_completion(actor=hr, enrolment=enrolment, completed=True, happened_on=today())
    reverse_completion(actor=hr, enrolment=enrolment, reason="Salah orang")
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.completed_on) == (State.CONFIRMED, None)
    assert total(employee) == 0
    assert HourEntry.objects.filter(reverses__isnull=False).count() == 2
    assert not Evidence.objects.exists()
    assert not ProposedLevel.objects.exists()
    assert AuditEntry.objects.get(action="enrolment.completion_reversed").purpose == "Salah orang"
    record_completion(actor=hr, enrolment=enrolment, completed=True, happened_on=today())
    assert total(employee) == 5
    assert ProposedLevel.objects.count() == 1


def test_correction_keeps_evidence_somebody_judged_on(world, seated):
    ReferenceRule.objects.create(
        rule_set="defaults",
        key="evaluation_valid_months",
        data={"value": "24"},
        period=since(LONG_AGO),
    )
    competency, hr = make_competency(), world.users["hr"]
    enrolment = seated(outcomes={competency: (0, 2)})
    record_completion(actor=hr, enrolment=enrolment, completed=True, happened_on=today())
    decide_proposed_level(
        actor=world.users["superior"], proposal=ProposedLevel.objects.get(), confirmed=True
    )
    reverse_completion(actor=hr, enrolment=enrolment, reason="Salah tanggal")
    assert Evidence.objects.exists()
    assert total(world.people["employee"]) == 0


def test_correction_without_reason_or_result_is_refused(world, seated):
    hr, enrolment = world.users["hr"], seated()
    refused("state", reverse_completion, actor=hr, enrolment=enrolment, reason="x")
    record_completion(actor=hr, enrolment=enrolment, completed=False, happened_on=today())
    refused("reason", reverse_completion, actor=hr, enrolment=enrolment, reason=" ")


def test_year_summary_counts_done_and_booked(world, seated):
    employee = world.people["employee"]
    record_completion(
        actor=world.users["hr"], enrolment=seated(ago=0), completed=True, happened_on=today()
    )
    ahead = make_class(make_course(quantity=6), first_day=today() + DAY)
    make_enrolment(ahead, employee, State.CONFIRMED)
    summary = year_summary(employee, today().year)
    booked = 6 if ahead.first_day.year == today().year else 0
    assert (summary.done, summary.booked) == (8, booked)


def test_year_summary_knows_least_and_most(world, django_assert_num_queries):
    for kind, bound, hours in (("PNS", "min", "20"), ("PPPK", "maks", "24")):
        ReferenceRule.objects.create(
            rule_set="development_targets",
            key=kind,
            data={"employment_type": kind, "bound": bound, "jp_per_year": hours},
            period=since(LONG_AGO),
        )
    contract = make_employee(employment_kind="PPPK")
    HourEntry.objects.create(
        employee=contract,
        kind=make_kind(),
        title="Pelatihan",
        quantity=25,
        hours=25,
        happened_on=today(),
    )
    with django_assert_num_queries(2):
        summary = year_summary(contract)
    assert (summary.target, summary.is_ceiling, summary.is_over) == (24, True, True)
    civil = year_summary(world.people["employee"])
    assert (civil.target, civil.is_ceiling, civil.left) == (20, False, Decimal(20))


def test_ledger_refuses_a_negative_line_that_reverses_nothing(world):
    with pytest.raises(IntegrityError):
        HourEntry.objects.create(
            employee=world.people["employee"],
            kind=make_kind(),
            title="Pelatihan",
            quantity=1,
            hours=-1,
            happened_on=today(),
        )


def test_results_are_recorded_for_the_ticked_participants(world, seated):
    enrolment = seated()
    other = make_enrolment(enrolment.course_class, world.people["peer1"], State.CONFIRMED)
    answer = world.client("hr").post(
        f"/pelatihan/kelola/kelas/{enrolment.course_class_id}/",
        {"peserta": [enrolment.pk], "tanggal": f"{today():%d/%m/%Y}", "hasil": "completed"},
    )
    assert answer.status_code == 302
    enrolment.refresh_from_db()
    other.refresh_from_db()
    assert (enrolment.state, other.state) == (State.COMPLETED, State.CONFIRMED)


def test_results_without_a_tick_say_what_to_do(world, seated):
    enrolment = seated()
    answer = world.client("hr").post(
        f"/pelatihan/kelola/kelas/{enrolment.course_class_id}/",
        {"tanggal": f"{today():%d/%m/%Y}", "hasil": "completed"},
    )
    assert "Pilih sedikitnya satu peserta" in answer.content.decode()
