"""Attained levels, what they rest on, and which one counts now."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from competencies.models.dictionary import Competency
from competencies.models.people import Employee

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class LevelBatch(models.Model):
    """Levels that became known together: one publication of a cycle, one decision.

    Training drafts development plans from batches it has not served yet.
    """

    class Kind(models.TextChoices):
        EVALUATION = "evaluation", _("Penilaian kompetensi")
        OBJECTION = "objection", _("Keputusan keberatan")
        OFFICIAL = "official", _("Penilaian kompetensi resmi")
        CONFIRMATION = "confirmation", _("Tingkat yang dipastikan")

    kind = models.CharField(max_length=14, choices=Kind)
    label = models.CharField(max_length=120)
    year = models.PositiveSmallIntegerField()
    source_reference = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("penetapan tingkat")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.label


class EvidenceQuerySet(models.QuerySet):
    """Evidence, through the one door."""

    def visible_to(self, user: "User") -> "EvidenceQuerySet":
        """Evidence about people the account may see."""
        return self.filter(employee__in=Employee.objects.visible_to(user))


class Evidence(models.Model):
    """A fact about a person's competency: a completed course, a certificate, a predicate."""

    class Kind(models.TextChoices):
        TRAINING = "training", _("Pelatihan")
        CERTIFICATE = "certificate", _("Sertifikat")
        ASSIGNMENT = "assignment", _("Penugasan")
        PREDICATE = "predicate", _("Predikat kinerja")
        NOTE = "note", _("Catatan")

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=12, choices=Kind)
    title = models.CharField(max_length=200)
    hours = models.DecimalField(_("JP"), max_digits=6, decimal_places=2, null=True, blank=True)
    happened_on = models.DateField()
    competencies = models.ManyToManyField(Competency, related_name="evidence", blank=True)
    source_reference = models.CharField(max_length=60, unique=True, default=uuid.uuid4)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("bukti")
        ordering = ["-happened_on", "-pk"]
        indexes = [models.Index(fields=["employee", "-happened_on"])]

    def __str__(self) -> str:
        return self.title


class AttainedLevelQuerySet(models.QuerySet):
    """Levels, through the one door."""

    def visible_to(self, user: "User") -> "AttainedLevelQuerySet":
        """Levels of people the account may see."""
        return self.filter(employee__in=Employee.objects.visible_to(user))


class AttainedLevel(models.Model):
    """A level somebody attained, on a basis, from a day on. Never changed.

    `closed_by` may be set once, when a later row takes its place; the database
    refuses every other change. `basis` keeps what it was made of: relation, value,
    weight, and the ids and texts of behaviours not yet seen. Level 0 is a finding
    ("belum memenuhi tingkat 1"); not assessed means there is no row.
    """

    class Source(models.TextChoices):
        OFFICIAL = "official", _("Penilaian kompetensi resmi")
        EVALUATION = "evaluation", _("Penilaian kompetensi")
        CERTIFICATE = "certificate", _("Sertifikat yang dipastikan")
        SELF_DECLARED = "self_declared", _("Pernyataan sendiri")

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="attained_levels")
    competency = models.ForeignKey(
        Competency, on_delete=models.PROTECT, related_name="attained_levels"
    )
    level = models.PositiveSmallIntegerField(_("tingkat"))
    source = models.CharField(max_length=14, choices=Source)
    basis = models.JSONField(default=dict)
    batch = models.ForeignKey(
        LevelBatch, on_delete=models.PROTECT, null=True, related_name="levels"
    )
    assessor = models.ForeignKey(
        Employee, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    assessor_name = models.CharField(max_length=200, blank=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, blank=True)
    assessed_on = models.DateField()
    valid_until = models.DateField(_("berlaku sampai"), null=True, blank=True)
    closed_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="closes"
    )
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = AttainedLevelQuerySet.as_manager()

    class Meta:
        verbose_name = _("tingkat yang dicapai")
        ordering = ["-assessed_on", "-pk"]
        indexes = [models.Index(fields=["employee", "competency", "-assessed_on"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__gte=0, level__lte=5), name="attained_level_0_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency}: {self.level}"


class CurrentLevel(models.Model):
    """The level that counts for a person and competency: what lists and maps read.

    Kept in the transaction that changes it, by `services.refresh_current_levels`.
    Order: valid official assessment, evaluation, confirmed certificate; a
    self-declared level never. Past `valid_until` it reads as "belum dinilai".
    """

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="current_levels")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    attained = models.ForeignKey(AttainedLevel, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=14, choices=AttainedLevel.Source)
    assessed_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("tingkat yang berlaku")
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "competency"], name="current_level_one_per_competency"
            )
        ]

    def __str__(self) -> str:
        return f"{self.competency_id}: {self.level}"


class ProposedLevelQuerySet(models.QuerySet):
    """Proposals, through the one door."""

    def visible_to(self, user: "User") -> "ProposedLevelQuerySet":
        """Proposals about people the account may see."""
        return self.filter(employee__in=Employee.objects.visible_to(user))


class ProposedLevel(models.Model):
    """A level that evidence suggests. A course never grants a level: a person confirms it."""

    class State(models.TextChoices):
        OPEN = "open", _("Diusulkan")
        CONFIRMED = "confirmed", _("Dipastikan")
        REFUSED = "refused", _("Tidak dipastikan")

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="proposed_levels")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="proposals")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_on = models.DateField(null=True, blank=True)

    objects = ProposedLevelQuerySet.as_manager()

    class Meta:
        verbose_name = _("usulan tingkat")
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "competency", "evidence"], name="proposed_level_once"
            ),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=5), name="proposed_level_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency}: {self.level}"
