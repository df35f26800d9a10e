"""The competency dictionary and what posts require."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from competencies.models.organisation import JobTier, Position
from competencies.models.periods import Dated, DatedQuerySet, no_overlap

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class Competency(models.Model):
    """Knowledge, skill and attitude that a post needs (PermenPANRB 38/2017)."""

    class Type(models.TextChoices):
        MANAGERIAL = "manajerial", _("Manajerial")
        SOCIO_CULTURAL = "sosial_kultural", _("Sosial kultural")
        TECHNICAL = "teknis", _("Teknis")
        GOVERNMENT = "pemerintahan", _("Pemerintahan")

    code = models.CharField(_("kode"), max_length=20, unique=True)
    type = models.CharField(_("jenis"), max_length=20, choices=Type)
    name = models.CharField(_("nama"), max_length=200)
    definition = models.TextField(_("definisi"), max_length=1000)
    display_order = models.PositiveSmallIntegerField(default=0)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("kompetensi")
        verbose_name_plural = _("kompetensi")
        ordering = ["display_order", "code"]

    def __str__(self) -> str:
        return self.name


class CompetencyLevel(models.Model):
    """What a level 1–5 of a competency looks like in behaviour."""

    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="levels")
    level = models.PositiveSmallIntegerField(_("tingkat"))
    description = models.TextField(_("uraian"), max_length=1000)

    class Meta:
        verbose_name = _("tingkat kompetensi")
        ordering = ["competency", "level"]
        constraints = [
            models.UniqueConstraint(fields=["competency", "level"], name="competency_level_once"),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=5), name="competency_level_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.description}"


class Indicator(models.Model):
    """One behaviour by which a level is recognised: what raters see and rate."""

    class Aspect(models.TextChoices):
        KNOWLEDGE = "pengetahuan", _("Pengetahuan")
        SKILL = "keterampilan", _("Keterampilan")
        ATTITUDE = "sikap", _("Sikap")

    level = models.ForeignKey(CompetencyLevel, on_delete=models.PROTECT, related_name="indicators")
    text = models.CharField(max_length=300)
    aspect = models.CharField(max_length=12, choices=Aspect)
    display_order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("indikator perilaku")
        ordering = ["level", "display_order"]
        constraints = [
            models.UniqueConstraint(fields=["level", "text"], name="indicator_once_per_level")
        ]

    def __str__(self) -> str:
        return self.text


class PositionStandardQuerySet(DatedQuerySet):
    """Standards, through the one door."""

    def visible_to(self, user: "User") -> "PositionStandardQuerySet":
        """What a post requires is no secret."""
        return self if user.is_authenticated else self.none()


class PositionStandard(Dated):
    """The level of a competency that a tier, or one post, requires during a period.

    A row for the post wins over the row of its tier. Never edited once used: closed
    and followed by another.
    """

    tier = models.ForeignKey(
        JobTier, on_delete=models.PROTECT, null=True, blank=True, related_name="standards"
    )
    position = models.ForeignKey(
        Position, on_delete=models.PROTECT, null=True, blank=True, related_name="standards"
    )
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="standards")
    required_level = models.PositiveSmallIntegerField(_("tingkat yang disyaratkan"))
    is_critical = models.BooleanField(_("kritis"), default=False)
    rule_name = models.CharField(_("dasar"), max_length=200, blank=True)
    verification = models.CharField(max_length=40, blank=True)

    objects: ClassVar[Any] = PositionStandardQuerySet.as_manager()

    class Meta:
        verbose_name = _("standar kompetensi")
        verbose_name_plural = _("standar kompetensi")
        constraints = [
            models.CheckConstraint(
                condition=Q(required_level__gte=1, required_level__lte=5),
                name="position_standard_level_1_to_5",
                violation_error_message=_("Isi bilangan bulat 1–5."),
            ),
            models.CheckConstraint(
                condition=Q(tier__isnull=True) ^ Q(position__isnull=True),
                name="position_standard_tier_or_position",
            ),
            no_overlap(
                "position_standard_tier_once",
                "tier",
                "competency",
                condition=Q(tier__isnull=False),
            ),
            no_overlap(
                "position_standard_position_once",
                "position",
                "competency",
                condition=Q(position__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tier or self.position}: {self.competency} {self.required_level}"
