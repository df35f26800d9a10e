"""Unit × competency: mean difference from the standard, without small groups.

One statement reads the sums of every unit; which cells may be seen is decided by
`reports.rules.shown_groups` over the whole tree, so that no page can be subtracted from
another.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from competencies.models import Assignment, Competency, RoleGrant, Unit
from competencies.models.people import granted_units
from competencies.selectors.people import employee_of
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User
from reports import rules

SMALLEST_FOR_HR: Final = 3
SMALLEST_FOR_LEADERS: Final = 5

_SUMS: Final = """
WITH post AS (
    SELECT p.id, p.unit_id, p.tier_id
    FROM competencies_position p JOIN competencies_unit u ON u.id = p.unit_id
    WHERE u.path LIKE %(path)s
), standard AS (
    SELECT post.id AS position_id, s.competency_id, s.required_level
    FROM post JOIN competencies_positionstandard s ON s.position_id = post.id
    WHERE s.period @> %(day)s::date
  UNION ALL
    SELECT post.id, s.competency_id, s.required_level
    FROM post JOIN competencies_positionstandard s ON s.tier_id = post.tier_id
    WHERE s.period @> %(day)s::date AND NOT EXISTS (
        SELECT 1 FROM competencies_positionstandard o
        WHERE o.position_id = post.id AND o.competency_id = s.competency_id
          AND o.period @> %(day)s::date)
), person AS (
    SELECT a.employee_id, post.id AS position_id, post.unit_id
    FROM competencies_assignment a JOIN post ON post.id = a.position_id
    WHERE a.kind = 'definitive' AND a.period @> %(day)s::date AND EXISTS (
        SELECT 1 FROM competencies_employeestatus e
        WHERE e.employee_id = a.employee_id AND e.status = 'active' AND e.period @> %(day)s::date)
), pair AS (
    SELECT person.unit_id, person.employee_id, standard.competency_id,
           standard.required_level, level.level
    FROM person
    JOIN standard ON standard.position_id = person.position_id
    LEFT JOIN competencies_currentlevel level
      ON level.employee_id = person.employee_id
     AND level.competency_id = standard.competency_id
     AND (level.valid_until IS NULL OR level.valid_until >= %(day)s::date)
)
SELECT unit_id, competency_id, count(*), count(level),
       coalesce(sum(level - required_level), 0)
FROM pair GROUP BY unit_id, competency_id
UNION ALL
SELECT person.unit_id, NULL, count(DISTINCT person.employee_id),
       count(DISTINCT pair.employee_id) FILTER (WHERE pair.level IS NOT NULL), 0
FROM person LEFT JOIN pair ON pair.employee_id = person.employee_id
GROUP BY person.unit_id
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """A tree the account may see, with the smallest group shown to it."""

    unit: Unit
    smallest: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One unit and competency. `state`: shown, small, unrated or absent (not required)."""

    competency: Competency
    state: str
    mean: Decimal | None = None
    people: int = 0
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One unit with everything below it, or the people directly in the chosen unit."""

    label: str
    unit_id: int | None
    people: int
    unrated: int
    has_units_below: bool
    cells: tuple[Cell, ...]

    @property
    def is_shut(self) -> bool:
        """True where no cell may be shown."""
        return all(cell.state != "shown" for cell in self.cells)

    @property
    def is_quiet(self) -> bool:
        """True where nothing shown is half a level or more below the standard."""
        return not self.is_shut and all(
            cell.mean is None or cell.mean > Decimal("-0.5") for cell in self.cells
        )


@dataclass(frozen=True, slots=True)
class Block:
    """Competencies that stand together in one table."""

    title: str
    key: str
    groups: tuple[tuple[str, int], ...]
    competencies: tuple[Competency, ...]
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    means: tuple[Decimal | None, ...]
    is_wide: bool


@dataclass(frozen=True, slots=True)
class Heatmap:
    """The map of one unit."""

    unit: Unit
    parent: Unit | None
    smallest: int
    people: int
    rated: int
    blocks: tuple[Block, ...]
    counts: dict[str, int]
    unit_count: int
    worst: tuple[tuple[Competency, Decimal], ...]
    neediest: tuple[str, int, int] | None


