"""The one way a state changes: a conditional update guarded by state and version."""

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from evaluations.models import Appraisal, Cycle
from evaluations.permissions.transitions import appraisal_move, cycle_move


def refusal() -> ValidationError:
    """Somebody was faster, or the state does not allow it (any more)."""
    return ValidationError(
        _("Keadaannya sudah berubah. Muat ulang halaman lalu periksa lagi."), code="state"
    )


def move_appraisal(appraisal: Appraisal, action: str, **fields: object) -> Appraisal:
    """Do the table's move on the appraisal as it was read, with further `fields`.

    Raises `state` where its state or version is another by now.
    """
    move = appraisal_move(action)
    if appraisal.state not in move.from_states:
        raise refusal()
    state = move.to_state or appraisal.state
    moved = Appraisal.objects.filter(
        pk=appraisal.pk, state=appraisal.state, version=appraisal.version
    ).update(state=state, version=F("version") + 1, **fields)
    if not moved:
        raise refusal()
    appraisal.refresh_from_db()
    return appraisal


def move_cycle(cycle: Cycle, action: str, **fields: object) -> Cycle:
    """Do the table's move on the cycle as it was read, with further `fields`.

    Raises `state` where its state or version is another by now.
    """
    move = cycle_move(action)
    if cycle.state not in move.from_states:
        raise refusal()
    state = move.to_state or cycle.state
    moved = Cycle.objects.filter(pk=cycle.pk, state=cycle.state, version=cycle.version).update(
        state=state, version=F("version") + 1, **fields
    )
    if not moved:
        raise refusal()
    cycle.refresh_from_db()
    return cycle


def move_appraisals(cycle: Cycle, action: str, ids: list[int] | None = None) -> int:
    """Do the table's move on all appraisals of the cycle (or those named) in its from-states."""
    move = appraisal_move(action)
    rows = Appraisal.objects.filter(cycle=cycle, state__in=move.from_states)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    return rows.update(state=move.to_state, version=F("version") + 1)
