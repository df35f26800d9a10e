"""Milliseconds of CPU a printed plan takes in a warm process.

    python benchmarks/plan_pdf.py [--documents 20]

Template, drawings and QR code included, database and storage not. Needs the environment
of the product (`./run` writes one), but touches no server.
"""

import argparse
import gc
import os
import resource
import statistics
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gayungan_asn.settings")
os.environ.setdefault("SECRET_KEY", "benchmark-only-" + "0123456789" * 4)
os.environ.setdefault("ALLOWED_HOSTS", "localhost")
os.environ.setdefault("DATABASE_URL", "postgresql://localhost/none")
os.environ.setdefault("REDIS_URL", "redis://localhost")

import django

django.setup()

from reports.documents import plan_pdf, warm_up
from reports.tests.builders import make_paper, make_stamp

WARM_UP = 3
BUDGET = 260


def cpu() -> float:
    """User and system time of this process so far, in milliseconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


def measure(rows: int, documents: int) -> tuple[float, float, int]:
    """(median, slowest, KiB) of that many different plans with so many competencies."""
    times, size = [], 0
    for number in range(documents + WARM_UP):
        paper = make_paper(rows)
        paper = replace(paper, identity=replace(paper.identity, name=f"Pegawai Contoh {number}"))
        before = cpu()
        size = len(plan_pdf(paper, make_stamp()))
        times.append(cpu() - before)
    kept = times[WARM_UP:]
    return statistics.median(kept), max(kept), size // 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20)
    documents = parser.parse_args().documents
    warm_up()
    gc.collect()
    gc.freeze()
    print(f"{'competencies':>12} {'median ms':>10} {'max ms':>8} {'KiB':>5}")
    for rows in (13, 20, 40):
        median, slowest, size = measure(rows, documents)
        print(f"{rows:>12} {median:>10.0f} {slowest:>8.0f} {size:>5}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak} MiB; budget {BUDGET} ms, 180 MiB")


if __name__ == "__main__":
    main()
