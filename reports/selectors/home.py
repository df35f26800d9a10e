"""The home page of a person: what every app knows about them, joined."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from competencies.models import Assignment, AttainedLevel, Employee
from competencies.selectors.gaps import GapRow, GapSummary, gap_rows_of, summarise
from competencies.selectors.people import definitive_assignments, employee_of, roles_of
from evaluations.models import Appraisal, Cycle, SupervisorPart
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import Notice, User
from gayungan_asn.accounts.templatetags.figures import jp, rupiah, signed
from reports.models import Document
from reports.selectors.work import Waiting, waiting_for
from training.models import CourseClass, DevelopmentPlan, Enrolment, PlanItem
from training.selectors.hours import YearSummary, year_summary

PROFILE_FIELDS = {
    "phone": gettext_noop("nomor ponsel"),
    "email": gettext_noop("surel"),
    "address": gettext_noop("alamat"),
    "emergency_contact": gettext_noop("kontak darurat"),
    "education_level": gettext_noop("pendidikan"),
    "birth_place": gettext_noop("tempat lahir"),
}
MOST_TASKS = 5
MOST_CLASSES = 60
MOST_NOTICES = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the appraisal: done, now or todo."""

    label: str
    state: str


@dataclass(frozen=True, slots=True)
class CycleProgress:
    """Where the own appraisal stands, and what that means for its owner."""

    title: str
    steps: tuple[Step, ...]
    text: str
    appraisal_id: int
    state: str
    is_released: bool


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do next."""

    title: str
    url: str
    tag: str = ""
    tone: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """The newest plan in figures."""

    pk: int
    year: int
    state: str
    state_label: str
    items: int
    gaps: int
    hours: Decimal
    document_size: int


@dataclass(frozen=True, slots=True)
class ProfileState:
    """How much of the own profile is filled in."""

    percent: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonHome:
    """Everything the home page of an employee shows."""

    employee: Employee
    greeting: str
    position: str
    rows: tuple[GapRow, ...]
    summary: GapSummary
    sources: str
    hours: YearSummary
    profile: ProfileState
    progress: CycleProgress | None
    plan: PlanSummary | None
    tasks: tuple[Task, ...]
    waiting: Waiting


def unread_notices(user: User) -> tuple[Notice, ...]:
    """The newest notices nobody put away yet."""
    return tuple(Notice.objects.filter(user=user, read_at=None)[:MOST_NOTICES])


def greeting_of(user: User, employee: Employee | None) -> str:
    """Good morning, by the hour and by the name the person chose."""
    hour = now().hour
    if 4 <= hour < 11:
        words = _("Selamat pagi")
    elif hour < 15:
        words = _("Selamat siang")
    elif hour < 18:
        words = _("Selamat sore")
    else:
        words = _("Selamat malam")
    return f"{words}, {short_name(employee) if employee else user}"


def short_name(employee: Employee) -> str:
    """Bu Rina, where the form of address is known; else the name alone."""
    if not employee.form_of_address:
        return employee.name
    return f"{employee.form_of_address} {employee.name.split()[0]}"


def person_home(user: User) -> PersonHome | None:
    """The home page of the account's person; None for accounts without one."""
    employee = employee_of(user)
    if employee is None:
        return None
    posts = definitive_assignments([employee.pk])
    rows = gap_rows_of([employee], posts=posts)[employee.pk]
    waiting = waiting_for(user)
    plan = latest_plan(employee)
    progress = cycle_progress(employee)
    profile = profile_state(employee)
    offer = course_offer(employee, rows)
    return PersonHome(
        employee=employee,
        greeting=greeting_of(user, employee),
        position=_position_name(posts.get(employee.pk)),
        rows=rows,
        summary=summarise(rows),
        sources=source_words(rows),
        hours=year_summary(employee),
        profile=profile,
        progress=progress,
        plan=plan,
        tasks=_tasks(user, waiting, progress, plan, offer, profile),
        waiting=waiting,
    )


def _position_name(post: Assignment | None) -> str:
    if post is None:
        return ""
    name, unit = post.position.name, post.position.unit.name
    return name if unit in name else f"{name} · {unit}"


