"""An uploaded file on its way: stored, read into a preview, applied or discarded.

The row is the truth; workers hold a lease while they read or apply, and whoever comes
second finds nothing to do.
"""

import errno
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from competencies.import_rules.cells import Problem
from competencies.import_rules.people import ParsedRow
from competencies.import_rules.plan import Choices, Plan, PlannedRow, plan_people
from competencies.models import ImportJob, ImportRow, Unit
from competencies.permissions.imports import can_apply_import_job, can_create_import_job
from competencies.selectors.people import roles_of
from competencies.selectors.people_import import load_snapshot
from competencies.services.people_file import PeopleFile, read_people
from competencies.services.people_import import CHANGED_SINCE, apply_people
from competencies.spreadsheets.limits import EMPTY, TOO_BIG, RefusedFileError
from competencies.spreadsheets.reading import FailedReadingError
from gayungan_asn.accounts import leases
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record

IN_PROGRESS = _("Berkas ini sedang diproses. Lihat hasilnya.")
STORAGE_FULL = _("Penyimpanan penuh. Hubungi pengelola sistem.")
INTERRUPTED = _("Impor terhenti. Tekan Coba lagi.")
NO_LONGER = _("Anda tidak lagi berwenang atas impor ini.")
KEEP_DAYS = 30
MOST_ATTEMPTS = 3
_AT_ONCE = 2_000
_State = ImportJob.State


@dataclass(frozen=True, slots=True)
class Upload:
    """The import that an upload led to; `is_new` False where the file was under way."""

    job: ImportJob
    is_new: bool


def uploads_folder() -> Path:
    """Where uploaded files lie: random names, served to nobody."""
    return Path(settings.MEDIA_ROOT) / "imports"


def stored_path(job: ImportJob) -> Path:
    """The stored copy of an import's file."""
    return uploads_folder() / job.stored_name.hex


def create_import(*, actor: User, upload: "File[bytes]", unit: Unit) -> Upload:
    """Keep the file and ask for its preview; one pending import per file and unit.

    Raises ValidationError: `forbidden`, `empty`, `too_big`, `storage`.
    """
    if not can_create_import_job(actor, unit):
        raise ValidationError(NO_LONGER, code="forbidden")
    size = upload.size or 0
    if size == 0:
        raise ValidationError(EMPTY, code="empty")
    if size > settings.UPLOAD_LIMIT:
        raise ValidationError(TOO_BIG, code="too_big")
    name = uuid.uuid4()
    digest = _store(upload, name)
    try:
        with transaction.atomic():
            job = ImportJob.objects.create(
                unit=unit,
                uploaded_by=actor,
                file_name=_shown_name(upload.name or ""),
                stored_name=name,
                size=size,
                sha256=digest,
            )
            record(
                actor=actor,
                action="import.created",
                obj=job,
                subject_unit_id=unit.pk,
                roles=roles_of(actor),
                after={"size": size, "sha256": digest},
            )
    except IntegrityError:
        (uploads_folder() / name.hex).unlink(missing_ok=True)
        pending = ImportJob.objects.filter(unit=unit, sha256=digest, state__in=ImportJob.PENDING)
        job = pending.order_by("pk").first() or ImportJob.objects.filter(
            unit=unit, sha256=digest
        ).latest("pk")
        return Upload(job, is_new=False)
    return Upload(job, is_new=True)


def _store(upload: "File[bytes]", name: uuid.UUID) -> str:
    """Write under a temporary name, then rename; gives the SHA-256."""
    folder = uploads_folder()
    part = folder / f".{name.hex}.part"
    digest = hashlib.sha256()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with part.open("xb") as target:
            for chunk in upload.chunks():
                digest.update(chunk)
                target.write(chunk)
        part.chmod(0o600)
        part.rename(folder / name.hex)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ValidationError(STORAGE_FULL, code="storage") from None
        raise
    return digest.hexdigest()


def _shown_name(name: str) -> str:
    """A file name for showing only: no path, no control characters."""
    bare = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in bare if character.isprintable())[:300] or "berkas"


