"""Saving and sending ratings: of oneself, by the supervisor, by peers and subordinates."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from competencies.models import Indicator
from competencies.selectors.people import direct_supervisor, roles_of
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
from evaluations.permissions.ratings import (
    can_answer_feedback,
    can_edit_self_rating,
    can_rate_part,
)
from evaluations.rules import Mark
from evaluations.services.moves import move_appraisal
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import notify, record


def _closed() -> ValidationError:
    return ValidationError(
        _("Isian ini sudah terkirim atau masanya sudah berakhir."), code="closed"
    )


def _check_version(stored: int, given: int | None) -> None:
    if given is not None and given != stored:
        raise ValidationError(
            _("Isian ini diubah di tempat lain. Periksa keduanya lalu simpan lagi."),
            code="conflict",
        )


def _write_marks(
    response: Response, items: Iterable[AppraisalCompetency], marks: Mapping[int, Mark]
) -> None:
    """Make the ratings of the response say what `marks` says, for the named competencies."""
    allowed = {item.competency_id: item for item in items}
    existing = {rating.competency_id: rating for rating in response.ratings.all()}
    for competency_id, mark in marks.items():
        item = allowed.get(competency_id)
        if item is None:
            continue
        rating = existing.get(competency_id)
        if mark.level is None:
            if rating is not None:
                rating.delete()
            continue
        if not 0 <= mark.level <= 5:
            raise ValidationError(_("Pilih tingkat 0 sampai 5."), code="level")
        reason = mark.reason.strip()[:1000]
        if rating is None:
            rating = Rating.objects.create(
                response=response, competency_id=competency_id, level=mark.level, reason=reason
            )
        elif (rating.level, rating.reason) != (mark.level, reason):
            rating.level, rating.reason = mark.level, reason
            rating.save(update_fields=["level", "reason"])
        # Behaviours of the standard's level only, and only under the standard.
        unseen: Iterable[Indicator] = ()
        if mark.unseen and mark.level < item.required_level:
            unseen = Indicator.objects.filter(
                pk__in=mark.unseen,
                level__competency_id=competency_id,
                level__level=item.required_level,
            )
        rating.unseen.set(unseen)


# --- Oneself ---------------------------------------------------------------
def _lock_own(actor: User, appraisal: Appraisal) -> Appraisal:
    locked = (
        Appraisal.objects.select_for_update(of=("self",))
        .select_related("cycle", "employee")
        .get(pk=appraisal.pk)
    )
    if not can_edit_self_rating(actor, locked):
        raise _closed()
    return locked


def own_response(appraisal: Appraisal) -> Response:
    """The self-rating of the appraisal, made when first needed."""
    response, _made = Response.objects.get_or_create(appraisal=appraisal, relation=Relation.SELF)
    return response


@transaction.atomic
def save_self_rating(
    *, actor: User, appraisal: Appraisal, marks: Mapping[int, Mark], version: int | None = None
) -> Response:
    """Keep a draft of the own rating. Raises `closed` and, for a stale `version`, `conflict`."""
    locked = _lock_own(actor, appraisal)
    response = own_response(locked)
    _check_version(response.version, version)
    _write_marks(response, locked.competencies.all(), marks)
    response.version += 1
    response.save(update_fields=["version"])
    return response


@transaction.atomic
def submit_self_rating(*, actor: User, appraisal: Appraisal) -> Appraisal:
    """Send the own rating; the supervisor's turn begins. Sending twice changes nothing.

    Raises `incomplete` while a competency has no level.
    """
    current = Appraisal.objects.select_for_update(of=("self",)).get(pk=appraisal.pk)
    if current.self_submitted_on is not None:
        return current
    locked = _lock_own(actor, appraisal)
    response = own_response(locked)
    asked = set(locked.competencies.values_list("competency_id", flat=True))
    rated = set(response.ratings.values_list("competency_id", flat=True))
    if asked - rated:
        raise ValidationError(
            _("Masih ada %(count)d kompetensi yang belum Anda nilai."),
            code="incomplete",
            params={"count": len(asked - rated)},
        )
    response.is_submitted = True
    response.version += 1
    response.save(update_fields=["is_submitted", "version"])
    move_appraisal(locked, "submit_self", self_submitted_on=today())
    record(
        actor=actor,
        action="appraisal.self_submitted",
        obj=locked,
        subject_employee_id=locked.employee_id,
        subject_unit_id=locked.unit_id,
        roles=roles_of(actor),
        before={"state": Appraisal.State.SELF_REVIEW},
        after={"state": Appraisal.State.SUPERVISOR_REVIEW},
    )
    supervisor = direct_supervisor(locked.employee)
    waiting = locked.parts.filter(state=SupervisorPart.State.OPEN, supervisor=supervisor)
    for part in waiting.select_related("supervisor"):
        notify(
            users=[part.supervisor.user_id],
            kind="appraisal",
            text=str(
                _("%(name)s sudah mengirim penilaian mandiri. Giliran Anda menilai.")
                % {"name": locked.employee.full_name}
            ),
            link=reverse("evaluations:part-rating", args=[part.pk]),
        )
    return locked


# --- The supervisor ----------------------------------------------------------
def _lock_part(actor: User, part: SupervisorPart) -> SupervisorPart:
    Appraisal.objects.select_for_update().get(pk=part.appraisal_id)
    locked = (
        SupervisorPart.objects.select_for_update(of=("self",))
        .select_related("appraisal__cycle", "appraisal__employee")
        .get(pk=part.pk)
    )
    if not can_rate_part(actor, locked):
        raise _closed()
    return locked


def part_response(part: SupervisorPart) -> Response:
    """The supervisor's answer of a part, made when first needed."""
    response, _made = Response.objects.get_or_create(
        part=part, defaults={"appraisal_id": part.appraisal_id, "relation": Relation.SUPERVISOR}
    )
    return response


