"""Documents: requests kept as rows, served by workers."""

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from competencies.models import Employee, Unit

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_code() -> str:
    """A verification code of 16 signs (80 bits), without look-alikes."""
    return "".join(secrets.choice(CODE_ALPHABET) for _place in range(16))


class DocumentQuerySet(models.QuerySet):
    """Documents, through the one door."""

    def visible_to(self, user: "User") -> "DocumentQuerySet":
        """About people the account may see, and the unit reports it asked for."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(employee__in=Employee.objects.visible_to(user))
            | Q(employee__isnull=True, requester=user)
        )


class Document(models.Model):
    """One document: asked for, rendered by a worker, kept, verifiable.

    The row is the truth. A worker claims it with a lease, writes the file under its
    content's hash, and sets `ready` only while the lease is still its own.
    """

    class Kind(models.TextChoices):
        PLAN = "plan", _("Rencana Pengembangan Kompetensi")

    class State(models.TextChoices):
        QUEUED = "queued", _("Sedang disiapkan")
        RENDERING = "rendering", _("Sedang dibuat")
        READY = "ready", _("Siap")
        FAILED = "failed", _("Gagal")

    class Standing(models.TextChoices):
        DRAFT = "draft", _("Draf, belum ditetapkan")
        VALID = "valid", _("Berlaku")
        SUPERSEDED = "superseded", _("Sudah diganti")
        REVOKED = "revoked", _("Dicabut")

    kind = models.CharField(max_length=12, choices=Kind)
    subject_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    employee = models.ForeignKey(
        Employee, on_delete=models.PROTECT, null=True, related_name="documents"
    )
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="documents"
    )
    title = models.CharField(max_length=200)
    number = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.VALID)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    requested_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    content_hash = models.CharField(max_length=64, blank=True)
    file_hash = models.CharField(max_length=64, blank=True)
    file_key = models.CharField(max_length=120, blank=True)
    size = models.PositiveIntegerField(default=0)
    engine = models.CharField(max_length=60, blank=True)
    code = models.CharField(max_length=16, unique=True, default=new_code)
    failure = models.CharField(max_length=300, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("dokumen")
        ordering = ["-requested_at", "-pk"]
        indexes = [models.Index(fields=["state", "lease_until"])]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id", "version"], name="document_once_per_version"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(file_hash="") & ~Q(file_key="")),
                name="document_ready_has_file",
            ),
        ]

    def __str__(self) -> str:
        return self.title
