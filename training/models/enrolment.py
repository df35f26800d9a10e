"""Enrolment in classes, and the ledger of hours."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from competencies.models import Employee, Evidence, RoleGrant
from competencies.models.people import granted_units
from training.models.catalogue import CourseClass, DevelopmentKind

if TYPE_CHECKING:
    from gayungan_asn.accounts.models import User


class EnrolmentQuerySet(models.QuerySet):
    """Enrolments, through the one door."""

    def visible_to(self, user: "User") -> "EnrolmentQuerySet":
        """Of people the account may see, and for HR those in classes of the own tree."""
        seen = Q(employee__in=Employee.objects.visible_to(user))
        for root in granted_units(user, RoleGrant.Role.HR):
            seen |= Q(course_class__unit__path__startswith=root.path)
        return self.filter(seen)


class Enrolment(models.Model):
    """A person's place in a class, from request to completion.

    A request takes no seat; the supervisor's approval does, by conditional update on
    the class, or puts the person on the waiting list.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("Menunggu persetujuan atasan langsung")
        APPROVED = "approved", _("Disetujui")
        CONFIRMED = "confirmed", _("Terdaftar")
        WAITLISTED = "waitlisted", _("Daftar tunggu")
        REJECTED = "rejected", _("Tidak disetujui")
        WITHDRAWN = "withdrawn", _("Dibatalkan")
        ATTENDED = "attended", _("Hadir")
        COMPLETED = "completed", _("Selesai")
        FAILED = "failed", _("Tidak selesai")

    LIVE = (State.REQUESTED, State.APPROVED, State.CONFIRMED, State.WAITLISTED, State.ATTENDED)
    SEATED = (State.APPROVED, State.CONFIRMED, State.ATTENDED, State.COMPLETED, State.FAILED)

    course_class = models.ForeignKey(
        CourseClass, on_delete=models.PROTECT, related_name="enrolments"
    )
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="enrolments")
    state = models.CharField(max_length=12, choices=State, default=State.REQUESTED)
    requested_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("catatan"), max_length=300, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    completed_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("pengajuan pelatihan")
        verbose_name_plural = _("pengajuan pelatihan")
        ordering = ["-requested_at", "-pk"]
        indexes = [
            models.Index(fields=["employee", "state"]),
            models.Index(fields=["course_class", "state", "waiting_since"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["course_class", "employee"],
                condition=~Q(state__in=["rejected", "withdrawn"]),
                name="enrolment_once_per_class",
                violation_error_message=_("Anda sudah mengajukan kelas ini."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.employee} · {self.course_class}"


class HourEntryQuerySet(models.QuerySet):
    """Hours, through the one door."""

    def visible_to(self, user: "User") -> "HourEntryQuerySet":
        """Of people the account may see."""
        return self.filter(employee__in=Employee.objects.visible_to(user))


class HourEntry(models.Model):
    """One line in a person's ledger of lesson hours (JP, 45 minutes).

    A kind with a cap per day gives one line a day. Corrected by reversal: a line with
    the opposite figures, and `is_reversed` on the line it takes back.
    """

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="hour_entries")
    kind = models.ForeignKey(DevelopmentKind, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=7, decimal_places=2)
    hours = models.DecimalField(_("JP"), max_digits=7, decimal_places=2)
    happened_on = models.DateField()
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, blank=True)
    enrolment = models.ForeignKey(
        Enrolment, on_delete=models.PROTECT, null=True, blank=True, related_name="hour_entries"
    )
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    is_reversed = models.BooleanField(default=False)
    recorded_at = models.DateTimeField(default=timezone.now)

    objects = HourEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("catatan JP")
        ordering = ["-happened_on", "-pk"]
        indexes = [models.Index(fields=["employee", "happened_on"])]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "happened_on"],
                condition=Q(reverses__isnull=True, is_reversed=False),
                name="hour_entry_once_per_enrolment_and_day",
            ),
            models.CheckConstraint(
                condition=Q(hours__gte=0, reverses__isnull=True)
                | Q(hours__lte=0, reverses__isnull=False),
                name="hour_entry_negative_only_in_reversal",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(pk=F("reverses")),
                name="hour_entry_reverses_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.hours} JP"
