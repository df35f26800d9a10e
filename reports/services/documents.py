"""Documents on their way: asked for, claimed, printed, kept.

The row is the truth and Redis only a bell. A worker owns a row while its lease token is
in it; what it wrote counts only if the lease is still its own at the end.
"""

import contextlib
import datetime as dt
import hashlib
import os
import uuid
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext_lazy as _

from competencies.selectors.people import hr_covers, roles_of
from gayungan_asn.accounts import leases
from gayungan_asn.accounts.clock import now
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import record
from reports.documents import ENGINE, PrintError, Stamp, content_hash, plan_pdf
from reports.documents.layout import plan_title
from reports.models import Document
from reports.permissions import can_download_document, can_request_document, can_retry_document
from reports.selectors.papers import plan_paper
from training.models import DevelopmentPlan

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
RIGHT_ENDED = _("Hak atas dokumen ini sudah berakhir. Minta lagi bila Anda masih berhak.")
NOT_PRINTED = _("Dokumen belum dapat dibuat. Coba lagi; bila berulang, hubungi bagian kepegawaian.")


def document_path(key: str) -> Path:
    """Where a file is kept; the key holds only the hash of its content."""
    return Path(settings.MEDIA_ROOT) / "documents" / key


@transaction.atomic
def request_document(*, actor: User, kind: str, subject: DevelopmentPlan) -> Document:
    """The document that shows the plan as it is now: a new one, or the one that already does.

    Asking twice gives the same row; unchanged content is not printed again, and a failed
    one is queued again. Raises ValidationError where the account may not ask.
    """
    plan = DevelopmentPlan.objects.select_for_update().get(pk=subject.pk)
    if not can_request_document(actor, plan.employee):
        raise ValidationError(_("Dokumen ini bukan untuk Anda minta."), code="refused")
    paper_hash = content_hash(plan_paper(plan))
    latest = (
        Document.objects.select_for_update()
        .filter(kind=kind, subject_id=plan.pk)
        .order_by("-version")
        .first()
    )
    if latest and _still_good(latest, paper_hash):
        if latest.state == Document.State.FAILED or _file_is_lost(latest):
            _queue_again(latest, actor)
        return latest
    version = (latest.version if latest else 0) + 1
    document = Document(
        kind=kind,
        subject_id=plan.pk,
        version=version,
        employee=plan.employee,
        requester=actor,
        title=plan_title(plan.year),
        number=f"RPK/{plan.year}/{plan.pk:05d}/{version}",
        content_hash=paper_hash,
        requested_at=now(),
    )
    document.save()
    record(
        actor=actor,
        action="document.requested",
        obj=document,
        subject_employee_id=plan.employee_id,
        roles=roles_of(actor),
        after={"kind": kind, "version": version},
    )
    return document


def _still_good(document: Document, paper_hash: str) -> bool:
    """True where the row already shows, or will show, the content as it is now."""
    if document.state == Document.State.QUEUED:
        return True  # the worker reads the content when it prints
    return document.content_hash == paper_hash or document.state == Document.State.FAILED


def _file_is_lost(document: Document) -> bool:
    return document.state == Document.State.READY and not document_path(document.file_key).exists()


def _queue_again(document: Document, actor: User) -> None:
    document.state = Document.State.QUEUED
    document.attempt = 0
    document.failure = ""
    document.requester = actor
    document.requested_at = now()
    document.save(update_fields=["state", "attempt", "failure", "requester", "requested_at"])
    record(
        actor=actor,
        action="document.retried",
        obj=document,
        subject_employee_id=document.employee_id,
        roles=roles_of(actor),
    )


@transaction.atomic
def retry_document(*, actor: User, document: Document) -> Document:
    """Queue a failed document again, with all its attempts.

    Raises ValidationError where it has not failed or the account may not ask for it.
    """
    document = Document.objects.select_for_update().get(pk=document.pk)
    if not can_retry_document(actor, document):
        raise ValidationError(_("Dokumen ini tidak perlu dibuat ulang."), code="state")
    _queue_again(document, actor)
    return document


@transaction.atomic
def record_download(*, actor: User, document: Document) -> Document:
    """Keep in the audit trail that the file was handed out.

    Raises ValidationError where the account may not have it.
    """
    if not can_download_document(actor, document):
        raise ValidationError(_("Dokumen ini tidak tersedia untuk Anda."), code="refused")
    employee = document.employee
    record(
        actor=actor,
        action="document.downloaded",
        obj=document,
        subject_employee_id=document.employee_id,
        roles=roles_of(actor),
        purpose="kepegawaian" if employee and hr_covers(actor, employee) else "",
        after={"version": document.version, "file_hash": document.file_hash},
    )
    return document