# Reading


def read_upload(*, job_id: int) -> bool:
    """Read the file of a waiting import into its preview; False where there is nothing to do.

    Changes no business row. Ends as ready, refused or failed with the message.
    """
    waiting = ImportJob.objects.filter(wanted="read")
    token = leases.claim(waiting, job_id, from_states=[_State.QUEUED], to_state=_State.READING)
    if token is None:
        return False
    job = ImportJob.objects.select_related("unit").get(pk=job_id)
    started = monotonic()
    with leases.kept(ImportJob.objects.all(), job_id, token):
        try:
            people = read_people(stored_path(job))
        except FailedReadingError as refusal:
            return _end(job, token, _State.FAILED, str(refusal))
        except RefusedFileError as refusal:
            return _end(job, token, _State.REFUSED, str(refusal))
        except FileNotFoundError:
            return _end(job, token, _State.FAILED, str(INTERRUPTED))
        return _keep_preview(job, token, people, started)


def _end(job: ImportJob, token: uuid.UUID, state: str, message: str) -> bool:
    return leases.finish(ImportJob.objects.all(), job.pk, token, state=state, message=message[:500])


@transaction.atomic
def _keep_preview(job: ImportJob, token: uuid.UUID, people: PeopleFile, started: float) -> bool:
    snapshot = load_snapshot(people.rows, job.unit)
    fingerprint = snapshot.fingerprint()
    choices = Choices(own_user_id=job.uploaded_by_id)
    plan = plan_people(people.rows, snapshot, choices, today())
    job.rows.all().delete()
    ImportRow.objects.bulk_create([_stored_row(job, row) for row in plan.rows], batch_size=_AT_ONCE)
    done = leases.finish(
        ImportJob.objects.all(),
        job.pk,
        token,
        state=_State.READY,
        message="",
        sheet_name=people.sheet.name[:200],
        notices=people.notices,
        counts=counts_of(plan) | {
            "columns_known": people.columns.known,
            "columns_used": len(people.columns.places),
        },
        choices={"units": [unit.plain() for unit in plan.units.values()]},
        fingerprint=fingerprint,
        read_seconds=round(monotonic() - started, 2),
    )  # fmt: skip
    if not done:
        transaction.set_rollback(True)
    return done


def counts_of(plan: Plan) -> dict[str, int]:
    """Rows per tally; a row to look at is counted there only."""
    counts = dict.fromkeys(("look", "refused", "changed", "new", "unchanged"), 0)
    for row in plan.rows:
        counts["look" if row.needs_look else row.state] += 1
    problems = sum(len(row.parsed.problems) for row in plan.rows if row.state == "refused")
    usable = counts["look"] + counts["changed"] + counts["new"]
    return counts | {"rows": len(plan.rows), "problems": problems, "usable": usable}


def _stored_row(job: ImportJob, row: PlannedRow) -> ImportRow:
    data = row.parsed.data | ({"unit_key": row.unit_key} if row.unit_key else {})
    return ImportRow(
        job=job,
        number=row.parsed.number,
        state=row.state,
        needs_look=row.needs_look,
        label=row.parsed.label[:300],
        employee_id=row.person.id if row.person else None,
        data=data,
        changes=row.changes,
        problems=[problem.plain() for problem in row.parsed.problems],
    )


def parsed_row(row: ImportRow) -> ParsedRow:
    """A stored row as it was understood."""
    return ParsedRow(row.number, row.data, [Problem(**problem) for problem in row.problems])


# Deciding


