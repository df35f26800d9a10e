"""What waits for an account, in every app, in one statement."""

from dataclasses import dataclass, fields

from django.db.models import Count, IntegerField, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from competencies.models import Assignment, Employee, ImportJob, ProposedLevel, RoleGrant, Unit
from competencies.models.people import granted_units
from competencies.selectors.people import employee_of, roles_of
from evaluations.models import Appraisal, Cycle, FeedbackRequest, SupervisorPart
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import Notice, User
from training.models import CourseClass, DevelopmentPlan, Enrolment


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of each kind waits for the account."""

    self_ratings: int = 0
    feedback: int = 0
    results: int = 0
    ratings: int = 0
    rated: int = 0
    enrolments: int = 0
    plans: int = 0
    proposals: int = 0
    reports: int = 0
    cycles: int = 0
    ratifications: int = 0
    imports: int = 0
    classes: int = 0
    grants: int = 0
    notices: int = 0

    @property
    def appraisals(self) -> int:
        """Own appraisal, forms about others, people to rate."""
        return self.self_ratings + self.feedback + self.results + self.ratings

    @property
    def approvals(self) -> int:
        """Requests of direct reports."""
        return self.enrolments + self.plans + self.proposals


def _count(rows: QuerySet) -> Coalesce:
    counted = rows.order_by().values(one=Value(1)).annotate(n=Count("*")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _own(me: Employee) -> dict[str, QuerySet]:
    running = Cycle.State.OPEN
    return {
        "self_ratings": Appraisal.objects.filter(
            employee=me, state=Appraisal.State.SELF_REVIEW, cycle__state=running
        ),
        "feedback": FeedbackRequest.objects.filter(
            rater=me,
            state=FeedbackRequest.State.INVITED,
            appraisal__cycle__state=running,
            appraisal__cycle__peers_until__gte=today(),
            appraisal__cycle__peers_closed_on=None,
        ),
        "results": Appraisal.objects.filter(employee=me, state=Appraisal.State.PUBLISHED),
    }


def _of_reports(me: Employee) -> dict[str, QuerySet]:
    reports = Employee.objects.reporting_to(me)
    parts = SupervisorPart.objects.filter(supervisor=me, appraisal__employee__in=reports)
    return {
        # A part that is late can still be sent until the cycle is closed.
        "ratings": parts.filter(
            state=SupervisorPart.State.OPEN,
            appraisal__state=Appraisal.State.SUPERVISOR_REVIEW,
        ).exclude(appraisal__cycle__state=Cycle.State.CLOSED),
        "rated": parts.filter(
            state=SupervisorPart.State.SUBMITTED, appraisal__cycle__state=Cycle.State.OPEN
        ),
        "enrolments": Enrolment.objects.filter(
            employee__in=reports, state=Enrolment.State.REQUESTED
        ),
        "plans": DevelopmentPlan.objects.filter(
            employee__in=reports, state=DevelopmentPlan.State.PROPOSED
        ),
        "proposals": ProposedLevel.objects.filter(
            employee__in=reports, state=ProposedLevel.State.OPEN
        ),
        "reports": reports,
    }


def _of_hr(me: Employee | None, roots: list[Unit]) -> dict[str, QuerySet]:
    below = Q(pk__in=[])
    posts = Q(pk__in=[])
    for root in roots:
        below |= Q(unit__path__startswith=root.path)
        posts |= Q(position__unit__path__startswith=root.path)
    people = Assignment.objects.on().filter(posts, kind=Assignment.Kind.DEFINITIVE)
    plans = DevelopmentPlan.objects.filter(
        employee__in=people.values("employee"), state=DevelopmentPlan.State.APPROVED
    )
    return {
        "cycles": Cycle.objects.filter(
            below, state__in=[Cycle.State.OPEN, Cycle.State.CALIBRATION]
        ),
        "ratifications": plans.exclude(employee=me) if me else plans,
        "imports": ImportJob.objects.filter(
            below, state=ImportJob.State.READY, counts__usable__gt=0
        ),
        "classes": CourseClass.objects.filter(
            below,
            state=CourseClass.State.OPEN,
            period__endswith__lte=today(),
            seats_taken__gt=0,
        ),
    }


def waiting_for(user: User) -> Waiting:
    """What waits for the account; read once per request object."""
    if "_waiting" in user.__dict__:
        found: Waiting = user.__dict__["_waiting"]
        return found
    me, roles = employee_of(user), roles_of(user)
    rows: dict[str, QuerySet] = {"notices": Notice.objects.filter(user=user, read_at=None)}
    if me is not None:
        rows |= _own(me)
        if "supervisor" in roles:
            rows |= _of_reports(me)
    if "hr" in roles:
        rows |= _of_hr(me, granted_units(user, RoleGrant.Role.HR))
    if "sysadmin" in roles:
        rows["grants"] = RoleGrant.objects.filter(applied_by=None)
    names = {field.name for field in fields(Waiting)} & set(rows)
    counts = (
        User.objects.filter(pk=user.pk)
        .annotate(**{f"n_{name}": _count(rows[name]) for name in sorted(names)})
        .values(*[f"n_{name}" for name in sorted(names)])
        .get()
    )
    waiting = Waiting(**{key.removeprefix("n_"): value for key, value in counts.items()})
    user.__dict__["_waiting"] = waiting
    return waiting
