"""What launching a cycle would do, computed without writing anything.

The check panel, the launch and the admission of late people all read the same plan.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, Exists, OuterRef, Q

from competencies.models import Assignment, Employee, EmployeeStatus, Supervision
from competencies.models.periods import since
from competencies.selectors.standards import StandardItem, standards_of
from evaluations import rules
from evaluations.models import Appraisal, Cycle, FeedbackRequest, LeftOut
from gayungan_asn.accounts.clock import today

PATH_STEP = 4
NEARBY = 40
"""People of one unit looked at for one person: enough to choose from, however large it is."""


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """One supervisor and the days of the cycle's period under them."""

    supervisor_id: int
    period: DateRange
    days: int


@dataclass(frozen=True, slots=True)
class PlannedAppraisal:
    """One person as the appraisal would freeze them, and who would be asked."""

    employee: Employee
    assignment: Assignment
    standard: tuple[StandardItem, ...]
    asked_of_peers: frozenset[str]
    parts: tuple[PlannedPart, ...]
    peers: tuple[int, ...]
    peers_available: int
    subordinates: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """Everybody of the population: with an appraisal, or left out and why."""

    appraisals: tuple[PlannedAppraisal, ...] = ()
    left_out: tuple[tuple[Employee, str], ...] = ()
    wants_peers: bool = False

    @property
    def total(self) -> int:
        """People of the population."""
        return len(self.appraisals) + len(self.left_out)

    def lacking(self, reason: str) -> list[Employee]:
        """People left out for one reason."""
        return [employee for employee, why in self.left_out if why == reason]

    @property
    def few_peers(self) -> dict[int, list[Employee]]:
        """People whose peers are too few to be asked, by how many there are."""
        found: dict[int, list[Employee]] = defaultdict(list)
        if self.wants_peers:
            for planned in self.appraisals:
                if not planned.peers:
                    found[planned.peers_available].append(planned.employee)
        return dict(sorted(found.items()))

    @property
    def most_per_supervisor(self) -> int:
        """People of the supervisor with most of them."""
        return max(
            Counter(p.supervisor_id for a in self.appraisals for p in a.parts).values(), default=0
        )

    @property
    def most_per_peer(self) -> int:
        """Forms of the peer with most of them."""
        return max(Counter(pk for a in self.appraisals for pk in a.peers).values(), default=0)


@dataclass(slots=True)
class _People:
    """The organisation around a cycle, read in a fixed number of statements."""

    posts: dict[int, Assignment]
    active: set[int]
    supervisors: dict[int, int]
    history: dict[int, list[Supervision]]
    by_path: dict[str, list[int]] = field(default_factory=dict)
    path_of: dict[int, str] = field(default_factory=dict)
    heads: set[int] = field(default_factory=set)
    paths_below: dict[str, list[str]] = field(default_factory=dict)
    above: dict[int, frozenset[int]] = field(default_factory=dict)

    def superiors(self, pk: int) -> frozenset[int]:
        """Everybody above a person, up to the top."""
        known = self.above.get(pk)
        if known is None:
            chain: list[int] = []
            boss = self.supervisors.get(pk)
            while boss is not None and boss not in chain and boss != pk:
                chain.append(boss)
                boss = self.supervisors.get(boss)
            known = self.above[pk] = frozenset(chain)
        return known


def reference_day(cycle: Cycle) -> dt.date:
    """The day whose post and standard count: the cycle's last, or today while it runs."""
    last = cycle.period.upper - dt.timedelta(days=1)
    return min(today(), last)


def _posts(root_path: str, day: dt.date) -> dict[int, Assignment]:
    """Definitive posts in a tree: of the day, else of today."""
    found: dict[int, Assignment] = {}
    rows = (
        Assignment.objects.filter(
            Q(period__contains=day) | Q(period__contains=today()),
            kind=Assignment.Kind.DEFINITIVE,
            position__unit__path__startswith=root_path,
        )
        .select_related("position__unit", "position__tier", "employee")
        .order_by("employee_id", "period")
    )
    for row in rows:
        if row.employee_id not in found or day not in found[row.employee_id].period:
            found[row.employee_id] = row
    return found


