"""Places in classes: rules, refusals, the waiting list, notices, the audit trail."""

import datetime as dt

import pytest

from competencies.models import Supervision
from competencies.models.periods import since
from competencies.tests.builders import LONG_AGO, make_employee, supervise
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, Notice
from training.models import CourseClass, Enrolment
from training.selectors.enrolment import clashing, waiting_place, waiting_requests
from training.services.enrolment import (
    approve_enrolment,
    reject_enrolment,
    request_enrolment,
    withdraw_enrolment,
)
from training.tests.builders import DAY, make_class, make_course, make_enrolment, refused

State = Enrolment.State


@pytest.fixture
def people(db):
    """A supervisor and three direct reports with accounts."""
    boss = make_employee("Bu Kepala", with_account=True)
    team = [make_employee(f"Anggota {n}", with_account=True) for n in range(3)]
    for member in team:
        supervise(boss, member)
    return boss, *team


def test_request_takes_no_seat_and_tells_the_supervisor(people):
    boss, ani, *_rest = people
    course_class = make_class()
    enrolment = request_enrolment(actor=ani.user, course_class=course_class)
    course_class.refresh_from_db()
    assert enrolment.state == State.REQUESTED
    assert course_class.seats_taken == 0
    assert Notice.objects.get(user=boss.user).kind == "enrolment.requested"
    entry = AuditEntry.objects.get(action="enrolment.requested")
    assert (entry.subject_employee_id, entry.actor_id) == (ani.pk, ani.user_id)


def test_request_without_employee_is_refused(people, django_user_model):
    user = django_user_model.objects.create_user("teknis")
    refused("no_employee", request_enrolment, actor=user, course_class=make_class())


def test_request_without_supervisor_is_refused(people):
    _boss, ani, *_rest = people
    Supervision.objects.filter(employee=ani).delete()
    refused("no_supervisor", request_enrolment, actor=ani.user, course_class=make_class())


@pytest.mark.parametrize(
    "change",
    [
        {"opens_on": 1},
        {"enrol_until": -1},
        {"state": CourseClass.State.CANCELLED},
    ],
)
def test_request_outside_the_window_is_refused(people, change):
    _boss, ani, *_rest = people
    course_class = make_class()
    for field, value in change.items():
        setattr(course_class, field, today() + value * DAY if isinstance(value, int) else value)
    course_class.save()
    refused("closed", request_enrolment, actor=ani.user, course_class=course_class)


def test_request_in_a_course_not_shown_is_refused(people):
    _boss, ani, *_rest = people
    course_class = make_class(make_course(is_published=False))
    refused("closed", request_enrolment, actor=ani.user, course_class=course_class)


def test_request_twice_is_refused_and_after_a_rejection_allowed(people):
    boss, ani, *_rest = people
    course_class = make_class()
    first = request_enrolment(actor=ani.user, course_class=course_class)
    refused("already", request_enrolment, actor=ani.user, course_class=course_class)
    reject_enrolment(actor=boss.user, enrolment=first, note="Hari pasar")
    again = request_enrolment(actor=ani.user, course_class=course_class)
    assert again.pk != first.pk


def test_request_on_a_day_taken_by_another_class_names_the_clash(people):
    _boss, ani, *_rest = people
    first = today() + 10 * DAY
    taken = make_class(make_course("Arsip Dinamis"), first_day=first, days=2)
    request_enrolment(actor=ani.user, course_class=taken)
    message = refused(
        "clash",
        request_enrolment,
        actor=ani.user,
        course_class=make_class(first_day=first + DAY),
    )
    assert "Arsip Dinamis" in message


def test_request_on_the_day_after_another_class_is_no_clash(people):
    _boss, ani, *_rest = people
    first = today() + 10 * DAY
    request_enrolment(actor=ani.user, course_class=make_class(first_day=first, days=2))
    request_enrolment(actor=ani.user, course_class=make_class(first_day=first + 2 * DAY))
    assert ani.enrolments.count() == 2


def test_self_paced_class_clashes_with_nothing(people):
    _boss, ani, *_rest = people
    first = today() + 10 * DAY
    request_enrolment(
        actor=ani.user, course_class=make_class(first_day=first, days=40, is_self_paced=True)
    )
    assert clashing(ani, make_class(first_day=first)) is None


