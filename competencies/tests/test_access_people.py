"""Who gets which answer from every address about people, structure, roles and the trail."""

import pytest
from django.urls import reverse

from competencies.models import RoleGrant
from competencies.models.periods import since
from competencies.services.levels import add_evidence, propose_level
from competencies.tests.builders import make_competency
from competencies.urls import urlpatterns
from conftest import World
from gayungan_asn.accounts.clock import today

pytestmark = pytest.mark.django_db
PERSONAS = (
    "anonymous", "employee", "superior", "camat", "unrelated", "other_superior",
    "former_superior", "hr", "second_hr", "foreign_hr", "auditor", "sysadmin", "leader",
)  # fmt: skip
OPEN = {**dict.fromkeys(PERSONAS, 200), "anonymous": 302}
HIDDEN = {**dict.fromkeys(PERSONAS, 404), "anonymous": 302}
FORBIDDEN = {**dict.fromkeys(PERSONAS, 403), "anonymous": 302}
IN_LINE = {"employee": 403, "superior": 403, "camat": 403}


def person(world: World) -> list[int]:
    return [world.people["employee"].pk]


def own_hr(world: World) -> list[int]:
    return [world.people["hr"].pk]


def override(world: World) -> list[int]:
    row = world.people["employee"].supervisions.on().get()
    row.reason = "override"
    row.save()
    return [world.people["employee"].pk, row.pk]


def proposal(world: World) -> list[int]:
    competency = make_competency()
    evidence = add_evidence(
        actor=None,
        employee=world.people["employee"],
        kind="training",
        title="Dasar",
        hours=None,
        happened_on=today(),
        competencies=[competency],
        source_reference="uji",
    )
    made = propose_level(
        actor=None,
        employee=world.people["employee"],
        competency=competency,
        level=2,
        evidence=evidence,
    )
    assert made is not None
    return [made.pk]


def position(world: World) -> list[int]:
    return [world.positions["employee"].pk]


def competency(world: World) -> list[int]:
    return [make_competency().pk]


def account(world: World) -> list[int]:
    return [world.users["employee"].pk]


def waiting(world: World) -> list[int]:
    return [
        RoleGrant.objects.create(
            user=world.users["unrelated"],
            role="auditor",
            unit=world.root,
            period=since(today()),
            requested_by=world.users["hr"],
        ).pk
    ]


def in_force(world: World) -> list[int]:
    return [world.users["auditor"].role_grants.get().pk]


def nothing(world: World) -> list[int]:
    return []


BY_HR = {**HIDDEN, **IN_LINE, "hr": 200, "second_hr": 200}
BY_HR_POST = {**BY_HR, "hr": 302, "second_hr": 302}
TABLE = [
    ("get", "people", nothing, {**FORBIDDEN, "superior": 200, "camat": 200, "other_superior": 200,
                                "second_hr": 200, "hr": 200, "foreign_hr": 200}),
    ("get", "person-create", nothing, {**FORBIDDEN, "hr": 200, "second_hr": 200, "foreign_hr": 200}),
    ("get", "person-detail", person, {**HIDDEN, "employee": 200, "superior": 200, "camat": 200,
                                      "hr": 200, "second_hr": 200}),
    ("get", "person-edit", person, BY_HR),
    ("get", "person-edit", own_hr, {"hr": 403, "second_hr": 200}),
    ("get", "person-place", person, BY_HR),
    ("get", "person-place", own_hr, {"hr": 403, "second_hr": 200}),
    ("get", "person-supervisor", person, BY_HR),
    ("get", "person-supervisor", own_hr, {"hr": 403, "second_hr": 200}),
    ("get", "contact-edit", person, {**HIDDEN, "employee": 200, "superior": 403, "camat": 403,
                                     "hr": 403, "second_hr": 403}),
    ("post", "person-reveal", person, {**HIDDEN, "employee": 302, "superior": 403, "camat": 403,
                                       "hr": 302, "second_hr": 302}),
    ("post", "person-supervisor-end", override, BY_HR_POST),
    ("post", "proposed-level-decide", proposal, {**HIDDEN, "employee": 403, "superior": 302,
                                                 "camat": 403, "hr": 403, "second_hr": 403}),
    ("get", "units", nothing, OPEN),
    ("get", "positions", nothing, OPEN),
    ("get", "position-standard", position, OPEN),
    ("get", "competency-list", nothing, OPEN),
    ("get", "competency-detail", competency, OPEN),
    ("get", "accounts", nothing, {**FORBIDDEN, "sysadmin": 200}),
    ("post", "account-lock", account, {**HIDDEN, "sysadmin": 302}),
    ("get", "role-grants", nothing, {**FORBIDDEN, "sysadmin": 200, "hr": 200, "second_hr": 200,
                                     "foreign_hr": 200}),
    ("get", "role-grant-new", nothing, {**FORBIDDEN, "hr": 200, "second_hr": 200,
                                        "foreign_hr": 200}),
    ("post", "role-grant-apply", waiting, {**HIDDEN, "sysadmin": 302, "hr": 403, "second_hr": 403}),
    ("post", "role-grant-refuse", waiting, {**HIDDEN, "sysadmin": 302, "hr": 302,
                                            "second_hr": 403}),
    ("post", "role-grant-end", in_force, {**HIDDEN, "sysadmin": 302, "hr": 403, "second_hr": 403}),
    ("get", "audit", nothing, {**FORBIDDEN, "auditor": 200, "sysadmin": 200}),
]  # fmt: skip
CASES = [
    pytest.param(method, name, kwargs, expected, id=f"{name}-{kwargs.__name__}")
    for method, name, kwargs, expected in TABLE
]
IMPORTS = "import-"


@pytest.mark.parametrize(("method", "name", "kwargs", "expected"), CASES)
def test_address_answers_each_persona(world: World, method, name, kwargs, expected) -> None:
    address = reverse(f"competencies:{name}", args=kwargs(world))
    found = {}
    for persona in sorted(expected, key=lambda persona: expected[persona], reverse=True):
        found[persona] = getattr(world.client(persona), method)(address).status_code
    assert found == expected


def test_every_address_stands_in_the_table() -> None:
    names = {pattern.name for pattern in urlpatterns if not pattern.name.startswith(IMPORTS)}
    assert names == {name for _method, name, _kwargs, _expected in TABLE}


@pytest.mark.parametrize(
    "name",
    [name for method, name, _kwargs, _expected in TABLE if method == "post"],
)
def test_changes_take_no_get(world: World, name: str) -> None:
    number = 2 if name == "person-supervisor-end" else 1
    address = reverse(f"competencies:{name}", args=[1] * number)
    assert world.client("hr").get(address).status_code == 405
