"""The personas every access test is told with, in one small organisation.

    Kecamatan Uji (camat: head, leadership grant)
    ├── Sekretariat: hr, second_hr (HR grants on the root)
    ├── Seksi A: superior (head), employee, peers 1–5
    │   └── Subseksi A1: sub_head, sub_employee
    └── Seksi B: other_superior (head), unrelated
    Kecamatan Lain: foreigner, foreign_hr

`superior` rates `employee`, `camat` stands above both, `former_superior` supervised
`employee` until a month ago. `leader` (leadership only), `auditor` and `sysadmin` are
accounts without an employee; they hold their grants on the root.
"""

import datetime as dt
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from hypothesis import settings as property_tests

from competencies.models import Employee, Position, Unit
from competencies.tests.builders import (
    LONG_AGO,
    grant,
    make_employee,
    make_position,
    make_tier,
    make_unit,
    make_user,
    supervise,
)
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User

# Examples are timed by the clock of a shared machine; slowness is no wrong answer.
property_tests.register_profile("product", deadline=None)
property_tests.load_profile("product")


@dataclass
class World:
    """The organisation of the tests; `people` by persona."""

    root: Unit
    section: Unit
    subsection: Unit
    other_section: Unit
    foreign_root: Unit
    people: dict[str, Employee] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)

    def client(self, persona: str) -> Client:
        """A signed-in browser of the persona; `anonymous` is signed out."""
        client = Client()
        if persona != "anonymous":
            client.force_login(User.objects.get(pk=self.users[persona].pk))
        return client

    def ask(self, persona: str, method: str, url: str) -> HttpResponse:
        """The answer to one request; what it wrote is undone, so that personas do not
        see each other's effects."""
        with transaction.atomic():
            response: HttpResponse = getattr(self.client(persona), method)(url)
            transaction.set_rollback(True)
        return response


@pytest.fixture
def world(db: None) -> World:
    """One organisation with every persona."""
    root = make_unit("Kecamatan Uji", kind="kecamatan")
    secretariat = make_unit("Sekretariat", root)
    section = make_unit("Seksi A", root)
    subsection = make_unit("Subseksi A1", section)
    other = make_unit("Seksi B", root)
    foreign = make_unit("Kecamatan Lain", kind="kecamatan")
    made = World(root, section, subsection, other, foreign)
    staff, heads, chief = make_tier("PELAKSANA"), make_tier("PENGAWAS"), make_tier("ADMINISTRATOR")

    def person(name: str, unit: Unit, head: bool = False) -> Employee:
        tier = chief if head and unit.depth == 1 else heads if head else staff
        post = made.positions.get(f"{unit.pk}:{head}") or make_position(
            unit, name=f"{'Kepala' if head else 'Staf'} {unit.name}", tier=tier, is_head=head
        )
        made.positions[f"{unit.pk}:{head}"] = made.positions[name] = post
        user = make_user(name, display_name=name.replace("_", " ").title())
        employee = make_employee(user.display_name, post, user=user)
        made.people[name], made.users[name] = employee, user
        return employee

    camat = person("camat", root, head=True)
    superior = person("superior", section, head=True)
    sub_head = person("sub_head", subsection, head=True)
    other_superior = person("other_superior", other, head=True)
    secretary = person("second_hr", secretariat, head=True)
    hr = person("hr", secretariat)
    employee = person("employee", section)
    sub_employee = person("sub_employee", subsection)
    unrelated = person("unrelated", other)
    former = person("former_superior", other)
    person("foreigner", foreign)
    for boss in (superior, other_superior, secretary):
        supervise(camat, boss)
    supervise(secretary, hr)
    supervise(superior, sub_head)
    supervise(sub_head, sub_employee)
    supervise(other_superior, unrelated)
    supervise(other_superior, former)
    for number in range(1, 6):
        supervise(superior, person(f"peer{number}", section))
    month_ago = today() - dt.timedelta(days=30)
    supervise(former, employee, LONG_AGO, month_ago)
    supervise(superior, employee, month_ago)
    for name in ("auditor", "sysadmin", "foreign_hr"):
        made.users[name] = make_user(name)
    grant(made.users["hr"], "hr", root)
    grant(made.users["second_hr"], "hr", root)
    grant(made.users["camat"], "leadership", root)
    made.users["leader"] = make_user("leader")
    grant(made.users["leader"], "leadership", root)
    grant(made.users["auditor"], "auditor", root)
    grant(made.users["sysadmin"], "sysadmin", root)
    grant(made.users["foreign_hr"], "hr", foreign)
    return made
