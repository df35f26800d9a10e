"""What the page of a person shows."""

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from competencies import rules
from competencies.models import (
    Assignment,
    AttainedLevel,
    Competency,
    Employee,
    EmployeeStatus,
    LevelBatch,
    ProposedLevel,
    Supervision,
)
from competencies.selectors.audit import ActionLine, action_line
from competencies.selectors.gaps import GapRow, GapSummary, gap_rows, summarise
from competencies.selectors.people import employee_of
from competencies.selectors.reference import bounds
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import AuditEntry, User

OFFICIAL_TYPES = (Competency.Type.MANAGERIAL, Competency.Type.SOCIO_CULTURAL)
LOG_DAYS = 365
ABOUT_ONESELF = (
    "employee.",
    "assignment.",
    "supervision.",
    "proposed_level.",
    "evidence.",
    "document.",
    "plan.",
    "enrolment.",
)
"""Entries a person reads about oneself; nothing of ratings or peers, which would tell on them."""


@dataclass(frozen=True, slots=True)
class OfficialMatch:
    """JPM, said of valid official assessments only; no class under full coverage."""

    value: Decimal
    assessed: int
    total: int
    class_name: str


@dataclass(frozen=True, slots=True)
class Event:
    """One dated line of a person's history."""

    day: dt.date
    title: str
    text: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One person as others may see them."""

    employee: Employee
    nip: str
    post: Assignment | None
    other_posts: tuple[Assignment, ...]
    supervision: Supervision | None
    status: EmployeeStatus | None
    rows: tuple[GapRow, ...]
    summary: GapSummary
    official: OfficialMatch | None
    proposals: tuple[ProposedLevel, ...]
    evidence: tuple[object, ...]
    events: tuple[Event, ...]


def profile_of(employee: Employee) -> Profile:
    """Everything the page shows of a person; the number of statements is fixed."""
    day = today()
    assignments = list(
        employee.assignments.select_related("position__unit", "position__tier").order_by("-period")
    )
    current = [row for row in assignments if _holds(row, day)]
    post = next((row for row in current if row.kind == Assignment.Kind.DEFINITIVE), None)
    supervisions = list(employee.supervisions.select_related("supervisor").order_by("-period"))
    statuses = list(employee.statuses.order_by("-period"))
    rows = gap_rows(employee)
    number = employee.numbers.filter(is_current=True).first()
    return Profile(
        employee=employee,
        nip=number.nip if number else "",
        post=post,
        other_posts=tuple(row for row in current if row is not post),
        supervision=next((row for row in supervisions if _holds(row, day)), None),
        status=next((row for row in statuses if _holds(row, day)), None),
        rows=rows,
        summary=summarise(rows),
        official=official_match(employee, rows),
        proposals=tuple(
            employee.proposed_levels.filter(state=ProposedLevel.State.OPEN).select_related(
                "competency", "evidence", "employee"
            )
        ),
        evidence=tuple(
            employee.evidence.annotate(about=Count("competencies")).order_by("-happened_on")[:20]
        ),
        events=_events(employee, assignments, supervisions, statuses),
    )


def _holds(row: Assignment | Supervision | EmployeeStatus, day: dt.date) -> bool:
    lower, upper = row.period.lower, row.period.upper
    return (lower is None or lower <= day) and (upper is None or day < upper)


def official_match(employee: Employee, rows: tuple[GapRow, ...]) -> OfficialMatch | None:
    """JPM over the managerial and socio-cultural competencies of the post's standard.

    None where no valid official assessment exists (Peraturan BKN 26/2019).
    """
    official = dict(
        AttainedLevel.objects.filter(
            Q(valid_until=None) | Q(valid_until__gte=today()),
            employee=employee,
            source=AttainedLevel.Source.OFFICIAL,
            closed_by=None,
        )
        .order_by("assessed_on")
        .values_list("competency_id", "level")
    )
    if not official:
        return None
    pairs = [
        (row.required, official.get(row.competency.pk))
        for row in rows
        if row.competency.type in OFFICIAL_TYPES
    ]
    value = rules.job_person_match(pairs)
    if value is None:
        return None
    assessed, total = rules.coverage(pairs)
    class_name = ""
    if assessed == total:
        code = rules.classify(value, bounds("jpm_pengisian_jabatan"))
        class_name = {
            "MS": _("Memenuhi Syarat"),
            "MMS": _("Masih Memenuhi Syarat"),
            "KMS": _("Kurang Memenuhi Syarat"),
        }.get(code or "", code or "")
    return OfficialMatch(value, assessed, total, class_name)


def _events(
    employee: Employee,
    assignments: list[Assignment],
    supervisions: list[Supervision],
    statuses: list[EmployeeStatus],
) -> tuple[Event, ...]:
    events = [
        Event(
            row.period.lower,
            _("%(kind)s: %(post)s") % {"kind": row.get_kind_display(), "post": row.position},
            _until(str(row.position.unit), row.last_day),
            "end" if row.period.upper and row.period.upper <= today() else "",
        )
        for row in assignments
        if row.period.lower
    ]
    events += [
        Event(
            row.period.lower,
            _("Atasan langsung: %(name)s") % {"name": row.supervisor.full_name},
            _until(row.get_reason_display(), row.last_day),
            "end" if row.period.upper and row.period.upper <= today() else "",
        )
        for row in supervisions
        if row.period.lower
    ]
    events += [
        Event(row.period.lower, row.get_status_display(), row.note)
        for row in statuses
        if row.period.lower and row.status != EmployeeStatus.Status.ACTIVE
    ]
    batches: QuerySet[LevelBatch] = LevelBatch.objects.filter(levels__employee=employee).annotate(
        number=Count("levels", filter=Q(levels__employee=employee))
    )
    for batch in batches:
        number = batch.number  # type: ignore[attr-defined]
        events.append(
            Event(
                timezone.localdate(batch.created_at),
                batch.label,
                _("%(kind)s, %(number)d kompetensi")
                % {"kind": batch.get_kind_display(), "number": number},
            )
        )
    return tuple(sorted(events, key=lambda event: event.day, reverse=True))


def _until(text: str, last_day: dt.date | None) -> str:
    if last_day is None:
        return text
    return _("%(text)s, sampai %(day)s") % {"text": text, "day": f"{last_day:%d-%m-%Y}"}


def about_oneself(user: User, limit: int = 50) -> list[ActionLine]:
    """Who viewed or changed the own record in the last year: role, date and action.

    Names stay out, and so does everything about ratings and peers.
    """
    me = employee_of(user)
    if me is None:
        return []
    mine = Q(pk__in=[])
    for prefix in ABOUT_ONESELF:
        mine |= Q(action__startswith=prefix)
    entries = (
        AuditEntry.objects.filter(
            mine, subject_employee_id=me.pk, at__gte=now() - dt.timedelta(days=LOG_DAYS)
        )
        .exclude(actor_id=user.pk)
        .order_by("-at")[:limit]
    )
    somebody = _("Pengguna aplikasi")
    lines = [action_line(entry) for entry in entries]
    return [replace(line, actor="", role=line.role or somebody) for line in lines]
