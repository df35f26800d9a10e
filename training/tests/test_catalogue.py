"""Courses and classes: what HR may write, and how the catalogue reads for one person."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from competencies.tests.builders import make_competency, require_level
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, Notice
from training.models import Course, CourseClass, Enrolment
from training.services.classes import cancel_class, create_class, update_class
from training.services.courses import (
    CourseDetails,
    Outcome,
    create_course,
    set_course_published,
    update_course,
)
from training.tests.builders import (
    DAY,
    attain,
    class_details,
    make_class,
    make_course,
    make_enrolment,
    make_kind,
    refused,
)


def details(**fields):
    values = {
        "title": "Menangani Keluhan",
        "summary": "",
        "kind": make_kind(),
        "provider": "BKPSDM",
        "mode": Course.Mode.ONLINE,
        "quantity": Decimal(4),
        "cost": 0,
        "cost_source": "",
        "audience": "",
    }
    return CourseDetails(**(values | fields))


def test_course_is_written_hidden_with_hours_from_its_kind(world):
    competency = make_competency()
    course = create_course(
        actor=world.users["hr"],
        code="",
        details=details(kind=make_kind("KLA-06", hours_per_unit=4), quantity=Decimal(2)),
        outcomes=[Outcome(competency, 0, 2)],
    )
    assert (course.is_published, course.hours) == (False, 8)
    assert AuditEntry.objects.get(action="course.created").after["hours"] == "8.00"


@pytest.mark.parametrize("persona", ["employee", "superior", "camat", "sysadmin", "auditor"])
def test_course_by_anyone_but_hr_is_refused(world, persona):
    refused(
        "forbidden",
        create_course,
        actor=world.users[persona],
        code="",
        details=details(),
        outcomes=[],
    )


def test_course_outcome_that_does_not_rise_is_refused(world):
    with pytest.raises(ValidationError):
        create_course(
            actor=world.users["hr"],
            code="",
            details=details(),
            outcomes=[Outcome(make_competency(), 2, 2)],
        )
    assert not Course.objects.exists()


def test_course_saved_by_somebody_else_meanwhile_is_not_overwritten(world):
    course = make_course("Lama")
    values = {"course": course, "version": course.version, "outcomes": []}
    update_course(actor=world.users["hr"], details=details(title="Baru"), **values)
    refused(
        "stale",
        update_course,
        actor=world.users["second_hr"],
        details=details(title="Lain"),
        **values,
    )
    course.refresh_from_db()
    assert (course.title, course.version) == ("Baru", 2)
    assert AuditEntry.objects.filter(action="course.updated").count() == 1


def test_course_page_shows_both_texts_when_somebody_was_faster(world):
    course = make_course("Lama")
    page = f"/pelatihan/kelola/katalog/{course.pk}/ubah/"
    data = {
        "version": 1,
        "title": "Judul saya",
        "kind": course.kind_id,
        "quantity": "8",
        "provider": "BKPSDM",
        "mode": "klasikal",
        "cost": "0",
        "hasil-TOTAL_FORMS": "0",
        "hasil-INITIAL_FORMS": "0",
    }
    Course.objects.filter(pk=course.pk).update(title="Judul orang lain", version=2)
    answer = world.client("hr").post(page, data)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Judul orang lain" in text
    assert "Judul saya" in text
    assert 'name="version" value="2"' in text
    assert world.client("hr").post(page, data | {"version": 2}).status_code == 302


def test_course_without_outcome_is_not_shown(world):
    course = make_course(is_published=False)
    hr = world.users["hr"]
    refused("no_outcome", set_course_published, actor=hr, course=course, published=True)
    course.outcomes.create(competency=make_competency(), from_level=0, to_level=1)
    assert set_course_published(actor=hr, course=course, published=True).is_published
    assert not set_course_published(actor=hr, course=course, published=False).is_published
    assert AuditEntry.objects.filter(object_type="course").count() == 2


def test_class_outside_the_own_tree_is_refused(world):
    course = make_course()
    for persona, unit in (("foreign_hr", world.root), ("hr", world.foreign_root)):
        refused(
            "forbidden",
            create_class,
            actor=world.users[persona],
            course=course,
            unit=unit,
            details=class_details(),
        )


@pytest.mark.parametrize(
    "fields",
    [
        {"last_day": today()},
        {"enrol_until": today() - 100 * DAY},
        {"withdraw_until": today() + 400 * DAY},
        {"enrol_until": today() + 11 * DAY, "last_day": today() + 20 * DAY},
    ],
)
def test_class_with_impossible_dates_is_refused(world, fields):
    with pytest.raises(ValidationError):
        create_class(
            actor=world.users["hr"],
            course=make_course(),
            unit=world.root,
            details=class_details(**fields),
        )


def test_capacity_below_the_seats_taken_is_refused(world):
    course_class = make_class(unit=world.root)
    for name in ("employee", "peer1"):
        make_enrolment(course_class, world.people[name], Enrolment.State.CONFIRMED)
    values = {"actor": world.users["hr"], "course_class": course_class, "version": 1}
    with pytest.raises(ValidationError) as caught:
        update_class(details=class_details(capacity=1), **values)
    assert caught.value.error_dict["capacity"][0].code == "capacity"
    assert update_class(details=class_details(capacity=2), **values).capacity == 2


def test_more_capacity_moves_the_waiting_list_up(world):
    course_class = make_class(unit=world.root, capacity=1)
    make_enrolment(course_class, world.people["employee"], Enrolment.State.CONFIRMED)
    waiting = [
        make_enrolment(course_class, world.people[f"peer{n}"], Enrolment.State.WAITLISTED)
        for n in (1, 2, 3)
    ]
    update_class(
        actor=world.users["hr"],
        course_class=course_class,
        version=1,
        details=class_details(capacity=3),
    )
    states = [Enrolment.objects.get(pk=each.pk).state for each in waiting]
    assert states == ["confirmed", "confirmed", "waitlisted"]
    course_class.refresh_from_db()
    assert course_class.seats_taken == 3


def test_class_saved_by_somebody_else_meanwhile_is_not_overwritten(world):
    course_class = make_class(unit=world.root)
    values = {"course_class": course_class, "version": 1}
    update_class(actor=world.users["hr"], details=class_details(place="Aula"), **values)
    refused(
        "stale",
        update_class,
        actor=world.users["second_hr"],
        details=class_details(place="Pendopo"),
        **values,
    )


def test_moved_class_tells_its_participants(world):
    course_class = make_class(unit=world.root)
    make_enrolment(course_class, world.people["employee"], Enrolment.State.CONFIRMED)
    update_class(
        actor=world.users["hr"],
        course_class=course_class,
        version=1,
        details=class_details(first_day=today() + 20 * DAY),
    )
    assert "berubah" in Notice.objects.get(user=world.users["employee"]).text


def test_cancelled_class_ends_every_place_and_says_why(world):
    course_class = make_class(unit=world.root)
    made = [
        make_enrolment(course_class, world.people["employee"], Enrolment.State.CONFIRMED),
        make_enrolment(course_class, world.people["peer1"]),
    ]
    hr = world.users["hr"]
    refused("reason", cancel_class, actor=hr, course_class=course_class, reason="")
    cancel_class(actor=hr, course_class=course_class, reason="Narasumber sakit")
    assert {Enrolment.objects.get(pk=each.pk).state for each in made} == {"withdrawn"}
    assert Notice.objects.filter(text__contains="Narasumber sakit").count() == 2
    refused("state", cancel_class, actor=hr, course_class=course_class, reason="Lagi")


def test_capacity_is_kept_by_the_database(world):
    course_class = make_class(capacity=1)
    with pytest.raises(IntegrityError):
        CourseClass.objects.filter(pk=course_class.pk).update(seats_taken=2)


@pytest.fixture
def gap(world):
    """`employee` stands two below the standard in one competency, one below in another."""
    tier = world.positions["employee"].tier
    big, small, met = (make_competency(name=f"Kompetensi {n}") for n in ("Besar", "Kecil", "Cukup"))
    for competency in (big, small, met):
        require_level(competency, 2, tier=tier)
    attain(world.people["employee"], {big: 0, small: 1, met: 2})
    return big, small, met


def test_catalogue_puts_courses_for_my_gaps_first_and_says_why(world, gap):
    big, small, met = gap
    make_class(make_course("A cukup", {met: (0, 2)}))
    for number in range(3):
        make_class(make_course(f"B besar {number}", {big: (0, 2)}))
    make_class(make_course("C kecil", {small: (1, 2)}))
    make_class(make_course("D terlalu tinggi", {small: (2, 3)}))
    answer = world.client("employee").get("/pelatihan/")
    titles = [view.course.title for view in answer.context["cards"]]
    assert titles == ["B besar 0", "C kecil", "B besar 1"]
    text = answer.content.decode()
    assert "Untuk kesenjangan Anda" in text
    assert "Di bawah standar&nbsp;(−2)" in text
    assert answer.context["rows"][0].course.title == "B besar 2"


def test_catalogue_filters_stand_in_the_address(world, gap):
    big, small, _met = gap
    make_course("Berbayar", {big: (0, 2)}, cost=500_000)
    full = make_class(make_course("Penuh", {big: (0, 2)}, mode="daring"), capacity=1)
    make_enrolment(full, world.people["peer1"], Enrolment.State.CONFIRMED)
    make_class(make_course("Ada kuota", {small: (1, 2)}, kind=make_kind("NON-04")))
    make_course("Umum", {make_competency(): (0, 1)}, quantity=3)
    client = world.client("employee")

    def found(query):
        context = client.get(f"/pelatihan/?{query}").context
        return {view.course.title for view in [*context["cards"], *context["rows"]]}

    assert found("gratis=1") == {"Penuh", "Ada kuota", "Umum"}
    assert found("kuota=1") == {"Ada kuota"}
    assert found("cara=daring") == {"Penuh"}
    assert found(f"kompetensi={small.pk}") == {"Ada kuota"}
    assert found(f"jenis={make_kind('NON-04').pk}") == {"Ada kuota"}
    assert found("saya=1") == {"Berbayar", "Penuh", "Ada kuota"}
    assert found("singkat=1") == {"Umum"}
    assert found("q=kuota") == {"Ada kuota"}
    assert found("q=Kompetensi+Besar") == {"Berbayar", "Penuh"}
    assert found("cara=asal&kompetensi=x") == {"Berbayar", "Penuh", "Ada kuota", "Umum"}
    assert found("q=tidakada") == set()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (Enrolment.State.REQUESTED, "Menunggu persetujuan atasan langsung"),
        (Enrolment.State.CONFIRMED, "Terdaftar"),
        (Enrolment.State.WAITLISTED, "Daftar tunggu"),
    ],
)
def test_button_says_where_my_request_stands(world, state, words):
    course_class = make_class()
    make_enrolment(course_class, world.people["employee"], state)
    page = world.client("employee").get(f"/pelatihan/katalog/{course_class.course_id}/")
    text = page.content.decode()
    assert words in text
    assert f"/pelatihan/kelas/{course_class.pk}/ajukan/" not in text


def test_button_of_a_full_class_leads_to_the_waiting_list(world):
    course_class = make_class(capacity=1)
    make_enrolment(course_class, world.people["peer1"], Enrolment.State.CONFIRMED)
    make_enrolment(course_class, world.people["peer2"], Enrolment.State.WAITLISTED)
    text = world.client("employee").get("/pelatihan/").content.decode()
    assert "Penuh, 1 menunggu" in text
    assert "Daftar tunggu" in text
    assert f"/pelatihan/kelas/{course_class.pk}/ajukan/" in text


def test_button_of_a_closed_class_says_when(world):
    course_class = make_class(enrol_until=today() - DAY)
    text = world.client("employee").get(f"/pelatihan/katalog/{course_class.course_id}/")
    assert "Ditutup" in text.content.decode()


def test_catalogue_needs_at_most_fifteen_statements_whatever_its_size(world, gap):
    big, small, met = gap

    def statements():
        client = world.client("employee")
        with CaptureQueriesContext(connection) as caught:
            assert client.get("/pelatihan/").status_code == 200
        return [q["sql"] for q in caught if "SAVEPOINT" not in q["sql"]]

    make_class(make_course("Satu", {big: (0, 2)}))
    few = statements()
    for number in range(30):
        for competency in (big, small, met):
            make_class(make_course(f"Pelatihan {number}", {competency: (0, 2)}))
    many = statements()
    assert len(few) == len(many)
    assert len(many) <= 15, "\n".join(many)


def test_lists_of_hr_need_the_same_statements_for_any_number(world):
    competency = make_competency()

    def statements(address):
        client = world.client("hr")
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address).status_code == 200
        return len([q for q in caught if "SAVEPOINT" not in q["sql"]])

    addresses = ["/pelatihan/kelola/kelas/", "/pelatihan/kelola/katalog/", "/pelatihan/rencana/"]
    make_class(make_course("Satu", {competency: (0, 1)}), world.root)
    few = [statements(each) for each in addresses]
    for number in range(20):
        make_class(make_course(f"Pelatihan {number}", {competency: (0, 1)}), world.root)
    many = [statements(each) for each in addresses]
    assert few == many
    assert max(many) <= 15
