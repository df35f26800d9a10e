"""Rows of training_enrolment, training_session, course."""

import datetime as dt

from competencies.models.periods import since
from conftest import World
from gayungan_asn.accounts.clock import today
from reports.tests.matrix.attempts import Attempt, Key, answer, get, post
from training.models import Course, CourseClass, DevelopmentKind, Enrolment, Provider


def make_class(world: World, capacity: int = 2, starts_in: int = 20) -> CourseClass:
    """A published course with one open class."""
    kind, _made = DevelopmentKind.objects.get_or_create(
        code="KLA-08",
        defaults={
            "route": "klasikal",
            "name": "Kursus",
            "unit": "jp",
            "rule_text": "Sesuai JP",
            "hours_per_unit": 1,
        },
    )
    provider, _made = Provider.objects.get_or_create(name="Penyelenggara")
    number = Course.objects.count() + 1
    course = Course.objects.create(
        code=f"C{number}",
        title=f"Kursus {number}",
        kind=kind,
        provider=provider,
        mode=Course.Mode.CLASSROOM,
        quantity=4,
        hours=4,
        is_published=True,
    )
    start = today() + dt.timedelta(days=starts_in)
    return CourseClass.objects.create(
        course=course,
        unit=world.root,
        code=f"K{number}",
        period=since(start, start + dt.timedelta(days=2)),
        capacity=capacity,
        opens_on=today() - dt.timedelta(days=10),
        enrol_until=start - dt.timedelta(days=1),
        withdraw_until=start - dt.timedelta(days=1),
    )


def make_enrolment(world: World, persona: str, state: str = "requested") -> Enrolment:
    """Somebody's request for a class."""
    course_class = make_class(world)
    if state in Enrolment.SEATED:
        CourseClass.objects.filter(pk=course_class.pk).update(seats_taken=1)
    return Enrolment.objects.create(
        course_class=course_class, employee=world.people[persona], state=state
    )


def _enrol(world: World) -> bool:
    course_class = make_class(world)
    allowed = answer(post(world, "employee", "training:enrol", course_class.pk))
    assert Enrolment.objects.get().employee == world.people["employee"]
    return allowed


def _enrol_somebody_else(world: World) -> bool:
    course_class, other = make_class(world), world.people["peer1"]
    post(
        world,
        "employee",
        "training:enrol",
        course_class.pk,
        employee=other.pk,
        employee_id=other.pk,
    )
    return Enrolment.objects.filter(employee=other).exists()


def _withdraw(world: World) -> bool:
    enrolment = make_enrolment(world, "employee")
    allowed = answer(post(world, "employee", "training:enrolment-withdraw", enrolment.pk))
    assert Enrolment.objects.get().state == "withdrawn"
    return allowed


def _approve(persona: str, owner: str) -> Attempt:
    def attempt(world: World) -> bool:
        enrolment = make_enrolment(world, owner)
        allowed = answer(post(world, persona, "training:enrolment-approve", enrolment.pk))
        taken = CourseClass.objects.get().seats_taken
        assert taken == (1 if allowed else 0)
        return allowed

    return attempt


def _class_form(persona: str) -> Attempt:
    def attempt(world: World) -> bool:
        return answer(get(world, persona, "training:class-update", make_class(world).pk))

    return attempt


def _course_form(persona: str) -> Attempt:
    def attempt(world: World) -> bool:
        return answer(get(world, persona, "training:course-update", make_class(world).course_id))

    return attempt


def _course(world: World) -> bool:
    return answer(get(world, "employee", "training:course-detail", make_class(world).course_id))


CASES: dict[Key, Attempt] = {
    ("asn", "training_enrolment", "create", "own_open_session"): _enrol,
    ("asn", "training_enrolment", "create", "for_other"): _enrol_somebody_else,
    ("asn", "training_enrolment", "cancel", "own"): _withdraw,
    ("supervisor", "training_enrolment", "approve", "direct"): _approve("superior", "employee"),
    ("supervisor", "training_enrolment", "approve", "indirect"): _approve(
        "superior", "sub_employee"
    ),
    ("hr", "training_session", "update", "own_org"): _class_form("hr"),
    ("asn", "training_session", "update", "any"): _class_form("employee"),
    ("asn", "course", "view", "published"): _course,
    ("hr", "course", "update", "own_org"): _course_form("hr"),
    ("supervisor", "course", "update", "any"): _course_form("superior"),
}
