"""Entrances of the workers: load by id, call a service."""

import gc

import structlog
from celery import shared_task
from celery.signals import before_task_publish, worker_process_init
from django.db import Error, connection

from gayungan_asn.accounts.bell import ring_now
from reports.documents import warm_up
from reports.services.documents import (
    fail_exhausted_documents,
    print_document,
    remove_torn_files,
    stale_document_ids,
)
from reports.services.health import show_life

log = structlog.get_logger(__name__)


@worker_process_init.connect
def prepare_printer(**_kwargs: object) -> None:
    """Read fonts and stylesheets as the process starts, not with the first document.

    What is loaded by then stays: keeping the collector from walking it again and again
    saves a sixth of the time of a document.
    """
    warm_up()
    gc.collect()
    gc.freeze()
    remove_torn_files()


@shared_task
def render_document(document_id: int) -> None:
    """Print one document; a row under another worker's lease is left to the reconciler."""
    print_document(document_id=document_id)


@shared_task
def reconcile_documents() -> None:
    """Ring again for rows nobody served; those out of attempts fail visibly."""
    fail_exhausted_documents()
    for pk in stale_document_ids():
        ring_now(render_document, pk)


@shared_task
def beat_heart() -> None:
    """A worker answered (`/readyz`)."""
    show_life(name="worker")


@before_task_publish.connect(sender=beat_heart.name)
def beat_rang(**_kwargs: object) -> None:
    """Beat still rings, whether or not the broker takes it; runs in the beat process."""
    try:
        show_life(name="beat")
    except Error as error:
        log.warning("heartbeat not kept", error=type(error).__name__)
        connection.close()
