"""PostgreSQL and Valkey of our own, killed in every way and started again."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from gayungan_asn.runner.postgres import OWNER, WEB, PostgreSQL
from gayungan_asn.runner.processes import Stop
from gayungan_asn.runner.state import State, private_folder
from gayungan_asn.runner.tests.builders import make_stranger
from gayungan_asn.runner.valkey import Valkey

pytestmark = pytest.mark.serial


def query(server: PostgreSQL, role: str, statement: str) -> Any:
    """The first row of a statement run as this role."""
    with closing(psycopg2.connect(server.url(role))) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        connection.commit()
        return cursor.fetchone() if cursor.description else None


def test_postgres_killed_keeps_rows_and_is_adopted_while_alive(state: State) -> None:
    server = PostgreSQL(state, Stop())
    process = server.start()
    query(server, OWNER, "create table kept (n int); insert into kept values (42)")

    again = PostgreSQL(state, Stop())
    adopted = again.start()
    assert again.adopted
    assert adopted.pid == process.pid

    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(10)
    third = PostgreSQL(state, Stop())
    restarted = third.start()
    assert not third.adopted
    assert query(third, OWNER, "select n from kept") == (42,)
    third.end(restarted)
    assert not restarted.alive()


def test_postgres_with_a_foreign_number_in_its_lock_starts_and_spares_the_stranger(
    state: State,
) -> None:
    server = PostgreSQL(state, Stop())
    server.end(server.start())
    stranger = make_stranger()
    try:
        lock = f"{stranger.pid}\n{server.data}\n1\n5432\n{server.sockets}\n\n  1 1\nready\n"
        (server.data / "postmaster.pid").write_text(lock)
        private_folder(server.sockets, uid=server.data.stat().st_uid)
        (server.sockets / ".s.PGSQL.5432.lock").write_text(lock)
        (server.sockets / ".s.PGSQL.5432").touch()
        again = PostgreSQL(state, Stop())
        again.end(again.start())
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_web_role_owns_nothing_and_cannot_make_tables(state: State) -> None:
    server = PostgreSQL(state, Stop(), durable=False)
    process = server.start()
    rights = (
        "select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls from pg_roles where rolname = "
    )
    assert query(server, WEB, f"{rights} current_user") == (False, False, False, False)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        query(server, WEB, "create table mine (n int)")
    extensions = "select count(*) from pg_extension where extname in "
    assert query(server, WEB, f"{extensions} ('btree_gist', 'pg_trgm', 'unaccent')") == (3,)
    server.end(process)


def test_valkey_killed_starts_again_and_is_adopted_while_alive(state: State) -> None:
    server = Valkey(state, Stop())
    process = server.start()
    again = Valkey(state, Stop())
    assert again.start().pid == process.pid
    assert again.adopted

    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(5)
    third = Valkey(state, Stop())
    restarted = third.start()
    assert not third.adopted
    assert restarted.alive()
    third.end(restarted)
    assert not restarted.alive()
