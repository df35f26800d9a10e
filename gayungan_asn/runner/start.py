"""`./run`: servers, schema, data, then web, workers and beat, until Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from kombu import Connection

from gayungan_asn.runner.environment import ROOT, STEPS, Failure, say
from gayungan_asn.runner.postgres import OWNER, WEB, PostgreSQL
from gayungan_asn.runner.processes import (
    MARK,
    Keeper,
    Process,
    Service,
    Stop,
    Stopped,
    record,
    spawn,
    sweep,
)
from gayungan_asn.runner.state import State, write_private
from gayungan_asn.runner.valkey import Valkey

LOCAL_HOSTS = "localhost,127.0.0.1,[::1]"
FIRST_PORT, LAST_PORT = 8000, 8099
PASSWORD = "gayungan-demo"  # noqa: S105 (known to everybody, made for demonstration data only)
ACCOUNTS = {
    "hr": "kepegawaian: impor, siklus penilaian, katalog, penetapan rencana",
    "sekretaris": "kepegawaian kedua: menetapkan rencana milik hr sendiri",
    "atasan": "atasan langsung: pegawai yang dinilai dan pengajuan mereka",
    "pegawai": "pegawai: kesenjangan, pelatihan, rencana, dokumen sendiri",
    "rekan": "rekan kerja: satu penilaian rekan kerja yang menunggu diisi",
    "pimpinan": "Camat: peta kesenjangan kompetensi dan angka ringkas",
    "auditor": "auditor: catatan perubahan",
    "admin": "pengelola sistem: akun dan pemberian peran",
}
WORKERS = {
    "worker": ("pekerja dokumen dan impor", "cepat", "documents,imports,notices"),
    "batches": ("pekerja dokumen massal", "massal", "batches,documents"),
}
APPLICATION = ("web", *WORKERS, "beat")


def step(number: int, text: str) -> None:
    """One line of progress."""
    say(f"{number}/{STEPS} {text}")


def taken(port: int) -> bool:
    """Whether something answers on this port, by either name of this machine."""
    for host in ("127.0.0.1", "::1"):
        try:
            with socket.create_connection((host, port), timeout=1):
                return True
        except OSError:
            continue
    return False


def listener(host: str, port: int) -> socket.socket | None:
    """A listening socket, None when the port is in use."""
    if taken(port):
        return None
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError:
        door.close()
        return None
    door.listen(512)
    return door


def reserve_port() -> socket.socket:
    """The socket that web is served on: PORT, or the first free one from 8000 on."""
    host = os.environ.get("HOST") or "127.0.0.1"
    wanted = os.environ.get("PORT")
    if wanted:
        if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
            raise Failure(f"PORT={wanted} bukan nomor port (1 sampai 65535).")
        door = listener(host, int(wanted))
        if door is None:
            raise Failure(
                f"Port {wanted} sedang dipakai program lain atau tidak boleh dipakai. "
                f"Pilih yang lain, misalnya: PORT={int(wanted) % 65535 + 1} ./run"
            )
        return door
    for port in range(FIRST_PORT, LAST_PORT + 1):
        if door := listener(host, port):
            return door
    raise Failure(f"Tidak ada port bebas di {host} antara {FIRST_PORT} dan {LAST_PORT}. Isi PORT.")


def local_environment(state: State, given: Mapping[str, str]) -> dict[str, str]:
    """What the product needs to run on this machine over plain http, DEBUG off."""
    environment = {key: value for key, value in given.items() if key != "DEBUG"}
    environment.update(
        {
            "SECRET_KEY": given.get("SECRET_KEY") or state.secret(),
            "ALLOWED_HOSTS": given.get("ALLOWED_HOSTS") or LOCAL_HOSTS,
            "INSECURE_HTTP": "1",
            "MEDIA_ROOT": given.get("MEDIA_ROOT") or str(state.folder / "media"),
            "STATIC_ROOT": str(state.folder / "static"),
            "DJANGO_SETTINGS_MODULE": "gayungan_asn.settings",
            "PYTHONUNBUFFERED": "1",
            MARK: str(state.folder),
        }
    )
    Path(environment["MEDIA_ROOT"]).mkdir(parents=True, exist_ok=True)
    return environment


class Running:
    """One set from the first server to the last."""

    def __init__(self, state: State, stop: Stop) -> None:
        self.state = state
        self.stop = stop
        self.keeper = Keeper(state)
        self.servers: list[PostgreSQL | Valkey] = []
        self.environment = local_environment(state, os.environ)
        self.door = reserve_port()
        self.port = self.door.getsockname()[1]
        self.url = f"http://localhost:{self.port}/"
        self.accounts: tuple[str, ...] = ()
        self.environment["SITE_URL"] = self.url.rstrip("/")

    # --- Steps 4 and 5 ---

    def start_servers(self) -> None:
        """PostgreSQL and Valkey, unless they are given."""
        given = self.environment
        if given.get("DATABASE_URL"):
            given["DATABASE_OWNER_URL"] = given.get("DATABASE_OWNER_URL") or given["DATABASE_URL"]
            step(4, "PostgreSQL: dari DATABASE_URL")
        else:
            postgres = PostgreSQL(self.state, self.stop)
            self._keep(postgres)
            given["DATABASE_URL"] = postgres.url(WEB)
            given["DATABASE_OWNER_URL"] = postgres.url(OWNER)
            note = "diambil alih" if postgres.adopted else "dinyalakan"
            binaries = postgres.binaries
            step(4, f"PostgreSQL {binaries.version} ({binaries.origin}): {note}")
        if given.get("REDIS_URL"):
            self._check_broker(given["REDIS_URL"])
            step(5, "Valkey atau Redis: dari REDIS_URL")
        else:
            valkey = Valkey(self.state, self.stop)
            self._keep(valkey)
            given["REDIS_URL"] = valkey.url
            note = "diambil alih" if valkey.adopted else "dinyalakan"
            step(5, f"Valkey ({valkey.origin}): {note}")

    def _keep(self, server: PostgreSQL | Valkey) -> None:
        self.servers.append(server)
        self.keeper.add(Service(server.name, server.label, server.start))

    def _check_broker(self, url: str) -> None:
        try:
            with Connection(url, connect_timeout=3) as broker:
                broker.ensure_connection(max_retries=1, timeout=3)
        except Exception as error:
            raise Failure(f"REDIS_URL tidak dapat dihubungi: {error}") from None

    # --- Steps 6 and 7 ---

    def prepare_data(self) -> None:
        """Schema, reference data, demonstration data or first accounts, static files."""
        # Accounts whose password everybody knows never reach a server that somebody gave,
        # unless DEMO=1 asks for them.
        asked = self.environment.pop("DEMO", None)
        embedded = any(server.name == PostgreSQL.name for server in self.servers)
        wanted = asked == "1" or (embedded and asked is None)
        first = self.state.name == "empty"
        what = [("--first-accounts" if first else "--demo")] if wanted else []
        self._run_prepare(what)
        if wanted and first:
            self.accounts = ("hr", "admin")
        elif wanted and self.state.demo_mark.exists():
            self.accounts = tuple(ACCOUNTS)
        if self.accounts:  # a banner warns of accounts whose password everybody knows
            self.environment["DEMO"] = "1"

    def _run_prepare(self, arguments: list[str]) -> None:
        owner = {
            **self.environment,
            "WEB_DATABASE_URL": self.environment["DATABASE_URL"],
            "DATABASE_URL": self.environment["DATABASE_OWNER_URL"],
            "DEMO_MARK": str(self.state.demo_mark),
        }
        log = self.state.log("prepare")
        with log.open("ab") as errors:
            child = subprocess.Popen(
                [sys.executable, "-m", "gayungan_asn.runner.prepare", *arguments],
                env=owner,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        while child.poll() is None:
            try:
                self.stop.pause(0.05)
            except Stopped:
                child.send_signal(signal.SIGTERM)
                child.wait()
                raise
        if child.returncode == 2:  # it has said why
            raise Failure("Berhenti sebelum siap.")
        if child.returncode:
            raise Failure(f"Data tidak dapat disiapkan. Sebabnya di akhir {log}:\n{tail(log)}")

    # --- Step 8 ---

    def start_application(self) -> None:
        """Web, workers and beat."""
        python, celery = sys.executable, [sys.executable, "-m", "celery", "-A", "gayungan_asn"]
        door = self.door.fileno()
        web: list[str] = [python, "-m", "gunicorn", "-c", "python:gayungan_asn.runner.web"]
        web += ["-b", f"fd://{door}", "gayungan_asn.wsgi:application"]
        self._run("web", "web", web, door)
        for name, (label, host, queues) in WORKERS.items():
            worker = [*celery, "worker", "-n", f"{host}@%h", "-Q", queues, "-c", "1"]
            worker += ["-l", "WARNING", "--without-gossip", "--without-mingle"]
            self._run(name, label, worker)
        schedule = str(self.state.folder / "beat-schedule")
        beat = [*celery, "beat", "-s", schedule, "--pidfile=", "-l", "WARNING"]
        self._run("beat", "penjadwal", beat)

    def _run(self, name: str, label: str, command: list[str], *doors: int) -> None:
        def launch() -> Process:
            process = spawn(
                command,
                log=self.state.log(name),
                environment=self.environment,
                pass_fds=doors,
            )
            record(self.state, name, process)
            return process

        self.keeper.add(Service(name, label, launch))

    def wait_for_page(self) -> None:
        """Until the process and the first page answer."""
        refused = 0
        for _ in range(600):
            self.keeper.tick()
            try:
                self._fetch("healthz")
                self._fetch("")
            except urllib.error.HTTPError as error:
                refused += 1
                if refused > 5:
                    log = self.state.log("web")
                    raise Failure(
                        f"Halaman pertama menjawab {error.code}. Lihat {log}:\n{tail(log)}"
                    ) from None
            except OSError:
                pass
            else:
                return
            self.stop.pause(0.15)
        log = self.state.log("web")
        raise Failure(f"Halaman pertama tidak menjawab. Lihat {log}:\n{tail(log)}")

    def _fetch(self, path: str) -> None:
        host = self.environment["ALLOWED_HOSTS"].split(",")[0].strip()
        address = self.door.getsockname()[0]
        if address in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
            address = "127.0.0.1"
        address = f"[{address}]" if ":" in address else address
        request = urllib.request.Request(f"http://{address}:{self.port}/{path}")
        request.add_header("Host", f"{host}:{self.port}")
        # S310: the address is our own.
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            answer.read()

    def greet(self) -> None:
        """Where it is and who can sign in."""
        say(f"\nSiap: {self.url}")
        if self.accounts:
            say(f"\nAkun peragaan (sandi: {PASSWORD})")
        for name in self.accounts:
            say(f"  {name:<11} {ACCOUNTS[name]}")
        say(f"\nCtrl-C mematikan semuanya; data tetap ada. Catatan: {self.state.folder / 'log'}")

    # --- The whole ---

    def run(self) -> None:
        """Everything, until the end is asked for."""
        self.start_servers()
        self.prepare_data()
        self.state.publish(self._published(), [server.socket for server in self.servers])
        self.start_application()
        self.wait_for_page()
        step(8, "Web, pekerja, penjadwal: berjalan")
        self.greet()
        while not self.stop.asked.wait(0.25):
            self.keeper.tick()

    def _published(self) -> dict[str, str]:
        names = (
            "DATABASE_URL",
            "DATABASE_OWNER_URL",
            "REDIS_URL",
            "SECRET_KEY",
            "ALLOWED_HOSTS",
            "INSECURE_HTTP",
            "SITE_URL",
            "MEDIA_ROOT",
            "STATIC_ROOT",
            "DEMO",
        )
        return {name: self.environment[name] for name in names if name in self.environment}

    def end(self) -> None:
        """Web, workers and beat first, then Valkey, PostgreSQL last."""
        if self.keeper.services:
            say("\nMematikan web, pekerja, penjadwal, Valkey, PostgreSQL ...")
        self.keeper.end(APPLICATION, seconds=20, hurry=self.stop.hurry)
        self.door.close()
        self.state.retract()
        for server in reversed(self.servers):
            server.end()
        say("Berhenti. Data tetap ada.")


def tail(log: Path) -> str:
    """The last lines of a log."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-12:])


def start(name: str, stop: Stop) -> int:
    """Run one set until Ctrl-C; the exit code."""
    state = State.named(name)
    state.open()
    with state.lock():
        if count := sweep(state, APPLICATION):
            say(f"    {count} proses tertinggal dari ./run sebelumnya dihentikan")
        running = Running(state, stop)
        note = {"pid": os.getpid(), "url": running.url}
        write_private(state.folder / "runner.json", json.dumps(note))
        try:
            running.run()
        except Stopped:
            pass
        finally:
            running.end()
            (state.folder / "runner.json").unlink(missing_ok=True)
    return 0
