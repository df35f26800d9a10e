"""Makes `.venv` and the system libraries ready, then hands over to the rest of the runner.

Runs as a script under the machine's own Python, before anything is installed: standard library only,
and no import from this project.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STEPS = 8

USAGE = """\
./run                menyalakan semuanya dengan data peragaan; Ctrl-C mematikan, data tetap ada
./run --empty        menyalakan di sebelahnya tanpa data peragaan (akun hr dan admin saja)
./run check          pemeriksaan kode: gaya, tipe, kontrak impor, migrasi, pengaturan
./run test [ARG]     pemeriksaan dan seluruh pengujian; dengan ARG hanya pytest dengan ARG itu

Variabel: PORT, HOST, DATABASE_URL, DATABASE_OWNER_URL, REDIS_URL, SECRET_KEY, DEMO, PYTHON, CHROMIUM."""

# What WeasyPrint opens at run time; harfbuzz-subset makes smaller files but is not required.
PANGO_LIBRARIES = (
    "libgobject-2.0.so.0",
    "libpango-1.0.so.0",
    "libpangoft2-1.0.so.0",
    "libharfbuzz.so.0",
    "libfontconfig.so.1",
)
PANGO_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")


class Failure(Exception):  # noqa: N818 (a word to the person, not a defect)
    """The start cannot go on; the message says what to do about it."""


def say(text: str) -> None:
    """Print one line at once, also through a pipe; a closed terminal is no reason to stop."""
    try:
        print(text, flush=True)
    except OSError:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (open until the end)


def is_root() -> bool:
    """Whether this process may install system packages and must not run PostgreSQL itself."""
    return os.geteuid() == 0


def install_packages(purpose: str, packages: Sequence[str]) -> None:
    """Install Debian packages as root, or fail with the exact command to type."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if shutil.which("apt-get") is None:
        raise Failure(
            f"{purpose} tidak ditemukan. Pasang dengan pengelola paket sistem Anda, lalu ulangi ./run."
        )
    advice = f"{purpose} tidak ditemukan. Pasang dengan perintah berikut, lalu ulangi ./run:\n  sudo {' '.join(command)}"
    if not is_root():
        raise Failure(advice)
    say(f"    {purpose} belum ada: memasang {' '.join(packages)} dengan apt-get")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdout=subprocess.DEVNULL, check=False)
    if subprocess.run(
        [*command, "-qq"], env=quiet, stdout=subprocess.DEVNULL, check=False
    ).returncode:
        raise Failure(advice)


def fingerprint(*requirements: Path) -> str:
    """Changes when the packages, the Python or the place of the checkout change."""
    digest = hashlib.sha256(f"{sys.version}\n{platform.machine()}\n{ROOT}\n".encode())
    for path in requirements:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp_matches(name: str, value: str) -> bool:
    """Whether the environment was finished with this fingerprint."""
    try:
        return PYTHON.exists() and (VENV / name).read_text() == value
    except OSError:
        return False


def create_environment() -> None:
    """Make an empty `.venv`, with uv when it is there."""
    if VENV.exists():
        shutil.rmtree(VENV)
    if uv := find_uv():
        if (
            subprocess.run([uv, "venv", "-q", "-p", sys.executable, VENV], check=False).returncode
            == 0
        ):
            return
        shutil.rmtree(VENV, ignore_errors=True)
    pip_maker = importlib.util.find_spec("ensurepip")
    if pip_maker is None or pip_maker.origin is None:
        install_packages("Modul venv dari Python", [f"python3.{sys.version_info.minor}-venv"])
    # In a fresh process: an ensurepip installed a moment ago is unknown to this one.
    if subprocess.run([sys.executable, "-m", "venv", VENV], check=False).returncode:
        raise Failure(
            f"Lingkungan Python tidak dapat dibuat di {VENV}. Pesan di atas menyebutkan sebabnya."
        )


def find_uv() -> str | None:
    """The uv on PATH, unless NO_UV is set."""
    return None if os.environ.get("NO_UV") else shutil.which("uv")


