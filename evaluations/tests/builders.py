"""Valid rows of cycles, appraisals, answers and results for tests."""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from competencies.models import Competency, Employee, Unit
from competencies.models.periods import since
from competencies.selectors.people import definitive_assignment, direct_supervisor
from competencies.tests.builders import make_competency, make_unit
from evaluations.models import (
    Appraisal,
    AppraisalCompetency,
    Cycle,
    FeedbackPhrase,
    FeedbackRequest,
    Outcome,
    OutcomeLevel,
    Rating,
    Response,
    SupervisorPart,
)
from evaluations.models.feedback import Relation
from gayungan_asn.accounts.clock import now, today

_serial = itertools.count(1)


def make_cycle(unit: Unit | None = None, **fields: Any) -> Cycle:
    """A cycle of this year that is open, its windows around today."""
    day = today()
    defaults: dict[str, Any] = {
        "name": f"Penilaian kompetensi {day.year}",
        "year": day.year,
        "period": since(dt.date(day.year, 1, 1), dt.date(day.year + 1, 1, 1)),
        "opens_on": day - dt.timedelta(days=20),
        "self_until": day + dt.timedelta(days=10),
        "peers_until": day + dt.timedelta(days=10),
        "supervisor_until": day + dt.timedelta(days=25),
        "state": Cycle.State.OPEN,
        "launched_at": now(),
    }
    return Cycle.objects.create(unit=unit or make_unit(), **defaults | fields)


def make_competencies(count: int = 2, **fields: Any) -> list[Competency]:
    """Several competencies, each with five levels and two behaviours a level."""
    return [make_competency(**fields) for _number in range(count)]


def make_appraisal(
    employee: Employee,
    cycle: Cycle | None = None,
    items: Iterable[tuple[Competency, int]] | Iterable[Competency] | None = None,
    supervisor: Employee | None = None,
    with_part: bool = True,
    **fields: Any,
) -> Appraisal:
    """The appraisal of a person, with the copy of post and standard, and today's part.

    `items` are competencies (standard 2) or (competency, level); all are asked of peers.
    The part is `supervisor`'s, else of whom the person reports to today.
    """
    assignment = definitive_assignment(employee)
    assert assignment is not None, "give the person a post first"
    post = assignment.position
    cycle = cycle or make_cycle(Unit.objects.get_root(post.unit))
    fields.setdefault("state", Appraisal.State.SELF_REVIEW)
    if fields["state"] in Appraisal.RELEASED:
        fields.setdefault("published_at", now())
    if fields["state"] not in (Appraisal.State.DRAFT, Appraisal.State.SELF_REVIEW):
        fields.setdefault("self_submitted_on", today())
    appraisal = Appraisal.objects.create(
        cycle=cycle,
        employee=employee,
        unit=post.unit,
        unit_name=post.unit.name,
        position=post,
        position_name=post.name,
        tier=post.tier,
        grade=employee.grade,
        **fields,
    )
    for order, item in enumerate(make_competencies() if items is None else items):
        competency, level = item if isinstance(item, tuple) else (item, 2)
        AppraisalCompetency.objects.create(
            appraisal=appraisal,
            competency=competency,
            required_level=level,
            asked_of_peers=True,
            display_order=order,
        )
    if with_part:
        rater = supervisor or direct_supervisor(employee)
        if rater is not None:
            make_part(appraisal, rater)
    return appraisal


def make_part(appraisal: Appraisal, supervisor: Employee, **fields: Any) -> SupervisorPart:
    """The part of one supervisor over the whole period."""
    period = fields.pop("period", appraisal.cycle.period)
    if fields.get("state") == SupervisorPart.State.SUBMITTED:
        fields.setdefault("submitted_at", now())
    return SupervisorPart.objects.create(
        appraisal=appraisal,
        supervisor=supervisor,
        period=period,
        days=fields.pop("days", (period.upper - period.lower).days),
        **fields,
    )


def rate(response: Response, levels: Mapping[Competency, int], reason: str = "") -> Response:
    """Write ratings straight into an answer."""
    for competency, level in levels.items():
        Rating.objects.create(response=response, competency=competency, level=level, reason=reason)
    return response


def make_self_rating(
    appraisal: Appraisal, levels: Mapping[Competency, int], submitted: bool = True
) -> Response:
    """The self-rating of an appraisal."""
    response = Response.objects.create(
        appraisal=appraisal, relation=Relation.SELF, is_submitted=submitted
    )
    return rate(response, levels)


def make_part_rating(
    part: SupervisorPart, levels: Mapping[Competency, int], submitted: bool = False
) -> Response:
    """The supervisor's answer of a part; `submitted` sends the part too."""
    response = Response.objects.create(
        appraisal=part.appraisal, part=part, relation=Relation.SUPERVISOR, is_submitted=submitted
    )
    if submitted:
        part.state = SupervisorPart.State.SUBMITTED
        part.submitted_at = now()
        part.save()
    return rate(response, levels)


def make_phrase(kind: str = "strength", text: str = "", **fields: Any) -> FeedbackPhrase:
    """A set phrase."""
    number = next(_serial)
    return FeedbackPhrase.objects.create(
        code=fields.pop("code", f"u{number}"),
        kind=kind,
        text=text or f"Ungkapan {number}",
        **fields,
    )


def make_feedback(
    appraisal: Appraisal,
    rater: Employee,
    levels: Mapping[Competency, int] | None = None,
    submitted: bool = True,
    relation: str = Relation.PEER,
    **phrases: FeedbackPhrase | None,
) -> FeedbackRequest:
    """Somebody asked about a person; answered where `levels` are given."""
    request = FeedbackRequest.objects.create(appraisal=appraisal, rater=rater, relation=relation)
    if levels is None:
        return request
    request.response = Response.objects.create(
        appraisal=appraisal, relation=relation, is_submitted=submitted, **phrases
    )
    rate(request.response, levels)
    if submitted:
        request.state = FeedbackRequest.State.ANSWERED
        request.answered_on = today()
    request.save()
    return request


def make_outcome(
    appraisal: Appraisal, levels: Mapping[Competency, int | None], **fields: Any
) -> Outcome:
    """A result that says these levels, the supervisor's word alone."""
    required = dict(appraisal.competencies.values_list("competency_id", "required_level"))
    assessed = [(c, level) for c, level in levels.items() if level is not None]
    wanted = sum(required[c.pk] for c, _level in assessed)
    reached = sum(min(level, required[c.pk]) for c, level in assessed)
    index = Decimal(reached) * 100 / wanted if wanted else None
    defaults = {
        "index": index,
        "index_uncapped": index,
        "assessed_count": len(assessed),
        "total_count": len(levels),
    }
    outcome = Outcome.objects.create(appraisal=appraisal, **defaults | fields)
    for competency, level in levels.items():
        OutcomeLevel.objects.create(
            outcome=outcome,
            competency=competency,
            required_level=required[competency.pk],
            by_relation={} if level is None else {"supervisor": str(level)},
            weights={} if level is None else {"supervisor": "100"},
            value=level,
            level=level,
        )
    return outcome
