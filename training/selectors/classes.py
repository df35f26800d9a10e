"""Lists behind the catalogue, for HR."""

from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from competencies.models import Assignment, RoleGrant
from competencies.models.people import granted_units
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from training.models import Course, CourseClass, Enrolment

WAITING = Count("enrolments", filter=Q(enrolments__state=Enrolment.State.WAITLISTED))
ASKED = Count("enrolments", filter=Q(enrolments__state=Enrolment.State.REQUESTED))
OPEN_STATES = [
    Enrolment.State.APPROVED,
    Enrolment.State.CONFIRMED,
    Enrolment.State.ATTENDED,
]
WITHOUT_RESULT = Count("enrolments", filter=Q(enrolments__state__in=OPEN_STATES))


def class_list(user: User, *, when: str = "", q: str = "") -> QuerySet[CourseClass]:
    """Classes of the account's trees with their figures.

    `when`: coming (default), results (begun, somebody without result), past, cancelled.
    """
    within = Q(pk__in=[])
    for root in granted_units(user, RoleGrant.Role.HR):
        within |= Q(unit__path__startswith=root.path)
    classes = (
        CourseClass.objects.filter(within)
        .select_related("course", "unit")
        .annotate(waiting=WAITING, asked=ASKED, without_result=WITHOUT_RESULT)
    )
    if q:
        classes = classes.filter(Q(course__title__icontains=q) | Q(code__icontains=q))
    cancelled = Q(state=CourseClass.State.CANCELLED)
    if when == "results":
        return classes.filter(
            ~cancelled, period__startswith__lte=today(), without_result__gt=0
        ).order_by("period", "pk")
    if when == "past":
        return classes.filter(~cancelled, period__endswith__lte=today()).order_by(
            F("period").desc(), "pk"
        )
    if when == "cancelled":
        return classes.filter(cancelled).order_by(F("period").desc(), "pk")
    return classes.filter(~cancelled, period__endswith__gt=today()).order_by("period", "pk")


def course_list(*, q: str = "", shown: str = "", mode: str = "") -> QuerySet[Course]:
    """Every course with the number of its coming classes and what it develops."""
    courses = (
        Course.objects.select_related("kind", "provider")
        .annotate(
            coming=Count(
                "classes",
                filter=Q(
                    classes__period__endswith__gt=today(), classes__state=CourseClass.State.OPEN
                ),
            )
        )
        .order_by("title", "pk")
    )
    if q:
        courses = courses.filter(Q(title__icontains=q) | Q(provider__name__icontains=q))
    if shown in ("ya", "tidak"):
        courses = courses.filter(is_published=shown == "ya")
    if mode in Course.Mode.values:
        courses = courses.filter(mode=mode)
    return courses


def participants(course_class: CourseClass) -> QuerySet[Any]:
    """Places of a class with each person's unit: seated, waiting, asked, then the rest."""
    post = Assignment.objects.on().filter(
        employee=OuterRef("employee"), kind=Assignment.Kind.DEFINITIVE
    )
    return (
        Enrolment.objects.filter(course_class=course_class)
        .exclude(state__in=[Enrolment.State.REJECTED, Enrolment.State.WITHDRAWN])
        .select_related("employee")
        .annotate(unit_name=Subquery(post.values("position__unit__name")[:1]))
        .order_by("waiting_since", "employee__name", "pk")
    )