def scopes_of(user: User) -> list[Scope]:
    """Outermost trees of the account: HR from three people up, leaders and heads from five.

    A head of a unit sees the own unit's tree. A tree inside another one of the same
    account is left out: its finer figures could be subtracted.
    """
    found: list[Scope] = []
    for role, smallest in (
        (RoleGrant.Role.HR, SMALLEST_FOR_HR),
        (RoleGrant.Role.LEADERSHIP, SMALLEST_FOR_LEADERS),
    ):
        found += [Scope(unit, smallest) for unit in granted_units(user, role)]
    me = employee_of(user)
    if me is not None:
        headed = Unit.objects.filter(
            positions__is_head=True,
            positions__assignments__in=Assignment.objects.on().filter(
                employee=me, kind__in=[Assignment.Kind.DEFINITIVE, Assignment.Kind.ACTING_PLT]
            ),
        )
        found += [Scope(unit, SMALLEST_FOR_LEADERS) for unit in headed]
    found.sort(key=lambda scope: (len(scope.unit.path), scope.smallest))
    kept: list[Scope] = []
    for scope in found:
        if not any(other.unit.contains(scope.unit) for other in kept):
            kept.append(scope)
    return kept


@dataclass(frozen=True, slots=True)
class _Sums:
    required: int = 0
    rated: int = 0
    total: int = 0

    def __add__(self, other: "_Sums") -> "_Sums":
        return _Sums(
            self.required + other.required, self.rated + other.rated, self.total + other.total
        )


_Key = tuple[str, int | None]


def _direct_sums(root: Unit, day: dt.date) -> dict[tuple[int, int | None], _Sums]:
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, {"path": root.path + "%", "day": day})
        return {
            (unit, competency): _Sums(required, rated, int(total))
            for unit, competency, required, rated, total in cursor.fetchall()
        }


class _Tree:
    """Sums of every unit with everything below; "direct" is who sits in the unit itself."""

    def __init__(self, root: Unit, units: list[Unit], sums: dict[tuple[int, int | None], _Sums]):
        self.root = root
        self.by_path = {unit.path: unit for unit in units}
        self.paths: dict[int | None, str] = {unit.pk: unit.path for unit in units}
        self.sums: dict[int | None, dict[_Key, _Sums]] = {}
        for (unit_id, competency), value in sums.items():
            path = self.paths[unit_id]
            cells = self.sums.setdefault(competency, {})
            self._add(cells, ("direct", unit_id), value)
            for end in range(len(root.path), len(path) + 1, Unit.steplen):
                self._add(cells, ("unit", self.by_path[path[:end]].pk), value)

    @staticmethod
    def _add(cells: dict[_Key, _Sums], key: _Key, value: _Sums) -> None:
        cells[key] = cells.get(key, _Sums()) + value

    def shown(self, competency: int, smallest: int) -> frozenset[_Key]:
        """Cells of a competency that may be seen anywhere in the tree."""
        groups: dict[_Key, rules.Group] = {}
        for key, value in self.sums.get(competency, {}).items():
            if key == ("unit", self.root.pk):
                continue
            groups[key] = rules.Group(self._parent(key), value.rated)
        return rules.shown_groups(groups, smallest)

    def _parent(self, key: _Key) -> _Key | None:
        kind, pk = key
        if kind == "direct":
            return None if pk == self.root.pk else ("unit", pk)
        path = self.paths[pk][: -Unit.steplen]
        return None if path == self.root.path else ("unit", self.by_path[path].pk)


BLOCKS: Final = (
    (
        "inti",
        gettext_noop("Manajerial dan sosial kultural"),
        (Competency.Type.MANAGERIAL, Competency.Type.SOCIO_CULTURAL),
    ),
    ("teknis", gettext_noop("Teknis"), (Competency.Type.TECHNICAL,)),
    ("pemerintahan", gettext_noop("Pemerintahan"), (Competency.Type.GOVERNMENT,)),
)


def heatmap(scope: Scope, unit: Unit, kind: str = "", day: dt.date | None = None) -> Heatmap:
    """The map of a unit within the scope; `kind` narrows to one type. Three statements."""
    moment = day or today()
    units = list(Unit.objects.below(scope.unit))
    tree = _Tree(scope.unit, units, _direct_sums(scope.unit, moment))
    wanted = {key for key in tree.sums if key is not None}
    competencies = list(Competency.objects.filter(pk__in=wanted))
    shown = {each.pk: tree.shown(each.pk, scope.smallest) for each in competencies}
    lines = _lines(unit, units)
    counts = {"": len(competencies)}
    for each in competencies:
        counts[each.type] = counts.get(each.type, 0) + 1
    blocks = []
    for key, title, types in BLOCKS:
        columns = [each for each in competencies if each.type in types and kind in {"", each.type}]
        if columns:
            blocks.append(_block(key, _(title), columns, lines, tree, shown))
    whole = tree.sums.get(None, {}).get(("unit", unit.pk), _Sums())
    return Heatmap(
        unit=unit,
        parent=next((u for u in units if u.path == unit.path[: -Unit.steplen]), None)
        if unit.pk != scope.unit.pk
        else None,
        smallest=scope.smallest,
        people=whole.required,
        rated=whole.rated,
        blocks=tuple(blocks),
        counts=counts,
        unit_count=sum(1 for line in lines if line[1] is not None),
        worst=_worst(blocks),
        neediest=_neediest(blocks),
    )


