"""What can be learned: kinds, providers, courses, classes, activities at work."""

import datetime as dt
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from competencies.models import Competency, RoleGrant, Unit
from competencies.models.people import granted_units

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class DevelopmentKind(models.Model):
    """A kind of development and how it earns hours (Peraturan LAN 10/2018)."""

    class CountingUnit(models.TextChoices):
        HOUR = "jp", _("JP")
        DAY = "hari", _("hari")
        EVENT = "kegiatan", _("kegiatan")
        SEMESTER = "semester", _("semester")

    code = models.CharField(max_length=10, unique=True)
    route = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    unit = models.CharField(max_length=10, choices=CountingUnit)
    rule_text = models.CharField(max_length=300)
    hours_per_unit = models.DecimalField(max_digits=6, decimal_places=2)
    hours_per_unit_abroad = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True
    )
    cap_quantity = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    cap_unit = models.CharField(max_length=10, blank=True)
    cap_period = models.CharField(max_length=10, blank=True)
    verification = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("jenis pengembangan")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Provider(models.Model):
    """Who gives courses."""

    name = models.CharField(_("nama"), max_length=200, unique=True)

    class Meta:
        verbose_name = _("penyelenggara")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Way(models.TextChoices):
    """The 70-20-10 mix: on the job, with others, in courses."""

    ASSIGNMENT = "penugasan", _("Penugasan")
    GUIDANCE = "bimbingan", _("Coaching dan mentoring")
    COURSE = "pelatihan", _("Pelatihan")


class CourseQuerySet(models.QuerySet):
    """Courses, through the one door."""

    def visible_to(self, user: "User") -> "CourseQuerySet":
        """Published ones for everybody; HR also sees drafts."""
        if not user.is_authenticated:
            return self.none()
        if granted_units(user, RoleGrant.Role.HR):
            return self
        return self.filter(is_published=True)


class Course(models.Model):
    """Something to learn, with the competencies it develops."""

    class Mode(models.TextChoices):
        CLASSROOM = "klasikal", _("Tatap muka")
        ONLINE = "daring", _("Daring")
        BLENDED = "campuran", _("Campuran")

    code = models.CharField(_("kode"), max_length=30, unique=True)
    title = models.CharField(_("judul"), max_length=200)
    summary = models.TextField(_("ringkasan"), max_length=1000, blank=True)
    kind = models.ForeignKey(
        DevelopmentKind, on_delete=models.PROTECT, related_name="courses", verbose_name=_("jenis")
    )
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, related_name="courses", verbose_name=_("penyelenggara")
    )
    mode = models.CharField(_("cara"), max_length=10, choices=Mode)
    quantity = models.DecimalField(
        _("banyaknya menurut jenis"), max_digits=6, decimal_places=2, default=1
    )
    hours = models.DecimalField(_("JP"), max_digits=6, decimal_places=2)
    cost = models.DecimalField(_("biaya (Rp)"), max_digits=12, decimal_places=0, default=0)
    cost_source = models.CharField(_("sumber biaya"), max_length=120, blank=True)
    audience = models.CharField(_("sasaran"), max_length=200, blank=True)
    is_published = models.BooleanField(_("ditampilkan"), default=False)
    version = models.PositiveIntegerField(default=1)

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pelatihan")
        verbose_name_plural = _("pelatihan")
        ordering = ["title", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(hours__gte=0) & Q(cost__gte=0) & Q(quantity__gt=0),
                name="course_figures_not_negative",
                violation_error_message=_("JP dan biaya tidak boleh negatif."),
            )
        ]

    def __str__(self) -> str:
        return self.title


class CourseOutcome(models.Model):
    """A course takes a competency from one level to a higher one, as a proposal."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="outcomes")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    from_level = models.PositiveSmallIntegerField(_("dari tingkat"))
    to_level = models.PositiveSmallIntegerField(_("ke tingkat"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "competency"], name="course_outcome_once"),
            models.CheckConstraint(
                condition=Q(from_level__lt=F("to_level"), to_level__lte=5),
                name="course_outcome_rises",
                violation_error_message=_("Tingkat tujuan harus di atas tingkat asal."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency} {self.from_level}–{self.to_level}"


class ActivityTemplate(models.Model):
    """Development without a course: an assignment at work, coaching, mentoring."""

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    way = models.CharField(max_length=10, choices=Way)
    kind = models.ForeignKey(
        DevelopmentKind, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    hours = models.DecimalField(_("JP"), max_digits=6, decimal_places=2, default=0)
    hours_on_job = models.PositiveSmallIntegerField(default=0)
    success_sign = models.CharField(max_length=300, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("kegiatan pengembangan")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.title


class ActivityOutcome(models.Model):
    """What an activity develops."""

    activity = models.ForeignKey(
        ActivityTemplate, on_delete=models.CASCADE, related_name="outcomes"
    )
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    from_level = models.PositiveSmallIntegerField()
    to_level = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "competency"], name="activity_outcome_once"
            ),
            models.CheckConstraint(
                condition=Q(from_level__lt=F("to_level"), to_level__lte=5),
                name="activity_outcome_rises",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.competency} {self.from_level}–{self.to_level}"


class CourseClassQuerySet(models.QuerySet):
    """Classes, through the one door."""

    def visible_to(self, user: "User") -> "CourseClassQuerySet":
        """Those of courses in view."""
        return self.filter(course__in=Course.objects.visible_to(user))


class CourseClass(models.Model):
    """A course on certain days with a number of seats.

    `seats_taken` changes by conditional update only, so it never passes `capacity`.
    A self-paced class is done at any time within its dates: it neither clashes with
    others nor keeps anybody from the counter.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Dibuka")
        CANCELLED = "cancelled", _("Dibatalkan")
        DONE = "done", _("Selesai")

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="classes")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="classes")
    code = models.CharField(_("kode kelas"), max_length=40, unique=True)
    period = DateRangeField(_("tanggal"))
    is_self_paced = models.BooleanField(_("dikerjakan kapan saja"), default=False)
    place = models.CharField(_("tempat"), max_length=200, blank=True)
    link = models.URLField(_("tautan"), max_length=500, blank=True)
    capacity = models.PositiveIntegerField(_("kuota"))
    seats_taken = models.PositiveIntegerField(default=0)
    opens_on = models.DateField(_("pengajuan dibuka"))
    enrol_until = models.DateField(_("pengajuan sampai"))
    withdraw_until = models.DateField(_("pembatalan sampai"))
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)

    objects = CourseClassQuerySet.as_manager()

    class Meta:
        verbose_name = _("kelas")
        verbose_name_plural = _("kelas")
        ordering = ["period", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seats_taken__lte=F("capacity")),
                name="course_class_never_over_capacity",
                violation_error_message=_("Kuota tidak boleh di bawah jumlah peserta."),
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def first_day(self) -> dt.date:
        """The day it begins."""
        first: dt.date = self.period.lower
        return first

    @property
    def last_day(self) -> dt.date:
        """The last day, as people say it."""
        upper: dt.date = self.period.upper
        return upper - dt.timedelta(days=1)

    @property
    def joinable_until(self) -> dt.date:
        """The last day somebody can still join: the first, or any day if self-paced."""
        return self.last_day if self.is_self_paced else self.first_day

    @property
    def seats_left(self) -> int:
        """Seats nobody has taken."""
        return self.capacity - self.seats_taken
