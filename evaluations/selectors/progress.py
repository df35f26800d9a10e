"""How far a cycle is, unit by unit; who has something to do; never what anybody answered."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.utils.translation import gettext_lazy as _

from competencies.models import Assignment, Employee, Supervision, Unit
from competencies.models.people import team_ids
from competencies.selectors.people import employee_of
from evaluations.models import Appraisal, Cycle, FeedbackRequest, LeftOut, Response, SupervisorPart
from evaluations.models.feedback import Relation
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User

SENT = (Appraisal.State.CALIBRATION, *Appraisal.RELEASED)
ANSWERABLE = (FeedbackRequest.State.INVITED, FeedbackRequest.State.ANSWERED)
COUNTED = (*ANSWERABLE, FeedbackRequest.State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of a progress bar, from `offset` on."""

    tone: str
    label: str
    offset: int
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Appraisals of a unit, or of a whole cycle, by how far they are."""

    name: str
    unit_id: int | None
    total: int
    sent: int
    at_supervisor: int
    self_begun: int
    not_begun: int
    late: int
    published: int = 0
    unrated: int = 0
    ready: int = 0

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The bar, without empty pieces."""
        pieces: list[Segment] = []
        offset = 0
        for tone, label, count in (
            ("m-a", _("terkirim"), self.sent),
            ("m-b", _("di atasan langsung"), self.at_supervisor),
            ("m-c", _("penilaian mandiri berjalan"), self.self_begun),
            ("m-z", _("belum mulai"), self.not_begun),
        ):
            if count:
                pieces.append(Segment(tone, str(label), offset, count))
            offset += count
        return tuple(pieces)

    @property
    def words(self) -> str:
        """The bar in words."""
        return ", ".join(f"{piece.count} {piece.label}" for piece in self.segments)


@dataclass(frozen=True, slots=True)
class FeedbackTally:
    """Forms of peers and subordinates: how many were asked, how many came in."""

    asked: int
    answered: int


def _counted(cycle: Cycle) -> dict[str, Count]:
    day = today()
    state = Appraisal.State
    late_states: list[str] = []
    if day > cycle.self_until:
        late_states += [state.DRAFT, state.SELF_REVIEW]
    if day > cycle.supervisor_until:
        late_states.append(state.SUPERVISOR_REVIEW)
    # An empty list would make the whole aggregate empty.
    late = Q(state__in=late_states) if late_states else Q(pk__isnull=True)
    waiting = Q(state__in=[state.DRAFT, state.SELF_REVIEW])
    return {
        "total": Count("pk"),
        "sent": Count("pk", filter=Q(state__in=SENT)),
        "at_supervisor": Count("pk", filter=Q(state=state.SUPERVISOR_REVIEW)),
        "self_begun": Count("pk", filter=waiting & Q(begun=True)),
        "not_begun": Count("pk", filter=waiting & Q(begun=False)),
        "late": Count("pk", filter=late),
        "published": Count("pk", filter=Q(state__in=Appraisal.RELEASED)),
        "unrated": Count("pk", filter=Q(rated=False) & ~Q(state__in=Appraisal.RELEASED)),
        "ready": Count("pk", filter=Q(rated=True, state=state.CALIBRATION)),
    }


def _of_cycle(cycle: Cycle) -> "QuerySet[Appraisal]":
    own = Response.objects.filter(appraisal=OuterRef("pk"), relation=Relation.SELF)
    sent = SupervisorPart.objects.filter(
        appraisal=OuterRef("pk"), state=SupervisorPart.State.SUBMITTED
    )
    return (
        Appraisal.objects.filter(cycle=cycle)
        .annotate(begun=Exists(own), rated=Exists(sent))
        .order_by()
    )


def cycle_tally(cycle: Cycle) -> Tally:
    """The whole cycle in one statement."""
    return Tally(name=cycle.name, unit_id=None, **_of_cycle(cycle).aggregate(**_counted(cycle)))


