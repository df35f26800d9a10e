"""Processes of our own: started, recognised after a crash, watched, stopped.

A process is known by its number together with the moment it started, so that a number used
again by a stranger is never taken for ours. Whatever the web and worker processes start
themselves carries the mark of the state in its environment.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from gayungan_asn.runner.environment import ROOT, Failure, say
from gayungan_asn.runner.state import State, read_json, write_private

MARK = "GAYUNGAN_RUNNER"
LONGEST_PAUSE = 30.0
GOOD_LIFE = 60.0


class Stopped(Exception):  # noqa: N818 (a wish, not a defect)
    """Ctrl-C or SIGTERM came while something was being waited for."""


class Stop:
    """Remembers that the set is to end; a second signal asks to hurry."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.hurry = threading.Event()

    def listen(self) -> None:
        """Take the signals of the terminal and of a service manager."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame: object) -> None:
        if self.asked.is_set():
            self.hurry.set()
        self.asked.set()

    def pause(self, seconds: float) -> None:
        """Wait, unless the end is asked for: then raise."""
        if self.asked.wait(seconds):
            raise Stopped


@cache
def boot() -> str:
    """Names this run of the machine, so that numbers of an earlier one never match."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def started_at(pid: int) -> str | None:
    """When the process with this number started; None when it is gone or only a zombie.

    On Linux in ticks since boot, which no change of the clock moves.
    """
    if sys.platform == "linux":
        try:
            line = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        fields = line.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else f"{boot()}:{fields[19]}"
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return f"{process.create_time():.2f}"
    return None


@dataclass
class Process:
    """One process of ours, whether this runner started it or found it."""

    pid: int
    started: str
    child: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The living process with this number."""
        started = started_at(pid)
        return cls(pid, started) if started else None

    def alive(self) -> bool:
        """Whether it still runs; collects the exit code of a child."""
        if self.child is not None:
            return self.child.poll() is None
        return started_at(self.pid) == self.started

    def code(self) -> int | None:
        """The exit code, known for children only."""
        return self.child.returncode if self.child is not None else None

    def send(self, number: int) -> None:
        """Signal it if it lives."""
        if self.alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float, hurry: threading.Event | None = None) -> bool:
        """True once it has ended; False after the time, or at once when hurry is asked for."""
        return wait_all([self], seconds, hurry)


def wait_all(
    processes: Iterable[Process], seconds: float, hurry: threading.Event | None = None
) -> bool:
    """True once all have ended; False after the time, or at once when hurry is asked for."""
    waiting, end = list(processes), time.monotonic() + seconds
    tick = hurry or threading.Event()
    while waiting := [process for process in waiting if process.alive()]:
        if time.monotonic() >= end or tick.wait(0.05):
            return False
    return True


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path,
    environment: Mapping[str, str],
    folder: Path = ROOT,
    identity: Mapping[str, Any] | None = None,
    pass_fds: Sequence[int] = (),
) -> Process:
    """Start a process in a session of its own, so that Ctrl-C reaches the runner only."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            pass_fds=pass_fds,
            **(identity or {}),
        )
    return Process(child.pid, started_at(child.pid) or "", child)


def record(state: State, name: str, process: Process, data: str = "") -> None:
    """Remember a process for the next runner, should this one be killed."""
    content = {"pid": process.pid, "started": process.started, "data": data}
    write_private(state.folder / "processes" / f"{name}.json", json.dumps(content))


def forget(state: State, name: str) -> None:
    """The process has ended."""
    (state.folder / "processes" / f"{name}.json").unlink(missing_ok=True)


def recorded(state: State, name: str, data: str = "") -> Process | None:
    """The process of that record, if it is still the same one over the same data."""
    content = read_json(state.folder / "processes" / f"{name}.json")
    pid, started = content.get("pid"), content.get("started")
    if not isinstance(pid, int) or not started or content.get("data") != data:
        return None
    return Process(pid, started) if started_at(pid) == started else None


def marked(state: State) -> Iterator[Process]:
    """Every living process that carries the mark of this state."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(MARK) != str(state.folder) or process.pid == os.getpid():
                continue
            if found := Process.of(process.pid):
                yield found


def working_in(folder: Path) -> list[Process]:
    """Processes whose working folder is this one: a database server and its children."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.cwd() == str(folder) and (ours := Process.of(process.pid)):
                found.append(ours)
    return found


def sweep(state: State, names: Iterable[str]) -> int:
    """Stop what an earlier runner of this state left behind; the number of processes."""
    left = {process.pid: process for process in marked(state)}
    for name in names:
        if process := recorded(state, name):
            left[process.pid] = process
        forget(state, name)
    end_all(list(left.values()), seconds=10)
    return len(left)


def end_all(
    processes: Sequence[Process], *, seconds: float, hurry: threading.Event | None = None
) -> None:
    """Ask to end, wait, and kill what does not."""
    for process in processes:
        process.send(signal.SIGTERM)
    if not wait_all(processes, seconds, hurry):
        for process in processes:
            process.send(signal.SIGKILL)
        wait_all(processes, 5)


def end_session(state: State, leader: int) -> None:
    """Kill what a dead leader of ours left running in its session."""
    orphans = []
    for process in marked(state):
        with suppress(OSError):
            if os.getsid(process.pid) == leader:
                orphans.append(process)
    for process in orphans:
        process.send(signal.SIGKILL)
    wait_all(orphans, 5)


@dataclass
class Service:
    """Something that is to run all the time."""

    name: str
    label: str
    launch: Callable[[], Process]
    process: Process | None = None
    since: float = 0.0
    failures: int = 0
    due: float | None = None


@dataclass
class Keeper:
    """Starts services and starts them again when they die, each time a little later."""

    state: State
    services: list[Service] = field(default_factory=list)

    def add(self, service: Service) -> None:
        """Start a service and keep it."""
        service.process = service.process or service.launch()
        service.since = time.monotonic()
        self.services.append(service)

    def tick(self) -> None:
        """Look at each service once."""
        for service in self.services:
            self._look(service, time.monotonic())

    def _look(self, service: Service, now: float) -> None:
        process = service.process
        if process is not None and process.alive():
            if service.failures and now - service.since > GOOD_LIFE:
                service.failures = 0
            return
        if service.due is None:
            pause = min(0.5 * 2**service.failures, LONGEST_PAUSE)
            service.failures += 1
            service.due = now + pause
            code = process.code() if process else None
            reason = "" if code is None else f" (kode {code})"
            say(f"{service.label} berhenti{reason}; dinyalakan lagi dalam {pause:g} detik")
            if process is not None:
                end_session(self.state, process.pid)
        if now < service.due:
            return
        service.due = None
        try:
            service.process = service.launch()
        except (Failure, OSError) as error:
            service.process = None
            say(f"{service.label} belum dapat dinyalakan: {error}")
        service.since = time.monotonic()

    def end(self, names: Iterable[str], *, seconds: float, hurry: threading.Event) -> None:
        """Stop these services together."""
        ending = [service for service in self.services if service.name in set(names)]
        self.services = [service for service in self.services if service not in ending]
        living = [service.process for service in ending if service.process is not None]
        end_all(living, seconds=seconds, hurry=hurry)
        for service in ending:
            if service.process is not None:
                end_session(self.state, service.process.pid)
            forget(self.state, service.name)
