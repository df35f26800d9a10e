"""The role the product runs as reads and writes, but neither empties nor rewrites history."""

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction

ROLE = "gayungan_web"


@pytest.fixture
def web_role(db: None) -> str:
    """The role with its rights, ours until the transaction of the test is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", [ROLE])
        if not cursor.fetchone():
            cursor.execute(f"create role {ROLE}")
        call_command("grant_web_role", role=ROLE, verbosity=0)
        cursor.execute(f"set local role {ROLE}")
    return ROLE


def refused(statement: str) -> bool:
    """Whether the database denies the right to do this."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except Error as error:
        return getattr(error.__cause__, "pgcode", None) == "42501"
    return False


@pytest.mark.parametrize(
    "statement",
    [
        "truncate accounts_auditentry",
        "delete from accounts_auditentry",
        "update accounts_auditentry set action = 'x'",
        "truncate competencies_attainedlevel cascade",
        "truncate competencies_employee cascade",
        "alter table accounts_auditentry disable trigger all",
        "drop table accounts_notice",
        "create table mine (n int)",
        "delete from django_migrations",
    ],
)
def test_web_role_may_not_rewrite_history(web_role: str, statement: str) -> None:
    assert refused(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "select count(*) from accounts_auditentry",
        "delete from accounts_notice",
        "update competencies_unit set name = name",
        "select nextval(pg_get_serial_sequence('accounts_notice', 'id'))",
        "delete from cache_entry",
    ],
)
def test_web_role_may_do_its_daily_work(web_role: str, statement: str) -> None:
    assert not refused(statement)


def test_grant_to_a_role_that_is_not_there_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="nobody_of_that_name tidak ada"):
        call_command("grant_web_role", role="nobody_of_that_name")
