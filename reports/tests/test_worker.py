"""A real worker on a real broker: nothing is lost when either is killed."""

import hashlib
import http.cookiejar
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery

from gayungan_asn.runner.valkey import find_program
from reports.tests.browser.site import Site

pytestmark = pytest.mark.serial
KILLS = 10
ROUND = 5
"""Kills before the first lease can run out: no round may hit the recovery of another."""
WITHIN = 45
PASSWORD = "kata-sandi-uji-panjang"
MAKE_ROWS = f"""
import datetime as dt, sys
from competencies.tests.builders import make_employee, make_user
from gayungan_asn.accounts.clock import now
from reports.tests.builders import make_document, make_plan
from training.models import PlanItem, PlanItemGap
for number in range(int(sys.argv[1])):
    user = make_user(f"pegawai{{number}}", password="{PASSWORD}")
    plan = make_plan(make_employee(user=user))
    rows = [plan.gap_table[0] | {{"competency_id": 10_000 + n, "name": f"Kompetensi {{n}}"}} for n in range(59)]
    plan.gap_table += rows
    plan.save()
    first = plan.items.get()
    for n in range(40):
        item = PlanItem.objects.create(plan=plan, title=f"Kegiatan {{n}}", way="bimbingan", quarter=1)
        PlanItemGap.objects.create(item=item, competency=first.gaps.get().competency, required_level=2, attained_level=1)
    if len(sys.argv) > 2:
        print(plan.pk)
        continue
    # Far in the future: the reconciler rings for it only once a worker was lost with it.
    print(make_document(plan, user, requested_at=now() + dt.timedelta(days=9)).pk)
"""


class Broker:
    """A Valkey of our own that can be killed and started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = f"/tmp/uji-{os.getpid()}-{secrets.token_hex(4)}.sock"  # noqa: S108 -- a socket path is short
        self.url = f"redis+socket://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program, _origin = find_program()
        with (self.folder / "valkey.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    program,
                    "--port",
                    "0",
                    "--unixsocket",
                    self.socket,
                    "--save",
                    "",
                    "--appendonly",
                    "no",
                ],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        wait_until(lambda: Path(self.socket).exists(), 20, "the broker does not start")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        Path(self.socket).unlink(missing_ok=True)


class Office(Site):
    """Database, worker and beat of this test alone; each can be killed."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        super().__init__(folder)
        self.database = f"worker_{os.getpid()}_{secrets.token_hex(3)}"
        url = self.environment["DATABASE_URL"].rpartition("/browser_")
        query = self.environment["DATABASE_URL"].partition("?")[2]
        self.environment["DATABASE_URL"] = f"{url[0]}/{self.database}" + (
            f"?{query}" if query else ""
        )
        self.environment["REDIS_URL"] = broker.url
        self.environment["QUEUE_PREFIX"] = f"{self.database}-"
        self.environment["DEMO"] = "0"
        self.environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
        self.named: dict[str, subprocess.Popen[bytes]] = {}
        self.celery = Celery(broker=broker.url)
        self.celery.conf.broker_transport_options = {"global_keyprefix": f"{self.database}-"}

    def prepare(self) -> None:
        self._admin(f'CREATE DATABASE "{self.database}"')
        (self.folder / "media").mkdir(parents=True)
        self.manage("migrate", "-v0")

    def make_rows(self, *arguments: str) -> list[int]:
        code = "import django; django.setup()\n" + MAKE_ROWS
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [int(word) for word in done.stdout.split()]

    def begin(self, name: str, *words: str) -> None:
        self._spawn(name, sys.executable, "-m", *words)
        self.named[name] = self.processes.pop()

    def begin_worker(self) -> None:
        self.begin(
            "worker", "celery", "-A", "gayungan_asn", "worker", "-l", "WARNING",
            "-Q", "documents,notices", "-c", "1", "--without-gossip", "--without-mingle",
        )  # fmt: skip

    def begin_beat(self) -> None:
        self.begin(
            "beat", "celery", "-A", "gayungan_asn", "beat", "-l", "WARNING",
            "-s", str(self.folder / "beat"), "--pidfile=",
        )  # fmt: skip

    def kill(self, name: str) -> None:
        """-9 to the process and its children, and to nobody else."""
        process = self.named.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        for name in list(self.named):
            self.kill(name)
        self._admin(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def state(self, pk: int) -> str:
        return str(self.value("SELECT state FROM reports_document WHERE id = %s", pk))


def wait_until(
    condition: Callable[[], bool], seconds: float, what: str, pause: float = 0.05
) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(pause)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path)
    made.start()
    yield made
    made.kill()


