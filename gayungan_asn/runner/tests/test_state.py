"""The folder of a running set, and how another terminal finds it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gayungan_asn.runner.environment import ROOT, Failure
from gayungan_asn.runner.state import State, join_running, private_folder, write_private


def test_lock_taken_twice_names_the_address_of_the_first(state: State) -> None:
    write_private(
        state.folder / "runner.json", json.dumps({"pid": 4711, "url": "http://localhost:8042/"})
    )
    with state.lock(), pytest.raises(Failure, match=r"http://localhost:8042/ \(proses 4711\)"):
        state.lock().__enter__()
    with state.lock():
        pass


def test_secret_is_made_once_and_private(state: State) -> None:
    first = state.secret()
    assert state.secret() == first
    assert len(first) >= 64
    assert (state.folder / "secret_key").stat().st_mode & 0o777 == 0o600


def test_discover_answers_only_while_the_servers_listen(state: State) -> None:
    path = str(state.folder / "server.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        state.publish({"DATABASE_URL": "postgresql://x"}, [path])
        assert state.discover() == {"DATABASE_URL": "postgresql://x"}
    assert state.discover() is None
    assert state.environment_file.stat().st_mode & 0o777 == 0o600


def test_join_running_leaves_a_given_database_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = State("run", home / "run")
    state.open()
    state.publish({"DATABASE_URL": "postgresql://running", "REDIS_URL": "redis://running"}, [])
    monkeypatch.setenv("GAYUNGAN_STATE_HOME", str(home))
    monkeypatch.delenv("GAYUNGAN_STATE", raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://given")
    monkeypatch.setenv("DATABASE_URL", "postgresql://given")
    join_running()
    assert os.environ["DATABASE_URL"] == "postgresql://given"
    monkeypatch.delenv("DATABASE_URL")
    join_running()
    assert os.environ["DATABASE_URL"] == "postgresql://running"
    assert os.environ["REDIS_URL"] == "redis://given"


def test_manage_without_anything_running_says_what_to_do(home: Path) -> None:
    environment = {
        key: value for key, value in os.environ.items() if not key.endswith(("_URL", "_STATE"))
    }
    answer = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={**environment, "GAYUNGAN_STATE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "./run tidak sedang berjalan" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_private_folder_refuses_a_link_laid_by_somebody_else(home: Path) -> None:
    (home / "target").mkdir()
    (home / "link").symlink_to(home / "target")
    with pytest.raises(Failure, match="milik pengguna lain"):
        private_folder(home / "link")