def install_requirements(path: Path) -> None:
    """Install one pinned list into `.venv`."""
    if uv := find_uv():
        compiled = {**os.environ, "UV_COMPILE_BYTECODE": "1"}
        command: list[str | Path] = [uv, "pip", "install", "-q", "-p", PYTHON, "-r", path]
        if subprocess.run(command, env=compiled, check=False).returncode == 0:
            return
        say("    uv gagal memasang; mencoba pip")
    if not (VENV / "bin" / "pip").exists():  # an environment made by uv has no pip
        subprocess.run([PYTHON, "-m", "ensurepip", "-q"], check=False)
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
        "-r",
        path,
    ]
    if subprocess.run(pip, check=False).returncode:
        raise Failure(
            "Paket Python tidak dapat dipasang. Pesan pip di atas menyebutkan sebabnya; lalu ulangi ./run."
        )


def ensure_environment(*, development: bool) -> str:
    """Bring `.venv` in line with the requirement lists and say what was done."""
    runtime, extra = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
    done = "siap"
    value = fingerprint(runtime)
    if not stamp_matches(".stamp", value):
        say("    memasang paket Python ke .venv (hanya kali ini, sekitar satu menit)")
        create_environment()
        install_requirements(runtime)
        (VENV / ".stamp").write_text(value)
        done = "dipasang"
    if development:
        value = fingerprint(runtime, extra)
        if not stamp_matches(".stamp-dev", value):
            say("    memasang paket pengujian ke .venv (hanya kali ini)")
            install_requirements(extra)
            (VENV / ".stamp-dev").write_text(value)
            done = "dipasang"
    return done


def missing_pango() -> bool:
    """Whether the libraries behind PDF files cannot be opened."""
    if sys.platform == "darwin":
        os.environ.setdefault(
            "DYLD_FALLBACK_LIBRARY_PATH", "/opt/homebrew/lib:/usr/local/lib:/usr/lib"
        )
        probe = subprocess.run(
            [PYTHON, "-c", "import weasyprint"], capture_output=True, check=False
        )
        return probe.returncode != 0
    try:
        for library in PANGO_LIBRARIES:
            ctypes.CDLL(library)
    except OSError:
        return True
    return False


def ensure_pango() -> None:
    """PDF files need Pango: found, installed as root, or the command is named."""
    if not missing_pango():
        return
    if sys.platform == "darwin":
        raise Failure(
            "Pango (untuk PDF) tidak ditemukan. Pasang dengan perintah berikut, lalu ulangi ./run:\n  brew install pango"
        )
    install_packages("Pango (untuk PDF)", PANGO_PACKAGES)
    if missing_pango():
        raise Failure(
            "Pango sudah dipasang, tetapi belum dapat dibuka. Periksa: ldconfig -p | grep pango"
        )


@contextmanager
def turn() -> Iterator[None]:
    """One at a time: a second `./run` waits while the first one installs."""
    folder = ROOT / ".state"
    folder.mkdir(exist_ok=True)
    with (folder / "environment.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("    menunggu ./run lain yang sedang menyiapkan lingkungan")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(arguments: list[str]) -> None:
    """Steps 1 to 3; afterwards `.venv/bin/python` can run everything."""
    suite = bool(arguments) and arguments[0] in ("check", "test")
    label = (lambda number: "-") if suite else (lambda number: f"{number}/{STEPS}")
    say(f"{label(1)} Python {platform.python_version()}")
    with turn():
        say(f"{label(2)} Lingkungan Python .venv: {ensure_environment(development=suite)}")
        ensure_pango()
        say(f"{label(3)} Pango untuk PDF: siap")


def main(arguments: list[str]) -> None:
    """Check the arguments, prepare, and become the runner proper."""
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        say(USAGE)
        return
    if not (arguments in ([], ["--empty"]) or arguments[0] == "test" or arguments == ["check"]):
        raise Failure(f"Perintah tidak dikenal: ./run {' '.join(arguments)}\n\n{USAGE}")
    os.chdir(ROOT)
    prepare(arguments)
    # S606: the runner takes the place of this process.
    os.execv(PYTHON, [str(PYTHON), "-m", "gayungan_asn.runner", *arguments])  # noqa: S606


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit(str(failure))
    except PermissionError as error:
        sys.exit(
            f"Tidak dapat menulis {error.filename}. Jalankan ./run sebagai pemilik folder {ROOT}."
        )
    except KeyboardInterrupt:
        sys.exit("Dihentikan.")
