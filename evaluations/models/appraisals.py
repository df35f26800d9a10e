"""Appraisals: one per person and cycle, with the copy it is judged by."""

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from competencies.models import Competency, Employee, JobTier, Position, RoleGrant, Unit
from competencies.models.people import granted_units, team_ids
from evaluations.models.cycles import Cycle

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class AppraisalQuerySet(models.QuerySet):
    """Appraisals, through the one door."""

    def visible_to(self, user: "User") -> "AppraisalQuerySet":
        """One's own; HR's tree; the team's from submission on; former own periods.

        Drafts stay private to the employee (permissions.csv, appraisal).
        """
        if not user.is_authenticated:
            return self.none()
        seen: Q | Combinable = Q(employee__user=user)
        me = Employee.objects.filter(user=user).values_list("pk", flat=True).first()
        if me is not None:
            private = [Appraisal.State.DRAFT, Appraisal.State.SELF_REVIEW]
            seen |= Q(employee__in=team_ids(me)) & ~Q(state__in=private)
            seen |= Exists(
                SupervisorPart.objects.filter(
                    appraisal=OuterRef("pk"), supervisor=me, state=SupervisorPart.State.SUBMITTED
                )
            )
        for root in granted_units(user, RoleGrant.Role.HR):
            seen |= Q(unit__path__startswith=root.path)
        return self.filter(seen)


class Appraisal(models.Model):
    """The appraisal of one person in one cycle.

    Keeps a copy of post, unit and standard it is judged by: those of the cycle's end.
    Who may move it from which state is the one table in `evaluations.permissions`.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Belum dibuka")
        SELF_REVIEW = "self_review", _("Penilaian mandiri")
        SUPERVISOR_REVIEW = "supervisor_review", _("Penilaian atasan langsung")
        CALIBRATION = "calibration", _("Pemeriksaan akhir")
        PUBLISHED = "published", _("Hasil ditetapkan")
        ACKNOWLEDGED = "acknowledged", _("Hasil diterima")
        OBJECTED = "objected", _("Keberatan diajukan")
        FINAL = "final", _("Final")

    RELEASED = (State.PUBLISHED, State.ACKNOWLEDGED, State.OBJECTED, State.FINAL)

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="appraisals")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="appraisals")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    unit_name = models.CharField(max_length=200)
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="+")
    position_name = models.CharField(max_length=200)
    tier = models.ForeignKey(JobTier, on_delete=models.PROTECT, related_name="+")
    grade = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=18, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    self_submitted_on = models.DateField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    acknowledged_on = models.DateField(null=True, blank=True)
    reopened_reason = models.CharField(max_length=500, blank=True)

    objects = AppraisalQuerySet.as_manager()

    class Meta:
        verbose_name = _("penilaian kompetensi")
        verbose_name_plural = _("penilaian kompetensi")
        ordering = ["cycle", "unit__path", "employee__name"]
        indexes = [models.Index(fields=["cycle", "state"])]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "employee"], name="appraisal_once_per_cycle")
        ]

    def __str__(self) -> str:
        return f"{self.cycle}: {self.employee}"

    @property
    def is_released(self) -> bool:
        """True from publication on: the employee may read the result."""
        return self.state in self.RELEASED


class AppraisalCompetency(models.Model):
    """One competency of the standard as it was frozen into the appraisal."""

    appraisal = models.ForeignKey(Appraisal, on_delete=models.CASCADE, related_name="competencies")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    required_level = models.PositiveSmallIntegerField()
    is_critical = models.BooleanField(default=False)
    asked_of_peers = models.BooleanField(default=False)
    display_order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["appraisal", "display_order"]
        constraints = [
            models.UniqueConstraint(
                fields=["appraisal", "competency"], name="appraisal_competency_once"
            ),
            models.CheckConstraint(
                condition=Q(required_level__gte=1, required_level__lte=5),
                name="appraisal_competency_level_1_to_5",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency} {self.required_level}"


class SupervisorPart(models.Model):
    """The part of an appraisal rated by one supervisor, for the days of that supervision."""

    class State(models.TextChoices):
        OPEN = "open", _("Belum dikirim")
        SUBMITTED = "submitted", _("Terkirim")

    class Rating(models.TextChoices):
        ABOVE = "DI_ATAS", _("Di atas ekspektasi")
        AS_EXPECTED = "SESUAI", _("Sesuai ekspektasi")
        BELOW = "DI_BAWAH", _("Di bawah ekspektasi")

    appraisal = models.ForeignKey(Appraisal, on_delete=models.CASCADE, related_name="parts")
    supervisor = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="rated_parts")
    period = DateRangeField()
    days = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)
    work_result = models.CharField(_("hasil kerja"), max_length=10, choices=Rating, blank=True)
    behaviour = models.CharField(_("perilaku kerja"), max_length=10, choices=Rating, blank=True)
    message = models.TextField(_("pesan"), max_length=1000, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("bagian penilaian atasan langsung")
        ordering = ["appraisal", "period"]
        constraints = [
            models.UniqueConstraint(
                fields=["appraisal", "supervisor", "period"], name="supervisor_part_once"
            ),
            models.CheckConstraint(condition=Q(days__gte=1), name="supervisor_part_has_days"),
        ]

    def __str__(self) -> str:
        return f"{self.appraisal} ({self.supervisor})"
