"""Writing a people file: units, posts, people, numbers, statuses, posts held, accounts.

Everything is set-wise: the number of statements depends on the number of new units, not
on the number of people. Values were checked when the file was read; the constraints of
the tables stand behind that.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Count, Min
from django.utils.translation import gettext_lazy as _

from competencies.import_rules.people import ParsedRow
from competencies.import_rules.plan import Choices, Plan, PlannedRow, plan_people, skipped
from competencies.models import (
    Assignment,
    Employee,
    EmployeeNumber,
    EmployeeStatus,
    Position,
    Supervision,
    Unit,
)
from competencies.models.periods import since
from competencies.selectors.people import roles_of
from competencies.selectors.people_import import load_snapshot
from competencies.services.people_structure import Structure
from competencies.services.supervision import refresh_supervision
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import AuditEntry, SignInName, User
from gayungan_asn.accounts.requests import request_id
from gayungan_asn.accounts.services import record

CHANGED_SINCE = _("Data berubah sejak pratinjau. Muat ulang pratinjau.")
_LOCK = 7_302_118
_AT_ONCE = 1_000
_OPEN = None
_DATE_FIELDS = frozenset({"birth_date", "grade_since", "appointed_on"})
_ACCOUNT_ENDS = frozenset({"retired", "transferred"})


@dataclass(slots=True)
class Applied:
    """What was written: counts for the page, and ids for the batch entry."""

    new: int = 0
    changed: int = 0
    units: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """As it is kept with the import."""
        return {
            "applied_new": self.new,
            "applied_changed": self.changed,
            "applied_units": len(self.units),
            "applied_positions": len(self.positions),
        }


@transaction.atomic
def apply_people(
    *,
    actor: User | None,
    root: Unit,
    rows: Iterable[ParsedRow],
    choices: Choices,
    chosen: frozenset[int] | None = None,
    fingerprint: str = "",
    batch: models.Model | None = None,
    purpose: str = "",
) -> Applied:
    """Write the rows in one transaction: all of them or none.

    Refused rows stay out, so do skipped ones and those not in `chosen` (None: all).
    Raises ValidationError with code `changed` where the data is not what the preview
    rested on (`fingerprint`), `unit_name` where a new unit's name is taken.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    rows = list(rows)
    day = today()
    snapshot = load_snapshot(rows, root, day)
    if fingerprint and snapshot.fingerprint() != fingerprint:
        raise ValidationError(CHANGED_SINCE, code="changed")
    plan = plan_people(rows, snapshot, choices, day)
    kept = [
        row
        for row in plan.rows
        if row.state in ("new", "changed")
        and not skipped(row, plan, choices)
        and (chosen is None or row.parsed.number in chosen)
    ]
    try:
        with transaction.atomic():
            return _Writer(actor, root, plan, choices, day, batch, purpose).write(kept)
    except IntegrityError as error:
        if "unit_name_unique_within_parent" in str(error):
            raise ValidationError(
                _("Sudah ada unit bernama sama di bawah induk ini."), code="unit_name"
            ) from None
        raise ValidationError(CHANGED_SINCE, code="changed") from None


