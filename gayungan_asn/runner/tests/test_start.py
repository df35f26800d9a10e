"""`./run` itself: ports, and the whole set killed and started again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from gayungan_asn.runner.environment import ROOT, Failure
from gayungan_asn.runner.processes import recorded, started_at
from gayungan_asn.runner.start import FIRST_PORT, reserve_port
from gayungan_asn.runner.state import State, read_json
from gayungan_asn.runner.tests.builders import until

pytestmark = pytest.mark.serial


def test_port_given_and_busy_is_refused_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        with pytest.raises(Failure, match=f"Port {port} sedang dipakai"):
            reserve_port()


def test_port_not_given_takes_the_next_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    with reserve_port() as first, reserve_port() as second:
        assert FIRST_PORT <= first.getsockname()[1] < second.getsockname()[1]


@pytest.mark.parametrize("port", ["web", "0", "70000", "-1"])
def test_port_that_is_none_is_refused(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Failure, match="bukan nomor port"):
        reserve_port()


class Runner:
    """`./run --empty` in a state home of its own."""

    def __init__(self, home: Path) -> None:
        self.state = State("empty", home / "empty")
        self.output = home / "output"
        keep = ("PATH", "HOME", "LANG", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
        self.environment = {key: os.environ[key] for key in keep if key in os.environ}
        self.environment["GAYUNGAN_STATE_HOME"] = str(home)

    def start(self) -> subprocess.Popen[bytes]:
        """Start and wait for the first page."""
        with self.output.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "gayungan_asn.runner", "--empty"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        assert until(lambda: self.address() or process.poll() is not None, 180)
        assert process.poll() is None, self.output.read_text()
        return process

    def address(self) -> str | None:
        """What it printed as its address."""
        found = re.search(r"^Siap: (\S+)$", self.output.read_text(), re.MULTILINE)
        return found[1] if found else None

    def pid(self, name: str) -> int:
        """The number of one process of the set."""
        return int(read_json(self.state.folder / "processes" / f"{name}.json")["pid"])

    def answers(self) -> bool:
        """Whether the process answers its health check."""
        try:
            # S310: the address is the runner's own.
            with urllib.request.urlopen(f"{self.address()}healthz", timeout=5) as answer:  # noqa: S310
                return answer.status == 200
        except OSError:
            return False

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A management command as typed in another terminal."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**self.environment, "GAYUNGAN_STATE": "empty"},
            capture_output=True,
            text=True,
            check=False,
        )


def test_run_killed_anywhere_starts_again_and_ends_in_order(home: Path) -> None:
    runner = Runner(home)
    first = runner.start()
    try:
        assert runner.answers()
        # A web process killed under a living runner comes back on the same port.
        killed = runner.pid("web")
        os.kill(killed, signal.SIGKILL)
        assert until(lambda: runner.pid("web") != killed and runner.answers(), 60)
        # A second start in the same state says where the first one is.
        second = subprocess.run(
            [sys.executable, "-m", "gayungan_asn.runner", "--empty"],
            cwd=ROOT,
            env=runner.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert f"Sudah berjalan di {runner.address()}" in second.stderr
        # The runner, a server and a worker killed at once; the rest is taken over or ended.
        survivor, left = runner.pid("postgres"), runner.pid("beat")
        for number in (first.pid, runner.pid("valkey"), runner.pid("worker")):
            os.kill(number, signal.SIGKILL)
        first.wait()
        first = runner.start()
        assert runner.pid("postgres") == survivor
        assert started_at(left) is None
        assert recorded(runner.state, "beat") is not None
        assert runner.answers()
        answer = runner.manage("migrate", "--check")
        assert answer.returncode == 0, answer.stderr
    finally:
        first.send_signal(signal.SIGINT)
        code = first.wait(60)
    assert code == 0
    assert runner.output.read_text().rstrip().endswith("Berhenti. Data tetap ada.")
    assert started_at(survivor) is None
    assert runner.state.discover() is None
