"""What workers do for training."""

from celery import shared_task

from training.services import drafting


@shared_task(name="training.tasks.draft_plans", ignore_result=True)
def draft_plans() -> int:
    """Draft plans from batches of levels not served yet (beat, every 20 seconds)."""
    return drafting.draft_plans()
