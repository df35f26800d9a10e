"""Invented ratings: written in bulk, scored and published by the real services."""

import datetime as dt
import random
from collections.abc import Iterable, Mapping, Sequence

from competencies.models import Indicator
from evaluations.models import (
    Appraisal,
    AppraisalCompetency,
    Cycle,
    FeedbackPhrase,
    FeedbackRequest,
    Rating,
    Response,
    SupervisorPart,
)
from evaluations.models.feedback import Relation
from gayungan_asn.accounts.clock import now, today

# What the person of the account `pegawai` shows: one large gap, two small ones, one
# competency nobody could judge, one above the standard; the rest as required.
LEAD_LEVELS: Mapping[str, int | None] = {
    "TEK-13": 0,
    "MPB": 1,
    "PKP": 1,
    "TEK-12": None,
    "PRB": 3,
}


def _near(rng: random.Random, base: int, spread: float) -> int:
    """The base level, or one beside it."""
    draw = rng.random()
    if draw < spread / 2:
        base -= 1
    elif draw > 1 - spread / 2:
        base += 1
    return min(max(base, 0), 5)


def true_level(rng: random.Random, item: AppraisalCompetency) -> int:
    """Where the person really stands: mostly at the standard, often one below."""
    draw = rng.random()
    if draw < 0.04 and item.required_level > 1:
        return item.required_level - 2
    if draw < 0.24:
        return item.required_level - 1
    if draw < 0.90:
        return item.required_level
    return min(item.required_level + 1, 5)


