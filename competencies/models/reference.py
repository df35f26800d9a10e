"""Figures and lists that rules need: dated rows, never constants in the code."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from competencies.models.periods import Dated, no_overlap


class Threshold(Dated):
    """A class of a scheme and the lowest value that belongs to it."""

    scheme = models.CharField(max_length=40)
    code = models.CharField(max_length=10)
    name = models.CharField(max_length=60)
    min_inclusive = models.DecimalField(max_digits=7, decimal_places=2)
    rule_name = models.CharField(max_length=200, blank=True)
    verification = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("ambang golongan")
        ordering = ["scheme", "-min_inclusive"]
        constraints = [no_overlap("threshold_once", "scheme", "code")]

    def __str__(self) -> str:
        return f"{self.scheme} {self.code}"


class ReferenceRule(Dated):
    """One row of a reference list (`rule_set`, `key` → `data`), from a day on.

    Rule sets: defaults, ratings, performance_matrix, predicate_distribution,
    proficiency_levels, berakhlak_values, grades, talent_boxes, ip_asn_weights,
    skm_elements, complaint_deadlines, development_targets.
    """

    rule_set = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    display_order = models.PositiveSmallIntegerField(default=0)
    data = models.JSONField()
    rule_name = models.CharField(max_length=200, blank=True)
    verification = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("aturan rujukan")
        ordering = ["rule_set", "display_order", "key"]
        constraints = [no_overlap("reference_rule_once", "rule_set", "key")]

    def __str__(self) -> str:
        return f"{self.rule_set} {self.key}"


class Holiday(models.Model):
    """A day that is no working day."""

    date = models.DateField(unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=30)

    class Meta:
        verbose_name = _("hari libur")
        ordering = ["date"]

    def __str__(self) -> str:
        return self.name
