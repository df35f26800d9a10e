"""Real processes for the tests of the runner."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gayungan_asn.runner.postgres import identity
from gayungan_asn.runner.processes import MARK, Process, spawn
from gayungan_asn.runner.state import State


def until(condition: Callable[[], object], seconds: float = 10) -> bool:
    """Whether the condition comes true in time."""
    end, tick = time.monotonic() + seconds, threading.Event()
    while not condition():
        if time.monotonic() > end:
            return False
        tick.wait(0.02)
    return True


def make_stranger() -> subprocess.Popen[bytes]:
    """A process that is not ours, under the account that also runs PostgreSQL."""
    return subprocess.Popen(["sleep", "600"], cwd="/", **identity())


def make_child(state: State, script: str = "import signal; signal.pause()") -> Process:
    """A process of ours, as web and workers are started."""
    return spawn(
        [sys.executable, "-c", script],
        log=state.log("child"),
        environment={MARK: str(state.folder)},
        folder=Path("/"),
    )
