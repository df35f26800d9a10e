"""The public check of a document. It says nothing about the person."""

import hashlib
import re

from allauth.core.internal import ratelimit  # the public door never counts GET
from django.contrib.auth.decorators import login_not_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from gayungan_asn.accounts.clock import now
from reports.documents import grouped_code
from reports.models import Document
from reports.selectors.verification import newer_issue, published_document

LARGEST_FILE = 10 * 1024 * 1024


def canonical_code(text: str) -> str:
    """A code as it is stored: capitals and digits, nothing else."""
    return re.sub(r"[^0-9A-Z]", "", text.upper())[:40]


@never_cache
@login_not_required
@require_safe
def verify_form(request: HttpRequest) -> HttpResponse:
    """Ask for the code; with one in the address go to its page."""
    code = canonical_code(request.GET.get("kode", ""))
    if code:
        return redirect("verify", code=code)
    return render(request, "reports/verify.html", {"code": ""})


@never_cache
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Kind, number, date, standing and hash of the document with that code."""
    if not ratelimit.consume(request, app="allauth.account", action="verify", limit_get=True):
        return render(request, "429.html", status=429)
    wanted = canonical_code(code)
    document = published_document(wanted)
    context: dict[str, object] = {
        "code": grouped_code(wanted) or "–",
        "document": document,
        "checked_at": now(),
        "newer": newer_issue(document) if document else None,
        "file_groups": " ".join(re.findall(".{4}", document.file_hash)) if document else "",
    }
    if document is not None and request.method == "POST":
        context |= _compared(request.FILES.get("berkas"), document)
    return render(request, "reports/verify.html", context, status=200 if document else 404)


def _compared(file: UploadedFile | None, document: Document) -> dict[str, object]:
    """Whether the posted file is the published one; it is read and not kept."""
    if file is None:
        return {"has_errors": True, "file_error": _("Pilih berkas PDF yang ingin dibandingkan.")}
    if file.size is None or file.size > LARGEST_FILE:
        return {"has_errors": True, "file_error": _("Berkas paling besar 10 MB.")}
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return {"file_name": file.name, "is_same": digest.hexdigest() == document.file_hash}
