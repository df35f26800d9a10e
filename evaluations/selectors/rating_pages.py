"""What a rating page shows: level texts, the own marks, and others' once they may show."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from competencies.models import (
    Competency,
    CompetencyLevel,
    Employee,
    Evidence,
    Indicator,
    ProposedLevel,
)
from evaluations import rules
from evaluations.models import (
    Appraisal,
    AppraisalCompetency,
    FeedbackPhrase,
    FeedbackRequest,
    Rating,
    Response,
    SupervisorPart,
)
from evaluations.models.feedback import Relation


@dataclass(frozen=True, slots=True)
class LevelText:
    """One choice of a rating."""

    value: int
    text: str


@dataclass(frozen=True, slots=True)
class Tick:
    """One behaviour of the standard's level that may be ticked as not yet seen."""

    id: int
    text: str
    checked: bool


@dataclass(frozen=True, slots=True)
class OthersMarks:
    """What others said about one competency, as far as it may be told."""

    self_level: int | None
    peers: Decimal | None


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One competency of the page."""

    number: int
    competency: Competency
    required: int
    choices: tuple[LevelText, ...]
    level: int | str | None
    reason: str
    ticks: tuple[Tick, ...]
    others: OthersMarks | None
    needs_reason: bool
    asked_of_peers: bool

    @property
    def key(self) -> str:
        """The competency's id as it stands in names of fields."""
        return str(self.competency.pk)

    @property
    def lacks_reason(self) -> bool:
        """A reason is due and not written."""
        return self.needs_reason and not self.reason

    @property
    def self_is_far(self) -> bool:
        """The self-rating shows and is two or more away: a reason is asked for."""
        return (
            self.others is not None
            and isinstance(self.level, int)
            and rules.reason_required(self.level, None, self.others.self_level)
        )


@dataclass(frozen=True, slots=True)
class RatingGroup:
    """Rows of one type of competency."""

    label: str
    rows: tuple[RatingRow, ...]


@dataclass(frozen=True, slots=True)
class RatingSheet:
    """A whole page of ratings."""

    groups: tuple[RatingGroup, ...]
    total: int
    done: int
    phrases: tuple[str, ...] = field(default=())

    @property
    def rows(self) -> tuple[RatingRow, ...]:
        """All rows in page order."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def unfolded(self) -> frozenset[int]:
        """Competencies to show open: where a reason is due, and the first without a mark."""
        first = next((row.competency.pk for row in self.rows if row.level is None), None)
        due = {row.competency.pk for row in self.rows if row.lacks_reason}
        return frozenset(due | ({first} if first is not None else set()))


def disclosed_by_competency(
    appraisal: Appraisal, relation: str = Relation.PEER
) -> dict[int, Decimal]:
    """The disclosed value per competency, from three submitted answers up.

    Empty until the window is closed: two readings around one answer would tell it.
    """
    if appraisal.cycle.peers_closed_on is None:
        return {}
    marks: dict[int, list[int]] = {}
    rows = Rating.objects.filter(
        response__appraisal=appraisal, response__relation=relation, response__is_submitted=True
    ).values_list("competency_id", "level")
    for competency_id, level in rows:
        marks.setdefault(competency_id, []).append(level)
    values: dict[int, Decimal] = {}
    for competency_id, levels in marks.items():
        value = rules.disclosed(levels, appraisal.cycle.peers_minimum)
        if value is not None:
            values[competency_id] = value
    return values


def shared_phrases(appraisal: Appraisal) -> tuple[str, ...]:
    """Set phrases chosen by at least three peers, in dictionary order, without counts."""
    if appraisal.cycle.peers_closed_on is None:
        return ()
    answered = Q(appraisal=appraisal, relation=Relation.PEER, is_submitted=True)
    chosen: set[int] = set()
    for name in ("strength", "suggestion"):
        chosen |= set(
            Response.objects.filter(answered, **{f"{name}__isnull": False})
            .values(name)
            .annotate(count=Count("pk"))
            .filter(count__gte=rules.DISCLOSURE_MINIMUM)
            .values_list(name, flat=True)
        )
    return tuple(FeedbackPhrase.objects.filter(pk__in=chosen).values_list("text", flat=True))


def _level_texts(competency: Competency) -> tuple[LevelText, ...]:
    lowest = LevelText(0, str(_("Belum memenuhi tingkat 1")))
    return (
        lowest,
        *(LevelText(level.level, level.description) for level in competency.levels.all()),
    )


def _items(appraisal: Appraisal) -> list[AppraisalCompetency]:
    levels = CompetencyLevel.objects.prefetch_related(
        Prefetch("indicators", Indicator.objects.order_by("display_order"))
    )
    return list(
        appraisal.competencies.select_related("competency").prefetch_related(
            Prefetch("competency__levels", levels)
        )
    )


def rating_sheet(
    appraisal: Appraisal,
    response: Response | None,
    *,
    for_supervisor: bool = False,
    only_asked_of_peers: bool = False,
    unknown: Iterable[int] = (),
) -> RatingSheet:
    """The page of one rater. At most seven statements, however many competencies.

    For the supervisor others' marks are in a row only once the own mark is saved, or
    at once where the cycle does not hide them: never in the page before.
    """
    ratings: dict[int, Rating] = {}
    if response is not None:
        ratings = {
            rating.competency_id: rating for rating in response.ratings.prefetch_related("unseen")
        }
    others_self: dict[int, int] = {}
    others_peers: dict[int, Decimal] = {}
    if for_supervisor:
        others_self = dict(
            Rating.objects.filter(
                response__appraisal=appraisal,
                response__relation=Relation.SELF,
                response__is_submitted=True,
            ).values_list("competency_id", "level")
        )
        others_peers = disclosed_by_competency(appraisal)
    not_known = set(unknown)
    groups: dict[str, list[RatingRow]] = {}
    number = done = 0
    for item in _items(appraisal):
        if only_asked_of_peers and not item.asked_of_peers:
            continue
        number += 1
        rating = ratings.get(item.competency_id)
        shown = for_supervisor and (rating is not None or not appraisal.cycle.hides_others_marks)
        self_level = others_self.get(item.competency_id) if shown else None
        checked = {indicator.pk for indicator in rating.unseen.all()} if rating else set()
        indicators = [
            indicator
            for level in item.competency.levels.all()
            if level.level == item.required_level
            for indicator in level.indicators.all()
        ]
        level: int | str | None = rating.level if rating else None
        if level is None and item.competency_id in not_known:
            level = "x"
        done += level is not None
        groups.setdefault(item.competency.get_type_display(), []).append(
            RatingRow(
                number=number,
                competency=item.competency,
                required=item.required_level,
                choices=_level_texts(item.competency),
                level=level,
                reason=rating.reason if rating else "",
                ticks=tuple(Tick(i.pk, i.text, i.pk in checked) for i in indicators),
                others=OthersMarks(self_level, others_peers.get(item.competency_id))
                if shown
                else None,
                needs_reason=rating is not None
                and rules.reason_required(rating.level, item.required_level, self_level),
                asked_of_peers=item.asked_of_peers,
            )
        )
    # Phrases belong to no one competency: they open with the last own mark.
    may_show_phrases = done == number or not appraisal.cycle.hides_others_marks
    return RatingSheet(
        groups=tuple(RatingGroup(label, tuple(rows)) for label, rows in groups.items()),
        total=number,
        done=done,
        phrases=shared_phrases(appraisal) if for_supervisor and may_show_phrases else (),
    )


@dataclass(frozen=True, slots=True)
class TeamLine:
    """One person of the supervisor's queue in the running cycles."""

    part: SupervisorPart
    employee: Employee
    done: int
    total: int
    can_rate: bool

    @property
    def is_sent(self) -> bool:
        """The part is on its way; nothing left to do."""
        return self.part.state == SupervisorPart.State.SUBMITTED

    @property
    def left(self) -> int:
        """How many competencies have no mark yet."""
        return self.total - self.done

    @property
    def is_started(self) -> bool:
        """Something is filled in."""
        return self.done > 0


