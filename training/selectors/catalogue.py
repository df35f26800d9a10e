"""The catalogue as one person sees it: what helps the own gaps first, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from competencies.models import Competency, Employee
from competencies.selectors.gaps import GapRow
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from training.models import Course, CourseClass, CourseOutcome, DevelopmentKind, Enrolment
from training.selectors.dates import day_words, days_words

SHORT_HOURS = 4
NEARLY_FULL = Decimal("0.85")
PAGE_SIZE = 12
SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class CatalogueFilters:
    """What the address asks for; empty means everything."""

    q: str = ""
    competency: int | None = None
    mode: str = ""
    kind: int | None = None
    for_gaps: bool = False
    free: bool = False
    seats: bool = False
    short: bool = False


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """Choices of the filters: competencies and kinds as (pk, name)."""

    competencies: tuple[tuple[int, str], ...]
    kinds: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class as the person who looks at it finds it.

    `state`: open, full, waiting_list, requested, enrolled, completed, failed, not_yet,
    closed, cancelled. `can_request` says whether the button leads to the check page.
    """

    pk: int
    code: str
    days: str
    place: str
    link: str
    seats_left: int
    capacity: int
    seats_taken: int
    waiting: int
    state: str
    label: str
    can_request: bool
    own_enrolment: int | None

    @property
    def nearly_full(self) -> bool:
        """True where few seats are left."""
        return self.seats_left > 0 and self.seats_taken >= NEARLY_FULL * self.capacity

    @property
    def is_full(self) -> bool:
        """True where no seat is left."""
        return self.seats_left <= 0


@dataclass(frozen=True, slots=True)
class Why:
    """The own gap a course helps."""

    competency: str
    gap: int
    to_level: int


@dataclass(frozen=True, slots=True)
class CourseView:
    """A course in the catalogue with its next class and why it is suggested."""

    course: Course
    outcomes: tuple[CourseOutcome, ...]
    why: tuple[Why, ...]
    next_class: ClassView | None
    classes: tuple[ClassView, ...] = field(default=())


def filter_options() -> FilterOptions:
    """Competencies and kinds that the catalogue has; one statement."""
    competencies = (
        Competency.objects.filter(pk__in=CourseOutcome.objects.values("competency"))
        .order_by()
        .values_list("display_order", "pk", "name")
    )
    kinds = (
        DevelopmentKind.objects.filter(pk__in=Course.objects.values("kind"))
        .order_by()
        .annotate(order=F("pk") * 0 - 1)
        .values_list("order", "pk", "name")
    )
    rows = sorted(competencies.union(kinds, all=True), key=lambda row: (row[0], row[2]))
    return FilterOptions(
        competencies=tuple((pk, name) for order, pk, name in rows if order >= 0),
        kinds=tuple((pk, name) for order, pk, name in rows if order < 0),
    )


def matching_courses(user: User, filters: CatalogueFilters) -> QuerySet[Course]:
    """Published courses that fit the filters."""
    courses = Course.objects.visible_to(user).filter(is_published=True)
    if filters.q:
        courses = courses.filter(
            Q(title__icontains=filters.q)
            | Q(summary__icontains=filters.q)
            | Q(provider__name__icontains=filters.q)
            | Exists(
                CourseOutcome.objects.filter(
                    course=OuterRef("pk"), competency__name__icontains=filters.q
                )
            )
        )
    if filters.competency:
        courses = courses.filter(
            Exists(
                CourseOutcome.objects.filter(course=OuterRef("pk"), competency=filters.competency)
            )
        )
    if filters.mode:
        courses = courses.filter(mode=filters.mode)
    if filters.kind:
        courses = courses.filter(kind=filters.kind)
    if filters.free:
        courses = courses.filter(cost=0)
    if filters.short:
        courses = courses.filter(hours__lte=SHORT_HOURS)
    if filters.seats:
        courses = courses.filter(
            Exists(open_classes().filter(course=OuterRef("pk"), seats_taken__lt=F("capacity")))
        )
    return courses


def open_classes() -> QuerySet[CourseClass]:
    """Classes that can be asked for today, full ones too."""
    return CourseClass.objects.filter(
        state=CourseClass.State.OPEN, opens_on__lte=today(), enrol_until__gte=today()
    )


def ordered_ids(courses: QuerySet[Course], gaps: Sequence[GapRow]) -> tuple[list[int], int]:
    """Course ids, those that help a gap first, and how many do; one statement.

    The suggestions go round: one for each gap in order of urgency, then the next ones;
    of one gap first what can be asked for now, then what leads nearest to the standard.
    """
    urgent = [row for row in gaps if row.gap is not None and row.gap < 0]
    levels = {row.competency.pk: (order, row) for order, row in enumerate(urgent)}
    rows = (
        courses.annotate(
            helping=FilteredRelation(
                "outcomes", condition=Q(outcomes__competency__in=list(levels) or [0])
            ),
            is_open=Exists(open_classes().filter(course=OuterRef("pk"))),
        )
        .order_by("title", "pk")
        .values_list(
            "pk",
            "cost",
            "is_open",
            "helping__competency",
            "helping__from_level",
            "helping__to_level",
        )
    )
    place: dict[int, int] = {}
    per_gap: dict[int, list[tuple[Any, ...]]] = {}
    for pk, cost, is_open, competency_id, start, end in rows:
        place.setdefault(pk, len(place))
        if competency_id is None:
            continue
        order, row = levels[competency_id]
        if row.attained is not None and start <= row.attained < end:
            reached = min(end, row.required)
            per_gap.setdefault(order, []).append((not is_open, -reached, cost, place[pk], pk))
    suggested: list[int] = []
    queues = [sorted(per_gap[order], reverse=True) for order in sorted(per_gap)]
    while any(queues):
        for queue in queues:
            while queue and queue[-1][-1] in suggested:
                queue.pop()
            if queue:
                suggested.append(queue.pop()[-1])
    known = set(suggested)
    return [*suggested, *(pk for pk in place if pk not in known)], len(suggested)