def test_request_for_a_full_class_is_no_refusal(people):
    _boss, ani, budi, _cici = people
    course_class = make_class(capacity=1)
    make_enrolment(course_class, budi, State.CONFIRMED)
    assert request_enrolment(actor=ani.user, course_class=course_class).state == State.REQUESTED


def test_approval_takes_the_seat_then_waits_with_its_place(people):
    boss, ani, budi, cici = people
    course_class = make_class(capacity=1)
    made = [request_enrolment(actor=p.user, course_class=course_class) for p in (ani, budi, cici)]
    decided = [approve_enrolment(actor=boss.user, enrolment=each) for each in made]
    assert [each.state for each in decided] == [
        State.CONFIRMED,
        State.WAITLISTED,
        State.WAITLISTED,
    ]
    assert [waiting_place(each) for each in decided] == [0, 1, 2]
    course_class.refresh_from_db()
    assert course_class.seats_taken == 1
    text = Notice.objects.filter(user=budi.user).latest("pk").text
    assert "urutan 1 daftar tunggu" in text
    assert AuditEntry.objects.filter(action="enrolment.approved").count() == 3


def test_approval_page_tells_the_place_on_the_waiting_list(people, client):
    boss, ani, budi, _cici = people
    course_class = make_class(capacity=1)
    make_enrolment(course_class, budi, State.CONFIRMED)
    enrolment = request_enrolment(actor=ani.user, course_class=course_class)
    client.force_login(boss.user)
    answer = client.post(f"/pelatihan/pengajuan/{enrolment.pk}/setujui/", follow=True)
    assert "Kuota terakhir baru saja terisi" in answer.content.decode()
    assert "urutan 1 daftar tunggu" in answer.content.decode()


def test_approval_twice_is_told_as_decided(people):
    boss, ani, *_rest = people
    enrolment = request_enrolment(actor=ani.user, course_class=make_class())
    approve_enrolment(actor=boss.user, enrolment=enrolment)
    refused("decided", approve_enrolment, actor=boss.user, enrolment=enrolment)
    enrolment.course_class.refresh_from_db()
    assert enrolment.course_class.seats_taken == 1


def test_approval_by_anyone_but_the_direct_supervisor_is_refused(people):
    boss, ani, budi, _cici = people
    chief = make_employee("Camat", with_account=True)
    supervise(chief, boss)
    enrolment = request_enrolment(actor=ani.user, course_class=make_class())
    for other in (ani, budi, chief):
        refused("forbidden", approve_enrolment, actor=other.user, enrolment=enrolment)


def test_approval_by_a_former_supervisor_is_refused(people):
    boss, ani, budi, _cici = people
    enrolment = request_enrolment(actor=ani.user, course_class=make_class())
    Supervision.objects.filter(employee=ani).update(period=since(LONG_AGO, today()))
    supervise(budi, ani, today())
    refused("forbidden", approve_enrolment, actor=boss.user, enrolment=enrolment)
    assert approve_enrolment(actor=budi.user, enrolment=enrolment).state == State.CONFIRMED


def test_approval_after_the_class_began_is_refused(people):
    boss, ani, *_rest = people
    course_class = make_class(first_day=today() - DAY)
    enrolment = make_enrolment(course_class, ani)
    refused("closed", approve_enrolment, actor=boss.user, enrolment=enrolment)


def test_approval_for_a_self_paced_class_is_possible_while_it_runs(people):
    boss, ani, *_rest = people
    course_class = make_class(
        first_day=today() - 5 * DAY, days=30, is_self_paced=True, enrol_until=today() + DAY
    )
    enrolment = request_enrolment(actor=ani.user, course_class=course_class)
    assert approve_enrolment(actor=boss.user, enrolment=enrolment).state == State.CONFIRMED


def test_approval_of_a_clash_made_by_a_moved_class_is_refused(people):
    boss, ani, *_rest = people
    first = today() + 10 * DAY
    one, two = make_class(first_day=first), make_class(first_day=first + 5 * DAY)
    made = [request_enrolment(actor=ani.user, course_class=each) for each in (one, two)]
    approve_enrolment(actor=boss.user, enrolment=made[0])
    CourseClass.objects.filter(pk=two.pk).update(period=one.period)
    refused("clash", approve_enrolment, actor=boss.user, enrolment=made[1])