def source_words(rows: tuple[GapRow, ...]) -> str:
    """Where the levels come from, each source once, the commonest first."""
    counts: dict[str, int] = {}
    for row in rows:
        if row.current is not None:
            batch = row.current.attained.batch
            label = (
                batch.label
                if batch is not None and row.current.source == AttainedLevel.Source.EVALUATION
                else f"{row.current.get_source_display()} {row.current.assessed_on.year}"
            )
            counts[label] = counts.get(label, 0) + 1
    names = [name[:1].lower() + name[1:] for name in sorted(counts, key=lambda k: (-counts[k], k))]
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s dan %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def profile_state(employee: Employee) -> ProfileState:
    """Which of the fields a person keeps oneself are still empty."""
    missing = tuple(
        _(words) for name, words in PROFILE_FIELDS.items() if not getattr(employee, name)
    )
    filled = len(PROFILE_FIELDS) - len(missing)
    return ProfileState(percent=round(100 * filled / len(PROFILE_FIELDS)), missing=missing)


def latest_plan(employee: Employee) -> PlanSummary | None:
    """The newest plan with its figures; one statement."""
    live = PlanItem.objects.filter(plan=OuterRef("pk")).exclude(state=PlanItem.State.DROPPED)
    items = live.order_by().values("plan").annotate(n=Count("pk"), jp=Sum("hours"))
    gaps = (
        live.order_by()
        .values("plan")
        .annotate(n=Count("gaps__competency", distinct=True))
        .values("n")
    )
    size = Document.objects.filter(
        kind=Document.Kind.PLAN,
        subject_id=OuterRef("pk"),
        state=Document.State.READY,
        standing__in=[Document.Standing.VALID, Document.Standing.DRAFT],
    )
    row = (
        DevelopmentPlan.objects.filter(employee=employee)
        .annotate(
            n_items=Coalesce(Subquery(items.values("n"), output_field=IntegerField()), 0),
            n_gaps=Coalesce(Subquery(gaps, output_field=IntegerField()), 0),
            n_hours=Coalesce(Subquery(items.values("jp")), Value(Decimal(0))),
            size=Coalesce(Subquery(size.order_by("-version").values("size")[:1]), 0),
        )
        .order_by("-year")
        .first()
    )
    if row is None:
        return None
    return PlanSummary(
        pk=row.pk,
        year=row.year,
        state=row.state,
        state_label=row.get_state_display(),
        items=row.n_items,
        gaps=row.n_gaps,
        hours=row.n_hours,
        document_size=row.size,
    )


def cycle_progress(employee: Employee) -> CycleProgress | None:
    """The newest own appraisal as four steps; one statement.

    Says nothing about how many peers answered: a running count would tell on them.
    """
    part = SupervisorPart.objects.filter(appraisal=OuterRef("pk")).order_by("state", "-period")
    appraisal = (
        Appraisal.objects.filter(employee=employee, cycle__kind=Cycle.Kind.ANNUAL)
        .exclude(cycle__state=Cycle.State.DRAFT)
        .select_related("cycle")
        .annotate(
            rater_name=Subquery(part.values("supervisor__name")[:1]),
            rater_address=Subquery(part.values("supervisor__form_of_address")[:1]),
        )
        .order_by("-cycle__opens_on", "-pk")
        .first()
    )
    if appraisal is None:
        return None
    return CycleProgress(
        title=str(appraisal.cycle),
        steps=_steps(appraisal),
        text=_progress_text(appraisal, _rater_words(appraisal)),
        appraisal_id=appraisal.pk,
        state=appraisal.state,
        is_released=appraisal.is_released,
    )


def _steps(appraisal: Appraisal) -> tuple[Step, ...]:
    state, cycle = appraisal.state, appraisal.cycle
    beyond = {Appraisal.State.CALIBRATION, *Appraisal.RELEASED}
    done = [
        state not in {Appraisal.State.DRAFT, Appraisal.State.SELF_REVIEW},
        state in beyond or bool(cycle.peers_closed_on) or cycle.peers_until < today(),
        state in beyond,
        state in {Appraisal.State.ACKNOWLEDGED, Appraisal.State.FINAL},
    ]
    labels = [_("Penilaian mandiri"), _("Rekan kerja"), _("Atasan langsung"), _("Hasil dan dialog")]
    current = done.index(False) if False in done else None
    return tuple(
        Step(label, "done" if finished else "now" if place == current else "todo")
        for place, (label, finished) in enumerate(zip(labels, done, strict=True))
    )


