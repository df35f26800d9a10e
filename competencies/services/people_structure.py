"""Units and posts that a people file brings along: made set-wise, parents first."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from competencies.import_rules.cells import same_text
from competencies.import_rules.plan import Choices, Plan, PlannedRow
from competencies.import_rules.structure import (
    UNIT_UNKNOWN,
    NewUnit,
    code_for,
    unit_kind_of,
)
from competencies.models import JobTier, Position, Unit

_AT_ONCE = 1_000


class Structure:
    """Makes the units and posts that the rows of a plan need, and knows their ids."""

    def __init__(self, root: Unit, plan: Plan, choices: Choices) -> None:
        self.root = root
        self.plan = plan
        self.choices = choices
        self.position_ids: dict[tuple[str, str], int] = {}
        self._units: dict[str, Unit] = {}
        self._made: list[Unit] = []

    def make_units(self, rows: list[PlannedRow]) -> list[int]:
        """Make the units of these rows and those they hang on; fill missing national ids.

        Raises ValidationError where a chosen place lies outside the tree.
        """
        keys = dict.fromkeys(row.unit_key for row in rows if row.unit_key)
        if keys:
            self._read_tree()
            for key in keys:
                self._unit(key, frozenset())
            parents = {unit.path[: -Unit.steplen] for unit in self._made}
            Unit.objects.bulk_create(self._made, batch_size=_AT_ONCE)
            made = {unit.path for unit in self._made}
            for path in parents - made:
                children = sum(unit.path[: -Unit.steplen] == path for unit in self._made)
                Unit.objects.filter(path=path).update(numchild=F("numchild") + children)
        self._fill_national_ids(rows)
        return [unit.pk for unit in self._made]

    def _read_tree(self) -> None:
        within = Unit.objects.below(self.root)
        self._recorded = {unit.pk: unit for unit in within}
        self._codes = set(Unit.objects.values_list("code", flat=True))
        self._last: dict[str, str] = {}
        for unit in within:
            parent = unit.path[: -Unit.steplen]
            self._last[parent] = max(self._last.get(parent, ""), unit.path)

    def _unit(self, key: str, above: frozenset[str]) -> Unit:
        if key in self._units:
            return self._units[key]
        told = self.plan.units[key]
        place = self.choices.places.get(key, told.place)
        kind, _colon, where = place.partition(":")
        if kind == "new" and where in self.plan.units and where not in above:
            unit = self._add(told, self._unit(where, above | {key}))
        elif kind == "use":
            unit = self._within(told, int(where))
        else:
            unit = self._add(told, self._within(told, int(where) if where else self.root.pk))
        self._units[key] = unit
        return unit

    def _within(self, told: NewUnit, pk: int) -> Unit:
        if pk not in self._recorded:
            raise ValidationError(
                _("Unit: %(text)s") % {"text": UNIT_UNKNOWN.format(v=told.name[:40])}, code="unit"
            )
        return self._recorded[pk]

    def _add(self, told: NewUnit, parent: Unit) -> Unit:
        last = self._last.get(parent.path)
        step = Unit._str2int(last[-Unit.steplen :]) + 1 if last else 1
        path = Unit._get_path(parent.path, parent.depth + 1, step)
        self._last[parent.path] = path
        unit = Unit(
            path=path,
            depth=parent.depth + 1,
            numchild=0,
            code=code_for(told.name, parent.code, self._codes),
            name=told.name,
            kind=unit_kind_of(told.name),
            national_id=told.national_id or None,
        )
        self._made.append(unit)
        if parent.pk is None:
            parent.numchild += 1
        return unit

    def _fill_national_ids(self, rows: list[PlannedRow]) -> None:
        used = {row.position_id for row in rows if row.position_id}
        touched = set(Position.objects.filter(pk__in=used).values_list("unit_id", flat=True))
        touched |= {post.unit_id for post in self.plan.positions.values() if post.unit_id}
        filled = {pk: told for pk, told in self.plan.filled_ids.items() if pk in touched}
        if not filled:
            return
        units = list(Unit.objects.filter(pk__in=filled, national_id=None))
        for unit in units:
            unit.national_id = filled[unit.pk]
        Unit.objects.bulk_update(units, ["national_id"], batch_size=_AT_ONCE)

    def make_positions(self, rows: list[PlannedRow]) -> list[int]:
        """Make the posts of these rows that are not recorded.

        A structural post leads its unit where the unit has no head; of several the one of
        the highest tier.
        """
        wanted = dict.fromkeys(row.new_position for row in rows if row.new_position)
        if not wanted:
            return []
        posts = [(key, self.plan.positions[key]) for key in wanted]
        unit_of = {key: p.unit_id or self._units[p.unit_key].pk for key, p in posts}
        units = set(unit_of.values())
        codes = dict(Unit.objects.filter(pk__in=units).values_list("pk", "code"))
        tiers = {tier.code: tier for tier in JobTier.objects.all()}
        taken = set(Position.objects.order_by().values_list("code", flat=True))
        heads = Position.objects.filter(unit__in=units, is_head=True, closed_on=None)
        led = set(heads.order_by().values_list("unit_id", flat=True))
        made: dict[tuple[int, str], Position] = {}
        for key, post in sorted(posts, key=lambda each: _tier(tiers, each[1].tier).display_order):
            unit_id = unit_of[key]
            same = (unit_id, same_text(post.name))
            if same in made:
                continue
            is_head = post.structural and unit_id not in led
            if is_head:
                led.add(unit_id)
            made[same] = Position(
                code=code_for(post.name, codes[unit_id], taken, 60),
                unit_id=unit_id,
                name=post.name,
                tier=_tier(tiers, post.tier),
                is_head=is_head,
            )
        Position.objects.bulk_create(made.values(), batch_size=_AT_ONCE)
        for key, post in posts:
            self.position_ids[key] = made[unit_of[key], same_text(post.name)].pk
        return [position.pk for position in made.values()]


def _tier(tiers: Mapping[str, JobTier], code: str) -> JobTier:
    if code not in tiers:
        raise ValidationError(
            _("Jenjang jabatan %(code)s belum ada. Muat data rujukan lebih dulu.") % {"code": code},
            code="tier",
        )
    return tiers[code]
