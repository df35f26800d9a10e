"""Asking for a document, waiting for it, taking it."""

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gayungan_asn.accounts.bell import ring
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest
from reports.models import Document
from reports.permissions import (
    can_download_document,
    can_request_document,
    can_retry_document,
)
from reports.services.documents import (
    document_path,
    record_download,
    request_document,
    retry_document,
)
from reports.tasks import render_document
from training.models import DevelopmentPlan

LINK_SECONDS = 10 * 60
_signer = signing.TimestampSigner(salt="reports.document-file")


@require_POST
def document_request(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    """Ask for the document of a plan, then wait for it on its page."""
    if kind != Document.Kind.PLAN:
        raise Http404
    plan = get_object_or_404(
        DevelopmentPlan.objects.visible_to(request.user).select_related("employee"), pk=pk
    )
    require(can_request_document(request.user, plan.employee))
    document = request_document(actor=request.user, kind=kind, subject=plan)
    if document.state == Document.State.QUEUED:
        ring(render_document, document.pk)
    return redirect("reports:document-detail", pk=document.pk)


@require_safe
def document_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Where the document stands; the link to it once it is ready."""
    document = get_object_or_404(
        Document.objects.visible_to(request.user).select_related("employee"), pk=pk
    )
    waiting = document.state in {Document.State.QUEUED, Document.State.RENDERING}
    link = ""
    if can_download_document(request.user, document):
        link = _file_link(request, document)
    return render(
        request,
        "reports/document_detail.html",
        {
            "document": document,
            "waiting": waiting,
            "link": link,
            "plan_id": document.subject_id if document.kind == Document.Kind.PLAN else None,
            "can_retry": can_retry_document(request.user, document),
            "is_superseded": document.standing == Document.Standing.SUPERSEDED,
        },
    )


def _file_link(request: SignedInRequest, document: Document) -> str:
    token = _signer.sign(f"{document.pk}:{request.user.pk}")
    return f"{reverse('reports:document-file', args=[document.pk])}?t={token}"


@require_safe
def document_file(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """The file, for whom the link was made, for ten minutes; rights are asked again."""
    document = get_object_or_404(
        Document.objects.visible_to(request.user).select_related("employee"), pk=pk
    )
    try:
        value = _signer.unsign(request.GET.get("t", ""), max_age=LINK_SECONDS)
    except signing.SignatureExpired:
        messages.info(request, _("Tautan unduhan berlaku 10 menit. Ini tautan yang baru."))
        return redirect("reports:document-detail", pk=document.pk)
    except signing.BadSignature:
        raise Http404 from None
    if value != f"{document.pk}:{request.user.pk}":
        raise Http404
    require(can_download_document(request.user, document))
    path = document_path(document.file_key)
    if not path.is_file():
        messages.warning(request, _("Berkasnya tidak ditemukan. Minta lagi dari halaman rencana."))
        return redirect("reports:document-detail", pk=document.pk)
    record_download(actor=request.user, document=document)
    name = slugify(document.employee.name) if document.employee else ""
    response = FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"rencana-{document.number.split('/')[1]}-{name}.pdf".replace("-.", "."),
        content_type="application/pdf",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_POST
def document_retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Have a failed document made again."""
    document = get_object_or_404(
        Document.objects.visible_to(request.user).select_related("employee"), pk=pk
    )
    require(can_retry_document(request.user, document))
    try:
        retry_document(actor=request.user, document=document)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        ring(render_document, document.pk)
    return redirect("reports:document-detail", pk=document.pk)