def course_views(
    ids: Sequence[int], gaps: Sequence[GapRow], employee: Employee | None
) -> list[CourseView]:
    """Courses in that order, with outcomes and classes; two statements.

    A third one only where a course has no outcome at all.
    """
    courses: dict[int, Course] = {}
    outcomes: dict[int, list[CourseOutcome]] = {}
    for outcome in CourseOutcome.objects.filter(course__in=ids).select_related(
        "competency", "course__kind", "course__provider"
    ):
        courses[outcome.course_id] = outcome.course
        outcomes.setdefault(outcome.course_id, []).append(outcome)
    bare = [pk for pk in ids if pk not in courses]
    if bare:
        courses |= {
            course.pk: course
            for course in Course.objects.filter(pk__in=bare).select_related("kind", "provider")
        }
    classes = class_views(ids, employee)
    views = []
    for pk in ids:
        rows = tuple(sorted(outcomes.get(pk, ()), key=lambda each: each.competency.display_order))
        own = classes.get(pk, [])
        coming = [each for each in own if each.state not in ("cancelled", "failed")]
        first = next((each for each in coming if each.own_enrolment), None) or next(
            (each for each in coming if each.can_request), None
        )
        views.append(
            CourseView(
                course=courses[pk],
                outcomes=rows,
                why=why_of(rows, gaps),
                next_class=first or (coming[0] if coming else None),
                classes=tuple(own),
            )
        )
    return views


def why_of(outcomes: Iterable[CourseOutcome], gaps: Sequence[GapRow]) -> tuple[Why, ...]:
    """The own gaps a course helps, most urgent first."""
    by_competency = {outcome.competency_id: outcome for outcome in outcomes}
    found = []
    for row in gaps:
        outcome = by_competency.get(row.competency.pk)
        if outcome is None or row.gap is None or row.gap >= 0 or row.attained is None:
            continue
        if outcome.from_level <= row.attained < outcome.to_level:
            found.append(Why(row.competency.name, row.gap, min(outcome.to_level, row.required)))
    return tuple(found)


def class_views(
    course_ids: Sequence[int], employee: Employee | None, *, only: int | None = None
) -> dict[int, list[ClassView]]:
    """Classes that have not ended, by course, the earliest first; one statement."""
    own = Enrolment.objects.filter(
        course_class=OuterRef("pk"), employee=employee.pk if employee else None
    ).exclude(state__in=[Enrolment.State.REJECTED, Enrolment.State.WITHDRAWN])
    classes = (
        CourseClass.objects.filter(course__in=course_ids)
        .annotate(
            own_state=Subquery(own.values("state")[:1]),
            own_pk=Subquery(own.values("pk")[:1]),
            waiting=Count("enrolments", filter=Q(enrolments__state=Enrolment.State.WAITLISTED)),
        )
        .order_by("period", "pk")
    )
    if only is not None:
        classes = classes.filter(pk=only)
    else:
        classes = classes.filter(period__endswith__gt=today())
    found: dict[int, list[ClassView]] = {}
    for course_class in classes:
        found.setdefault(course_class.course_id, []).append(_class_view(course_class))
    return found


def _class_view(course_class: Any) -> ClassView:
    state, label = _state_of(course_class)
    return ClassView(
        pk=course_class.pk,
        code=course_class.code,
        days=days_words(course_class),
        place=course_class.place,
        link=course_class.link,
        seats_left=course_class.seats_left,
        capacity=course_class.capacity,
        seats_taken=course_class.seats_taken,
        waiting=course_class.waiting,
        state=state,
        label=label,
        can_request=state in ("open", "full"),
        own_enrolment=course_class.own_pk,
    )


OWN_STATES = {
    Enrolment.State.REQUESTED: "requested",
    Enrolment.State.APPROVED: "enrolled",
    Enrolment.State.CONFIRMED: "enrolled",
    Enrolment.State.ATTENDED: "enrolled",
    Enrolment.State.WAITLISTED: "waiting_list",
    Enrolment.State.COMPLETED: "completed",
    Enrolment.State.FAILED: "failed",
}


def _state_of(course_class: Any) -> tuple[str, str]:
    if course_class.own_state:
        own = Enrolment.State(course_class.own_state)
        return OWN_STATES[own], str(own.label)
    if course_class.state == CourseClass.State.CANCELLED:
        return "cancelled", _("Dibatalkan")
    if course_class.state == CourseClass.State.DONE:
        return "closed", _("Selesai")
    if today() < course_class.opens_on:
        return "not_yet", _("Dibuka %(day)s") % {"day": day_words(course_class.opens_on)}
    if today() > course_class.enrol_until:
        return "closed", _("Ditutup %(day)s") % {"day": day_words(course_class.enrol_until)}
    if course_class.seats_left <= 0:
        return "full", _("Penuh")
    return "open", _("Ajukan")