def _rater_words(appraisal: Appraisal) -> str:
    """The rater as the person would say it; the annotations of `cycle_progress`."""
    annotated = vars(appraisal)
    name, address = annotated.get("rater_name"), annotated.get("rater_address")
    if not name:
        return _("Atasan langsung")
    return f"{address} {name.split()[0]}" if address else str(name)


def _progress_text(appraisal: Appraisal, rater: str) -> str:
    cycle, state = appraisal.cycle, appraisal.state
    if state in {Appraisal.State.DRAFT, Appraisal.State.SELF_REVIEW}:
        return _("Isi penilaian mandiri sampai %(day)s.") % {"day": _day(cycle.self_until)}
    if state == Appraisal.State.SUPERVISOR_REVIEW:
        if cycle.peers_closed_on is None and cycle.peers_until >= today():
            return _(
                "Rekan kerja mengisi sampai %(peers)s, %(name)s sampai %(day)s. "
                "Belum ada yang perlu Anda lakukan."
            ) % {
                "peers": _day(cycle.peers_until),
                "name": rater,
                "day": _day(cycle.supervisor_until),
            }
        return _("%(name)s sedang menilai, sampai %(day)s. Belum ada yang perlu Anda lakukan.") % {
            "name": rater,
            "day": _day(cycle.supervisor_until),
        }
    if state == Appraisal.State.CALIBRATION:
        return _("Semua bagian sudah masuk. Hasil menunggu penetapan kepegawaian.")
    if state == Appraisal.State.PUBLISHED:
        return _("Hasil sudah ditetapkan. Baca, lalu bicarakan dengan atasan langsung.")
    if state == Appraisal.State.OBJECTED:
        return _("Keberatan Anda menunggu keputusan.")
    return _("Selesai. Tingkat dari penilaian ini sudah berlaku.")


def _day(value: dt.date) -> str:
    return date_format(value, "j F") if value.year == today().year else date_format(value, "j F Y")


def course_offer(employee: Employee, rows: tuple[GapRow, ...]) -> tuple[CourseClass, GapRow] | None:
    """An open class for the most urgent gap that has one; one statement."""
    gaps = {row.competency.pk: row for row in rows if row.gap is not None and row.gap < 0}
    if not gaps:
        return None
    fits = Q(pk__in=[])
    for pk, row in gaps.items():
        fits |= Q(
            course__outcomes__competency=pk,
            course__outcomes__from_level__lte=row.attained,
            course__outcomes__to_level__gt=row.attained,
        )
    asked = Enrolment.objects.filter(employee=employee).exclude(
        state__in=[Enrolment.State.REJECTED, Enrolment.State.WITHDRAWN]
    )
    classes = (
        CourseClass.objects.filter(
            fits,
            course__is_published=True,
            state=CourseClass.State.OPEN,
            opens_on__lte=today(),
            enrol_until__gte=today(),
        )
        .exclude(course__in=asked.values("course_class__course"))
        .annotate(for_competency=F("course__outcomes__competency"))
        .select_related("course")
        .order_by("course__cost", "period", "pk")[:MOST_CLASSES]
    )
    first: dict[int, CourseClass] = {}
    for course_class in classes:
        first.setdefault(course_class.for_competency, course_class)
    return next(((first[pk], row) for pk, row in gaps.items() if pk in first), None)