class Writer:
    """Collects responses and ratings and writes them in a few statements."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.responses: list[Response] = []
        self.ratings: list[Rating] = []
        self.unseen: list[tuple[Rating, int]] = []
        self.indicators: dict[tuple[int, int], list[int]] = {}
        for pk, competency, level in Indicator.objects.values_list(
            "pk", "level__competency_id", "level__level"
        ):
            self.indicators.setdefault((competency, level), []).append(pk)

    def answer(
        self,
        appraisal: Appraisal,
        relation: str,
        items: Sequence[AppraisalCompetency],
        levels: Mapping[int, int | None],
        spread: float,
        *,
        submitted: bool = True,
        part: SupervisorPart | None = None,
    ) -> Response:
        """One rater's answer around the person's levels; None levels get no mark."""
        response = Response(
            appraisal=appraisal, relation=relation, is_submitted=submitted, part=part
        )
        self.responses.append(response)
        for item in items:
            base = levels[item.competency_id]
            if base is None:
                continue
            level = _near(self.rng, base, spread)
            far = abs(level - item.required_level) >= 2
            rating = Rating(
                response=response,
                competency_id=item.competency_id,
                level=level,
                reason="Terlihat berulang dalam pekerjaan sehari-hari tahun ini."
                if far and relation == Relation.SUPERVISOR
                else "",
            )
            self.ratings.append(rating)
            if relation == Relation.SUPERVISOR and level < item.required_level:
                known = self.indicators.get((item.competency_id, item.required_level), [])
                for indicator in self.rng.sample(known, min(len(known), 1 + (len(known) > 2))):
                    self.unseen.append((rating, indicator))
        return response

    def write(self) -> None:
        """Put everything into the database."""
        Response.objects.bulk_create(self.responses, batch_size=2000)
        Rating.objects.bulk_create(self.ratings, batch_size=5000)
        through = Rating.unseen.through
        through.objects.bulk_create(
            [through(rating=rating, indicator_id=pk) for rating, pk in self.unseen],
            batch_size=5000,
        )


def _levels_of(
    rng: random.Random, items: Iterable[AppraisalCompetency], lead: bool
) -> dict[int, int | None]:
    levels: dict[int, int | None] = {}
    for item in items:
        drawn: int | None = true_level(rng, item)
        if lead:
            drawn = LEAD_LEVELS.get(item.competency.code, item.required_level)
        levels[item.competency_id] = drawn
    return levels


def _phrases() -> dict[str, list[FeedbackPhrase]]:
    found: dict[str, list[FeedbackPhrase]] = {}
    for phrase in FeedbackPhrase.objects.filter(is_active=True):
        found.setdefault(phrase.kind, []).append(phrase)
    return found


def _appraisals(cycle: Cycle) -> list[Appraisal]:
    return list(
        cycle.appraisals.select_related("employee", "cycle")
        .prefetch_related("competencies__competency", "parts", "requests")
        .order_by("employee__name", "pk")
    )


def _performance(rng: random.Random) -> tuple[str, str]:
    work = rng.choices(["DI_ATAS", "SESUAI", "DI_BAWAH"], [20, 70, 10])[0]
    behaviour = rng.choices(["DI_ATAS", "SESUAI", "DI_BAWAH"], [30, 65, 5])[0]
    return work, behaviour


def fill_finished_cycle(cycle: Cycle, lead_id: int, seed: int) -> None:
    """Answer everything of a cycle, as if all its windows had passed."""
    rng = random.Random(seed)  # noqa: S311 -- invented data
    writer, phrases = Writer(rng), _phrases()
    parts: list[SupervisorPart] = []
    requests: list[FeedbackRequest] = []
    appraisals = _appraisals(cycle)
    for appraisal in appraisals:
        lead = appraisal.employee_id == lead_id
        items = list(appraisal.competencies.all())
        levels = _levels_of(rng, items, lead)
        writer.answer(appraisal, Relation.SELF, items, levels, 0.0 if lead else 0.4)
        for part in appraisal.parts.all():
            writer.answer(
                appraisal, Relation.SUPERVISOR, items, levels, 0.0 if lead else 0.15, part=part
            )
            part.work_result, part.behaviour = ("SESUAI", "SESUAI") if lead else _performance(rng)
            part.message = "Terima kasih atas kerja Anda. Mari lanjutkan yang sudah baik."
            part.state, part.submitted_at = SupervisorPart.State.SUBMITTED, now()
            parts.append(part)
        asked = [item for item in items if item.asked_of_peers]
        for request in appraisal.requests.all():
            request.state = FeedbackRequest.State.EXPIRED
            if lead or rng.random() < 0.9:
                response = writer.answer(
                    appraisal, request.relation, asked, levels, 0.0 if lead else 0.3
                )
                response.strength = rng.choice(phrases["strength"][:3])
                response.suggestion = rng.choice(phrases["suggestion"][:3])
                request.state = FeedbackRequest.State.ANSWERED
                request.answered_on = today()
            requests.append(request)
        appraisal.state = Appraisal.State.CALIBRATION
        appraisal.self_submitted_on = today()
    writer.write()
    SupervisorPart.objects.bulk_update(
        parts, ["work_result", "behaviour", "message", "state", "submitted_at"]
    )
    FeedbackRequest.objects.bulk_update(requests, ["state", "answered_on"])
    Appraisal.objects.bulk_update(appraisals, ["state", "self_submitted_on"])
    Cycle.objects.filter(pk=cycle.pk).update(
        peers_closed_on=today(), links_cut_on=today() + dt.timedelta(days=1)
    )


def fill_running_cycle(
    cycle: Cycle, *, seed: int, fixed: Mapping[int, str], keep_open_for: int
) -> None:
    """Leave a cycle in mixed states. `fixed` names what becomes of some people (by id):
    "self" still to rate oneself, "ready" for the supervisor, "half" rated, "sent"."""
    rng = random.Random(seed)  # noqa: S311 -- invented data
    writer, phrases = Writer(rng), _phrases()
    parts: list[SupervisorPart] = []
    requests: list[FeedbackRequest] = []
    appraisals = _appraisals(cycle)
    for appraisal in appraisals:
        state = (
            fixed.get(appraisal.employee_id)
            or rng.choices(["self", "ready", "half", "sent"], [35, 25, 10, 30])[0]
        )
        items = list(appraisal.competencies.all())
        levels = _levels_of(rng, items, lead=False)
        if state != "self":
            writer.answer(appraisal, Relation.SELF, items, levels, 0.4)
            appraisal.state = Appraisal.State.SUPERVISOR_REVIEW
            appraisal.self_submitted_on = today()
        for part in appraisal.parts.all():
            if state == "half":
                rated = items[: len(items) // 2]
                writer.answer(
                    appraisal, Relation.SUPERVISOR, rated, levels, 0.0, submitted=False, part=part
                )
            elif state == "sent":
                writer.answer(appraisal, Relation.SUPERVISOR, items, levels, 0.15, part=part)
                part.work_result, part.behaviour = _performance(rng)
                part.state, part.submitted_at = SupervisorPart.State.SUBMITTED, now()
                appraisal.state = Appraisal.State.CALIBRATION
            parts.append(part)
        asked = [item for item in items if item.asked_of_peers]
        for request in appraisal.requests.all():
            if request.rater_id != keep_open_for and rng.random() < 0.5:
                response = writer.answer(appraisal, request.relation, asked, levels, 0.3)
                response.strength = rng.choice(phrases["strength"])
                request.response = response
                request.state = FeedbackRequest.State.ANSWERED
                request.answered_on = today()
                requests.append(request)
    writer.write()
    SupervisorPart.objects.bulk_update(parts, ["work_result", "behaviour", "state", "submitted_at"])
    FeedbackRequest.objects.bulk_update(requests, ["state", "answered_on", "response"])
    Appraisal.objects.bulk_update(appraisals, ["state", "self_submitted_on"])
