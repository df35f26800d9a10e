"""Development plans: drafted from gaps, proposed, approved, ratified, followed."""

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from competencies.models import AttainedLevel, Competency, Employee, LevelBatch
from training.models.catalogue import ActivityTemplate, Course, DevelopmentKind, Way
from training.models.enrolment import Enrolment

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class BatchService(models.Model):
    """A batch of levels from which plans are being, or were, drafted.

    People are served in the order of their keys; `last_employee_id` is how far it got,
    written in the transaction of the plans, so a stopped worker's work is taken up there.
    """

    batch = models.OneToOneField(LevelBatch, on_delete=models.PROTECT, related_name="+")
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    last_employee_id = models.BigIntegerField(default=0)
    plans_drafted = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.batch)


class DevelopmentPlanQuerySet(models.QuerySet):
    """Plans, through the one door."""

    def visible_to(self, user: "User") -> "DevelopmentPlanQuerySet":
        """Of people the account may see."""
        return self.filter(employee__in=Employee.objects.visible_to(user))


class DevelopmentPlan(models.Model):
    """Rencana Pengembangan Kompetensi of one person for one year.

    `gap_table` is a copy of the whole standard against the levels that counted when the
    plan was drafted, so a plan says the same whenever it is read. `edited_at` is set by
    the first change a person makes: until then a new batch of levels may redraft it.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draf")
        PROPOSED = "proposed", _("Menunggu persetujuan atasan langsung")
        APPROVED = "approved", _("Menunggu penetapan kepegawaian")
        RATIFIED = "ratified", _("Ditetapkan")
        CLOSED = "closed", _("Selesai")

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="plans")
    year = models.PositiveSmallIntegerField(_("tahun"))
    batch = models.ForeignKey(
        LevelBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    target_hours = models.PositiveSmallIntegerField(_("sasaran JP"), default=20)
    note = models.CharField(_("catatan"), max_length=500, blank=True)
    gap_table = models.JSONField(default=list, blank=True)
    drafted_on = models.DateField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by_employee = models.ForeignKey(
        Employee, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ratified_at = models.DateTimeField(null=True, blank=True)
    ratified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = DevelopmentPlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("rencana pengembangan")
        verbose_name_plural = _("rencana pengembangan")
        ordering = ["-year", "employee__name"]
        indexes = [models.Index(fields=["year", "state"])]
        constraints = [
            models.UniqueConstraint(fields=["employee", "year"], name="plan_one_per_year")
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.year}"


class PlanItem(models.Model):
    """One activity of a plan and why it is there."""

    class State(models.TextChoices):
        PLANNED = "planned", _("Direncanakan")
        RUNNING = "running", _("Berjalan")
        DONE = "done", _("Selesai")
        DROPPED = "dropped", _("Tidak dilanjutkan")

    plan = models.ForeignKey(DevelopmentPlan, on_delete=models.CASCADE, related_name="items")
    key = models.CharField(max_length=60, default=uuid.uuid4)
    title = models.CharField(_("kegiatan"), max_length=200)
    way = models.CharField(_("cara"), max_length=10, choices=Way)
    kind = models.ForeignKey(
        DevelopmentKind, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, null=True, blank=True, related_name="plan_items"
    )
    activity = models.ForeignKey(
        ActivityTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    provider_name = models.CharField(_("penyelenggara"), max_length=200, blank=True)
    hours = models.DecimalField(_("JP"), max_digits=6, decimal_places=2, default=0)
    hours_on_job = models.PositiveSmallIntegerField(_("jam di tempat kerja"), default=0)
    cost = models.DecimalField(_("biaya (Rp)"), max_digits=12, decimal_places=0, default=0)
    cost_source = models.CharField(_("sumber biaya"), max_length=120, blank=True)
    quarter = models.PositiveSmallIntegerField(_("triwulan"), default=1)
    success_sign = models.CharField(_("tanda berhasil"), max_length=300, blank=True)
    reason = models.CharField(_("alasan"), max_length=1000, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    done_on = models.DateField(null=True, blank=True)
    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.SET_NULL, null=True, blank=True, related_name="plan_items"
    )
    display_order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("kegiatan rencana")
        ordering = ["plan", "display_order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "key"], name="plan_item_key_once"),
            models.CheckConstraint(
                condition=Q(quarter__gte=1, quarter__lte=4),
                name="plan_item_quarter_1_to_4",
                violation_error_message=_("Pilih triwulan 1 sampai 4."),
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=0) & Q(cost__gte=0),
                name="plan_item_figures_not_negative",
                violation_error_message=_("JP dan biaya tidak boleh negatif."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PlanItemGap(models.Model):
    """A gap an item serves: the rating and the unseen indicators behind it are in `basis`."""

    item = models.ForeignKey(PlanItem, on_delete=models.CASCADE, related_name="gaps")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    required_level = models.PositiveSmallIntegerField()
    attained_level = models.PositiveSmallIntegerField()
    is_critical = models.BooleanField(default=False)
    attained = models.ForeignKey(
        AttainedLevel, on_delete=models.PROTECT, null=True, related_name="+"
    )
    basis = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "competency"], name="plan_item_gap_once")
        ]

    def __str__(self) -> str:
        return f"{self.competency}: {self.attained_level} / {self.required_level}"