def _read(cycle: Cycle) -> _People:
    parent = cycle.unit.path[:-PATH_STEP] or cycle.unit.path
    day = reference_day(cycle)
    posts = _posts(parent, day)
    people = _People(
        posts=posts,
        active=set(
            EmployeeStatus.objects.on()
            .filter(status=EmployeeStatus.Status.ACTIVE)
            .values_list("employee_id", flat=True)
        ),
        supervisors=dict(Supervision.objects.on().values_list("employee_id", "supervisor_id")),
        history=defaultdict(list),
    )
    inside = Assignment.objects.filter(
        Q(period__contains=day) | Q(period__contains=today()),
        kind=Assignment.Kind.DEFINITIVE,
        position__unit__path__startswith=cycle.unit.path,
    )
    for row in Supervision.objects.filter(
        employee__in=inside.values("employee"), period__overlap=cycle.period
    ):
        people.history[row.employee_id].append(row)
    for pk, post in sorted(posts.items()):
        if pk not in people.active:
            continue
        path = post.position.unit.path
        people.path_of[pk] = path
        people.by_path.setdefault(path, []).append(pk)
        if post.position.is_head:
            people.heads.add(pk)
    for path in people.by_path:
        for end in range(PATH_STEP, len(path) + 1, PATH_STEP):
            people.paths_below.setdefault(path[:end], []).append(path)
    return people


def planned_parts(
    cycle: Cycle, supervisor_id: int, history: Iterable[Supervision], active: Collection[int]
) -> tuple[PlannedPart, ...]:
    """Who rates which days: each supervisor of the period who still serves, once.

    Today's supervisor always has a part: the whole period where nothing is recorded,
    the last day where they came after it.
    """
    start, end = cycle.period.lower, cycle.period.upper
    spans: dict[int, list[tuple[dt.date, dt.date]]] = {}
    for row in history:
        if row.supervisor_id != supervisor_id and row.supervisor_id not in active:
            continue
        lower = max(row.period.lower or start, start)
        upper = min(row.period.upper or end, end)
        if lower < upper:
            spans.setdefault(row.supervisor_id, []).append((lower, upper))
    if not spans:
        spans[supervisor_id] = [(start, end)]
    spans.setdefault(supervisor_id, [(end - dt.timedelta(days=1), end)])
    parts = [
        PlannedPart(
            supervisor_id=pk,
            period=since(min(lower for lower, _ in days), max(upper for _, upper in days)),
            days=sum((upper - lower).days for lower, upper in days),
        )
        for pk, days in spans.items()
    ]
    return tuple(sorted(parts, key=lambda part: (part.period.lower, part.supervisor_id)))


def _nearby(group: Sequence[int], subject: int) -> Sequence[int]:
    """All of a small group; of a large one those who follow the subject in turn."""
    if len(group) <= NEARBY:
        return group
    after = next((i for i, pk in enumerate(group) if pk > subject), 0)
    return [*group[after : after + NEARBY], *group[: max(0, after + NEARBY - len(group))]]


def _candidates(
    people: _People, subject: int, path: str, wanted: int, raters: Collection[int]
) -> list[tuple[int, int, int]]:
    """(person, closeness, 0): own unit, then sibling units, then the parent's tree, and so on.

    Beyond the own unit those of the same standing (heads for a head) come first. Never
    the person, anybody above, or anybody below.
    """
    found: list[tuple[int, int, int]] = []
    seen: set[str] = set()

    def take(paths: Iterable[str], rank: int) -> None:
        for near in sorted(set(paths) - seen):
            seen.add(near)
            for pk in _nearby(people.by_path.get(near, ()), subject):
                if pk == subject or pk in raters or subject in people.superiors(pk):
                    continue
                alike = (pk in people.heads) == (subject in people.heads)
                found.append((pk, rank if rank == 0 or alike else rank + 1, 0))

    take([path], 0)
    rank = 2
    around = path
    while len(found) < wanted and len(around) > PATH_STEP:
        parent = around[:-PATH_STEP]
        below = people.paths_below.get(parent, [])
        take([near for near in below if len(near) == len(around)], rank)
        if len(found) < wanted:
            take([parent, *below], rank + 2)
        around, rank = parent, rank + 4
    return found