def address(name: str, *args: object) -> str:
    """The address of a page of another app; empty where it has none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _tasks(
    user: User,
    waiting: Waiting,
    progress: CycleProgress | None,
    plan: PlanSummary | None,
    offer: tuple[CourseClass, GapRow] | None,
    profile: ProfileState,
) -> tuple[Task, ...]:
    tasks: list[Task] = []
    if waiting.self_ratings and progress and not progress.is_released:
        tasks.append(
            Task(
                _("Isi penilaian mandiri"),
                address("evaluations:self-rating", progress.appraisal_id),
                _("Belum dikirim"),
                "warn",
                progress.text,
            )
        )
    if waiting.ratings:
        tasks.append(
            Task(
                ngettext("Nilai %(n)d pegawai", "Nilai %(n)d pegawai", waiting.ratings)
                % {"n": waiting.ratings},
                address("evaluations:team"),
                _("Menunggu Anda"),
                "warn",
                _("Sekitar 12 menit per orang; isian tersimpan sendiri."),
            )
        )
    if waiting.feedback:
        tasks.append(
            Task(
                ngettext(
                    "Isi %(n)d penilaian rekan kerja",
                    "Isi %(n)d penilaian rekan kerja",
                    waiting.feedback,
                )
                % {"n": waiting.feedback},
                address("evaluations:appraisals"),
                _("Anonim"),
                "info",
                _("Paling banyak enam kompetensi, sekitar 3 menit."),
            )
        )
    if waiting.results:
        is_newest = progress is not None and progress.state == Appraisal.State.PUBLISHED
        tasks.append(
            Task(
                _("Baca hasil penilaian Anda"),
                address("evaluations:appraisal-detail", progress.appraisal_id)
                if progress and is_newest
                else address("evaluations:appraisals"),
                _("Ditetapkan"),
                "ok",
                _("Baca, lalu bicarakan dengan atasan langsung."),
            )
        )
    if waiting.approvals:
        tasks.append(
            Task(
                ngettext(
                    "Putuskan %(n)d persetujuan", "Putuskan %(n)d persetujuan", waiting.approvals
                )
                % {"n": waiting.approvals},
                address("training:approvals"),
                _("Menunggu Anda"),
                "warn",
                _("Pelatihan, rencana, dan usul tingkat pegawai yang Anda bawahi."),
            )
        )
    tasks += _hr_tasks(waiting)
    if plan and plan.state == DevelopmentPlan.State.DRAFT:
        tasks.append(
            Task(
                _("Periksa dan ajukan rencana %(year)d") % {"year": plan.year},
                address("training:plan-detail", plan.pk),
                plan.state_label,
                "warn",
                _("Tersusun otomatis dari %(n)d kesenjangan Anda.") % {"n": plan.gaps},
            )
        )
    if offer:
        course_class, row = offer
        course = course_class.course
        tasks.append(
            Task(
                _("Ajukan pelatihan %(title)s") % {"title": course.title},
                address("training:course-detail", course.pk),
                _("Sisa kuota %(n)d") % {"n": course_class.seats_left}
                if course_class.seats_left
                else _("Daftar tunggu"),
                "warn",
                _("Untuk %(competency)s, di bawah standar (%(gap)s). %(hours)s, %(cost)s.")
                % {
                    "competency": row.competency.name,
                    "gap": signed(row.gap),
                    "hours": jp(course.hours),
                    "cost": rupiah(course.cost).lower() if not course.cost else rupiah(course.cost),
                },
            )
        )
    if profile.missing and "asn" in roles_of(user):
        tasks.append(
            Task(
                _("Lengkapi %(n)d data profil") % {"n": len(profile.missing)},
                address("profile"),
                _("2 menit"),
                "",
                _("Belum ada: %(names)s.") % {"names": ", ".join(profile.missing)},
            )
        )
    return tuple(task for task in tasks if task.url)[:MOST_TASKS]


def _hr_tasks(waiting: Waiting) -> list[Task]:
    tasks = []
    if waiting.ratifications:
        tasks.append(
            Task(
                _("Tetapkan %(n)d rencana") % {"n": waiting.ratifications},
                address("training:plans"),
                _("Disetujui atasan"),
                "info",
                _("Setelah ditetapkan, PDF terbit dan rencana berjalan."),
            )
        )
    if waiting.imports:
        tasks.append(
            Task(
                _("Periksa %(n)d impor yang siap diterapkan") % {"n": waiting.imports},
                address("competencies:import-new"),
                _("Siap"),
                "ok",
                _("Belum ada data yang berubah."),
            )
        )
    if waiting.classes:
        tasks.append(
            Task(
                _("Catat penyelesaian %(n)d kelas") % {"n": waiting.classes},
                address("training:classes"),
                _("Sudah lewat"),
                "warn",
                _("JP peserta baru diakui setelah dicatat."),
            )
        )
    return tasks
