"""What workers do for competencies."""

import structlog
from celery import shared_task

from competencies.services import imports
from competencies.services.levels import refresh_current_levels as refresh_levels
from gayungan_asn.accounts.bell import ring_now

log = structlog.get_logger(__name__)
_LIMITS = {"soft_time_limit": 240, "time_limit": 300}


@shared_task(name="competencies.tasks.read_import", ignore_result=True, **_LIMITS)
def read_import(job_id: int) -> bool:
    """Read an uploaded file into its preview."""
    try:
        return imports.read_upload(job_id=job_id)
    except Exception as error:  # the words of an error may hold cells: only its kind is kept
        log.error("reading an import stopped", job=job_id, error=type(error).__name__)
        return False


@shared_task(name="competencies.tasks.apply_import", ignore_result=True, **_LIMITS)
def apply_import(job_id: int) -> bool:
    """Apply a decided preview."""
    try:
        return imports.apply_import(job_id=job_id)
    except Exception as error:  # as above; the row is taken up again when its lease ends
        log.error("applying an import stopped", job=job_id, error=type(error).__name__)
        return False


@shared_task(name="competencies.tasks.reconcile_imports", ignore_result=True)
def reconcile_imports() -> int:
    """Ring again for imports that wait or whose worker went silent (beat, every 10 s)."""
    rung = 0
    for wanted, task in (("read", read_import), ("apply", apply_import)):
        for job_id in imports.imports_to_ring(wanted=wanted):
            rung += ring_now(task, job_id)
    return rung


@shared_task(name="competencies.tasks.delete_old_uploads", ignore_result=True)
def delete_old_uploads() -> int:
    """Delete uploaded files after 30 days (beat, hourly)."""
    return imports.delete_old_uploads()


@shared_task(name="competencies.tasks.refresh_current_levels", ignore_result=True)
def refresh_current_levels() -> None:
    """Levels end by date: work out anew which one counts (beat, every six hours)."""
    refresh_levels()