def team_lines(supervisor: Employee) -> list[TeamLine]:
    """The people whose part this supervisor writes, unfinished first; two statements.

    Only today's direct reports: a person who moved away is no longer in the queue.
    """
    parts = list(
        SupervisorPart.objects.filter(
            supervisor=supervisor,
            appraisal__cycle__state__in=["open", "calibration", "published"],
            appraisal__employee__in=Employee.objects.reporting_to(supervisor),
        )
        .filter(
            Q(state=SupervisorPart.State.OPEN)
            | Q(appraisal__cycle__state__in=["open", "calibration"])
        )
        .select_related("appraisal__cycle", "appraisal__employee")
        .annotate(
            done=Count("response__ratings", distinct=True),
            total=Count("appraisal__competencies", distinct=True),
        )
    )
    lines = [
        TeamLine(
            part=part,
            employee=part.appraisal.employee,
            done=part.done,
            total=part.total,
            can_rate=part.state == SupervisorPart.State.OPEN
            and part.appraisal.state == Appraisal.State.SUPERVISOR_REVIEW,
        )
        for part in parts
    ]
    lines.sort(
        key=lambda line: (
            line.is_sent,
            not line.can_rate,
            -line.done,
            line.employee.name,
            line.part.pk,
        )
    )
    return lines


def next_to_rate(supervisor: Employee, after: SupervisorPart) -> TeamLine | None:
    """The next person whose part can be written now."""
    return next(
        (line for line in team_lines(supervisor) if line.can_rate and line.part.pk != after.pk),
        None,
    )


@dataclass(frozen=True, slots=True)
class EvidencePanel:
    """Facts of the rated period beside the form."""

    trainings: tuple[Evidence, ...]
    others: tuple[Evidence, ...]
    hours: Decimal
    proposals: tuple[ProposedLevel, ...]


def evidence_panel(appraisal: Appraisal) -> EvidencePanel:
    """Evidence of the cycle's period and open proposals; two statements."""
    period = appraisal.cycle.period
    rows = list(
        Evidence.objects.filter(
            employee=appraisal.employee_id,
            happened_on__gte=period.lower,
            happened_on__lt=period.upper,
        )[:30]
    )
    trainings = tuple(row for row in rows if row.kind == Evidence.Kind.TRAINING)
    proposals = ProposedLevel.objects.filter(
        employee=appraisal.employee_id, state=ProposedLevel.State.OPEN
    ).select_related("competency", "evidence", "employee")
    return EvidencePanel(
        trainings=trainings,
        others=tuple(row for row in rows if row.kind != Evidence.Kind.TRAINING),
        hours=sum((row.hours or Decimal(0) for row in trainings), Decimal(0)),
        proposals=tuple(proposals),
    )


def asked_of(employee: Employee) -> list[FeedbackRequest]:
    """Feedback asked of a person that can still be given, with whom it is about."""
    return list(
        FeedbackRequest.objects.filter(
            rater=employee,
            state=FeedbackRequest.State.INVITED,
            appraisal__cycle__state="open",
            appraisal__cycle__peers_closed_on__isnull=True,
        )
        .select_related("appraisal__cycle", "appraisal__employee")
        .order_by("appraisal__cycle__peers_until", "appraisal__employee__name")
    )
