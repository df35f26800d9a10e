"""Bringing in people from a file: upload, look, decide, apply."""

from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from competencies.forms.imports import DecisionForm, ImportForm
from competencies.models import ImportJob, RoleGrant
from competencies.models.people import granted_units
from competencies.permissions.imports import can_apply_import_job, can_create_import_job
from competencies.selectors.imports import (
    change_lines,
    import_list,
    preview_of,
    problem_lines,
    shown_changes,
)
from competencies.services import imports
from competencies.spreadsheets.exporting import csv_text
from competencies.tasks import apply_import, read_import
from gayungan_asn.accounts.bell import ring
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest

PER_PAGE = 20
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
EXAMPLE_KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def import_new(request: SignedInRequest) -> HttpResponse:
    """Upload a file; below it what was brought in before."""
    require(can_create_import_job(request.user))
    units = granted_units(request.user, RoleGrant.Role.HR)
    posted = request.method == "POST"
    form = ImportForm(
        *((request.POST, request.FILES) if posted else ()),
        units=units,
        refusal=getattr(request, "upload_refusal", ""),
    )
    if posted and form.is_valid():
        try:
            upload = imports.create_import(
                actor=request.user, upload=form.cleaned_data["file"], unit=form.chosen_unit()
            )
        except ValidationError as refusal:
            form.add_error("file", refusal)
        else:
            if upload.is_new:
                ring(read_import, upload.job.pk)
            else:
                messages.info(request, imports.IN_PROGRESS)
            return redirect("competencies:import-detail", pk=upload.job.pk)
    page = Paginator(import_list(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "competencies/import_new.html", {"form": form, "page": page})


@require_safe
def import_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """Where an import stands; the preview once it was read."""
    job = _job(request, pk)
    state = ImportJob.State
    context: dict[str, Any] = {
        "job": job,
        "waiting": job.state in ImportJob.PENDING,
        "can_apply": can_apply_import_job(request.user, job),
        "can_refresh": job.state == state.FAILED
        or (job.state == state.REFUSED and job.wanted == "apply"),
        "page": Paginator(import_list(request.user).exclude(pk=pk), 5).get_page(1),
    }
    if job.state == state.READY:
        context |= _preview_context(job)
    return render(request, "competencies/import_detail.html", context)


def _preview_context(job: ImportJob) -> dict[str, Any]:
    counts = job.counts
    preview = preview_of(job)
    unshown = max(0, counts["changed"] - len(preview.changes))
    return {
        "preview": preview,
        "counts": counts,
        "unshown": unshown,
        "usable": counts["usable"],
        "always": bool(counts["new"] or counts["look"] or unshown),
        "form": DecisionForm(questions=preview.questions),
        "tallies": [
            _tally(
                counts["look"], _("Perlu dilihat"), _("usul terisi, dapat diubah"), "dilihat", "see"
            ),
            _tally(
                counts["refused"], _("Ditolak"), _("perlu diperbaiki di berkas"), "ditolak", "bad"
            ),
            _tally(counts["changed"], _("Berubah"), _("centang yang dipakai"), "berubah", "chg"),
            _tally(counts["new"], _("Baru"), _("pegawai belum tercatat"), "baru", "new"),
            _tally(counts["unchanged"], _("Sama"), _("tidak disentuh"), "sama", ""),
        ],
    }


def _tally(count: int, label: str, hint: str, anchor: str, tone: str) -> dict[str, Any]:
    url = f"#{anchor}" if count else "#hasil"
    return {"count": count, "label": label, "hint": hint, "url": url, "tone": tone if count else ""}


@require_POST
def import_apply(request: SignedInRequest, pk: int) -> HttpResponse:
    """Hand the decided preview to a worker."""
    job = _job(request, pk)
    require(can_apply_import_job(request.user, job))
    form = DecisionForm(request.POST, questions=preview_of(job).questions)
    if not form.is_valid():
        messages.error(request, _("Pilih salah satu dari daftar pada setiap baris."))
        return redirect("competencies:import-detail", pk=pk)
    shown = shown_changes(job)
    ticked = {
        int(text) for text in request.POST.getlist("baris") if text.isascii() and text.isdigit()
    }
    try:
        asked = imports.request_apply(
            actor=request.user,
            job=job,
            shown=shown,
            unticked=shown - ticked,
            leave_unshown="lainnya" not in request.POST,
            places=form.places(),
            values=form.values(),
        )
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        if asked:
            ring(apply_import, job.pk)
    return redirect("competencies:import-detail", pk=pk)


@require_POST
def import_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Leave a preview unapplied."""
    job = _job(request, pk)
    require(can_apply_import_job(request.user, job))
    try:
        imports.discard_import(actor=request.user, job=job)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("competencies:import-detail", pk=pk)
    messages.success(request, _("Impor tidak diterapkan. Tidak ada data yang berubah."))
    return redirect("competencies:import-new")


@require_POST
def import_refresh(request: SignedInRequest, pk: int) -> HttpResponse:
    """Read the file again, or take an interrupted applying up again."""
    job = _job(request, pk)
    require(can_apply_import_job(request.user, job))
    try:
        job = imports.refresh_preview(actor=request.user, job=job)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        ring(apply_import if job.wanted == "apply" else read_import, job.pk)
    return redirect("competencies:import-detail", pk=pk)


@require_safe
def import_problems(request: SignedInRequest, pk: int) -> HttpResponse:
    """All refused rows as a file."""
    titles = [_("Baris"), _("Pegawai"), _("Kolom"), _("Isi sel"), _("Yang perlu dilakukan")]
    return _csv(csv_text(titles, problem_lines(_job(request, pk))), f"baris-ditolak-{pk}.csv")


@require_safe
def import_changes(request: SignedInRequest, pk: int) -> HttpResponse:
    """All changes as a file."""
    titles = [_("Baris"), _("Pegawai"), _("NIP"), _("Data"), _("Semula"), _("Menjadi")]
    return _csv(csv_text(titles, change_lines(_job(request, pk))), f"perubahan-{pk}.csv")


@require_safe
def import_example(request: SignedInRequest, kind: str) -> FileResponse:
    """The example export, as the national system gives it."""
    require(can_create_import_job(request.user))
    if kind not in EXAMPLE_KINDS:
        raise Http404
    name = f"siasn_pegawai_gayungan.{kind}"
    return FileResponse(
        (EXAMPLES / name).open("rb"),
        as_attachment=True,
        filename=name,
        content_type=EXAMPLE_KINDS[kind],
    )


def _job(request: SignedInRequest, pk: int) -> ImportJob:
    return get_object_or_404(import_list(request.user), pk=pk)


def _csv(text: str, name: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
