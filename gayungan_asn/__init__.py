"""Gayungan ASN: competencies of civil servants in a local government."""

from gayungan_asn.celery import app as celery_app

__all__ = ["celery_app"]
