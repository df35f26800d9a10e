"""`./run check` and `./run test`: everything the project asserts about itself."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gayungan_asn.runner.environment import ROOT, Failure, install_packages, say
from gayungan_asn.runner.postgres import OWNER, WEB, PostgreSQL
from gayungan_asn.runner.processes import Process, Stop, Stopped, sweep
from gayungan_asn.runner.start import LOCAL_HOSTS, local_environment
from gayungan_asn.runner.state import State
from gayungan_asn.runner.valkey import Valkey

PACKAGES = ("gayungan_asn", "competencies", "evaluations", "training", "reports")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM_MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
CHROMIUM_PACKAGES = ("chromium", "fonts-dejavu-core", "poppler-utils", "qpdf")
NO_TESTS = 5
"""pytest's exit code when a selection is empty."""


def program(name: str) -> str:
    """A command of `.venv`."""
    return str(Path(sys.executable).parent / name)


def manage(*arguments: str) -> list[str]:
    """A management command."""
    return [sys.executable, "manage.py", *arguments]


@dataclass(frozen=True)
class Stage:
    """One command that must succeed."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    quiet: bool = True


@dataclass(frozen=True)
class Result:
    """How a stage went."""

    name: str
    passed: bool
    seconds: float


def run_stage(stage: Stage, stop: Stop) -> Result:
    """Run it in a session of its own; the output of a quiet one is shown only when it fails."""
    say(f"\n== {stage.name}")
    begun = time.monotonic()
    child = subprocess.Popen(
        stage.command,
        cwd=ROOT,
        env=dict(stage.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if stage.quiet else None,
        stderr=subprocess.STDOUT if stage.quiet else None,
        text=True,
        start_new_session=True,
    )
    try:
        if stage.quiet:
            output = collect(child, stop)
        else:
            output = ""
            while child.poll() is None:
                stop.pause(0.1)
    except Stopped:
        interrupt(child)
        raise
    seconds = time.monotonic() - begun
    passed = child.returncode in (0, NO_TESTS if not stage.quiet else 0)
    if not passed:
        say(output.rstrip())
    say(f"   {'lulus' if passed else 'GAGAL'} dalam {seconds:.1f} detik")
    return Result(stage.name, passed, seconds)


def collect(child: subprocess.Popen[str], stop: Stop) -> str:
    """The output of a child, while Ctrl-C still works."""
    while True:
        try:
            return child.communicate(timeout=0.2)[0]
        except subprocess.TimeoutExpired:
            stop.pause(0)


def interrupt(child: subprocess.Popen[str]) -> None:
    """End a stage as Ctrl-C would, and make sure it ends."""
    for number, seconds in ((signal.SIGINT, 10.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        child.send_signal(number)
        if (process := Process.of(child.pid)) is None or process.wait(seconds):
            break
    child.wait()


def static_checks(environment: Mapping[str, str]) -> list[Stage]:
    """Style, types, contracts, migrations, settings, vendored files."""
    production = {
        **{name: environment[name] for name in ("PATH", "DATABASE_URL", "REDIS_URL")},
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "kompetensi.contoh.go.id",
        "SITE_URL": "https://kompetensi.contoh.go.id",
        "MEDIA_ROOT": environment["MEDIA_ROOT"],
        "STATIC_ROOT": environment["STATIC_ROOT"],
    }
    deploy = manage("check", "--deploy", "--fail-level", "WARNING")
    migrations = manage("makemigrations", "--check", "--dry-run")
    vendor = [sys.executable, "-m", "gayungan_asn.vendor", "--check"]
    return [
        Stage("gaya kode (ruff check)", [program("ruff"), "check", "."], environment),
        Stage(
            "bentuk kode (ruff format)", [program("ruff"), "format", "--check", "."], environment
        ),
        Stage("templat (djlint)", [program("djlint"), "--lint", "templates"], environment),
        Stage("tipe (mypy)", [program("mypy"), *PACKAGES], environment),
        Stage("kontrak impor (import-linter)", [program("lint-imports")], environment),
        Stage("migrasi lengkap", migrations, environment),
        Stage("pengaturan produksi (check --deploy)", deploy, production),
        Stage("berkas pihak ketiga", vendor, environment),
    ]


def find_chromium() -> str | None:
    """The browser named by CHROMIUM, on PATH, or in its place on macOS."""
    if given := os.environ.get("CHROMIUM"):
        return shutil.which(given)
    for name in CHROMIUM_NAMES:
        if found := shutil.which(name):
            return found
    return CHROMIUM_MAC if Path(CHROMIUM_MAC).exists() else None


def ensure_chromium() -> str | None:
    """The browser, installed as root; None after telling how to get one."""
    if found := find_chromium():
        return found
    try:
        install_packages("Chromium (untuk pengujian peramban)", CHROMIUM_PACKAGES)
    except Failure as failure:
        say(str(failure).replace("lalu ulangi ./run", "lalu ulangi ./run test"))
        return None
    return find_chromium()


class TestBed:
    """Servers of the test state, with speed before safety."""

    __test__ = False

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.state = State.named("test")
        self.state.open()

    def start(self) -> dict[str, str]:
        """Start the servers; the environment of the tests."""
        sweep(self.state, ())
        given = {
            key: value
            for key, value in os.environ.items()
            if key not in ("DEMO", "PORT", "HOST", "SECRET_KEY", "ALLOWED_HOSTS", "MEDIA_ROOT")
        }
        environment = local_environment(self.state, given)
        del environment["DJANGO_SETTINGS_MODULE"]  # pytest.ini names the tests' own
        environment |= {"SITE_URL": "http://localhost", "ALLOWED_HOSTS": LOCAL_HOSTS}
        if not environment.get("DATABASE_URL"):
            self.postgres = PostgreSQL(self.state, self.stop, durable=False)
            self.postgres.start()
            # The tests create and empty their database: that takes its owner.
            environment["DATABASE_URL"] = self.postgres.url(OWNER)
            environment["WEB_DATABASE_URL"] = self.postgres.url(WEB)
            say(f"- PostgreSQL {self.postgres.binaries.version} untuk pengujian: siap")
        environment.setdefault("DATABASE_OWNER_URL", environment["DATABASE_URL"])
        if not environment.get("REDIS_URL"):
            self.valkey = Valkey(self.state, self.stop, durable=False)
            self.valkey.start()
            environment["REDIS_URL"] = self.valkey.url
            say("- Valkey untuk pengujian: siap")
        return environment

    def end(self) -> None:
        """Stop what the tests left running, then the servers."""
        sweep(self.state, ())
        for server in (getattr(self, "valkey", None), getattr(self, "postgres", None)):
            if server is not None:
                server.end()


def pytest_stages(
    environment: Mapping[str, str], arguments: Sequence[str], chromium: str | None
) -> list[Stage]:
    """The tests: those that may share the machine two at a time, the others one by one."""
    pytest = [sys.executable, "-m", "pytest"]
    if arguments:
        return [Stage("pytest", [*pytest, *arguments], environment, quiet=False)]
    together = [*pytest, "-n", "2", "--dist", "loadgroup", "-m", "not browser and not serial"]
    alone = "browser or serial" if chromium else "serial and not browser"
    title = "proses nyata dan peramban" if chromium else "proses nyata"
    return [
        Stage("pengujian", together, environment, quiet=False),
        Stage(f"pengujian {title}", [*pytest, "-m", alone], environment, quiet=False),
    ]


def browser_tests(environment: Mapping[str, str]) -> list[str]:
    """The names of the tests that need Chromium."""
    command = [sys.executable, "-m", "pytest", "-m", "browser", "--collect-only", "-q"]
    found = subprocess.run(
        command, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )
    return [line for line in found.stdout.splitlines() if "::" in line]


def report(results: Sequence[Result], left_out: Sequence[str]) -> int:
    """A line a stage, which tests did not run, and the exit code."""
    say("\n== Ringkasan")
    for result in results:
        say(f"   {'lulus' if result.passed else 'GAGAL'} {result.seconds:7.1f} s  {result.name}")
    if left_out:
        say(f"\nTIDAK DIJALANKAN: {len(left_out)} pengujian peramban, karena Chromium tidak ada:")
        for name in left_out:
            say(f"   {name}")
    failed = sum(not result.passed for result in results)
    everything = "Semua yang dijalankan lulus." if left_out else "Semua lulus."
    say(everything if not failed else f"{failed} dari {len(results)} tahap GAGAL.")
    return 1 if failed else 0


def check(stop: Stop) -> int:
    """The checks alone."""
    return in_test_bed(stop, tests=False, arguments=())


def test(stop: Stop, arguments: Sequence[str]) -> int:
    """The checks and all tests; with arguments only pytest with those."""
    return in_test_bed(stop, tests=True, arguments=arguments)


test.__test__ = False  # type: ignore[attr-defined]  # named like the command, not a test


def in_test_bed(stop: Stop, *, tests: bool, arguments: Sequence[str]) -> int:
    """Run the stages one after another, all of them even when one fails."""
    bed = TestBed(stop)
    with bed.state.lock():
        try:
            environment = bed.start()
            chromium = ensure_chromium() if tests else None
            if chromium:
                environment["CHROMIUM"] = chromium
            stages = [] if arguments else static_checks(environment)
            if tests:
                static = manage("collectstatic", "--noinput", "-v", "0")
                stages.append(Stage("berkas statis", static, environment))
                stages += pytest_stages(environment, arguments, chromium)
            results = [run_stage(stage, stop) for stage in stages]
            skips_browser = tests and not chromium and not arguments
            return report(results, browser_tests(environment) if skips_browser else [])
        except Stopped:
            say("Dihentikan.")
            return 130
        finally:
            bed.end()