def unit_tallies(cycle: Cycle) -> list[Tally]:
    """Units with appraisals, the latest first, then those least far; one statement."""
    rows: Iterable[Mapping[str, Any]] = (
        _of_cycle(cycle).values("unit_id", "unit__name", "unit__path").annotate(**_counted(cycle))
    )
    tallies = [
        (
            row["unit__path"],
            Tally(
                name=row["unit__name"],
                unit_id=row["unit_id"],
                **{
                    key: row[key]
                    for key in (
                        "total",
                        "sent",
                        "at_supervisor",
                        "self_begun",
                        "not_begun",
                        "late",
                        "published",
                        "unrated",
                        "ready",
                    )
                },
            ),
        )
        for row in rows
    ]
    tallies.sort(key=lambda pair: (-pair[1].late, pair[1].sent / pair[1].total, pair[0]))
    return [tally for _path, tally in tallies]


def _requests_not_about(cycle: Cycle, user: User) -> "QuerySet[FeedbackRequest]":
    """Requests of the cycle without those about the reader, who must not count own answers."""
    rows = FeedbackRequest.objects.filter(appraisal__cycle=cycle, state__in=COUNTED)
    me = employee_of(user)
    return rows if me is None else rows.exclude(appraisal__employee=me)


def feedback_tally(cycle: Cycle, user: User) -> FeedbackTally:
    """Forms asked and answered in the cycle, the same that `feedback_status` lists."""
    counts = _requests_not_about(cycle, user).aggregate(
        asked=Count("pk"),
        answered=Count("pk", filter=Q(state=FeedbackRequest.State.ANSWERED)),
    )
    return FeedbackTally(counts["asked"], counts["answered"])


def _present_supervisor() -> Exists:
    """Condition on parts: their supervisor is today's direct supervisor, so they can be sent."""
    return Exists(
        Supervision.objects.on().filter(
            employee=OuterRef("appraisal__employee"), supervisor=OuterRef("supervisor")
        )
    )


def open_parts(cycle: Cycle) -> "QuerySet[SupervisorPart]":
    """Parts that somebody can and should still send."""
    return SupervisorPart.objects.filter(
        _present_supervisor(),
        appraisal__cycle=cycle,
        appraisal__state=Appraisal.State.SUPERVISOR_REVIEW,
        state=SupervisorPart.State.OPEN,
    )


def waiting_people(cycle: Cycle, unit: Unit | None = None) -> set[int]:
    """Ids of everybody with something to do: self-raters, supervisors, people asked.

    With a unit: what is missing about people of that unit.
    """
    here = Q(unit=unit) if unit else Q()
    about = Q(appraisal__unit=unit) if unit else Q()
    people = set(open_parts(cycle).filter(about).values_list("supervisor_id", flat=True))
    if cycle.state != Cycle.State.OPEN:
        return people
    people |= set(
        Appraisal.objects.filter(here, cycle=cycle, state=Appraisal.State.SELF_REVIEW).values_list(
            "employee_id", flat=True
        )
    )
    if cycle.peers_closed_on is None and cycle.opens_on <= today() <= cycle.peers_until:
        people |= set(
            FeedbackRequest.objects.filter(
                about, appraisal__cycle=cycle, state=FeedbackRequest.State.INVITED
            ).values_list("rater_id", flat=True)
        )
    return people


def appraisals_of(cycle: Cycle) -> "QuerySet[Appraisal]":
    """Appraisals of a cycle for lists: those with most to do first, each with its supervisor."""
    state = Appraisal.State
    order = [
        state.DRAFT,
        state.SELF_REVIEW,
        state.SUPERVISOR_REVIEW,
        state.CALIBRATION,
        state.OBJECTED,
        state.PUBLISHED,
        state.ACKNOWLEDGED,
        state.FINAL,
    ]
    return (
        Appraisal.objects.filter(cycle=cycle)
        .select_related("employee", "unit", "cycle")
        .prefetch_related("parts__supervisor")
        .annotate(
            turn=Case(
                *[When(state=code, then=place) for place, code in enumerate(order)],
                default=len(order),
                output_field=IntegerField(),
            )
        )
        .order_by("turn", "unit__path", "employee__name", "pk")
    )


