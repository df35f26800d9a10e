"""Ours and theirs: recognised, restarted, stopped."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from gayungan_asn.runner.processes import (
    Keeper,
    Process,
    Service,
    end_all,
    marked,
    record,
    recorded,
    sweep,
)
from gayungan_asn.runner.state import State
from gayungan_asn.runner.tests.builders import make_child, make_stranger, until

pytestmark = pytest.mark.serial


def test_sweep_with_a_number_used_again_leaves_the_stranger_alone(state: State) -> None:
    stranger = make_stranger()
    try:
        now = Process.of(stranger.pid)
        assert now is not None
        record(state, "web", Process(stranger.pid, "an earlier moment"))
        assert recorded(state, "web") is None
        assert sweep(state, ["web"]) == 0
        assert stranger.poll() is None
        record(state, "web", now)
        assert sweep(state, ["web"]) == 1
        assert stranger.wait(5) == -signal.SIGTERM
    finally:
        stranger.kill()
        stranger.wait()


def test_recorded_over_other_data_is_not_ours(state: State) -> None:
    child = make_child(state)
    record(state, "postgres", child, "/data/one")
    assert recorded(state, "postgres", "/data/one") == Process(child.pid, child.started)
    assert recorded(state, "postgres", "/data/two") is None
    end_all([child], seconds=5)


def test_sweep_stops_what_this_state_left_and_nothing_of_another(state: State, home: Path) -> None:
    other = State("empty", home / "empty")
    other.open()
    ours, theirs = make_child(state), make_child(other)
    assert until(lambda: list(marked(state)) and list(marked(other)))
    assert sweep(state, ["web"]) == 1
    assert not ours.alive()
    assert theirs.alive()
    end_all([theirs], seconds=5)


def test_end_all_kills_what_does_not_listen(state: State) -> None:
    script = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); "
        "signal.pause()"
    )
    deaf = make_child(state, script)
    assert until(lambda: "ready" in state.log("child").read_text())
    end_all([deaf], seconds=0.3)
    assert not deaf.alive()
    assert deaf.code() == -signal.SIGKILL


def test_keeper_starts_a_killed_service_again_and_ends_its_orphans(
    state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    script = "import os, signal; os.fork(); signal.pause()"
    keeper = Keeper(state)
    service = Service("web", "web", lambda: make_child(state, script))
    keeper.add(service)
    first = service.process
    assert first is not None
    assert until(lambda: len(list(marked(state))) == 2)
    orphan = psutil.Process(first.pid).children()[0].pid

    def runs_again() -> bool:
        keeper.tick()
        return service.process is not first and service.process is not None

    os.kill(first.pid, signal.SIGKILL)
    assert until(runs_again)
    assert service.process is not None
    assert service.process.alive()
    assert Process.of(orphan) is None
    assert "web berhenti (kode -9); dinyalakan lagi dalam 0.5 detik" in capsys.readouterr().out

    second = service.process
    os.kill(second.pid, signal.SIGKILL)
    assert until(lambda: keeper.tick() or service.due is not None)
    assert "dinyalakan lagi dalam 1 detik" in capsys.readouterr().out
    sweep(state, ["web"])
