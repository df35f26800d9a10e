"""The supervisor's queue and the people below, at any distance."""

from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from competencies.models import Assignment, Employee, ProposedLevel, Supervision
from competencies.models.people import team_ids
from competencies.selectors.gaps import GapSummary, gap_rows_of, summarise
from evaluations.models import Appraisal, Objection, SupervisorPart


@dataclass(frozen=True, slots=True)
class TeamRow:
    """One person of the table."""

    employee: Employee
    post: str
    supervisor: str
    is_direct: bool
    appraisal_id: int | None
    state: str
    state_words: str
    gaps: GapSummary

    @property
    def can_open(self) -> bool:
        """Drafts stay private to the person."""
        return self.state not in ("", Appraisal.State.DRAFT, Appraisal.State.SELF_REVIEW)


def open_proposals(supervisor: Employee) -> list[ProposedLevel]:
    """Proposed levels that wait for this supervisor."""
    return list(
        ProposedLevel.objects.filter(
            state=ProposedLevel.State.OPEN,
            employee__in=Employee.objects.reporting_to(supervisor),
        ).select_related("employee", "competency", "evidence")
    )


def open_objections(superior: Employee) -> list[Objection]:
    """Objections this superior answers: against ratings of own direct reports.

    The same rule as `superiors.deciding_superior`, for a list.
    """
    sent = SupervisorPart.objects.filter(state=SupervisorPart.State.SUBMITTED)
    last = sent.filter(appraisal=OuterRef("appraisal")).order_by("-period", "-pk")
    return list(
        Objection.objects.filter(state=Objection.State.OPEN)
        .exclude(appraisal__employee=superior)
        .exclude(appraisal__in=sent.filter(supervisor=superior).values("appraisal"))
        .annotate(rater=Subquery(last.values("supervisor")[:1]))
        .filter(rater__in=Employee.objects.reporting_to(superior).values("pk"))
        .select_related("appraisal__employee", "appraisal__cycle")
        .order_by("filed_on", "pk")
    )


def team_people(supervisor: Employee) -> QuerySet[Employee]:
    """Everybody below, direct reports first, with what the table says about each."""
    boss = Supervision.objects.on().filter(employee=OuterRef("pk"))
    latest = (
        Appraisal.objects.filter(employee=OuterRef("pk"))
        .exclude(cycle__state__in=["draft", "closed"])
        .order_by("-cycle__opens_on", "-pk")
    )
    people: QuerySet[Employee] = (
        Employee.objects.filter(pk__in=team_ids(supervisor.pk))
        .annotate(
            post_name=Subquery(
                Assignment.objects.on()
                .filter(employee=OuterRef("pk"), kind=Assignment.Kind.DEFINITIVE)
                .values("position__name")[:1]
            ),
            boss_id=Subquery(boss.values("supervisor")[:1]),
            boss_name=Subquery(boss.values("supervisor__name")[:1]),
            latest_id=Subquery(latest.values("pk")[:1]),
            latest_state=Subquery(latest.values("state")[:1]),
        )
        .order_by("name", "pk")
    )
    return people


def team_rows(supervisor: Employee, people: list[Employee]) -> list[TeamRow]:
    """The rows of one page of the table; four statements whatever its length."""
    gaps = gap_rows_of(people)
    words = dict(Appraisal.State.choices)
    return [
        TeamRow(
            employee=person,
            post=person.post_name or "",  # type: ignore[attr-defined]
            supervisor=person.boss_name or "",  # type: ignore[attr-defined]
            is_direct=person.boss_id == supervisor.pk,  # type: ignore[attr-defined]
            appraisal_id=person.latest_id,  # type: ignore[attr-defined]
            state=person.latest_state or "",  # type: ignore[attr-defined]
            state_words=str(words.get(person.latest_state, "")),  # type: ignore[attr-defined]
            gaps=summarise(gaps[person.pk]),
        )
        for person in people
    ]