def unrated(cycle: Cycle) -> "QuerySet[Appraisal]":
    """Appraisals without any part sent: they stay unpublished until there is one."""
    sent = SupervisorPart.objects.filter(
        appraisal=OuterRef("pk"), state=SupervisorPart.State.SUBMITTED
    )
    return (
        Appraisal.objects.filter(~Exists(sent), cycle=cycle)
        .exclude(state__in=Appraisal.RELEASED)
        .select_related("employee", "unit")
        .prefetch_related("parts__supervisor")
        .order_by("unit__path", "employee__name", "pk")
    )


def publishable(cycle: Cycle) -> "QuerySet[Appraisal]":
    """Appraisals that the next publication would publish."""
    sent = SupervisorPart.objects.filter(
        appraisal=OuterRef("pk"), state=SupervisorPart.State.SUBMITTED
    )
    return Appraisal.objects.filter(Exists(sent), cycle=cycle, state=Appraisal.State.CALIBRATION)


def left_out_of(cycle: Cycle) -> "QuerySet[LeftOut]":
    """People without an appraisal, with the reason of the launch."""
    return (
        LeftOut.objects.filter(cycle=cycle)
        .select_related("employee")
        .order_by("reason", "employee__name", "pk")
    )


@dataclass(frozen=True, slots=True)
class RaterStatus:
    """How many forms one person was asked for and has sent, the last on which day."""

    rater_id: int
    name: str
    asked: int
    answered: int
    last_day: dt.date | None


def feedback_status(cycle: Cycle, user: User) -> list[RaterStatus]:
    """Who has answered, by day, for reminders; never about whom with what.

    Requests about the reader are left out: nobody learns who rates them. One statement.
    """
    counted = (
        _requests_not_about(cycle, user)
        .values("rater_id", "rater__name")
        .annotate(
            asked=Count("pk"),
            answered=Count("pk", filter=Q(state=FeedbackRequest.State.ANSWERED)),
            last_day=Max("answered_on"),
        )
        .order_by("rater__name", "rater_id")
    )
    found = [
        RaterStatus(
            row["rater_id"], row["rater__name"], row["asked"], row["answered"], row["last_day"]
        )
        for row in counted
    ]
    found.sort(key=lambda row: (row.answered - row.asked == 0, row.name, row.rater_id))
    return found


def requests_about(appraisal: Appraisal) -> "QuerySet[FeedbackRequest]":
    """Peers asked about one person, for HR's assignment; the answer itself is not loaded."""
    return (
        FeedbackRequest.objects.filter(appraisal=appraisal, relation=Relation.PEER)
        .exclude(state=FeedbackRequest.State.WITHDRAWN)
        .select_related("rater")
        .defer("response")
        .order_by("rater__name", "pk")
    )


def superiors_of(employee_id: int) -> set[int]:
    """Everybody above a person today, up to the top."""
    found: set[int] = set()
    current: int | None = employee_id
    while current is not None:
        current = (
            Supervision.objects.on()
            .filter(employee=current)
            .exclude(supervisor__in=found)
            .values_list("supervisor_id", flat=True)
            .first()
        )
        if current is not None:
            found.add(current)
    return found


def peer_options(appraisal: Appraisal) -> "QuerySet[Any]":
    """People who could be asked: at work near the person, nobody above or below them.

    Those of the own unit first; each carries `unit_name`.
    """
    asked = FeedbackRequest.objects.filter(
        appraisal=appraisal, relation=Relation.PEER, state__in=ANSWERABLE
    ).values("rater")
    barred: Iterable[int] = {
        appraisal.employee_id,
        *superiors_of(appraisal.employee_id),
        *appraisal.parts.values_list("supervisor_id", flat=True),
    }
    around = Unit.objects.get_parent(appraisal.unit) or appraisal.unit
    post = Assignment.objects.on().filter(employee=OuterRef("pk"), kind=Assignment.Kind.DEFINITIVE)
    return (
        Employee.objects.active()
        .in_unit_tree(around)
        .exclude(pk__in=barred)
        .exclude(pk__in=asked)
        .exclude(pk__in=team_ids(appraisal.employee_id))
        .annotate(
            unit_name=Subquery(post.values("position__unit__name")[:1]),
            is_near=Case(
                When(Exists(post.filter(position__unit=appraisal.unit)), then=0),
                default=1,
                output_field=IntegerField(),
            ),
        )
        .order_by("is_near", "unit_name", "name", "pk")
    )
