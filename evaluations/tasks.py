"""Entrances of the workers: what the calendar asks of cycles."""

import structlog
from celery import shared_task

from evaluations.models import Cycle
from evaluations.services.windows import advance_cycle

log = structlog.get_logger(__name__)


@shared_task
def advance_cycles() -> None:
    """Move every launched cycle on; one that fails does not hold up the others.

    Safe to run twice and at any time: each cycle is locked and the same day does
    nothing new.
    """
    for cycle in Cycle.objects.exclude(state=Cycle.State.DRAFT).order_by("pk"):
        try:
            done = advance_cycle(cycle=cycle)
        except Exception:
            log.exception("cycle not advanced", cycle=cycle.pk)
            continue
        if done:
            log.info("cycle advanced", cycle=cycle.pk, **done)