def print_document(*, document_id: int) -> bool:
    """Claim the row, print it, keep the file, set it ready; False where nothing was done.

    Running twice is harmless: a live lease of another worker is left alone, and a lease
    that was lost meanwhile keeps this worker's result out.
    """
    rows = Document.objects.filter(attempt__lt=MOST_ATTEMPTS)
    token = leases.claim(
        rows,
        document_id,
        from_states=[Document.State.QUEUED],
        to_state=Document.State.RENDERING,
    )
    if token is None:
        return False
    document = Document.objects.select_related("employee", "requester").get(pk=document_id)
    if not _still_allowed(document):
        return _give_up(document, token, str(RIGHT_ENDED), for_good=True)
    try:
        with leases.kept(Document.objects.all(), document_id, token):
            plan = DevelopmentPlan.objects.get(pk=document.subject_id)
            paper = plan_paper(plan)
            stamp = Stamp(document.number, document.code, f"{settings.SITE_URL}/p/{document.code}")
            data = plan_pdf(paper, stamp)
            key, file_hash = keep_file(data)
    except Exception as error:
        log.exception("document not printed", document=document_id)
        return _give_up(document, token, _reason(error), for_good=False)
    return _set_ready(
        document,
        token,
        content_hash=content_hash(paper),
        file_hash=file_hash,
        file_key=key,
        size=len(data),
        standing=Document.Standing.VALID if paper.issued_at else Document.Standing.DRAFT,
    )


def _reason(error: Exception) -> str:
    detail = str(error)[:120] if isinstance(error, PrintError) else type(error).__name__
    return f"{NOT_PRINTED} ({detail})"[:300]


def _still_allowed(document: Document) -> bool:
    """Rights are asked again when the work is done, not when it was wanted."""
    requester = document.requester
    return (
        requester.is_active
        and document.employee is not None
        and can_request_document(requester, document.employee)
    )


def keep_file(data: bytes) -> tuple[str, str]:
    """Store the bytes under their own hash; (key, hash). Half a file is never visible."""
    digest = hashlib.sha256(data).hexdigest()
    key = f"{digest[:2]}/{digest}.pdf"
    target = document_path(key)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o600)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return key, digest


@transaction.atomic
def _set_ready(document: Document, token: uuid.UUID, **values: Any) -> bool:
    done = leases.finish(
        Document.objects.all(),
        document.pk,
        token,
        state=Document.State.READY,
        ready_at=now(),
        engine=ENGINE,
        failure="",
        **values,
    )
    if not done:
        return False
    older = Document.objects.filter(
        kind=document.kind,
        subject_id=document.subject_id,
        version__lt=document.version,
        standing__in=[Document.Standing.VALID, Document.Standing.DRAFT],
    )
    older.update(standing=Document.Standing.SUPERSEDED)
    newest = Document.objects.filter(
        kind=document.kind, subject_id=document.subject_id, state=Document.State.READY
    ).aggregate(version=Max("version"))["version"]
    if newest != document.version:
        Document.objects.filter(pk=document.pk).update(standing=Document.Standing.SUPERSEDED)
    record(
        actor=None,
        action="document.ready",
        obj=document,
        subject_employee_id=document.employee_id,
        after={"version": document.version, "file_hash": values["file_hash"]},
    )
    return True


def _give_up(document: Document, token: uuid.UUID, why: str, *, for_good: bool) -> bool:
    """Wait for the next attempt, or fail where there is none left."""
    last = for_good or document.attempt >= MOST_ATTEMPTS
    leases.finish(
        Document.objects.all(),
        document.pk,
        token,
        state=Document.State.FAILED if last else Document.State.QUEUED,
        failure=why if last else "",
    )
    return False


@transaction.atomic
def fail_exhausted_documents() -> int:
    """Mark as failed what lost its worker in the last attempt; the number of rows."""
    return (
        Document.objects.filter(attempt__gte=MOST_ATTEMPTS)
        .filter(
            Q(state=Document.State.RENDERING, lease_until__lt=now())
            | Q(state=Document.State.QUEUED)
        )
        .update(
            state=Document.State.FAILED,
            failure=str(NOT_PRINTED),
            lease_token=None,
            lease_until=None,
        )
    )


def stale_document_ids() -> list[int]:
    """Rows to ring for again: they waited over ten seconds, or their lease ran out."""
    waited = now() - dt.timedelta(seconds=10)
    rows = leases.stale(
        Document.objects.filter(attempt__lt=MOST_ATTEMPTS),
        waiting=Document.State.QUEUED,
        working=Document.State.RENDERING,
    ).exclude(state=Document.State.QUEUED, requested_at__gt=waited)
    return list(rows.order_by("requested_at").values_list("pk", flat=True)[:500])


def remove_torn_files() -> int:
    """Delete what a killed worker left half written; younger drafts may still be alive."""
    oldest = now().timestamp() - 600
    removed = 0
    for draft in document_path("").glob("*/.*.part"):
        with contextlib.suppress(FileNotFoundError):
            if draft.stat().st_mtime < oldest:
                draft.unlink()
                removed += 1
    return removed
