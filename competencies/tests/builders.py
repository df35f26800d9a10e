"""Valid rows for tests. Every builder makes what it needs around the row."""

import datetime as dt
import itertools
from typing import Any

from competencies.models import (
    Assignment,
    Competency,
    CompetencyLevel,
    Employee,
    EmployeeNumber,
    EmployeeStatus,
    Indicator,
    JobTier,
    Position,
    PositionStandard,
    RoleGrant,
    Supervision,
    Unit,
)
from competencies.models.periods import since
from gayungan_asn.accounts.models import SignInName, User

LONG_AGO = dt.date(2015, 1, 1)
_serial = itertools.count(1)


def make_user(name: str = "", password: str | None = None, **fields: Any) -> User:
    """An account with a short sign-in name; without password unless one is given."""
    name = name or f"akun{next(_serial)}"
    user = User.objects.create_user(
        name, password, display_name=fields.pop("display_name", name.title()), **fields
    )
    SignInName.objects.create(user=user, kind=SignInName.Kind.SHORT, value=name.casefold())
    return user


def make_unit(name: str = "", parent: Unit | None = None, **fields: Any) -> Unit:
    """A unit at the root, or below `parent`."""
    number = next(_serial)
    unit = Unit(name=name or f"Unit {number}", code=fields.pop("code", f"U{number}"), **fields)
    if parent is None:
        return Unit.objects.add_root(instance=unit)
    return Unit.objects.add_child(parent, instance=unit)


def make_tier(code: str = "PELAKSANA", **fields: Any) -> JobTier:
    """A job tier; the same row when asked for again."""
    defaults = {
        "name": code.title(),
        "law_category": "nonmanajerial",
        "family": "pelaksana",
        "ip_asn_group": "pelaksana",
    } | fields
    return JobTier.objects.get_or_create(code=code, defaults=defaults)[0]


def make_position(unit: Unit | None = None, **fields: Any) -> Position:
    """A post; `is_head=True` makes it the head's."""
    number = next(_serial)
    return Position.objects.create(
        unit=unit or make_unit(),
        code=fields.pop("code", f"P{number}"),
        name=fields.pop("name", f"Jabatan {number}"),
        tier=fields.pop("tier", None) or make_tier(),
        **fields,
    )


def nip_for(birth: dt.date, sex: str, serial: int, appointed: str = "201501") -> str:
    """A NIP valid in form."""
    return f"{birth:%Y%m%d}{appointed}{1 if sex == 'L' else 2}{serial:03d}"


def make_employee(
    name: str = "",
    position: Position | None = None,
    user: User | None = None,
    with_account: bool = False,
    **fields: Any,
) -> Employee:
    """An active person with NIP, in a definitive post if one is given."""
    number = next(_serial)
    birth = fields.pop("birth_date", dt.date(1985, 1, 1) + dt.timedelta(days=number % 5000))
    sex = fields.pop("sex", "P")
    nip = fields.pop("nip", nip_for(birth, sex, number % 999 + 1, f"2015{number % 12 + 1:02d}"))
    name = name or f"Pegawai {number}"
    if with_account and user is None:
        user = make_user(f"pegawai{number}", display_name=name)
    employee = Employee.objects.create(
        name=name,
        birth_date=birth,
        sex=sex,
        user=user,
        employment_kind=fields.pop("employment_kind", "PNS"),
        **fields,
    )
    EmployeeNumber.objects.create(employee=employee, nip=nip)
    EmployeeStatus.objects.create(employee=employee, status="active", period=since(LONG_AGO))
    if position is not None:
        assign(employee, position)
    return employee


def assign(
    employee: Employee,
    position: Position,
    start: dt.date = LONG_AGO,
    until: dt.date | None = None,
    kind: str = Assignment.Kind.DEFINITIVE,
) -> Assignment:
    """Put a person in a post."""
    return Assignment.objects.create(
        employee=employee, position=position, kind=kind, period=since(start, until)
    )


def supervise(
    supervisor: Employee,
    employee: Employee,
    start: dt.date = LONG_AGO,
    until: dt.date | None = None,
) -> Supervision:
    """Make one person the other's direct supervisor."""
    return Supervision.objects.create(
        employee=employee, supervisor=supervisor, period=since(start, until)
    )


def grant(user: User, role: str, unit: Unit, start: dt.date = LONG_AGO) -> RoleGrant:
    """Give an account a role that is in force."""
    return RoleGrant.objects.create(
        user=user,
        role=role,
        unit=unit,
        period=since(start),
        applied_by=_system(),
    )


def _system() -> User:
    """The account that applied the grants of the tests."""
    return User.objects.filter(username="sistem").first() or make_user("sistem")


def make_competency(code: str = "", **fields: Any) -> Competency:
    """A competency with five levels and two indicators each."""
    number = next(_serial)
    code = code or f"K{number}"
    competency = Competency.objects.create(
        code=code,
        name=fields.pop("name", f"Kompetensi {code}"),
        type=fields.pop("type", Competency.Type.MANAGERIAL),
        definition="Uraian.",
        display_order=fields.pop("display_order", number % 30_000),
        **fields,
    )
    for level in range(1, 6):
        row = CompetencyLevel.objects.create(
            competency=competency, level=level, description=f"Perilaku {code} tingkat {level}"
        )
        for order in (1, 2):
            Indicator.objects.create(
                level=row,
                text=f"Indikator {code} {level}.{order}",
                aspect=Indicator.Aspect.SKILL,
                display_order=order,
            )
    return competency


def require_level(
    competency: Competency,
    level: int,
    tier: JobTier | None = None,
    position: Position | None = None,
    critical: bool = False,
) -> PositionStandard:
    """A standard in force for a tier or a post."""
    return PositionStandard.objects.create(
        competency=competency,
        required_level=level,
        tier=tier,
        position=position,
        is_critical=critical,
        period=since(LONG_AGO),
    )
