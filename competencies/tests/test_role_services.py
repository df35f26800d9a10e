"""Role grants: HR asks, an administrator applies, nobody for oneself."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from competencies.models import RoleGrant
from competencies.selectors.people import roles_of
from competencies.services.roles import (
    apply_role_grant,
    end_role_grant,
    lock_account,
    refuse_role_grant,
    request_role_grant,
)
from competencies.tests.builders import grant, make_unit
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, Notice, User

pytestmark = pytest.mark.django_db


def fresh(user):
    """The account as the next request reads it."""
    return User.objects.get(pk=user.pk)


def ask(world, user="unrelated", actor="hr", role="auditor", **fields):
    return request_role_grant(
        actor=world.users[actor],
        user=world.users[user],
        role=role,
        unit=fields.get("unit", world.root),
        start=fields.get("start", today()),
        until=fields.get("until"),
        reason=fields.get("reason", "Pengawasan tahunan"),
    )


def code(refusal):
    return refusal.value.code


def test_request_opens_nothing_and_tells_administrators(world):
    ask(world)
    assert "auditor" not in roles_of(fresh(world.users["unrelated"]))
    assert Notice.objects.get(kind="role_grant.requested").user == world.users["sysadmin"]
    assert AuditEntry.objects.get(action="role_grant.requested").purpose == "Pengawasan tahunan"


def test_applied_grant_opens_at_once_and_both_are_told(world):
    apply_role_grant(actor=world.users["sysadmin"], grant=ask(world))
    assert "auditor" in roles_of(fresh(world.users["unrelated"]))
    told = set(
        Notice.objects.filter(kind="role_grant.applied").values_list("user__username", flat=True)
    )
    assert told == {"unrelated", "hr"}
    assert (
        AuditEntry.objects.get(action="role_grant.applied").actor_id == world.users["sysadmin"].pk
    )


def test_applied_grant_never_begins_before_it_was_applied(world):
    row = apply_role_grant(
        actor=world.users["sysadmin"], grant=ask(world, start=dt.date(2020, 1, 1))
    )
    assert row.period.lower == today()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"user": "hr"}, "self"),
        ({"actor": "employee"}, "outside"),
        ({"actor": "sysadmin"}, "outside"),
        ({"actor": "foreign_hr"}, "outside"),
        ({"reason": " "}, "reason"),
        ({"until": dt.date(2020, 1, 1)}, "period"),
    ],
)
def test_request_is_refused(world, fields, expected):
    with pytest.raises(ValidationError) as refusal:
        ask(world, **fields)
    assert code(refusal) == expected


def test_request_that_stands_already_is_refused(world):
    ask(world)
    with pytest.raises(ValidationError) as refusal:
        ask(world, actor="second_hr")
    assert code(refusal) == "overlap"


def test_nobody_applies_a_grant_for_oneself(world):
    with pytest.raises(ValidationError) as refusal:
        apply_role_grant(actor=world.users["sysadmin"], grant=ask(world, user="sysadmin"))
    assert code(refusal) == "self"


def test_nobody_applies_what_oneself_asked(world):
    grant(world.users["hr"], "sysadmin", world.root)
    world.users["hr"] = fresh(world.users["hr"])
    with pytest.raises(ValidationError) as refusal:
        apply_role_grant(actor=world.users["hr"], grant=ask(world))
    assert code(refusal) == "second_person"


@pytest.mark.parametrize("persona", ["hr", "employee", "auditor", "camat"])
def test_grant_is_applied_by_administrators_only(world, persona):
    row = ask(world, actor="second_hr")
    with pytest.raises(ValidationError):
        apply_role_grant(actor=world.users[persona], grant=row)
    row.refresh_from_db()
    assert row.applied_by is None


def test_grant_applied_twice_is_refused(world):
    row = ask(world)
    apply_role_grant(actor=world.users["sysadmin"], grant=row)
    with pytest.raises(ValidationError) as refusal:
        apply_role_grant(actor=world.users["sysadmin"], grant=row)
    assert code(refusal) == "applied"


def test_refused_request_is_gone_but_in_the_trail(world):
    row = ask(world)
    refuse_role_grant(actor=world.users["sysadmin"], grant=row, reason="Tidak perlu")
    assert not RoleGrant.objects.filter(pk=row.pk).exists()
    entry = AuditEntry.objects.get(action="role_grant.refused")
    assert (entry.purpose, entry.before["role"]) == ("Tidak perlu", "auditor")
    assert Notice.objects.get(kind="role_grant.refused").user == world.users["hr"]


def test_ended_grant_closes_at_once(world):
    row = world.users["auditor"].role_grants.get()
    end_role_grant(actor=world.users["sysadmin"], grant=row, reason="Pindah tugas")
    assert roles_of(fresh(world.users["auditor"])) == frozenset()
    row.refresh_from_db()
    assert row.period.upper == today()
    assert AuditEntry.objects.get(action="role_grant.ended").purpose == "Pindah tugas"


def test_grant_of_today_ended_today_closes_at_once(world):
    row = apply_role_grant(actor=world.users["sysadmin"], grant=ask(world))
    end_role_grant(actor=world.users["sysadmin"], grant=row, reason="Keliru")
    assert "auditor" not in roles_of(fresh(world.users["unrelated"]))


def test_own_grant_is_ended_by_another(world):
    row = world.users["sysadmin"].role_grants.get()
    with pytest.raises(ValidationError) as refusal:
        end_role_grant(actor=world.users["sysadmin"], grant=row, reason="Bosan")
    assert code(refusal) == "self"


@pytest.mark.parametrize(("persona", "expected"), [("hr", "forbidden"), ("employee", "forbidden")])
def test_grant_is_ended_by_administrators_only(world, persona, expected):
    row = world.users["auditor"].role_grants.get()
    with pytest.raises(ValidationError) as refusal:
        end_role_grant(actor=world.users[persona], grant=row, reason="x")
    assert code(refusal) == expected


def test_account_is_locked_and_opened_with_a_reason(world):
    admin, user = world.users["sysadmin"], world.users["employee"]
    assert not lock_account(actor=admin, user=user, locked=True, reason="Hilang ponsel").is_active
    assert lock_account(actor=admin, user=user, locked=False, reason="Ditemukan").is_active
    actions = AuditEntry.objects.filter(action__startswith="user.", purpose__gt="")
    assert {entry.action for entry in actions} == {"user.locked", "user.unlocked"}
    assert Notice.objects.get(kind="user.unlocked").user == user


@pytest.mark.parametrize(
    ("persona", "user", "reason"),
    [("sysadmin", "sysadmin", "x"), ("hr", "employee", "x"), ("sysadmin", "employee", " ")],
)
def test_account_lock_is_refused(world, persona, user, reason):
    with pytest.raises(ValidationError):
        lock_account(actor=world.users[persona], user=world.users[user], locked=True, reason=reason)
    assert fresh(world.users[user]).is_active


def test_first_accounts_vouch_for_each_other():
    make_unit("Kecamatan")
    for _time in range(2):
        call_command("create_first_accounts", password="rahasia-sekali-9", verbosity=0)
    hr, admin = User.objects.get(username="hr"), User.objects.get(username="admin")
    assert (roles_of(hr), roles_of(admin)) == (frozenset({"hr"}), frozenset({"sysadmin"}))
    assert RoleGrant.objects.count() == 2
    assert hr.check_password("rahasia-sekali-9")
    assert not hr.is_demonstration


def test_first_accounts_have_no_password_of_their_own():
    make_unit("Kecamatan")
    with pytest.raises(CommandError):
        call_command("create_first_accounts", verbosity=0)
    with pytest.raises(CommandError):
        call_command("create_first_accounts", password="12345", verbosity=0)
    assert not User.objects.filter(username="hr").exists()
    call_command("create_first_accounts", demonstration=True, verbosity=0)
    assert User.objects.get(username="hr").check_password("gayungan-demo")
    assert User.objects.get(username="hr").is_demonstration


def test_first_accounts_wait_for_the_reference_data():
    with pytest.raises(CommandError, match="data acuan"):
        call_command("create_first_accounts", demonstration=True, verbosity=0)
