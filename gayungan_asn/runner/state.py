"""The folder that one running set lives in, and how another terminal finds it.

`.state/run` belongs to `./run`, `.state/empty` to `./run --empty`, `.state/test` to `./run test`.
Standard library only: `manage.py` imports this before any setting exists.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gayungan_asn.runner.environment import ROOT, Failure

NAMES = ("run", "empty", "test")


def state_home() -> Path:
    """The folder of all states: `.state` in the checkout, or GAYUNGAN_STATE_HOME."""
    return Path(os.environ.get("GAYUNGAN_STATE_HOME") or ROOT / ".state").resolve()


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    draft = path.with_name(path.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The content of a file written by `write_private`; empty when absent or broken."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def answers(path: str | Path) -> bool:
    """Whether a server listens on this Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def private_folder(path: Path, *, uid: int | None = None, gid: int | None = None) -> Path:
    """A folder nobody else can enter, owned by `uid`; refuses one laid out by somebody else."""
    owner = os.geteuid() if uid is None else uid
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
        raise Failure(f"{path} sudah ada dan milik pengguna lain. Hapus dahulu, lalu ulangi ./run.")
    path.chmod(0o700)
    if found.st_uid != owner:
        os.chown(path, owner, -1 if gid is None else gid)
    return path


@dataclass(frozen=True)
class State:
    """One set of servers, processes and files."""

    name: str
    folder: Path

    @classmethod
    def named(cls, name: str) -> State:
        """The state of this checkout with this name."""
        return cls(name, state_home() / name)

    @property
    def key(self) -> str:
        """Short, and different for every state and user: for paths outside the checkout."""
        return hashlib.sha256(f"{os.geteuid()}:{self.folder}".encode()).hexdigest()[:10]

    @property
    def home_key(self) -> str:
        """The same for the states of one checkout and user: for what they share."""
        return hashlib.sha256(f"{os.geteuid()}:{self.folder.parent}".encode()).hexdigest()[:10]

    @property
    def environment_file(self) -> Path:
        """What a process needs to join the running set."""
        return self.folder / "environment.json"

    @property
    def demo_mark(self) -> Path:
        """Exists when this set was given the demonstration data."""
        return self.folder / "demo"

    def log(self, name: str) -> Path:
        """Where a process of this set writes; cut back when it has grown large."""
        path = self.folder / "log" / f"{name}.log"
        if path.exists() and path.stat().st_size > 10_000_000:
            path.replace(path.with_suffix(".log.1"))
        return path

    def open(self) -> None:
        """Create the folder. As root others may pass through it, for PostgreSQL, but not list it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for inner in ("log", "processes", "media"):
                (self.folder / inner).mkdir(mode=0o700, exist_ok=True)
            self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except PermissionError:
            raise Failure(
                f"Folder {self.folder} milik pengguna lain. Jalankan ./run sebagai pemiliknya, "
                "atau hapus folder itu (data di dalamnya ikut terhapus)."
            ) from None

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Only one runner at a time; the kernel frees it however the runner ends."""
        with (self.folder / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                holder = read_json(self.folder / "runner.json")
                where = f" di {holder['url']}" if holder.get("url") else ""
                number = f" (proses {holder['pid']})" if holder.get("pid") else ""
                raise Failure(
                    f"Sudah berjalan{where}{number}. Hentikan dengan Ctrl-C di terminalnya."
                ) from None
            yield

    def secret(self) -> str:
        """The signing key of this set, made once."""
        path = self.folder / "secret_key"
        try:
            known = path.read_text().strip()
        except FileNotFoundError:
            known = ""
        if not known:
            known = secrets.token_urlsafe(64)
            write_private(path, known)
        return known

    def publish(self, environment: Mapping[str, str], sockets: list[str]) -> None:
        """Let other terminals find the running servers."""
        content = {"environment": dict(environment), "sockets": sockets}
        write_private(self.environment_file, json.dumps(content, indent=1))

    def retract(self) -> None:
        """The servers are gone."""
        self.environment_file.unlink(missing_ok=True)

    def discover(self) -> dict[str, str] | None:
        """The environment of the running set, None when its servers do not answer."""
        content = read_json(self.environment_file)
        environment = content.get("environment")
        if not environment or not all(answers(path) for path in content.get("sockets", [])):
            return None
        return {str(key): str(value) for key, value in environment.items()}


def join_running() -> None:
    """Put the environment of the running set into this process, unless one was given.

    GAYUNGAN_STATE chooses between run (default), empty and test.
    """
    if os.environ.get("DATABASE_URL"):
        return
    name = os.environ.get("GAYUNGAN_STATE") or "run"
    if name not in NAMES:
        raise Failure(f"GAYUNGAN_STATE={name} tidak dikenal; pilihannya: {', '.join(NAMES)}.")
    found = State.named(name).discover()
    if found is None:
        command = {"run": "./run", "empty": "./run --empty", "test": "./run test"}[name]
        raise Failure(
            f"Tidak ada basis data: DATABASE_URL kosong dan {command} tidak sedang berjalan.\n"
            f"Jalankan {command} di terminal lain, atau isi DATABASE_URL, REDIS_URL, SECRET_KEY "
            "dan ALLOWED_HOSTS."
        )
    for key, value in found.items():
        os.environ.setdefault(key, value)


def act_as_owner() -> None:
    """Connect as the owner of the tables; the role of the product stays known to `grant_web_role`."""
    owner = os.environ.get("DATABASE_OWNER_URL")
    if owner:
        os.environ.setdefault("WEB_DATABASE_URL", os.environ.get("DATABASE_URL", owner))
        os.environ["DATABASE_URL"] = owner