@transaction.atomic
def request_apply(
    *,
    actor: User,
    job: ImportJob,
    unticked: frozenset[int],
    leave_unshown: bool,
    shown: frozenset[int],
    places: Mapping[str, str],
    values: Mapping[int, str],
) -> bool:
    """Ask a worker to apply the preview as decided; False where that was asked before.

    `shown` are the changed rows whose boxes were on the page, `unticked` those left
    out. Raises ValidationError: `forbidden`, `state`.
    """
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if not can_apply_import_job(actor, job):
        raise ValidationError(NO_LONGER, code="forbidden")
    if job.state in (_State.QUEUED, _State.APPLYING, _State.APPLIED):
        return False
    if job.state != _State.READY:
        raise ValidationError(CHANGED_SINCE, code="state")
    changed = job.rows.filter(state=ImportRow.State.CHANGED, needs_look=False)
    changed.update(chosen=not leave_unshown)
    changed.filter(number__in=shown - unticked).update(chosen=True)
    changed.filter(number__in=unticked).update(chosen=False)
    units = job.choices.get("units", [])
    known = {unit["key"] for unit in units}
    job.choices = {
        "units": units,
        "places": {key: place for key, place in places.items() if key in known},
        "values": {str(number): value for number, value in values.items()},
        "by": actor.pk,
    }
    job.state, job.wanted, job.attempt, job.message = _State.QUEUED, "apply", 0, ""
    try:
        with transaction.atomic():
            job.save(update_fields=["choices", "state", "wanted", "attempt", "message"])
    except IntegrityError:
        raise ValidationError(IN_PROGRESS, code="state") from None
    record(
        actor=actor,
        action="import.apply_requested",
        obj=job,
        subject_unit_id=job.unit_id,
        roles=roles_of(actor),
        after={"unticked": len(unticked), "places": job.choices["places"]},
    )
    return True


@transaction.atomic
def discard_import(*, actor: User, job: ImportJob) -> ImportJob:
    """Close a preview without applying it. Raises ValidationError: `forbidden`, `state`."""
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if not can_apply_import_job(actor, job):
        raise ValidationError(NO_LONGER, code="forbidden")
    if job.state == _State.DISCARDED:
        return job
    if job.state not in (_State.READY, _State.REFUSED, _State.FAILED):
        raise ValidationError(IN_PROGRESS, code="state")
    job.state = _State.DISCARDED
    job.save(update_fields=["state"])
    job.rows.all().delete()
    record(
        actor=actor,
        action="import.discarded",
        obj=job,
        subject_unit_id=job.unit_id,
        roles=roles_of(actor),
    )
    return job


@transaction.atomic
def refresh_preview(*, actor: User, job: ImportJob) -> ImportJob:
    """Read the stored file anew: after the data changed, or after an interruption.

    An interrupted applying is taken up again with the same decisions. Raises
    ValidationError: `forbidden`, `state`, `gone`.
    """
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if not can_apply_import_job(actor, job):
        raise ValidationError(NO_LONGER, code="forbidden")
    if job.state in ImportJob.PENDING:
        return job
    if job.state not in (_State.READY, _State.REFUSED, _State.FAILED):
        raise ValidationError(_("Impor ini sudah selesai."), code="state")
    if not stored_path(job).exists():
        raise ValidationError(_("Berkas sudah dihapus. Unggah lagi."), code="gone")
    again = job.state == _State.FAILED and job.wanted == "apply"
    job.state, job.wanted, job.attempt = _State.QUEUED, "apply" if again else "read", 0
    job.message, job.lease_token, job.lease_until = "", None, None
    try:
        with transaction.atomic():
            job.save(
                update_fields=[
                    "state", "wanted", "attempt", "message", "lease_token", "lease_until"
                ]
            )  # fmt: skip
    except IntegrityError:
        raise ValidationError(IN_PROGRESS, code="state") from None
    record(
        actor=actor,
        action="import.retried",
        obj=job,
        subject_unit_id=job.unit_id,
        roles=roles_of(actor),
        after={"wanted": job.wanted},
    )
    return job


# Applying


