"""States of their own below a short temporary folder, with nothing left behind."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gayungan_asn.runner.environment import Failure
from gayungan_asn.runner.postgres import PostgreSQL
from gayungan_asn.runner.processes import Stop, sweep
from gayungan_asn.runner.state import State
from gayungan_asn.runner.valkey import Valkey


def clear(state: State) -> None:
    """Stop whatever runs in this state and remove its files, inside and outside."""
    sweep(state, ())
    for kind in (Valkey, PostgreSQL):
        try:
            server = kind(state, Stop())
        except Failure:
            continue
        server.end()
        shutil.rmtree(server.sockets, ignore_errors=True)
        if isinstance(server, PostgreSQL):
            shutil.rmtree(server.outside, ignore_errors=True)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of states, as `.state` is in a checkout."""
    folder = Path(tempfile.mkdtemp(prefix="gay-")).resolve()
    folder.chmod(0o755)
    yield folder
    for name in ("run", "empty"):
        if (folder / name).exists():
            clear(State(name, folder / name))
    shutil.rmtree(folder)


@pytest.fixture
def state(home: Path) -> State:
    """An opened state."""
    state = State("run", home / "run")
    state.open()
    return state
