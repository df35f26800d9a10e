"""Files brought in by HR: read apart, previewed, applied at once."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from competencies.models.people import Employee, RoleGrant, granted_units

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class ImportJobQuerySet(models.QuerySet):
    """Imports, through the one door."""

    def visible_to(self, user: "User") -> "ImportJobQuerySet":
        """HR sees the imports of the own tree."""
        if not user.is_authenticated:
            return self.none()
        within = Q(pk__in=[])
        for root in granted_units(user, RoleGrant.Role.HR):
            within |= Q(unit__path__startswith=root.path)
        return self.filter(within)


class ImportJob(models.Model):
    """One uploaded file on its way: read → previewed → applied. The row is the truth.

    A worker claims it with a lease; the reconciler rings again for what waited.
    """

    class Kind(models.TextChoices):
        PEOPLE = "people", _("Pegawai")

    class State(models.TextChoices):
        QUEUED = "queued", _("Menunggu dibaca")
        READING = "reading", _("Sedang dibaca")
        READY = "ready", _("Siap diterapkan")
        APPLYING = "applying", _("Sedang diterapkan")
        APPLIED = "applied", _("Diterapkan")
        REFUSED = "refused", _("Ditolak")
        FAILED = "failed", _("Gagal")
        DISCARDED = "discarded", _("Tidak diterapkan")

    PENDING = (State.QUEUED, State.READING, State.APPLYING)

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PEOPLE)
    unit = models.ForeignKey(
        "competencies.Unit", on_delete=models.PROTECT, related_name="import_jobs"
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="import_jobs"
    )
    file_name = models.CharField(max_length=300)
    stored_name = models.UUIDField(default=uuid.uuid4)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    wanted = models.CharField(
        max_length=10, choices=[("read", "read"), ("apply", "apply")], default="read"
    )
    message = models.CharField(max_length=500, blank=True)
    sheet_name = models.CharField(max_length=200, blank=True)
    notices = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    choices = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_seconds = models.FloatField(null=True)
    applied_at = models.DateTimeField(null=True)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("impor")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "unit", "sha256"],
                condition=Q(state__in=["queued", "reading", "applying"]),
                name="import_job_one_pending_per_file",
                violation_error_message=_("Berkas ini sedang diproses. Lihat hasilnya."),
            )
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportRow(models.Model):
    """One row of the file as it was understood, and what applying it would do."""

    class State(models.TextChoices):
        NEW = "new", _("Baru")
        CHANGED = "changed", _("Berubah")
        UNCHANGED = "unchanged", _("Sama")
        REFUSED = "refused", _("Ditolak")

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="as the spreadsheet shows it")
    state = models.CharField(max_length=10, choices=State)
    needs_look = models.BooleanField(default=False)
    chosen = models.BooleanField(default=True)
    label = models.CharField(max_length=300, blank=True)
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, null=True, related_name="+")
    data = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    problems = models.JSONField(default=list)

    class Meta:
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="import_row_once")]
        indexes = [models.Index(fields=["job", "state", "number"])]

    def __str__(self) -> str:
        return f"{self.number} {self.label}"