@pytest.fixture
def office(tmp_path: Path, broker: Broker) -> Iterator[Office]:
    made = Office(tmp_path / "kantor", broker)
    made.folder.mkdir()
    made.prepare()
    try:
        yield made
    finally:
        made.close()


def test_worker_killed_while_rendering_ten_times_loses_nothing(office: Office) -> None:
    documents = office.make_rows(str(KILLS))
    office.begin_beat()
    for start in range(0, KILLS, ROUND):
        killed: dict[int, float] = {}
        for pk in documents[start : start + ROUND]:
            office.begin_worker()
            office.celery.send_task("reports.tasks.render_document", [pk], queue="documents")
            wait_until(lambda pk=pk: office.state(pk) != "queued", 40, "nobody claims", 0.002)
            office.kill("worker")
            killed[pk] = time.monotonic()
            assert office.state(pk) == "rendering", (
                "it was done before the kill: a heavier plan is needed"
            )
        office.begin_worker()
        for pk, moment in killed.items():
            wait_until(
                lambda pk=pk: office.state(pk) == "ready",
                moment + WITHIN - time.monotonic(),
                f"document {pk} is {office.state(pk)} {WITHIN} s after the kill",
            )
        office.kill("worker")
    rows = office.rows("SELECT file_key, file_hash, attempt, lease_token FROM reports_document")
    assert len(rows) == KILLS
    folder = office.folder / "media" / "documents"
    for key, digest, attempt, token in rows:
        assert hashlib.sha256((folder / key).read_bytes()).hexdigest() == digest
        assert attempt == 2
        assert token is None
    kept = {str(path.relative_to(folder)) for path in folder.glob("*/*.pdf")}
    assert kept == {key for key, *_rest in rows}
    ready = "SELECT count(*) FROM accounts_auditentry WHERE action = 'document.ready'"
    assert office.value(ready) == KILLS


class Person:
    """Somebody at a browser without script."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )

    def get(self, path: str) -> str:
        with self.opener.open(self.base_url + path, timeout=10) as answer:
            return str(answer.read().decode())

    def post(self, page: str, path: str, **fields: str) -> tuple[str, str]:
        """The address and text of the page the form leads to."""
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page))
        assert found is not None
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], **fields}).encode()
        request = urllib.request.Request(self.base_url + path, data)  # noqa: S310 -- own server
        with self.opener.open(request, timeout=10) as answer:
            return str(answer.url).removeprefix(self.base_url), str(answer.read().decode())


def test_broker_gone_pages_answer_and_the_request_is_served_later(
    office: Office, broker: Broker
) -> None:
    [plan] = office.make_rows("1", "plan")
    office.manage("collectstatic", "--noinput", "-v0")
    port = free_port()
    base = office.environment["SITE_URL"] = f"http://localhost:{port}"
    office.begin_worker()
    office.begin_beat()
    office.begin(
        "web", "gunicorn", "gayungan_asn.wsgi", "--bind", f"127.0.0.1:{port}", "--threads", "4"
    )
    person = Person(base)
    wait_until(lambda: answers(person), 40, "the web does not start", 0.2)
    broker.kill()
    began = time.monotonic()
    person.post("/akun/masuk/", "/akun/masuk/", login="pegawai0", password=PASSWORD)
    address, page = person.post("/kompetensi/", f"/dokumen/plan/{plan}/minta/")
    assert "Sedang disiapkan" in page
    assert time.monotonic() - began < 10
    [(pk, state)] = office.rows("SELECT id, state FROM reports_document")
    assert state == "queued"
    broker.start()
    wait_until(lambda: office.state(pk) == "ready", 90, "the request was not served")
    page = person.get(address)
    link = re.search(r'href="(/dokumen/\d+/berkas/\?t=[^"]+)"', page)
    assert link is not None
    with person.opener.open(base + link[1], timeout=10) as answer:
        data = answer.read()
    digest = office.value("SELECT file_hash FROM reports_document WHERE id = %s", pk)
    assert hashlib.sha256(data).hexdigest() == digest


def answers(person: Person) -> bool:
    try:
        return "ok" in person.get("/healthz")
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
