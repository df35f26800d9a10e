"""The one place that knows what day it is."""

import datetime as dt
import os

from django.utils import timezone


def today() -> dt.date:
    """The day in Asia/Jakarta; `AS_OF` (ISO date) moves it for demonstrations and tests."""
    fixed = os.environ.get("AS_OF")
    return dt.date.fromisoformat(fixed) if fixed else timezone.localdate()


def now() -> dt.datetime:
    """The moment, aware, in the project's zone."""
    return timezone.localtime()