def plan_launch(cycle: Cycle, *, only_new: bool = False) -> LaunchPlan:
    """What launching would do; with `only_new`, for people who have no appraisal yet.

    A fixed number of statements whatever the population. The cycle need not be saved:
    the check panel asks with values still being typed.
    """
    people = _read(cycle)
    day = reference_day(cycle)
    wanted = {
        pk: post
        for pk, post in people.posts.items()
        if post.position.unit.path.startswith(cycle.unit.path)
        and (not cycle.employment_kinds or post.employee.employment_kind in cycle.employment_kinds)
    }
    load: Counter[int] = Counter()
    if only_new:
        having = set(Appraisal.objects.filter(cycle=cycle).values_list("employee_id", flat=True))
        wanted = {pk: post for pk, post in wanted.items() if pk not in having}
        load.update(_loads(cycle))
    left_out = [(employee, str(LeftOut.Reason.NO_POSITION)) for employee in _without_post(cycle)]
    standards = _standards(cycle, wanted, day)
    reports: dict[int, list[int]] = defaultdict(list)
    for pk, boss in sorted(people.supervisors.items()):
        if pk in people.path_of:
            reports[boss].append(pk)
    wants_peers = cycle.rates_competencies and cycle.weight_peer > 0
    planned: list[PlannedAppraisal] = []
    for pk, post in sorted(wanted.items()):
        supervisor = people.supervisors.get(pk)
        standard = standards.get(post.position_id, ())
        if pk not in people.active:
            left_out.append((post.employee, str(LeftOut.Reason.NOT_ACTIVE)))
            continue
        if supervisor is None:
            left_out.append((post.employee, str(LeftOut.Reason.NO_SUPERVISOR)))
            continue
        if cycle.rates_competencies and not standard:
            left_out.append((post.employee, str(LeftOut.Reason.NO_STANDARD)))
            continue
        parts = planned_parts(cycle, supervisor, people.history[pk], people.active)
        peers, available = _peers(cycle, people, pk, post, parts, load) if wants_peers else ((), 0)
        below = tuple(report for report in reports[pk] if report != pk)
        asks_below = (
            cycle.rates_competencies
            and cycle.weight_subordinate > 0
            and len(below) >= cycle.peers_minimum
        )
        planned.append(
            PlannedAppraisal(
                employee=post.employee,
                assignment=post,
                standard=standard,
                asked_of_peers=_asked(cycle, standard),
                parts=parts,
                peers=peers,
                peers_available=available,
                subordinates=below if asks_below else (),
            )
        )
    return LaunchPlan(tuple(planned), tuple(left_out), wants_peers)


def _peers(
    cycle: Cycle,
    people: _People,
    pk: int,
    post: Assignment,
    parts: Sequence[PlannedPart],
    load: Counter[int],
) -> tuple[tuple[int, ...], int]:
    raters = {part.supervisor_id for part in parts} | people.superiors(pk)
    candidates = _candidates(people, pk, post.position.unit.path, cycle.peers_invited, raters)
    chosen = rules.choose_peers(pk, candidates, cycle.peers_invited, cycle.peers_minimum, load=load)
    load.update(chosen)
    return chosen, len(candidates)


def _asked(cycle: Cycle, standard: Iterable[StandardItem]) -> frozenset[str]:
    return frozenset(
        rules.peer_competencies(
            [
                (item.competency.code, item.competency.type, item.required_level, item.is_critical)
                for item in standard
            ],
            cycle.peer_competencies,
        )
    )


def _standards(
    cycle: Cycle, posts: Mapping[int, Assignment], day: dt.date
) -> dict[int, tuple[StandardItem, ...]]:
    """Standards of the day; today's where none was set by then."""
    if not cycle.rates_competencies:
        return {}
    positions = {post.position_id: post.position for post in posts.values()}
    found = standards_of(positions.values(), day)
    missing = [position for pk, position in positions.items() if not found[pk]]
    if missing and day != today():
        found |= standards_of(missing)
    return found


def _loads(cycle: Cycle) -> dict[int, int]:
    return dict(
        FeedbackRequest.objects.filter(appraisal__cycle=cycle, relation="peer")
        .exclude(state=FeedbackRequest.State.WITHDRAWN)
        .values("rater_id")
        .annotate(n=Count("pk"))
        .values_list("rater_id", "n")
    )


def _without_post(cycle: Cycle) -> list[Employee]:
    """Active people without a post: a matter of the root's cycle, where nobody else is told."""
    if cycle.unit.depth > 1:
        return []
    definitive = Assignment.objects.filter(
        Q(period__contains=today()) | Q(period__contains=reference_day(cycle)),
        employee=OuterRef("pk"),
        kind=Assignment.Kind.DEFINITIVE,
    )
    rows = Employee.objects.active().filter(~Exists(definitive))
    if cycle.employment_kinds:
        rows = rows.filter(employment_kind__in=cycle.employment_kinds)
    return list(rows)