def test_rejection_needs_a_reason_and_tells_it(people):
    boss, ani, *_rest = people
    enrolment = request_enrolment(actor=ani.user, course_class=make_class())
    refused("reason", reject_enrolment, actor=boss.user, enrolment=enrolment, note="  ")
    reject_enrolment(actor=boss.user, enrolment=enrolment, note="Loket kosong")
    assert "Loket kosong" in Notice.objects.get(user=ani.user).text
    entry = AuditEntry.objects.get(action="enrolment.rejected")
    assert entry.purpose == "Loket kosong"


def test_withdrawal_frees_the_seat_and_moves_the_first_up(people):
    boss, ani, budi, cici = people
    course_class = make_class(capacity=1)
    made = [request_enrolment(actor=p.user, course_class=course_class) for p in (ani, budi, cici)]
    for each in made:
        approve_enrolment(actor=boss.user, enrolment=each)
    withdraw_enrolment(actor=ani.user, enrolment=made[0])
    states = [Enrolment.objects.get(pk=each.pk).state for each in made]
    assert states == [State.WITHDRAWN, State.CONFIRMED, State.WAITLISTED]
    course_class.refresh_from_db()
    assert course_class.seats_taken == 1
    assert Notice.objects.filter(user=budi.user, kind="enrolment.moved_up").count() == 1
    assert AuditEntry.objects.filter(action="enrolment.moved_up").count() == 1
    assert waiting_place(Enrolment.objects.get(pk=made[2].pk)) == 1


def test_withdrawal_from_the_waiting_list_moves_nobody(people):
    boss, ani, budi, cici = people
    course_class = make_class(capacity=1)
    made = [request_enrolment(actor=p.user, course_class=course_class) for p in (ani, budi, cici)]
    for each in made:
        approve_enrolment(actor=boss.user, enrolment=each)
    withdraw_enrolment(actor=budi.user, enrolment=made[1])
    course_class.refresh_from_db()
    assert course_class.seats_taken == 1
    assert Enrolment.objects.get(pk=made[2].pk).state == State.WAITLISTED


def test_withdrawal_after_its_last_day_is_refused(people):
    _boss, ani, *_rest = people
    course_class = make_class(withdraw_until=today() - DAY)
    enrolment = make_enrolment(course_class, ani, State.CONFIRMED)
    refused("late", withdraw_enrolment, actor=ani.user, enrolment=enrolment)


def test_withdrawal_on_its_last_day_is_allowed(people):
    _boss, ani, *_rest = people
    enrolment = make_enrolment(make_class(withdraw_until=today()), ani, State.CONFIRMED)
    assert withdraw_enrolment(actor=ani.user, enrolment=enrolment).state == State.WITHDRAWN


def test_withdrawal_by_somebody_else_is_refused(people):
    boss, ani, *_rest = people
    enrolment = make_enrolment(make_class(), ani)
    refused("forbidden", withdraw_enrolment, actor=boss.user, enrolment=enrolment)


def test_withdrawal_of_a_completed_place_is_refused(people):
    _boss, ani, *_rest = people
    enrolment = make_enrolment(make_class(), ani, State.COMPLETED)
    refused("state", withdraw_enrolment, actor=ani.user, enrolment=enrolment)


def test_approvals_say_who_stays_at_the_counter(people):
    boss, ani, budi, cici = people
    day = today() + 10 * DAY
    make_enrolment(make_class(first_day=day, days=3), budi, State.CONFIRMED)
    make_enrolment(make_class(first_day=day, days=9, is_self_paced=True), cici, State.CONFIRMED)
    make_enrolment(make_class(first_day=day + DAY), ani)
    make_enrolment(make_class(first_day=day + 20 * DAY), cici)
    found = {each.enrolment.employee: each for each in waiting_requests(boss)}
    assert (found[ani].absent, found[ani].others, found[ani].staying) == (1, 2, 1)
    assert (found[cici].absent, found[cici].others) == (0, 2)


def test_approvals_count_leave_as_absence(people):
    boss, ani, budi, _cici = people
    day = today() + 10 * DAY
    budi.statuses.update(period=since(LONG_AGO, day))
    budi.statuses.create(status="maternity", period=since(day, day + dt.timedelta(days=90)))
    make_enrolment(make_class(first_day=day + DAY), ani)
    assert waiting_requests(boss)[0].absent == 1