@transaction.atomic
def save_part(
    *,
    actor: User,
    part: SupervisorPart,
    marks: Mapping[int, Mark],
    work_result: str = "",
    behaviour: str = "",
    message: str = "",
    version: int | None = None,
) -> SupervisorPart:
    """Keep a draft of the supervisor's part. Raises `closed` and `conflict`."""
    locked = _lock_part(actor, part)
    _check_version(locked.version, version)
    _write_marks(part_response(locked), locked.appraisal.competencies.all(), marks)
    if locked.appraisal.cycle.rates_performance:
        choices = set(SupervisorPart.Rating.values) | {""}
        if work_result not in choices or behaviour not in choices:
            raise ValidationError(_("Pilih salah satu dari tiga pilihan."), code="choice")
        locked.work_result, locked.behaviour = work_result, behaviour
    locked.message = message.strip()[:1000]
    locked.version += 1
    locked.save(update_fields=["work_result", "behaviour", "message", "version"])
    return locked


def part_problems(part: SupervisorPart) -> list[tuple[str, str]]:
    """What keeps a part from being sent, as (anchor on the page, sentence)."""
    appraisal = part.appraisal
    problems: list[tuple[str, str]] = []
    own = {
        rating.competency_id: rating
        for rating in Rating.objects.filter(response__part=part).only(
            "competency_id", "level", "reason"
        )
    }
    selfs = dict(
        Rating.objects.filter(
            response__appraisal=appraisal,
            response__relation=Relation.SELF,
            response__is_submitted=True,
        ).values_list("competency_id", "level")
    )
    if appraisal.cycle.rates_competencies:
        for item in appraisal.competencies.select_related("competency"):
            rating = own.get(item.competency_id)
            anchor = f"k-{item.competency_id}"
            if rating is None:
                problems.append(
                    (anchor, str(_("%(name)s: pilih satu tingkat.") % {"name": item.competency}))
                )
            elif not rating.reason and rules.reason_required(
                rating.level, item.required_level, selfs.get(item.competency_id)
            ):
                problems.append(
                    (
                        f"reason-{item.competency_id}",
                        str(_("%(name)s: tulis alasannya.") % {"name": item.competency}),
                    )
                )
    if appraisal.cycle.rates_performance:
        if not part.work_result:
            problems.append(("work_result", str(_("Hasil kerja: pilih satu dari tiga."))))
        if not part.behaviour:
            problems.append(("behaviour", str(_("Perilaku kerja: pilih satu dari tiga."))))
    return problems


