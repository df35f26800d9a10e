"""Units, job tiers and positions."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.db.models.functions import Left, Length
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class UnitQuerySet(MP_NodeQuerySet):
    """Units, through the one door."""

    def visible_to(self, user: "User") -> "UnitQuerySet":
        """Names and structure are open to everybody who works here."""
        return self if user.is_authenticated else self.none()

    def below(self, *roots: "Unit") -> "UnitQuerySet":
        """The given units and everything under them, in one indexed query."""
        within = Q(pk__in=[])
        for root in roots:
            within |= Q(path__startswith=root.path)
        return self.filter(within)


class UnitManager(MP_NodeManager.from_queryset(UnitQuerySet)):  # type: ignore[misc]
    """Keeps treebeard's order by path."""

    def get_queryset(self) -> UnitQuerySet:
        return UnitQuerySet(self.model, using=self._db).order_by("path")


class Unit(MP_Node):
    """One organisational unit; the tree may have any depth.

    `path` is the materialised path: a subtree is a prefix of it.
    """

    class Kind(models.TextChoices):
        DISTRICT = "kecamatan", _("Kecamatan")
        VILLAGE = "kelurahan", _("Kelurahan")
        SECRETARIAT = "sekretariat", _("Sekretariat")
        SUBDIVISION = "subbagian", _("Subbagian")
        SECTION = "seksi", _("Seksi")
        OTHER = "lainnya", _("Lainnya")

    code = models.CharField(_("kode"), max_length=40, unique=True)
    name = models.CharField(_("nama"), max_length=200)
    kind = models.CharField(_("jenis"), max_length=20, choices=Kind, default=Kind.OTHER)
    national_id = models.CharField(_("ID SIASN"), max_length=64, null=True, blank=True)
    region_code = models.CharField(_("kode wilayah"), max_length=20, blank=True)
    closed_on = models.DateField(_("ditutup"), null=True, blank=True)

    objects = UnitManager()
    node_order_by: list[str] = []

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("unit")
        constraints = [
            models.UniqueConstraint(
                Left("path", Length("path") - 4),
                "name",
                name="unit_name_unique_within_parent",
                violation_error_message=_("Sudah ada unit bernama sama di bawah induk ini."),
            ),
            models.UniqueConstraint(
                fields=["national_id"],
                name="unit_national_id_unique",
                violation_error_message=_("ID SIASN ini sudah dipakai unit lain."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.national_id = self.national_id or None

    def contains(self, other: "Unit") -> bool:
        """True for itself and for everything below it."""
        return other.path.startswith(self.path)


class JobTier(models.Model):
    """A tier of posts (PENGAWAS, PELAKSANA, …); the core standard hangs on it (UU 20/2023)."""

    code = models.CharField(_("kode"), max_length=30, unique=True)
    name = models.CharField(_("nama"), max_length=120)
    law_category = models.CharField(max_length=20)
    family = models.CharField(max_length=40)
    display_order = models.PositiveSmallIntegerField(default=0)
    leadership_training = models.CharField(max_length=60, blank=True)
    ip_asn_group = models.CharField(max_length=20)

    class Meta:
        verbose_name = _("jenjang jabatan")
        verbose_name_plural = _("jenjang jabatan")
        ordering = ["display_order", "code"]

    def __str__(self) -> str:
        return self.name


class PositionQuerySet(models.QuerySet):
    """Posts, through the one door."""

    def visible_to(self, user: "User") -> "PositionQuerySet":
        """Posts are structure: open to everybody who works here."""
        return self if user.is_authenticated else self.none()


class Position(models.Model):
    """A post in a unit with a number of seats; the same name occurs in several units."""

    code = models.CharField(_("kode"), max_length=60, unique=True)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="positions", verbose_name=_("unit")
    )
    name = models.CharField(_("nama jabatan"), max_length=200)
    tier = models.ForeignKey(
        JobTier, on_delete=models.PROTECT, related_name="positions", verbose_name=_("jenjang")
    )
    is_head = models.BooleanField(_("kepala unit"), default=False)
    seats = models.PositiveSmallIntegerField(_("formasi"), default=1)
    closed_on = models.DateField(_("ditutup"), null=True, blank=True)

    objects = PositionQuerySet.as_manager()

    class Meta:
        verbose_name = _("jabatan")
        verbose_name_plural = _("jabatan")
        ordering = ["unit__path", "-is_head", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name"],
                name="position_name_unique_within_unit",
                violation_error_message=_("Jabatan bernama sama sudah ada di unit ini."),
            ),
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(is_head=True, closed_on=None),
                name="position_one_head_per_unit",
                violation_error_message=_("Unit ini sudah mempunyai jabatan kepala."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
