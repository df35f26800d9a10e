"""Whether everything the product needs answers."""

import datetime as dt
import os
import uuid
from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError, connection

from gayungan_asn.accounts.clock import now
from gayungan_asn.accounts.models import Heartbeat

LONGEST_SILENCE = dt.timedelta(seconds=60)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker() -> bool:
    address = settings.REDIS_URL.replace("redis+socket://", "unix://")
    try:
        with redis.Redis.from_url(address, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _storage() -> bool:
    folder = Path(settings.MEDIA_ROOT)
    probe = folder / f".probe-{uuid.uuid4().hex}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.close(os.open(probe, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        probe.unlink()
    except OSError:
        return False
    return True


def _heartbeats() -> dict[str, bool]:
    try:
        seen = dict(Heartbeat.objects.values_list("name", "at"))
    except DatabaseError:
        seen = {}
    alive_since = now() - LONGEST_SILENCE
    return {
        name: (moment := seen.get(name)) is not None and moment >= alive_since
        for name in ("worker", "beat")
    }


def readiness() -> dict[str, bool]:
    """What answers now: database, broker, storage, worker, beat."""
    return {
        "database": _database(),
        "broker": _broker(),
        "storage": _storage(),
        **_heartbeats(),
    }
