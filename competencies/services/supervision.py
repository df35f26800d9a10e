"""Whom everybody reports to, kept from the structure and from what HR decided."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from competencies.models import Assignment, Employee, EmployeeStatus, Supervision, Unit
from competencies.models.periods import since
from competencies.permissions.people import can_set_supervisor
from competencies.selectors.people import roles_of
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import record

_LOCK = 7_302_117
_END = dt.date.max
_GONE = (EmployeeStatus.Status.TRANSFERRED, EmployeeStatus.Status.RETIRED)
_LOOP = """
WITH RECURSIVE up(person, span) AS (
    SELECT supervisor_id, period * %(span)s::daterange FROM competencies_supervision
    WHERE employee_id = %(supervisor)s AND period && %(span)s::daterange
  UNION
    SELECT s.supervisor_id, s.period * up.span FROM competencies_supervision s
    JOIN up ON s.employee_id = up.person WHERE s.period && up.span
) SELECT 1 FROM up WHERE person = %(employee)s LIMIT 1
"""
_MOVE_END = """
UPDATE competencies_supervision s SET period = daterange(lower(s.period), v.upper)
FROM unnest(%s::bigint[], %s::date[]) AS v(id, upper) WHERE s.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody from a day up to and not including another (`_END`: open)."""

    start: dt.date
    end: dt.date
    person: int

    def covers(self, day: dt.date) -> bool:
        """True while it lasts."""
        return self.start <= day < self.end


@dataclass(frozen=True, slots=True)
class Post:
    """A definitive post during a span."""

    start: dt.date
    end: dt.date
    path: str
    is_head: bool


class Structure:
    """Heads, posts and absences from a day on, read in two statements."""

    def __init__(self, day: dt.date) -> None:
        self.day = day
        working: dict[int, list[Span]] = defaultdict(list)
        self.gone: dict[int, list[Span]] = defaultdict(list)
        window = since(day)
        for person, status, period in EmployeeStatus.objects.filter(
            period__overlap=window
        ).values_list("employee_id", "status", "period"):
            span = _span(period, person)
            if status == EmployeeStatus.Status.ACTIVE:
                working[person].append(span)
            elif status in _GONE:
                self.gone[person].append(span)
        self.posts: dict[int, list[Post]] = defaultdict(list)
        self.heads: dict[str, list[tuple[int, int, Span]]] = defaultdict(list)
        rows = Assignment.objects.filter(
            period__overlap=window,
            kind__in=[Assignment.Kind.DEFINITIVE, Assignment.Kind.ACTING_PLT],
        ).values_list(
            "employee_id",
            "kind",
            "period",
            "position__unit__path",
            "position__is_head",
            "position__closed_on",
            "pk",
        )
        for person, kind, period, path, is_head, closed_on, pk in rows:
            span = _span(period, person)
            definitive = kind == Assignment.Kind.DEFINITIVE
            if definitive:
                self.posts[person].append(Post(span.start, span.end, path, is_head))
            if is_head:
                end = min(span.end, closed_on or _END)
                for present in working[person]:
                    start, stop = max(span.start, present.start), min(end, present.end)
                    if start < stop:
                        order = 0 if definitive else 1
                        self.heads[path].append((order, pk, Span(start, stop, person)))
        for holders in self.heads.values():
            holders.sort(key=lambda holder: holder[:2])

    def head_on(self, path: str, day: dt.date) -> int | None:
        """Head of a unit: the definitive one at work, else a Plt. A Plh is none."""
        for _order, _pk, span in self.heads.get(path, ()):
            if span.covers(day):
                return span.person
        return None

    def supervisor_on(
        self, person: int, post: Post, day: dt.date, barred: frozenset[int]
    ) -> int | None:
        """Climb from one's unit to the first head who is neither oneself nor barred.

        A head, acting ones included, starts above the highest unit one heads oneself.
        """
        line = [post.path[:end] for end in range(len(post.path), 0, -Unit.steplen)]
        own = [at for at, path in enumerate(line) if self.head_on(path, day) == person]
        start = max([*(at + 1 for at in own), 1 if post.is_head else 0])
        for path in line[start:]:
            head = self.head_on(path, day)
            if head is not None and head != person and head not in barred:
                return head
        return None

    def spans_of(self, person: int, barred: frozenset[int]) -> list[Span]:
        """Whom the structure names for the person, from the day on, neighbours merged."""
        found: list[Span] = []
        for post in sorted(self.posts.get(person, ()), key=lambda post: post.start):
            edges = {max(post.start, self.day), post.end}
            line = [post.path[:end] for end in range(len(post.path), 0, -Unit.steplen)]
            for path in line:
                for _order, _pk, span in self.heads.get(path, ()):
                    edges |= {span.start, span.end}
            for span in self.gone.get(person, ()):
                edges |= {span.start, span.end}
            inside = sorted(edge for edge in edges if max(post.start, self.day) <= edge <= post.end)
            for start, end in pairwise(inside):
                if any(span.covers(start) for span in self.gone.get(person, ())):
                    continue
                supervisor = self.supervisor_on(person, post, start, barred)
                if supervisor is not None:
                    _append(found, Span(start, end, supervisor))
        return found


def _span(period: object, person: int) -> Span:
    lower, upper = period.lower, period.upper  # type: ignore[attr-defined]
    return Span(lower or dt.date.min, upper or _END, person)


def _append(spans: list[Span], new: Span) -> None:
    if spans and spans[-1].end == new.start and spans[-1].person == new.person:
        spans[-1] = Span(spans[-1].start, new.end, new.person)
    else:
        spans.append(new)


def _without(spans: Iterable[Span], taken: list[Span]) -> list[Span]:
    """The parts of `spans` that no span of `taken` covers."""
    left = list(spans)
    for hole in taken:
        rest: list[Span] = []
        for span in left:
            if span.end <= hole.start or hole.end <= span.start:
                rest.append(span)
                continue
            if span.start < hole.start:
                rest.append(Span(span.start, hole.start, span.person))
            if hole.end < span.end:
                rest.append(Span(hole.end, span.end, span.person))
        left = rest
    return left


def _loops(wanted: dict[int, list[Span]]) -> Iterator[list[int]]:
    """People who would report to themselves through others, one list a loop."""
    leaders = {span.person for spans in wanted.values() for span in spans}
    days = {span.start for leader in leaders for span in wanted.get(leader, ())}
    seen: set[frozenset[int]] = set()
    for day in sorted(days):
        above = {
            leader: span.person
            for leader in leaders
            for span in wanted.get(leader, ())
            if span.covers(day)
        }
        for leader in sorted(above):
            line: list[int] = []
            at: int | None = leader
            while at is not None and at not in line:
                line.append(at)
                at = above.get(at)
            if at is not None:
                loop = line[line.index(at) :]
                if frozenset(loop) not in seen:
                    seen.add(frozenset(loop))
                    yield loop


def _wanted(structure: Structure, overrides: dict[int, list[Span]]) -> dict[int, list[Span]]:
    """What the structure says of everybody where no override lies; without loops."""
    barred: dict[int, frozenset[int]] = defaultdict(frozenset)
    rows = {
        person: _without(structure.spans_of(person, barred[person]), overrides.get(person, []))
        for person in structure.posts
    }
    while True:
        together = {
            person: [*rows.get(person, []), *overrides.get(person, [])]
            for person in rows.keys() | overrides.keys()
        }
        looser = _looser(together, rows, barred)
        if looser is None:
            return rows
        person, others = looser
        barred[person] |= others
        rows[person] = _without(
            structure.spans_of(person, barred[person]), overrides.get(person, [])
        )


def _looser(
    together: dict[int, list[Span]],
    rows: dict[int, list[Span]],
    barred: dict[int, frozenset[int]],
) -> tuple[int, frozenset[int]] | None:
    """Who of the first loop looks further up, and past whom; None where no loop is left.

    Overrides stay: only somebody whose supervisor comes from the structure moves.
    """
    for loop in _loops(together):
        for person in sorted(loop):
            others = frozenset(loop) - {person}
            if rows.get(person) and not others <= barred[person]:
                return person, others
    return None


@transaction.atomic
def refresh_supervision(*, actor: User | None, day: dt.date | None = None) -> int:
    """Make `Supervision` follow the structure from `day` (today) on; gives rows changed.

    The head of one's own unit; a head takes the parent's head; a seat that is vacant,
    held by a Plh only or by oneself is passed over; a Plt counts as head; an override
    by HR wins while it lasts; the root's head has nobody without one. What was before
    `day` stays as it is, so a change in mid-year keeps both periods; changes known for
    later days are written ahead. Same result when run again; the number of statements
    does not depend on the number of people.
    """
    return _rewrite(actor=actor, day=day or today(), new=None)


def _rewrite(*, actor: User | None, day: dt.date, new: Supervision | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    structure = Structure(day)
    overrides: dict[int, list[Span]] = defaultdict(list)
    kept: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    rows = Supervision.objects.filter(period__overlap=since(day)).values_list(
        "pk", "employee_id", "supervisor_id", "period", "reason"
    )
    for pk, employee_id, supervisor_id, period, reason in rows:
        span = _span(period, supervisor_id)
        if reason == Supervision.Reason.OVERRIDE:
            overrides[employee_id].append(span)
        else:
            kept[employee_id].append((pk, span))
    if new is not None:
        overrides[new.employee_id].append(_span(new.period, new.supervisor_id))
    wanted = _wanted(structure, overrides)

    moved: dict[int, dt.date | None] = {}
    removed: list[int] = []
    added: list[Supervision] = []
    for person in wanted.keys() | kept.keys():
        missing = list(wanted.get(person, ()))
        for pk, span in kept[person]:
            clipped = Span(max(span.start, day), span.end, span.person)
            match = next(
                (w for w in missing if w.start == clipped.start and w.person == clipped.person),
                None,
            )
            if match is not None:
                missing.remove(match)
                if match.end != span.end:
                    moved[pk] = _open(match.end)
            elif span.start < day:
                moved[pk] = day
            else:
                removed.append(pk)
        added += [
            Supervision(
                employee_id=person,
                supervisor_id=span.person,
                period=since(span.start, _open(span.end)),
            )
            for span in missing
        ]
    changed = len(moved) + len(removed) + len(added)
    if removed:
        Supervision.objects.filter(pk__in=removed).delete()
    if moved:
        with connection.cursor() as cursor:
            cursor.execute(_MOVE_END, [list(moved), list(moved.values())])
    if new is not None:
        added.append(new)
    Supervision.objects.bulk_create(added)
    if changed:
        record(
            actor=actor,
            action="supervision.refreshed",
            roles=roles_of(actor) if actor else (),
            after={"from": day, "ended": len(moved) + len(removed), "begun": len(added)},
        )
    return changed


def _open(end: dt.date) -> dt.date | None:
    return None if end == _END else end


@transaction.atomic
def set_supervisor_override(
    *,
    actor: User,
    employee: Employee,
    supervisor: Employee,
    start: dt.date,
    until: dt.date | None,
    reason: str,
) -> Supervision:
    """HR names a supervisor from `start` up to and not including `until`.

    Refused: oneself, a loop, HR's own case, an empty period, no reason, a period that
    another decision of HR already covers.
    """
    employee = Employee.objects.select_for_update().get(pk=employee.pk)
    if not can_set_supervisor(actor, employee):
        raise ValidationError(
            _("Atasan Anda sendiri ditetapkan pegawai kepegawaian lain."), code="own_case"
        )
    if employee.pk == supervisor.pk:
        raise ValidationError(_("Pegawai tidak dapat menjadi atasan dirinya."), code="oneself")
    if until is not None and until <= start:
        raise ValidationError(_("Tanggal akhir harus setelah tanggal mulai."), code="period")
    if not reason.strip():
        raise ValidationError(_("Tulis alasannya."), code="reason")
    period = since(start, until)
    if Supervision.objects.filter(
        employee=employee, reason=Supervision.Reason.OVERRIDE, period__overlap=period
    ).exists():
        raise ValidationError(
            _("Sudah ada penetapan atasan pada masa itu. Akhiri dahulu yang lama."), code="overlap"
        )
    if _makes_loop(employee, supervisor, start, until):
        raise ValidationError(
            _("%(supervisor)s melapor kepada %(employee)s, langsung atau tidak langsung.")
            % {"supervisor": supervisor.full_name, "employee": employee.full_name},
            code="loop",
        )
    before = (
        Supervision.objects.on(start)
        .filter(employee=employee)
        .values_list("supervisor_id", flat=True)
        .first()
    )
    row = Supervision(
        employee=employee,
        supervisor=supervisor,
        period=period,
        reason=Supervision.Reason.OVERRIDE,
    )
    _rewrite(actor=actor, day=start, new=row)
    record(
        actor=actor,
        action="supervision.overridden",
        obj=row,
        subject_employee_id=employee.pk,
        roles=roles_of(actor),
        purpose=reason.strip(),
        before={"supervisor": before},
        after={"supervisor": supervisor.pk, "start": start, "until": until},
    )
    return row


@transaction.atomic
def end_supervisor_override(
    *, actor: User, supervision: Supervision, until: dt.date, reason: str
) -> Supervision:
    """HR ends an override; from `until` on the structure decides again."""
    row = (
        Supervision.objects.select_for_update(of=("self",))
        .select_related("employee")
        .get(pk=supervision.pk)
    )
    if not can_set_supervisor(actor, row.employee):
        raise ValidationError(
            _("Atasan Anda sendiri ditetapkan pegawai kepegawaian lain."), code="own_case"
        )
    over = row.period.upper is not None and row.period.upper <= until
    if row.reason != Supervision.Reason.OVERRIDE or over:
        raise ValidationError(_("Penetapan atasan ini sudah berakhir."), code="ended")
    if not reason.strip():
        raise ValidationError(_("Tulis alasannya."), code="reason")
    before = {"until": row.period.upper}
    record(
        actor=actor,
        action="supervision.override_ended",
        obj=row,
        subject_employee_id=row.employee_id,
        roles=roles_of(actor),
        purpose=reason.strip(),
        before=before,
        after={"until": until},
    )
    if until <= row.period.lower:
        row.delete()
    else:
        row.period = since(row.period.lower, until)
        row.save(update_fields=["period"])
    _rewrite(actor=actor, day=until, new=None)
    return row


def _makes_loop(
    employee: Employee, supervisor: Employee, start: dt.date, until: dt.date | None
) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            _LOOP,
            {
                "span": since(start, until),
                "supervisor": supervisor.pk,
                "employee": employee.pk,
            },
        )
        return cursor.fetchone() is not None
