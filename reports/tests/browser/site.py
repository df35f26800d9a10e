"""The product as its users meet it: own database, web, worker and beat, demonstration data."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "gayungan-demo"


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _with_database(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


class Site:
    """Started once for all browser tests; stops everything it started."""

    def __init__(self, folder: Path, *, name: str = "browser", demonstration: bool = True) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.base_url = ""
        self.sessions: dict[str, Any] = {}
        self.owner_url = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
        self.database = f"{name}_{os.getpid()}"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "gayungan_asn.settings",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATABASE_URL": _with_database(self.owner_url, self.database),
            "QUEUE_PREFIX": f"{self.database}-",
            "MEDIA_ROOT": str(folder / "media"),
            "STATIC_ROOT": str(folder / "static"),
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "INSECURE_HTTP": "1",
            "DEBUG": "0",
            "DEMO": "1" if demonstration else "0",
        }
        self.environment.pop("DATABASE_OWNER_URL", None)
        self.environment.pop("AS_OF", None)

    def _admin(self, statement: str) -> None:
        connection = psycopg2.connect(_with_database(self.owner_url, "postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def manage(self, *words: str) -> str:
        """Run a management command; its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, load: Callable[[], object] | None = None) -> None:
        """Make the database, load the data, start web, worker and beat.

        `load` puts something else than the demonstration beside the reference data.
        """
        self._admin(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')
        self._admin(f'CREATE DATABASE "{self.database}"')
        (self.folder / "media").mkdir(parents=True)
        self.manage("migrate", "-v0")
        self.manage("load_reference")
        if load is None:
            self.manage("load_demo")
        else:
            load()
        self.manage("collectstatic", "--noinput", "-v0")
        port = _free_port()
        self.base_url = self.environment["SITE_URL"] = f"http://localhost:{port}"
        python = sys.executable
        self._spawn(
            "web",
            python,
            "-m",
            "gunicorn",
            "gayungan_asn.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "1",
            "--threads",
            "6",
            "--log-level",
            "warning",
        )
        self._spawn(
            "worker",
            python,
            "-m",
            "celery",
            "-A",
            "gayungan_asn",
            "worker",
            "-l",
            "WARNING",
            "-Q",
            "documents,imports,notices,batches",
            "-c",
            "1",
            "--without-gossip",
        )
        self._spawn(
            "beat",
            python,
            "-m",
            "celery",
            "-A",
            "gayungan_asn",
            "beat",
            "-l",
            "WARNING",
            "-s",
            str(self.folder / "beat"),
            "--pidfile=",
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(  # noqa: S310 -- own server on loopback
                    f"{self.base_url}/healthz", timeout=2
                ) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise AssertionError((self.folder / "web.log").read_text())

    def _spawn(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def stop(self) -> None:
        """Stop what was started and drop the database."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        self._admin(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database says."""
        connection = psycopg2.connect(self.environment["DATABASE_URL"])
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def value(self, statement: str, *values: Any) -> Any:
        """The one figure a statement gives."""
        return self.rows(statement, *values)[0][0]
