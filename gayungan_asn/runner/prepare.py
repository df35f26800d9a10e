"""Schema and data of one set, in one Django process that connects as the owner.

    python -m gayungan_asn.runner.prepare [--demo | --first-accounts]

Prints a line a step; exit code 2 when the message printed says all there is to say.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError, connection

from gayungan_asn.runner.start import step


def connect() -> None:
    """The database answers, else say so without a traceback."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        print(f"Basis data tidak dapat dihubungi: {error}".rstrip(), flush=True)
        sys.exit(2)


def migrate() -> None:
    """Bring the schema up to date and let the product's role at it."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("grant_web_role", verbosity=0)


def load_demo(mark: Path) -> str:
    """Demonstration data into an empty database; what was done."""
    if apps.get_model("competencies", "Employee").objects.exists():
        return "sudah ada" if mark.exists() else "tidak dimuat, basis data sudah berisi pegawai"
    # Before loading: should this process be killed right after, the banner must still be there.
    mark.touch()
    # Its own lines of progress are for the terminal; what it calls on the way writes to the log.
    terminal = sys.stdout
    with redirect_stdout(sys.stderr):
        call_command("load_demo", verbosity=0, stdout=terminal)
    return "dimuat"


def collect_static() -> None:
    """Static files named by content and compressed; three seconds saved when none has changed."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: str(found[0])):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    root = Path(settings.STATIC_ROOT)
    stamp, value = root.with_suffix(".stamp"), digest.hexdigest()
    finished = (root / "staticfiles.json").exists() and stamp.exists()
    if finished and stamp.read_text() == value:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(value)


def main(arguments: list[str]) -> None:
    """Steps 6 and 7."""
    django.setup()
    connect()
    migrate()
    step(6, "Skema basis data: mutakhir")
    call_command("load_reference", verbosity=0)
    if "--demo" in arguments:
        step(7, f"Data acuan: dimuat; data peragaan: {load_demo(Path(os.environ['DEMO_MARK']))}")
    elif "--first-accounts" in arguments:
        call_command("create_first_accounts", demonstration=True, verbosity=0)
        step(7, "Data acuan: dimuat; akun hr dan admin: ada")
    else:
        step(7, "Data acuan: dimuat")
    collect_static()


if __name__ == "__main__":
    main(sys.argv[1:])
