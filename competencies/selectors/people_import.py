"""What a people import rests on, read in a few statements whatever the file's size."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from competencies.import_rules.people import ParsedRow
from competencies.import_rules.plan import PLAIN_FIELDS, PersonFact, PostFact, Snapshot
from competencies.import_rules.structure import PositionFact, UnitFact
from competencies.models import (
    Assignment,
    Employee,
    EmployeeNumber,
    EmployeeStatus,
    Position,
    Unit,
)
from gayungan_asn.accounts.clock import today

_AT_ONCE = 5_000


def load_snapshot(rows: Iterable[ParsedRow], root: Unit, day: dt.date | None = None) -> Snapshot:
    """Units, posts of the tree, and every recorded person that the rows name."""
    rows = list(rows)
    units = {
        fact.id: fact
        for fact in (
            UnitFact(pk, path, name, national_id, code, closed_on is not None)
            for pk, path, name, national_id, code, closed_on in Unit.objects.values_list(
                "pk", "path", "name", "national_id", "code", "closed_on"
            )
        )
    }
    positions = [
        PositionFact(pk, unit_id, name, tier, is_head, closed_on is not None, seats)
        for pk, unit_id, name, tier, is_head, closed_on, seats in Position.objects.filter(
            unit__path__startswith=root.path
        )
        .order_by("pk")
        .values_list("pk", "unit_id", "name", "tier__code", "is_head", "closed_on", "seats")
    ]
    by_nip: dict[str, int] = {}
    for part in _parts(sorted({row.data["nip"] for row in rows if "nip" in row.data})):
        by_nip.update(EmployeeNumber.objects.filter(nip__in=part).values_list("nip", "employee_id"))
    by_national_id: dict[str, int] = {}
    told = sorted({row.data["national_id"] for row in rows if "national_id" in row.data})
    for part in _parts(told):
        found = Employee.objects.filter(national_id__in=part).values_list("national_id", "pk")
        by_national_id.update((national_id, pk) for national_id, pk in found if national_id)
    people = _people(sorted({*by_nip.values(), *by_national_id.values()}), day or today())
    return Snapshot(
        root=units[root.pk],
        units=units,
        positions=positions,
        people=people,
        by_national_id=by_national_id,
        by_nip=by_nip,
        sees_unplaced=root.depth == 1,
    )


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]


def _people(ids: list[int], day: dt.date) -> dict[int, PersonFact]:
    found: dict[int, PersonFact] = {}
    for part in _parts(ids):
        numbers = dict(
            EmployeeNumber.objects.filter(employee__in=part, is_current=True).values_list(
                "employee_id", "nip"
            )
        )
        statuses = dict(
            EmployeeStatus.objects.filter(employee__in=part)
            .on(day)
            .values_list("employee_id", "status")
        )
        posts = _latest_posts(part)
        rows = Employee.objects.filter(pk__in=part).values_list(
            "pk", "national_id", "user_id", *PLAIN_FIELDS
        )
        for pk, national_id, user_id, *values in rows:
            fields = {
                name: value.isoformat() if isinstance(value, dt.date) else value
                for name, value in zip(PLAIN_FIELDS, values, strict=True)
            }
            found[pk] = PersonFact(
                id=pk,
                national_id=national_id,
                nip=numbers.get(pk, ""),
                user_id=user_id,
                fields=fields,
                status=statuses.get(pk, ""),
                post=posts.get(pk),
            )
    return found


def _latest_posts(employee_ids: Sequence[int]) -> dict[int, PostFact]:
    """The last definitive post of each, also one that has ended."""
    ends: dict[int, list[dt.date | None]] = defaultdict(list)
    posts: dict[int, PostFact] = {}
    rows: QuerySet[Any, Any] = (
        Assignment.objects.filter(employee__in=employee_ids, kind=Assignment.Kind.DEFINITIVE)
        .order_by("employee_id", "period")
        .values_list(
            "pk", "employee_id", "position_id", "position__name", "position__unit_id", "period"
        )
    )
    for pk, employee_id, position_id, name, unit_id, period in rows:
        earlier = ends[employee_id][-1] if ends[employee_id] else None
        posts[employee_id] = PostFact(
            pk, position_id, name, unit_id, period.lower, period.upper, earlier
        )
        ends[employee_id].append(period.upper)
    return posts
