"""Two hundred approvals at once for one seat, on real connections."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from competencies.tests.builders import make_employee, make_unit, make_user, supervise
from gayungan_asn.accounts.models import AuditEntry
from training.models import CourseClass, Enrolment
from training.services.enrolment import approve_enrolment, withdraw_enrolment
from training.tests.builders import make_class, make_course

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]
THREADS = 200
CONNECTIONS = 40
"""At once; a server allows a hundred in all."""


@pytest.fixture
def requests():
    """A function that makes a class with some seats and 200 requests of one team."""

    def make(seats):
        boss = make_employee("Kepala", with_account=True)
        course_class = make_class(make_course(), make_unit(), capacity=seats)
        people = [make_employee(f"Pegawai {n}") for n in range(THREADS)]
        for person in people:
            supervise(boss, person)
        enrolments = Enrolment.objects.bulk_create(
            [Enrolment(course_class=course_class, employee=person) for person in people]
        )
        return boss.user, course_class, enrolments

    return make


def at_once(action, rows):
    """Run the action on every row, each in a thread and a connection of its own.

    All threads start together; a semaphore keeps the connections under the server's limit.
    """
    start = threading.Barrier(len(rows))
    room = threading.BoundedSemaphore(CONNECTIONS)

    def run(row):
        start.wait(60)
        with room:
            try:
                return action(row)
            finally:
                connections["default"].close()

    with ThreadPoolExecutor(len(rows)) as pool:
        return list(pool.map(run, rows))


@pytest.mark.parametrize("seats", [1, 5])
def test_two_hundred_approvals_at_once_never_pass_the_capacity(requests, seats):
    user, course_class, enrolments = requests(seats)
    at_once(lambda row: approve_enrolment(actor=user, enrolment=row), enrolments)
    course_class.refresh_from_db()
    states = list(
        Enrolment.objects.filter(course_class=course_class).values_list("state", flat=True)
    )
    assert course_class.seats_taken == seats
    assert states.count("confirmed") == seats
    assert states.count("waitlisted") == THREADS - seats
    assert AuditEntry.objects.filter(action="enrolment.approved").count() == THREADS


def test_without_the_guard_the_same_rush_oversells(requests):
    """The control: counting free seats and then writing lets many through."""
    _user, course_class, enrolments = requests(1)

    def count_then_write(row):
        seated = Enrolment.objects.filter(
            course_class=course_class, state=Enrolment.State.CONFIRMED
        ).count()
        if seated < course_class.capacity:
            Enrolment.objects.filter(pk=row.pk).update(state=Enrolment.State.CONFIRMED)

    # Every thread that has a connection counts before the first of them writes.
    gate = threading.Barrier(CONNECTIONS)
    first = threading.local()

    def rush(row):
        if not getattr(first, "waited", False):
            first.waited = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            with contextlib.suppress(threading.BrokenBarrierError):
                gate.wait(10)
        count_then_write(row)

    at_once(rush, enrolments)
    confirmed = Enrolment.objects.filter(
        course_class=course_class, state=Enrolment.State.CONFIRMED
    ).count()
    assert confirmed > course_class.capacity


def test_withdrawals_and_approvals_at_once_lose_no_seat(requests):
    user, course_class, enrolments = requests(5)
    for row in enrolments[:20]:
        approve_enrolment(actor=user, enrolment=row)
    owners = {
        row.pk: row
        for row in Enrolment.objects.filter(course_class=course_class, state="confirmed")
    }
    accounts = {pk: make_employee_account(row.employee) for pk, row in owners.items()}

    def act(row):
        if row.pk in owners:
            return withdraw_enrolment(actor=accounts[row.pk], enrolment=row)
        return approve_enrolment(actor=user, enrolment=row)

    at_once(act, [*owners.values(), *enrolments[20:60]])
    course_class.refresh_from_db()
    confirmed = Enrolment.objects.filter(course_class=course_class, state="confirmed").count()
    assert course_class.seats_taken == confirmed == 5
    assert CourseClass.objects.get(pk=course_class.pk).seats_left == 0


def make_employee_account(employee):
    """An account for somebody who had none."""
    employee.user = make_user()
    employee.save(update_fields=["user"])
    return employee.user
