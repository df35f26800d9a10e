"""Employees, what identifies them, where they work, whom they report to, roles."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import Combinable, RawSQL
from django.utils.translation import gettext_lazy as _

from competencies.models.organisation import Position, Unit
from competencies.models.periods import Dated, no_overlap
from gayungan_asn.accounts.clock import today

if TYPE_CHECKING:
    import datetime as dt

    from gayungan_asn.accounts.models import User

_TEAM = """
WITH RECURSIVE team(employee_id) AS (
    SELECT employee_id FROM competencies_supervision
    WHERE supervisor_id = %s AND period @> %s::date
  UNION
    SELECT s.employee_id FROM competencies_supervision s
    JOIN team t ON s.supervisor_id = t.employee_id
    WHERE s.period @> %s::date
) SELECT DISTINCT employee_id FROM team
"""
# DISTINCT changes no row; with it the planner expects few of them and hashes the answer
# instead of walking it once for every person.


class EmployeeQuerySet(models.QuerySet):
    """People, through the one door."""

    def visible_to(self, user: "User") -> "EmployeeQuerySet":
        """Oneself, the own team at any depth, and for HR the tree of the grant.

        People without a post are seen by HR of a root unit only. Leaders, auditors and
        administrators get nobody from their role (permissions.csv, employee_profile).
        """
        if not user.is_authenticated:
            return self.none()
        seen: Q | Combinable = Q(user=user)
        if "_employee" not in user.__dict__:  # kept as in selectors.people.employee_of
            user.__dict__["_employee"] = Employee.objects.filter(user=user).first()
        me = user.__dict__["_employee"]
        if me is not None:
            seen |= Q(pk__in=team_ids(me.pk))
        roots = granted_units(user, RoleGrant.Role.HR)
        if roots:
            seen |= in_units(roots)
            if any(root.depth == 1 for root in roots):
                seen |= ~Exists(Assignment.objects.filter(employee=OuterRef("pk")).on())
        return self.filter(seen)

    def active(self, day: "dt.date | None" = None) -> "EmployeeQuerySet":
        """People at work on that day: a status of `active` covers it."""
        return self.filter(
            Exists(
                EmployeeStatus.objects.filter(
                    employee=OuterRef("pk"), status=EmployeeStatus.Status.ACTIVE
                ).on(day)
            )
        )

    def reporting_to(
        self, supervisor: "Employee", day: "dt.date | None" = None
    ) -> "EmployeeQuerySet":
        """Direct reports on that day."""
        return self.filter(
            Exists(
                Supervision.objects.filter(employee=OuterRef("pk"), supervisor=supervisor).on(day)
            )
        )

    def in_unit_tree(self, *roots: Unit) -> "EmployeeQuerySet":
        """People whose definitive post lies in one of the units or below."""
        return self.filter(in_units(roots))


def team_ids(supervisor_id: int, day: "dt.date | None" = None) -> RawSQL:
    """Ids of all direct and indirect reports, as a subquery."""
    moment = day or today()
    return RawSQL(_TEAM, [supervisor_id, moment, moment])  # noqa: S611 -- constant text, bound values


def in_units(roots: "models.QuerySet[Unit] | list[Unit] | tuple[Unit, ...]") -> Exists:
    """Condition on employees: today's definitive post is in one of the trees."""
    within = Q(pk__in=[])
    for root in roots:
        within |= Q(position__unit__path__startswith=root.path)
    return Exists(
        Assignment.objects.filter(
            within, employee=OuterRef("pk"), kind=Assignment.Kind.DEFINITIVE
        ).on()
    )


def granted_units(user: "User", *roles: str) -> list[Unit]:
    """Roots of the unit trees in which the account holds one of the roles today.

    Read once per request object: the account instance keeps the answer.
    """
    grants = user.__dict__.get("_grants_today")
    if grants is None:
        grants = [
            (grant.role, grant.unit)
            for grant in RoleGrant.objects.on()
            .filter(user=user, applied_by__isnull=False)
            .select_related("unit")
        ]
        user.__dict__["_grants_today"] = grants
    return [unit for role, unit in grants if role in roles]


class Employee(models.Model):
    """One civil servant (ASN). People exist before they have an account.

    Identity across imports is the national system's id, then the history of NIPs;
    never e-mail or name. Nobody is deleted once judged.
    """

    class Kind(models.TextChoices):
        PNS = "PNS", _("PNS")
        CPNS = "CPNS", _("CPNS")
        PPPK = "PPPK", _("PPPK")
        PPPK_PART_TIME = "PPPK_PARUH_WAKTU", _("PPPK paruh waktu")

    class Sex(models.TextChoices):
        MALE = "L", _("Laki-laki")
        FEMALE = "P", _("Perempuan")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="employee",
        verbose_name=_("akun"),
    )
    national_id = models.CharField(_("ID SIASN"), max_length=64, null=True, blank=True, unique=True)
    name = models.CharField(_("nama"), max_length=200)
    title_before = models.CharField(_("gelar depan"), max_length=60, blank=True)
    title_after = models.CharField(_("gelar belakang"), max_length=100, blank=True)
    form_of_address = models.CharField(_("sapaan"), max_length=20, blank=True)
    birth_date = models.DateField(_("tanggal lahir"))
    birth_place = models.CharField(_("tempat lahir"), max_length=100, blank=True)
    sex = models.CharField(_("jenis kelamin"), max_length=1, choices=Sex)
    phone = models.CharField(_("nomor ponsel"), max_length=30, blank=True)
    email = models.EmailField(_("surel"), blank=True)
    address = models.CharField(_("alamat"), max_length=300, blank=True)
    emergency_contact = models.CharField(_("kontak darurat"), max_length=200, blank=True)
    employment_kind = models.CharField(_("jenis kepegawaian"), max_length=20, choices=Kind)
    grade = models.CharField(_("golongan"), max_length=10, blank=True)
    grade_since = models.DateField(_("TMT golongan"), null=True, blank=True)
    education_level = models.CharField(_("tingkat pendidikan"), max_length=60, blank=True)
    education = models.CharField(_("pendidikan"), max_length=120, blank=True)
    graduation_year = models.PositiveSmallIntegerField(_("tahun lulus"), null=True, blank=True)
    appointed_on = models.DateField(_("TMT pengangkatan"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        verbose_name = _("pegawai")
        verbose_name_plural = _("pegawai")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["name"])]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """Name with titles, as official papers write it."""
        name = f"{self.title_before} {self.name}".strip()
        return f"{name}, {self.title_after}" if self.title_after else name


