"""Records, contacts and posts: who may change what, and what the trail keeps of it."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from competencies.models import Assignment, Employee, Supervision
from competencies.selectors.people import definitive_assignment, direct_supervisor
from competencies.services.people import (
    create_employee,
    edit_contact,
    edit_employee,
    open_profile,
    place_employee,
    reveal_sensitive,
)
from competencies.services.supervision import refresh_supervision
from competencies.tests.builders import make_position, make_unit
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry
from gayungan_asn.accounts.services import set_sign_in_names

pytestmark = pytest.mark.django_db
NEW_NIP = "198502172010012901"


def details(**changes):
    return {
        "name": "Baru Sekali",
        "birth_date": dt.date(1985, 2, 17),
        "sex": "P",
        "employment_kind": "PNS",
        "grade": "II/c",
    } | changes


def nip_of(employee):
    return employee.numbers.get(is_current=True).nip


def edit(world, persona="employee", actor="hr", **fields):
    employee = Employee.objects.get(pk=world.people[persona].pk)
    return edit_employee(
        actor=world.users[actor],
        employee=employee,
        version=fields.pop("version", employee.version),
        nip=fields.pop("nip", nip_of(employee)),
        values=fields,
    )


def code(refusal):
    error = refusal.value
    if hasattr(error, "error_dict"):
        return {name: errors[0].code for name, errors in error.error_dict.items()}
    return error.code


def test_new_person_stands_in_the_post_with_a_supervisor(world):
    employee = create_employee(
        actor=world.users["hr"],
        values=details(),
        nip="19850217 201001 2 901",
        position=world.positions["employee"],
        start=today(),
    )
    assert nip_of(employee) == NEW_NIP
    assert definitive_assignment(employee).position == world.positions["employee"]
    assert direct_supervisor(employee) == world.people["superior"]
    entry = AuditEntry.objects.get(action="employee.created")
    assert entry.subject_employee_id == employee.pk
    assert entry.after["nip"] == NEW_NIP


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"nip": "198513172010012901"}, {"nip": "nip"}),
        ({"nip": "taken"}, {"nip": "taken"}),
        ({"position": "foreigner"}, {"position": "outside"}),
        ({"actor": "employee"}, "forbidden"),
    ],
)
def test_new_person_is_refused(world, changes, expected):
    nip = changes.get("nip", NEW_NIP)
    with pytest.raises(ValidationError) as refusal:
        create_employee(
            actor=world.users[changes.get("actor", "hr")],
            values=details(),
            nip=nip_of(world.people["superior"]) if nip == "taken" else nip,
            position=world.positions[changes.get("position", "employee")],
        )
    assert code(refusal) == expected
    assert not Employee.objects.filter(name="Baru Sekali").exists()


def test_change_keeps_old_and_new_in_the_trail(world):
    employee = edit(world, grade="III/a", name=world.people["employee"].name)
    assert employee.grade == "III/a"
    entry = AuditEntry.objects.get(action="employee.updated")
    assert (entry.before, entry.after) == ({"grade": ""}, {"grade": "III/a"})


def test_change_of_nothing_leaves_no_trace(world):
    edit(world, name=world.people["employee"].name)
    assert not AuditEntry.objects.filter(action="employee.updated").exists()


def test_change_of_fields_that_are_not_hrs_is_ignored(world):
    employee = edit(world, phone="0800", user=None, version_field=9)
    assert employee.phone == ""
    assert employee.user == world.users["employee"]


def test_change_from_an_old_page_is_refused(world):
    edit(world, grade="III/a")
    with pytest.raises(ValidationError) as refusal:
        edit(world, grade="III/b", version=1)
    assert code(refusal) == "stale"


@pytest.mark.parametrize(
    ("actor", "persona", "expected"),
    [
        ("hr", "hr", "own_case"),
        ("foreign_hr", "employee", "forbidden"),
        ("superior", "employee", "forbidden"),
        ("employee", "employee", "own_case"),
        ("sysadmin", "employee", "forbidden"),
    ],
)
def test_change_by_somebody_else_is_refused(world, actor, persona, expected):
    with pytest.raises(ValidationError) as refusal:
        edit(world, persona, actor, grade="IV/e")
    assert code(refusal) == expected


def test_second_hr_changes_the_record_of_the_first(world):
    assert edit(world, "hr", "second_hr", grade="III/d").grade == "III/d"


def test_new_nip_joins_the_history_and_signs_in(world):
    employee = world.people["employee"]
    old = nip_of(employee)
    set_sign_in_names(actor=None, user=employee.user, names={"nip": old, "short": "employee"})
    edit(world, nip=NEW_NIP)
    assert set(employee.numbers.values_list("nip", "is_current")) == {
        (old, False),
        (NEW_NIP, True),
    }
    names = dict(employee.user.sign_in_names.values_list("kind", "value"))
    assert names == {"nip": NEW_NIP, "short": "employee"}


def test_contact_is_the_persons_own(world):
    employee = world.people["employee"]
    edit_contact(
        actor=world.users["employee"],
        employee=employee,
        version=employee.version,
        values={"phone": "0812 3456 7890", "name": "Lain", "grade": "IV/e"},
    )
    employee.refresh_from_db()
    assert (employee.phone, employee.grade) == ("0812 3456 7890", "")
    assert employee.name != "Lain"
    assert AuditEntry.objects.get(action="employee.contact_updated").after == {
        "phone": "0812 3456 7890"
    }
    with pytest.raises(ValidationError) as refusal:
        edit_contact(actor=world.users["hr"], employee=employee, version=2, values={"phone": "1"})
    assert code(refusal) == "forbidden"


def test_contact_from_an_old_page_is_refused(world):
    with pytest.raises(ValidationError) as refusal:
        edit_contact(
            actor=world.users["employee"],
            employee=world.people["employee"],
            version=7,
            values={"phone": "0812 3456 7890"},
        )
    assert code(refusal) == "stale"


def place(world, persona="employee", position="unrelated", actor="hr", **fields):
    return place_employee(
        actor=world.users[actor],
        employee=world.people[persona],
        position=world.positions[position],
        start=fields.pop("start", today()),
        **fields,
    )


def test_placement_ends_the_post_before_and_moves_the_supervisor(world):
    refresh_supervision(actor=None, day=today() - dt.timedelta(days=20))
    place(world)
    rows = Assignment.objects.filter(employee=world.people["employee"]).order_by("period")
    assert [(row.position, row.period.upper) for row in rows] == [
        (world.positions["employee"], today()),
        (world.positions["unrelated"], None),
    ]
    assert direct_supervisor(world.people["employee"]) == world.people["other_superior"]
    yesterday = today() - dt.timedelta(days=1)
    assert direct_supervisor(world.people["employee"], yesterday) == world.people["superior"]
    entry = AuditEntry.objects.get(action="assignment.created")
    assert entry.before == {"position": world.positions["employee"].pk}


def test_acting_placement_leaves_the_definitive_post(world):
    place(world, position="other_superior", kind="plt", until=today() + dt.timedelta(days=30))
    assert definitive_assignment(world.people["employee"]).position == world.positions["employee"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"persona": "hr", "position": "camat"}, "own_case"),
        ({"actor": "foreign_hr"}, "forbidden"),
        ({"position": "foreigner"}, {"position": "outside"}),
        ({"position": "employee"}, "overlap"),
        ({"until": dt.date(2020, 1, 1)}, {"until": "period"}),
    ],
)
def test_placement_is_refused(world, fields, expected):
    before = Supervision.objects.count()
    with pytest.raises(ValidationError) as refusal:
        place(world, **fields)
    assert code(refusal) == expected
    assert Supervision.objects.count() == before


def test_placement_in_a_closed_post_is_refused(world):
    closed = make_position(world.section, closed_on=dt.date(2020, 1, 1))
    world.positions["closed"] = closed
    with pytest.raises(ValidationError) as refusal:
        place(world, position="closed")
    assert code(refusal) == {"position": "closed"}


@pytest.mark.parametrize(("persona", "role"), [("hr", "hr"), ("superior", "supervisor")])
def test_opening_of_another_profile_is_recorded_with_the_capacity(world, persona, role):
    entry = open_profile(actor=world.users[persona], employee=world.people["employee"])
    assert (entry.action, entry.actor_roles) == ("employee.viewed", [role])


def test_opening_of_the_own_profile_leaves_no_trace(world):
    assert open_profile(actor=world.users["employee"], employee=world.people["employee"]) is None


def test_private_data_needs_a_purpose_from_hr_and_none_from_oneself(world):
    employee = world.people["employee"]
    entry = reveal_sensitive(
        actor=world.users["hr"], employee=employee, purpose="Mencocokkan dengan SK"
    )
    assert entry.purpose == "Mencocokkan dengan SK"
    reveal_sensitive(actor=world.users["employee"], employee=employee, purpose="")
    with pytest.raises(ValidationError) as refusal:
        reveal_sensitive(actor=world.users["hr"], employee=employee, purpose=" ")
    assert code(refusal) == "purpose"
    with pytest.raises(ValidationError) as refusal:
        reveal_sensitive(actor=world.users["superior"], employee=employee, purpose="Ingin tahu")
    assert code(refusal) == "forbidden"


def test_new_person_without_post_needs_hr_of_the_root(world):
    section_hr = world.users["second_hr"]
    section_hr.role_grants.update(unit=make_unit("Seksi C", world.root))
    with pytest.raises(ValidationError) as refusal:
        create_employee(actor=section_hr, values=details(), nip=NEW_NIP)
    assert code(refusal) == {"position": "outside"}
    assert create_employee(actor=world.users["hr"], values=details(), nip=NEW_NIP).pk