class _Writer:
    def __init__(
        self,
        actor: User | None,
        root: Unit,
        plan: Plan,
        choices: Choices,
        day: dt.date,
        batch: models.Model | None,
        purpose: str,
    ) -> None:
        self.actor = actor
        self.root = root
        self.plan = plan
        self.choices = choices
        self.day = day
        self.batch = batch
        self.purpose = purpose
        self.done = Applied()
        self.position_ids: dict[tuple[str, str], int] = {}
        self.employee_ids: dict[int, int] = {}

    def write(self, rows: list[PlannedRow]) -> Applied:
        new = [row for row in rows if row.person is None]
        changed = [row for row in rows if row.person is not None]
        structure = Structure(self.root, self.plan, self.choices)
        self.done.units = structure.make_units(rows)
        self.done.positions = structure.make_positions(rows)
        self.position_ids = structure.position_ids
        self._create(new)
        self._update(changed)
        self._numbers(rows)
        self._statuses(rows)
        self._assignments(rows)
        self._seats(rows)
        self._accounts(changed)
        self.done.new, self.done.changed = len(new), len(changed)
        self._audit(rows)
        if rows:
            refresh_supervision(actor=self.actor, day=self._structure_changed_on(rows))
        return self.done

    # People

    def _create(self, rows: list[PlannedRow]) -> None:
        people = [Employee(**_plain(row.values)) for row in rows]
        Employee.objects.bulk_create(people, batch_size=_AT_ONCE)
        for row, person in zip(rows, people, strict=True):
            self.employee_ids[row.parsed.number] = person.pk

    def _update(self, rows: list[PlannedRow]) -> None:
        # One group per set of changed fields, so that no statement is wider than needed.
        groups: dict[frozenset[str], list[Employee]] = defaultdict(list)
        people = Employee.objects.select_for_update().in_bulk(
            [row.person.id for row in rows if row.person]
        )
        for row in rows:
            if row.person is None:
                continue
            person = people[row.person.id]
            self.employee_ids[row.parsed.number] = person.pk
            for name, value in _plain(row.values).items():
                setattr(person, name, value)
            person.version += 1
            groups[frozenset({*row.values, "version"})].append(person)
        for names, members in groups.items():
            Employee.objects.bulk_update(members, sorted(names), batch_size=_AT_ONCE)

    def _numbers(self, rows: list[PlannedRow]) -> None:
        renumbered = [row for row in rows if row.new_nip]
        EmployeeNumber.objects.filter(
            employee__in=[row.person.id for row in renumbered if row.person], is_current=True
        ).update(is_current=False)
        EmployeeNumber.objects.bulk_create(
            [
                EmployeeNumber(employee_id=self._pk(row), nip=row.new_nip, recorded_on=self.day)
                for row in renumbered
            ],
            batch_size=_AT_ONCE,
        )

    def _statuses(self, rows: list[PlannedRow]) -> None:
        changed = [row for row in rows if row.new_status]
        recorded: dict[int, list[EmployeeStatus]] = defaultdict(list)
        for status in EmployeeStatus.objects.filter(
            employee__in=[row.person.id for row in changed if row.person]
        ).order_by("period"):
            recorded[status.employee_id].append(status)
        shortened, replaced, made = [], [], []
        for row in changed:
            pk = self._pk(row)
            start, until = self.day, _OPEN
            covering = None
            for status in recorded[pk]:
                if status.period.lower > self.day:
                    until = until or status.period.lower
                elif status.period.upper is None or status.period.upper > self.day:
                    covering = status
            if covering is not None and covering.period.lower == self.day:
                covering.status = row.new_status
                replaced.append(covering)
                continue
            if covering is not None:
                until = covering.period.upper or until
                covering.period = since(covering.period.lower, self.day)
                shortened.append(covering)
            elif not recorded[pk] and row.new_status == "active":
                start = self._served_since(row)
            made.append(
                EmployeeStatus(employee_id=pk, status=row.new_status, period=since(start, until))
            )
        EmployeeStatus.objects.bulk_update(replaced, ["status"], batch_size=_AT_ONCE)
        EmployeeStatus.objects.bulk_update(shortened, ["period"], batch_size=_AT_ONCE)
        EmployeeStatus.objects.bulk_create(made, batch_size=_AT_ONCE)

    def _served_since(self, row: PlannedRow) -> dt.date:
        """A new person is in service since the appointment, at the latest since the post."""
        days = [self.day]
        if told := row.parsed.data.get("appointed_on"):
            days.append(dt.date.fromisoformat(told))
        if row.since:
            days.append(row.since)
        return min(days)

    def _assignments(self, rows: list[PlannedRow]) -> None:
        held = [
            row.person.post.assignment_id
            for row in rows
            if row.person and row.person.post and (row.moves or row.leaves or row.corrects_start)
        ]
        recorded = Assignment.objects.select_for_update().in_bulk(held)
        dated: list[Assignment] = []
        replaced: list[Assignment] = []
        made: list[Assignment] = []
        for row in rows:
            post = row.person.post if row.person else None
            old = recorded.get(post.assignment_id) if post else None
            if row.leaves and old is not None:
                end = max(self.day, old.period.lower + dt.timedelta(days=1))
                old.period = since(old.period.lower, end)
                dated.append(old)
            elif row.corrects_start and old is not None and row.since:
                old.period = since(row.since, old.period.upper)
                dated.append(old)
            elif row.moves and row.since:
                position_id = row.position_id or self.position_ids[row.new_position or ("", "")]
                if old is not None and old.period.upper is None:
                    if old.period.lower == row.since:
                        old.position_id = position_id
                        replaced.append(old)
                        continue
                    old.period = since(old.period.lower, row.since)
                    dated.append(old)
                made.append(
                    Assignment(
                        employee_id=self._pk(row), position_id=position_id, period=since(row.since)
                    )
                )
        Assignment.objects.bulk_update(dated, ["period"], batch_size=_AT_ONCE)
        Assignment.objects.bulk_update(replaced, ["position"], batch_size=_AT_ONCE)
        Assignment.objects.bulk_create(made, batch_size=_AT_ONCE)

    def _seats(self, rows: list[PlannedRow]) -> None:
        """A post holds at least the people in it: seats are raised, never lowered."""
        used = {row.position_id for row in rows if row.moves and row.position_id}
        used |= set(self.done.positions)
        held = dict(
            Assignment.objects.filter(
                position__in=used, kind=Assignment.Kind.DEFINITIVE, period__endswith=None
            )
            .values_list("position_id")
            .annotate(people=Count("pk"))
        )
        raised = []
        for position in Position.objects.filter(pk__in=held):
            if held[position.pk] > position.seats:
                position.seats = held[position.pk]
                raised.append(position)
        Position.objects.bulk_update(raised, ["seats"], batch_size=_AT_ONCE)

    # Accounts

    def _accounts(self, rows: list[PlannedRow]) -> None:
        """Sign-in names follow NIP and e-mail; accounts of those who left are locked."""
        wanted: dict[tuple[int, str], str] = {}
        for row in rows:
            if row.person is None or row.person.user_id is None:
                continue
            if row.new_nip:
                wanted[row.person.user_id, SignInName.Kind.NIP] = row.new_nip
            if email := row.values.get("email"):
                wanted[row.person.user_id, SignInName.Kind.EMAIL] = email.casefold()
        taken = Counter(wanted.values())
        owners = dict(
            SignInName.objects.filter(value__in=wanted.values()).values_list("value", "user_id")
        )
        # An address that opens another account already, or would open two, opens nothing new.
        free = {
            (user, kind): value
            for (user, kind), value in wanted.items()
            if taken[value] == 1 and owners.get(value, user) == user
        }
        SignInName.objects.filter(user__in={user for user, _kind in free}).filter(
            kind__in={kind for _user, kind in free}
        ).filter(pk__in=self._name_ids(free)).delete()
        SignInName.objects.bulk_create(
            [SignInName(user_id=u, kind=k, value=v) for (u, k), v in free.items()],
            batch_size=_AT_ONCE,
        )
        gone = {
            row.person.user_id
            for row in rows
            if row.person and row.person.user_id and row.new_status in _ACCOUNT_ENDS
        }
        User.objects.filter(pk__in=gone).update(is_active=False)

    def _name_ids(self, free: Mapping[tuple[int, str], str]) -> list[int]:
        return [
            pk
            for pk, user, kind in SignInName.objects.filter(
                user__in={user for user, _kind in free}
            ).values_list("pk", "user_id", "kind")
            if (user, kind) in free
        ]

    # Trail

    def _audit(self, rows: list[PlannedRow]) -> None:
        roles = sorted(roles_of(self.actor)) if self.actor else []
        record(
            actor=self.actor,
            action="import.applied",
            obj=self.batch or self.root,
            subject_unit_id=self.root.pk,
            roles=roles,
            purpose=self.purpose,
            after=self.done.counts() | {"units": self.done.units, "positions": self.done.positions},
        )
        moment = now()
        batch = str(self.batch.pk) if self.batch else ""
        AuditEntry.objects.bulk_create(
            [
                AuditEntry(
                    at=moment,
                    actor_id=self.actor.pk if self.actor else None,
                    actor_name=str(self.actor) if self.actor else "",
                    actor_roles=roles,
                    action="employee.imported" if row.person is None else "employee.updated",
                    object_type="employee",
                    object_id=str(self._pk(row)),
                    object_label=row.parsed.label[:200],
                    subject_employee_id=self._pk(row),
                    purpose=(f"impor {batch}" if batch else self.purpose)[:300],
                    before={c["field"]: c["old"] for c in row.changes} or None,
                    after={c["field"]: c["new"] for c in row.changes} or _first_values(row),
                    request_id=request_id.get(),
                )
                for row in rows
            ],
            batch_size=_AT_ONCE,
        )

    def _structure_changed_on(self, rows: list[PlannedRow]) -> dt.date:
        """From when supervisors have to be worked out again; never before they were known."""
        known = Supervision.objects.aggregate(day=Min("period__startswith"))["day"] or self.day
        moved = [row.since for row in rows if row.since and (row.moves or row.corrects_start)]
        return min(self.day, max(min(moved, default=self.day), known))

    def _pk(self, row: PlannedRow) -> int:
        return self.employee_ids[row.parsed.number]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the model takes them: days as days."""
    return {
        name: dt.date.fromisoformat(value) if name in _DATE_FIELDS else value
        for name, value in values.items()
    }


def _first_values(row: PlannedRow) -> dict[str, Any]:
    """What a new person came with; contact data stays out of the trail."""
    data = row.parsed.data
    return {name: data[name] for name in ("nip", "name", "position", "unit") if name in data}