class EmployeeNumber(models.Model):
    """One NIP a person has or had: it can change, so it is never a key."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="numbers")
    nip = models.CharField(_("NIP"), max_length=18, unique=True)
    is_current = models.BooleanField(default=True)
    recorded_on = models.DateField(default=today)

    class Meta:
        verbose_name = _("NIP")
        constraints = [
            models.UniqueConstraint(
                fields=["employee"],
                condition=Q(is_current=True),
                name="employee_number_one_current",
            ),
            models.CheckConstraint(
                condition=Q(nip__regex=r"^[0-9]{18}$"),
                name="employee_number_is_18_digits",
                violation_error_message=_("NIP harus 18 digit."),
            ),
        ]

    def __str__(self) -> str:
        return self.nip


class EmployeeStatus(Dated):
    """What a person's service status is during a period (aktif, cuti, pensiun, …)."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Aktif")
        LONG_LEAVE = "long_leave", _("Cuti besar")
        MATERNITY = "maternity", _("Cuti melahirkan")
        STUDY = "study", _("Tugas belajar")
        UNPAID_LEAVE = "unpaid_leave", _("Cuti di luar tanggungan negara")
        TRANSFERRED = "transferred", _("Pindah instansi")
        RETIRED = "retired", _("Pensiun")
        OTHER = "other", _("Tidak aktif lainnya")

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="statuses")
    status = models.CharField(max_length=20, choices=Status)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("status pegawai")
        constraints = [no_overlap("employee_status_one_at_a_time", "employee")]

    def __str__(self) -> str:
        return self.get_status_display()


class Assignment(Dated):
    """A person holds a post during a period."""

    class Kind(models.TextChoices):
        DEFINITIVE = "definitive", _("Definitif")
        ACTING_PLT = "plt", _("Plt.")
        ACTING_PLH = "plh", _("Plh.")
        SECONDMENT = "penugasan", _("Penugasan")

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="assignments")
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="assignments")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.DEFINITIVE)
    letter_number = models.CharField(_("nomor surat"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("penempatan")
        indexes = [models.Index(fields=["position", "kind"])]
        constraints = [
            no_overlap(
                "assignment_one_definitive_post",
                "employee",
                condition=Q(kind="definitive"),
                message=str(_("Masa jabatan definitif bertumpuk dengan jabatan lain.")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.position}"


class Supervision(Dated):
    """Whom a person reports to during a period.

    Kept from the structure by `services.refresh_supervision`, so pages never derive
    it; an override by HR wins while it lasts.
    """

    class Reason(models.TextChoices):
        STRUCTURE = "structure", _("Menurut struktur")
        OVERRIDE = "override", _("Ditetapkan kepegawaian")

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="supervisions")
    supervisor = models.ForeignKey(
        Employee, on_delete=models.PROTECT, related_name="subordinations"
    )
    reason = models.CharField(max_length=10, choices=Reason, default=Reason.STRUCTURE)

    class Meta:
        verbose_name = _("atasan langsung")
        constraints = [
            no_overlap("supervision_one_at_a_time", "employee"),
            models.CheckConstraint(
                condition=~Q(employee=F("supervisor")),
                name="supervision_never_oneself",
                violation_error_message=_("Pegawai tidak dapat menjadi atasan dirinya."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} → {self.supervisor_id}"


class RoleGrant(Dated):
    """An account holds a business role over a unit and everything below it.

    HR asks, an administrator applies it; nobody for oneself. It counts only once
    applied.
    """

    class Role(models.TextChoices):
        HR = "hr", _("Kepegawaian")
        LEADERSHIP = "leadership", _("Pimpinan")
        AUDITOR = "auditor", _("Auditor")
        SYSADMIN = "sysadmin", _("Pengelola sistem")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_grants"
    )
    role = models.CharField(_("peran"), max_length=12, choices=Role)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="role_grants")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    reason = models.CharField(_("alasan"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("pemberian peran")
        verbose_name_plural = _("pemberian peran")
        indexes = [models.Index(fields=["user", "role"])]
        constraints = [
            no_overlap("role_grant_once_at_a_time", "user", "role", "unit"),
            models.CheckConstraint(
                condition=Q(applied_by__isnull=True) | ~Q(applied_by=F("user")),
                name="role_grant_never_for_oneself",
                violation_error_message=_("Tidak seorang pun memberi peran kepada diri sendiri."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.unit}"
