"""The one way to call a worker: after commit, and never in the way of the answer."""

from typing import Any

import structlog
from celery import Task
from django.conf import settings
from django.db import transaction

log = structlog.get_logger(__name__)


def ring(task: "Task[Any, Any]", *args: Any) -> None:
    """Queue the task once the transaction is committed.

    The row that asks for the work is the truth, so a broker that is away is no error:
    the reconciler rings again. Waits one second for the broker at most.
    """
    transaction.on_commit(lambda: ring_now(task, *args))


def ring_now(task: "Task[Any, Any]", *args: Any) -> bool:
    """Queue at once; False where the broker did not take it."""
    try:
        with task.app.connection_for_write(
            connect_timeout=1,
            transport_options={
                **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
                "socket_timeout": 1,
                "socket_connect_timeout": 1,
                "max_retries": 0,
            },
        ) as connection:
            task.apply_async(args=args, connection=connection, retry=False)
    except Exception as error:  # whatever the broker does, the row waits
        log.warning("broker away, the row waits", task=task.name, error=type(error).__name__)
        return False
    return True
