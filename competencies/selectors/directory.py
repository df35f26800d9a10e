"""Lists of people, units and posts: what a line shows, in a fixed number of statements."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import (
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from competencies.models import (
    Assignment,
    CurrentLevel,
    Employee,
    EmployeeNumber,
    EmployeeStatus,
    Position,
    RoleGrant,
    Supervision,
    Unit,
)
from competencies.models.organisation import PositionQuerySet
from competencies.models.people import EmployeeQuerySet, granted_units
from competencies.selectors.people import definitive_assignments
from competencies.selectors.standards import standards_of
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One line of the list of people. `supervisor` empty: nobody is recorded."""

    employee: Employee
    nip: str
    position: Position | None
    supervisor: str
    assessed: int
    required: int


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """How many people the tabs of the list hold."""

    at_work: int
    without_supervisor: int
    without_account: int
    away: int


def people_with_state(user: User) -> EmployeeQuerySet:
    """People in view, with `works` and `is_supervised` as of today."""
    return Employee.objects.visible_to(user).annotate(
        works=Exists(
            EmployeeStatus.objects.filter(
                employee=OuterRef("pk"), status=EmployeeStatus.Status.ACTIVE
            ).on()
        ),
        is_supervised=Exists(Supervision.objects.filter(employee=OuterRef("pk")).on()),
    )


def people_counts(people: QuerySet[Employee]) -> PeopleCounts:
    """Counts of `people_with_state`, in one statement."""
    counts = people.aggregate(
        at_work=Count("pk", filter=Q(works=True)),
        without_supervisor=Count("pk", filter=Q(works=True, is_supervised=False)),
        without_account=Count("pk", filter=Q(works=True, user=None)),
        away=Count("pk", filter=Q(works=False)),
    )
    return PeopleCounts(**counts)


def with_line_columns(people: QuerySet[Employee]) -> QuerySet[Employee]:
    """Adds NIP and supervisor's name for the rows of one page."""
    on_day = Supervision.objects.filter(employee=OuterRef("pk")).on()
    return people.select_related("user").annotate(
        nip=Subquery(
            EmployeeNumber.objects.filter(employee=OuterRef("pk"), is_current=True).values("nip")[
                :1
            ]
        ),
        supervisor_name=Subquery(on_day.values("supervisor__name")[:1]),
    )


def person_lines(people: Sequence[Employee]) -> list[PersonLine]:
    """Lines of one page of `with_line_columns`; three statements."""
    posts = definitive_assignments(person.pk for person in people)
    positions = {post.position_id: post.position for post in posts.values()}
    standards = standards_of(positions.values())
    day = today()
    levels: dict[int, set[int]] = {}
    valid = Q(valid_until=None) | Q(valid_until__gte=day)
    for employee_id, competency_id in CurrentLevel.objects.filter(
        valid, employee__in=[person.pk for person in people]
    ).values_list("employee_id", "competency_id"):
        levels.setdefault(employee_id, set()).add(competency_id)
    lines = []
    for person in people:
        post = posts.get(person.pk)
        required = {item.competency.pk for item in standards[post.position_id]} if post else set()
        lines.append(
            PersonLine(
                employee=person,
                nip=getattr(person, "nip", "") or "",
                position=post.position if post else None,
                supervisor=getattr(person, "supervisor_name", "") or "",
                assessed=len(required & levels.get(person.pk, set())),
                required=len(required),
            )
        )
    return lines


def found_by_text(people: QuerySet[Employee], text: str) -> QuerySet[Employee]:
    """People whose name, NIP or post holds the text; digits with spaces are a NIP."""
    digits = "".join(ch for ch in text if ch not in " .'\u00a0")
    if digits.isascii() and digits.isdigit():
        return people.filter(
            Exists(EmployeeNumber.objects.filter(employee=OuterRef("pk"), nip__contains=digits))
        )
    in_post = Assignment.objects.filter(
        employee=OuterRef("pk"), position__name__icontains=text
    ).on()
    return people.filter(Q(name__icontains=text) | Exists(in_post))


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One line of the unit tree; counts include everything below."""

    unit: Unit
    depth: int
    people: int
    seats: int
    head: str

    @property
    def indent(self) -> str:
        """Wide spaces before the name, one a level."""
        return "\u2003" * (self.depth - 1)


def unit_lines(units: Iterable[Unit]) -> list[UnitLine]:
    """Lines of the tree with people and seats of each whole subtree; three statements."""
    shown = list(units)
    people: Counter[str] = Counter()
    seats: Counter[str] = Counter()
    rows = (
        Assignment.objects.on()
        .filter(kind=Assignment.Kind.DEFINITIVE)
        .values_list("position__unit__path")
        .annotate(number=Count("pk"))
    )
    for path, number in rows:
        _add_upwards(people, path, number)
    open_posts = Position.objects.filter(closed_on=None).order_by()
    for path, number in open_posts.values_list("unit__path", "seats"):
        _add_upwards(seats, path, number)
    heads: dict[int, str] = {}
    holders = (
        Assignment.objects.on()
        .filter(
            position__is_head=True,
            position__unit__in=shown,
            kind__in=[Assignment.Kind.DEFINITIVE, Assignment.Kind.ACTING_PLT],
        )
        .select_related("employee", "position")
        .order_by("-kind")
    )
    for holder in holders:
        acting = holder.kind == Assignment.Kind.ACTING_PLT
        name = holder.employee.full_name
        heads[holder.position.unit_id] = f"Plt. {name}" if acting else name
    return [
        UnitLine(
            unit=unit,
            depth=unit.depth,
            people=people[unit.path],
            seats=seats[unit.path],
            head=heads.get(unit.pk, ""),
        )
        for unit in shown
    ]


def _add_upwards(counts: Counter[str], path: str, number: int) -> None:
    for end in range(len(path), 0, -Unit.steplen):
        counts[path[:end]] += number


def positions_with_seats(user: User) -> PositionQuerySet:
    """Open posts with `held`, the number of people who hold them definitively today."""
    holders = (
        Assignment.objects.filter(position=OuterRef("pk"), kind=Assignment.Kind.DEFINITIVE)
        .on()
        .order_by()
        .values("position")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return (
        Position.objects.visible_to(user)
        .filter(closed_on=None)
        .select_related("unit", "tier")
        .annotate(
            held=Coalesce(Subquery(holders, output_field=IntegerField()), Value(0)),
        )
    )


def granted_positions(user: User) -> QuerySet[Position]:
    """Open posts in the trees of which the account is HR."""
    within = Q(pk__in=[])
    for root in granted_units(user, RoleGrant.Role.HR):
        within |= Q(unit__path__startswith=root.path)
    return Position.objects.filter(within, closed_on=None).select_related("unit")
