"""The one place that knows what day it is."""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone


def today() -> dt.date:
    """The day in Asia/Jakarta; `AS_OF` (ISO date) moves it for demonstrations and tests."""
    fixed = os.environ.get("AS_OF")
    return dt.date.fromisoformat(fixed) if fixed else timezone.localdate()


def now() -> dt.datetime:
    """The moment, aware, in the project's zone, on the day that `today` says."""
    moment = timezone.localtime()
    return moment + (today() - moment.date())


@contextmanager
def on_day(day: dt.date) -> Iterator[None]:
    """Let it be another day for a while: how demonstration data gets a past."""
    before = os.environ.get("AS_OF")
    os.environ["AS_OF"] = day.isoformat()
    try:
        yield
    finally:
        if before is None:
            del os.environ["AS_OF"]
        else:
            os.environ["AS_OF"] = before