@transaction.atomic
def submit_part(*, actor: User, part: SupervisorPart) -> SupervisorPart:
    """Send the supervisor's part; sending twice changes nothing.

    When no other part can still be rated, the appraisal goes on to the final check.
    Raises `incomplete` with one sentence per missing thing.
    """
    current = SupervisorPart.objects.get(pk=part.pk)
    if current.state == SupervisorPart.State.SUBMITTED and can_see_own_part(actor, current):
        return current
    locked = _lock_part(actor, part)
    problems = part_problems(locked)
    if problems:
        raise ValidationError(
            [ValidationError(text, code="incomplete") for _anchor, text in problems]
        )
    Response.objects.filter(part=locked).update(is_submitted=True, version=F("version") + 1)
    locked.state = SupervisorPart.State.SUBMITTED
    locked.submitted_at = now()
    locked.version += 1
    locked.save(update_fields=["state", "submitted_at", "version"])
    appraisal = locked.appraisal
    # A former supervisor's open part waits for nobody: only today's counts.
    move_appraisal(appraisal, "calibrate")
    record(
        actor=actor,
        action="appraisal.part_submitted",
        obj=appraisal,
        subject_employee_id=appraisal.employee_id,
        subject_unit_id=appraisal.unit_id,
        roles=roles_of(actor),
        before={"state": Appraisal.State.SUPERVISOR_REVIEW},
        after={"state": Appraisal.State.CALIBRATION},
    )
    return locked


def can_see_own_part(user: User, part: SupervisorPart) -> bool:
    """True for the supervisor who wrote the part."""
    return part.supervisor.user_id == user.pk


# --- Peers and subordinates ----------------------------------------------------
def _lock_request(actor: User, request: FeedbackRequest) -> FeedbackRequest:
    locked = (
        FeedbackRequest.objects.select_for_update(of=("self",))
        .select_related("appraisal__cycle", "response")
        .get(pk=request.pk)
    )
    if not can_answer_feedback(actor, locked):
        raise _closed()
    return locked


@transaction.atomic
def save_feedback(
    *,
    actor: User,
    request: FeedbackRequest,
    marks: Mapping[int, Mark],
    strength: FeedbackPhrase | None = None,
    suggestion: FeedbackPhrase | None = None,
) -> FeedbackRequest:
    """Keep a draft of the answer. Nothing about its time or author is stored with it."""
    locked = _lock_request(actor, request)
    if locked.response is None:
        locked.response = Response.objects.create(
            appraisal=locked.appraisal, relation=locked.relation
        )
        locked.save(update_fields=["response"])
    response = locked.response
    plain = {pk: Mark(mark.level) for pk, mark in marks.items()}
    _write_marks(response, locked.appraisal.competencies.filter(asked_of_peers=True), plain)
    response.strength, response.suggestion = strength, suggestion
    response.save(update_fields=["strength", "suggestion"])
    return locked


@transaction.atomic
def submit_feedback(*, actor: User, request: FeedbackRequest) -> FeedbackRequest:
    """Send the answer: one per request, read by nobody, counted after the window closed.

    Raises `incomplete` where every competency is "tidak tahu".
    """
    locked = _lock_request(actor, request)
    if locked.response is None or not locked.response.ratings.exists():
        raise ValidationError(
            _("Nilai sedikitnya satu kompetensi sebelum mengirim."), code="incomplete"
        )
    locked.response.is_submitted = True
    locked.response.save(update_fields=["is_submitted"])
    locked.state = FeedbackRequest.State.ANSWERED
    locked.answered_on = today()
    locked.save(update_fields=["state", "answered_on"])
    record(
        actor=actor,
        action="feedback.answered",
        obj=locked,
        # No subject: who answered about whom, and when, is nobody's to read.
        subject_unit_id=locked.appraisal.unit_id,
        roles=["peer"],
        day_only=True,
    )
    return locked
