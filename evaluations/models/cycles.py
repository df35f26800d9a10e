"""Cycles: what is rated, by whom, when."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from competencies.models import Employee, RoleGrant, Unit
from competencies.models.people import granted_units

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class CycleQuerySet(models.QuerySet):
    """Cycles, through the one door."""

    def visible_to(self, user: "User") -> "CycleQuerySet":
        """Cycles as objects of administration: HR of the cycle's tree only."""
        if not user.is_authenticated:
            return self.none()
        within = Q(pk__in=[])
        for root in granted_units(user, RoleGrant.Role.HR):
            within |= Q(unit__path__startswith=root.path)
        return self.filter(within)


class Cycle(models.Model):
    """One round of appraisal for a population: annual, or quarterly without levels."""

    class Kind(models.TextChoices):
        ANNUAL = "annual", _("Tahunan")
        QUARTERLY = "quarterly", _("Triwulan")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draf")
        OPEN = "open", _("Berjalan")
        CALIBRATION = "calibration", _("Pemeriksaan akhir")
        PUBLISHED = "published", _("Ditetapkan")
        CLOSED = "closed", _("Ditutup")

    name = models.CharField(_("nama"), max_length=120)
    kind = models.CharField(_("jenis"), max_length=10, choices=Kind, default=Kind.ANNUAL)
    year = models.PositiveSmallIntegerField(_("tahun"))
    quarter = models.PositiveSmallIntegerField(_("triwulan"), null=True, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="cycles")
    employment_kinds = models.JSONField(default=list, blank=True)
    period = DateRangeField(_("masa yang dinilai"))
    opens_on = models.DateField(_("dibuka"))
    self_until = models.DateField(_("penilaian mandiri sampai"))
    peers_until = models.DateField(_("rekan kerja sampai"))
    supervisor_until = models.DateField(_("atasan langsung sampai"))
    weight_supervisor = models.PositiveSmallIntegerField(_("bobot atasan langsung"), default=60)
    weight_peer = models.PositiveSmallIntegerField(_("bobot rekan kerja"), default=20)
    weight_self = models.PositiveSmallIntegerField(_("bobot penilaian mandiri"), default=10)
    weight_subordinate = models.PositiveSmallIntegerField(_("bobot bawahan"), default=10)
    peers_invited = models.PositiveSmallIntegerField(_("rekan kerja diundang"), default=5)
    peers_minimum = models.PositiveSmallIntegerField(_("jawaban paling sedikit"), default=3)
    peer_competencies = models.PositiveSmallIntegerField(_("kompetensi rekan kerja"), default=6)
    rates_competencies = models.BooleanField(_("kompetensi dinilai"), default=True)
    rates_performance = models.BooleanField(_("hasil kerja dan perilaku dinilai"), default=True)
    hides_others_marks = models.BooleanField(_("tutup penilaian lain"), default=True)
    valid_months = models.PositiveSmallIntegerField(_("masa berlaku tingkat (bulan)"), default=24)
    objection_days = models.PositiveSmallIntegerField(_("tenggang keberatan"), default=14)
    objection_working_days = models.BooleanField(_("hari kerja"), default=False)
    state = models.CharField(max_length=12, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    launched_at = models.DateTimeField(null=True, blank=True)
    peers_closed_on = models.DateField(null=True, blank=True)
    links_cut_on = models.DateField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = CycleQuerySet.as_manager()

    class Meta:
        verbose_name = _("siklus penilaian")
        verbose_name_plural = _("siklus penilaian")
        ordering = ["-year", "-opens_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "kind", "year", "quarter"],
                name="cycle_once_per_year",
                nulls_distinct=False,
                violation_error_message=_("Siklus untuk masa ini sudah ada."),
            ),
            models.CheckConstraint(
                condition=Q(
                    weight_supervisor=100
                    - F("weight_peer")
                    - F("weight_self")
                    - F("weight_subordinate")
                ),
                name="cycle_weights_make_100",
                violation_error_message=_("Bobot seharusnya berjumlah 100."),
            ),
            models.CheckConstraint(
                condition=Q(peers_minimum__gte=3) & Q(peers_invited__gte=F("peers_minimum")),
                name="cycle_peers_at_least_three",
                violation_error_message=_("Rekan kerja paling sedikit tiga orang."),
            ),
            models.CheckConstraint(
                condition=Q(peer_competencies__gte=1, peer_competencies__lte=6),
                name="cycle_peer_form_short",
            ),
            models.CheckConstraint(
                condition=Q(opens_on__lte=F("self_until"))
                & Q(self_until__lte=F("supervisor_until"))
                & Q(peers_until__lte=F("supervisor_until"))
                & Q(opens_on__lte=F("peers_until")),
                name="cycle_windows_in_order",
                violation_error_message=_("Urutan tanggal tidak benar."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def weights(self) -> dict[str, int]:
        """Weight of each relation, in per cent."""
        return {
            "supervisor": self.weight_supervisor,
            "peer": self.weight_peer,
            "self": self.weight_self,
            "subordinate": self.weight_subordinate,
        }


class LeftOut(models.Model):
    """Somebody of the population who got no appraisal at launch, and why."""

    class Reason(models.TextChoices):
        NO_SUPERVISOR = "no_supervisor", _("Belum ada atasan langsung")
        NO_POSITION = "no_position", _("Belum ada jabatan definitif")
        NO_STANDARD = "no_standard", _("Jabatan belum mempunyai standar")
        NOT_ACTIVE = "not_active", _("Tidak aktif")

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="left_out")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=14, choices=Reason)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cycle", "employee"], name="left_out_once")]

    def __str__(self) -> str:
        return f"{self.employee}: {self.get_reason_display()}"
