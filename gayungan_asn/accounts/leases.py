"""Leases on rows that a background process works on.

The row decides, never the queue: a worker owns a row only while its token is in it.
Any model with `state`, `attempt`, `lease_token` and `lease_until` can be leased.
"""

import contextlib
import datetime as dt
import threading
import uuid
from collections.abc import Collection, Iterator
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q

from gayungan_asn.accounts.clock import now


def _end() -> dt.datetime:
    return now() + dt.timedelta(seconds=settings.LEASE_SECONDS)


def claim(
    rows: models.QuerySet[Any], pk: int, *, from_states: Collection[str], to_state: str
) -> uuid.UUID | None:
    """Take the row for this worker, or None where another has it or its state moved on.

    A row already in `to_state` can be taken once its lease ran out. One conditional
    update: of any number of workers exactly one succeeds.
    """
    token = uuid.uuid4()
    free = Q(lease_until=None) | Q(lease_until__lt=now())
    ready = Q(state__in=from_states) | Q(state=to_state)
    taken = rows.filter(ready & free, pk=pk).update(
        state=to_state, lease_token=token, lease_until=_end(), attempt=F("attempt") + 1
    )
    return token if taken else None


def renew(rows: models.QuerySet[Any], pk: int, token: uuid.UUID) -> bool:
    """Prolong the lease; False where it is no longer this worker's."""
    return bool(rows.filter(pk=pk, lease_token=token).update(lease_until=_end()))


@contextlib.contextmanager
def kept(rows: models.QuerySet[Any], pk: int, token: uuid.UUID) -> Iterator[None]:
    """Prolong the lease from a thread of its own while the work lasts.

    The work may run in one transaction; a renewal inside it would not be seen.
    """
    done = threading.Event()

    def keep() -> None:
        try:
            while not done.wait(settings.LEASE_SECONDS / 3):
                if not renew(rows, pk, token):
                    return
        finally:
            connection.close()

    thread = threading.Thread(target=keep, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def finish(rows: models.QuerySet[Any], pk: int, token: uuid.UUID, **values: Any) -> bool:
    """Write the end state where the lease is still this worker's; release it."""
    return bool(
        rows.filter(pk=pk, lease_token=token).update(**values, lease_token=None, lease_until=None)
    )


def stale(rows: models.QuerySet[Any], *, waiting: str, working: str) -> models.QuerySet[Any]:
    """Rows to ring for again: they wait without lease, or their lease ran out."""
    return rows.filter(
        Q(state=waiting, lease_until=None) | Q(state__in=[waiting, working], lease_until__lt=now())
    )