def apply_import(*, job_id: int) -> bool:
    """Apply a decided preview in one transaction, exactly once; False where nothing is to do.

    The right of the person who pressed is checked again. Where the data changed since
    the preview, the import is refused as a whole.
    """
    waiting = ImportJob.objects.filter(wanted="apply")
    token = leases.claim(waiting, job_id, from_states=[_State.QUEUED], to_state=_State.APPLYING)
    if token is None:
        return False
    job = ImportJob.objects.select_related("unit").get(pk=job_id)
    actor = User.objects.filter(pk=job.choices.get("by"), is_active=True).first()
    if actor is None or not can_apply_import_job(actor, job):
        return _end(job, token, _State.REFUSED, str(NO_LONGER))
    with leases.kept(ImportJob.objects.all(), job_id, token):
        try:
            return _apply(job, token, actor)
        except ValidationError as refusal:
            return _end(job, token, _State.REFUSED, " ".join(refusal.messages))


@transaction.atomic
def _apply(job: ImportJob, token: uuid.UUID, actor: User) -> bool:
    rows, chosen = [], set()
    for row in job.rows.iterator(chunk_size=_AT_ONCE):
        rows.append(parsed_row(row))
        if row.chosen:
            chosen.add(row.number)
    applied = apply_people(
        actor=actor,
        root=job.unit,
        rows=rows,
        choices=choices_of(job),
        chosen=frozenset(chosen),
        fingerprint=job.fingerprint,
        batch=job,
        purpose=f"impor {job.pk}: {job.file_name}"[:300],
    )
    done = leases.finish(
        ImportJob.objects.all(),
        job.pk,
        token,
        state=_State.APPLIED,
        applied_at=now(),
        counts=job.counts | applied.counts(),
    )
    if not done:
        transaction.set_rollback(True)
        return False
    # Other previews of the same file have become old with this.
    old = ImportJob.objects.filter(unit=job.unit, sha256=job.sha256, state=_State.READY)
    ImportRow.objects.filter(job__in=[job.pk, *old.values_list("pk", flat=True)]).delete()
    old.update(state=_State.DISCARDED)
    notify(
        users=[actor],
        kind="import.applied",
        text=str(_("Impor %(name)s sudah diterapkan.") % {"name": job.file_name[:200]}),
    )
    return True


def choices_of(job: ImportJob) -> Choices:
    """What was decided on the preview's page."""
    told: dict[str, Any] = job.choices
    return Choices(
        places=told.get("places", {}),
        values={int(number): value for number, value in told.get("values", {}).items()},
        own_user_id=told.get("by", job.uploaded_by_id),
    )


# Keeping order


def imports_to_ring(*, wanted: str) -> list[int]:
    """Imports that wait for a worker or whose worker went silent; gives up after three."""
    working = _State.READING if wanted == "read" else _State.APPLYING
    rows = ImportJob.objects.filter(wanted=wanted)
    stale = leases.stale(rows, waiting=_State.QUEUED, working=working)
    stale.filter(attempt__gte=MOST_ATTEMPTS).update(
        state=_State.FAILED, message=str(INTERRUPTED), lease_token=None, lease_until=None
    )
    return list(stale.filter(attempt__lt=MOST_ATTEMPTS).values_list("pk", flat=True)[:100])


def delete_old_uploads() -> int:
    """Delete stored files after 30 days, previews with them, and parts nobody owns.

    What was imported, by whom and with which outcome stays.
    """
    limit = now() - timedelta(days=KEEP_DAYS)
    old = ImportJob.objects.filter(created_at__lt=limit).exclude(state__in=ImportJob.PENDING)
    ImportRow.objects.filter(job__in=old).delete()
    old.filter(state__in=[_State.READY, _State.REFUSED, _State.FAILED]).update(
        state=_State.DISCARDED
    )
    kept = {
        name.hex
        for name in ImportJob.objects.filter(
            Q(created_at__gte=limit) | Q(state__in=ImportJob.PENDING)
        ).values_list("stored_name", flat=True)
    }
    removed = 0
    folder = uploads_folder()
    if not folder.exists():
        return 0
    an_hour_ago = now().timestamp() - 3600
    for path in folder.iterdir():
        if path.name not in kept and path.stat().st_mtime < an_hour_ago:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