def _lines(unit: Unit, units: list[Unit]) -> list[tuple[str, int | None, _Key, bool]]:
    """(label, unit id, key of its sums, whether it has units below) of each row."""
    below = [u for u in units if u.path[: -Unit.steplen] == unit.path]
    lines: list[tuple[str, int | None, _Key, bool]] = [
        (
            u.name,
            u.pk,
            ("unit", u.pk),
            any(other.path[: -Unit.steplen] == u.path for other in units),
        )
        for u in below
    ]
    label = _("Langsung di %(name)s") % {"name": unit.name}
    lines.insert(0, (label, None, ("direct", unit.pk), False))
    return lines


def _block(
    key: str,
    title: str,
    columns: list[Competency],
    lines: list[tuple[str, int | None, _Key, bool]],
    tree: _Tree,
    shown: dict[int, frozenset[_Key]],
) -> Block:
    rows = []
    for label, unit_id, line_key, has_below in lines:
        people = tree.sums.get(None, {}).get(line_key, _Sums())
        if not people.required:
            continue
        cells = tuple(_cell(each, line_key, tree, shown[each.pk]) for each in columns)
        rows.append(
            Row(label, unit_id, people.required, people.required - people.rated, has_below, cells)
        )
    groups: list[tuple[str, int]] = []
    for each in columns:
        words = each.get_type_display()
        if groups and groups[-1][0] == words:
            groups[-1] = (words, groups[-1][1] + 1)
        else:
            groups.append((words, 1))
    means = tuple(_column_mean(rows, place) for place in range(len(columns)))
    heads = tuple(rules.hyphenated(each.name) for each in columns)
    return Block(
        title, key, tuple(groups), tuple(columns), heads, tuple(rows), means, len(columns) > 9
    )


def _cell(competency: Competency, key: _Key, tree: _Tree, shown: frozenset[_Key]) -> Cell:
    value = tree.sums.get(competency.pk, {}).get(key, _Sums())
    if not value.required:
        return Cell(competency, "absent")
    if not value.rated:
        return Cell(competency, "unrated")
    if key not in shown:
        return Cell(competency, "small")
    mean = rules.mean_gap(value.total, value.rated)
    return Cell(
        competency,
        "shown",
        mean,
        value.rated,
        rules.gap_class(mean) if mean is not None else "",
    )


def _column_mean(rows: Iterable[Row], place: int) -> Decimal | None:
    """Mean of the figures that stand in the column: nothing hidden can be solved back."""
    cells = [row.cells[place] for row in rows]
    known = [(cell.mean, cell.people) for cell in cells if cell.mean is not None]
    people = sum(count for _mean, count in known)
    return rules.mean_gap(sum((mean * count for mean, count in known), Decimal(0)), people)


def _worst(blocks: Iterable[Block]) -> tuple[tuple[Competency, Decimal], ...]:
    means = [
        (mean, competency)
        for block in blocks
        for competency, mean in zip(block.competencies, block.means, strict=True)
        if mean is not None and mean < 0
    ]
    means.sort(key=lambda pair: (pair[0], pair[1].display_order))
    return tuple((competency, mean) for mean, competency in means[:2])


def _neediest(blocks: Iterable[Block]) -> tuple[str, int, int] | None:
    """The unit with most figures below the standard: (name, below, shown)."""
    tallies: dict[str, tuple[int, int]] = {}
    for block in blocks:
        for row in block.rows:
            below, seen = tallies.get(row.label, (0, 0))
            for cell in row.cells:
                if cell.mean is not None:
                    below, seen = below + (cell.mean < 0), seen + 1
            tallies[row.label] = (below, seen)
    best = max(tallies.items(), key=lambda item: item[1], default=None)
    return (best[0], *best[1]) if best and best[1][0] else None
