"""Results of an appraisal and what they were made of."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from competencies.models import Competency, Employee
from evaluations.models.appraisals import Appraisal


class Outcome(models.Model):
    """The result: index, coverage, work result, behaviour, predicate, with their inputs."""

    appraisal = models.OneToOneField(Appraisal, on_delete=models.PROTECT, related_name="outcome")
    index = models.DecimalField(max_digits=12, decimal_places=8, null=True)
    index_uncapped = models.DecimalField(max_digits=12, decimal_places=8, null=True)
    assessed_count = models.PositiveSmallIntegerField(default=0)
    total_count = models.PositiveSmallIntegerField(default=0)
    work_result = models.CharField(max_length=10, blank=True)
    behaviour = models.CharField(max_length=10, blank=True)
    predicate = models.CharField(max_length=20, blank=True)
    inputs = models.JSONField(default=dict)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("hasil penilaian")

    def __str__(self) -> str:
        return f"{self.appraisal}: {self.index}"


class OutcomeLevel(models.Model):
    """The level of one competency in a result; None where nobody assessed it.

    `by_relation` holds the values as they counted (peers' as disclosed), `weights`
    what each weighed after sharing out: a reader can recompute `value`.
    """

    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="levels")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    required_level = models.PositiveSmallIntegerField()
    by_relation = models.JSONField(default=dict)
    weights = models.JSONField(default=dict)
    value = models.DecimalField(max_digits=14, decimal_places=10, null=True)
    level = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outcome", "competency"], name="outcome_level_once")
        ]

    def __str__(self) -> str:
        return f"{self.competency_id}: {self.level}"


class Objection(models.Model):
    """An employee objects to a result; the rater's superior answers, finally (PP 30/2019)."""

    class State(models.TextChoices):
        OPEN = "open", _("Menunggu keputusan")
        UPHELD = "upheld", _("Diterima")
        DISMISSED = "dismissed", _("Ditolak")

    appraisal = models.OneToOneField(Appraisal, on_delete=models.PROTECT, related_name="objection")
    text = models.TextField(_("alasan keberatan"), max_length=2000)
    filed_on = models.DateField()
    last_day = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.TextField(_("jawaban"), max_length=2000, blank=True)
    decided_by = models.ForeignKey(
        Employee, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("keberatan")
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open") | Q(decided_on__isnull=False),
                name="objection_decided_has_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.appraisal}: {self.get_state_display()}"
