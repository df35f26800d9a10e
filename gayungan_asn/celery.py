"""The Celery application.

PostgreSQL keeps what is to be done, Redis only rings. The beat entries below are
the safety net: they ring again for rows that nobody served.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gayungan_asn.settings")

app = Celery("gayungan_asn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A ring that nobody heard is stale when the next one comes.
app.conf.beat_schedule = {
    "reconcile-documents": {
        "task": "reports.tasks.reconcile_documents",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "reconcile-imports": {
        "task": "competencies.tasks.reconcile_imports",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "draft-plans": {
        "task": "training.tasks.draft_plans",
        "schedule": 20.0,
        "options": {"expires": 20.0},
    },
    "heartbeat": {
        "task": "reports.tasks.beat_heart",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "advance-cycles": {
        "task": "evaluations.tasks.advance_cycles",
        "schedule": 600.0,
        "options": {"expires": 600.0},
    },
    "refresh-current-levels": {
        "task": "competencies.tasks.refresh_current_levels",
        "schedule": 6 * 3600.0,
        "options": {"expires": 6 * 3600.0},
    },
    "delete-old-uploads": {
        "task": "competencies.tasks.delete_old_uploads",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
}
