"""Who may rate whom, from which state of the appraisal."""

from competencies.selectors.people import employee_of, is_direct_supervisor
from evaluations.models import Appraisal, Cycle, FeedbackRequest, SupervisorPart
from evaluations.permissions.transitions import Who, allows
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import User


def is_own_appraisal(user: User, appraisal: Appraisal) -> bool:
    """True for the person the appraisal is about."""
    me = employee_of(user)
    return me is not None and me.pk == appraisal.employee_id


def can_edit_self_rating(user: User, appraisal: Appraisal) -> bool:
    """The person, while the self-rating is open."""
    return (
        is_own_appraisal(user, appraisal)
        and allows("edit_self", appraisal, [Who.EMPLOYEE])
        and appraisal.cycle.rates_competencies
    )


def can_rate_part(user: User, part: SupervisorPart) -> bool:
    """The direct supervisor of today whose part it is, until it is sent; never oneself."""
    me = employee_of(user)
    return (
        me is not None
        and me.pk == part.supervisor_id
        and me.pk != part.appraisal.employee_id
        and part.state == SupervisorPart.State.OPEN
        and allows("rate", part.appraisal, [Who.SUPERVISOR])
        and is_direct_supervisor(user, part.appraisal.employee)
    )


def can_answer_feedback(user: User, request: FeedbackRequest) -> bool:
    """The person asked, until the answer is sent or the window closed."""
    me = employee_of(user)
    cycle = request.appraisal.cycle
    return (
        me is not None
        and me.pk == request.rater_id
        and request.state == FeedbackRequest.State.INVITED
        and cycle.state == Cycle.State.OPEN
        and cycle.peers_closed_on is None
        and cycle.opens_on <= today() <= cycle.peers_until
        # Who has become the supervisor since rates as such, not as a peer.
        and not is_direct_supervisor(user, request.appraisal.employee)
    )


def can_read_own_answer(user: User, request: FeedbackRequest) -> bool:
    """The person asked, after sending and while the window is open; nobody ever else."""
    me = employee_of(user)
    cycle = request.appraisal.cycle
    return (
        me is not None
        and me.pk == request.rater_id
        and request.state == FeedbackRequest.State.ANSWERED
        and cycle.state == Cycle.State.OPEN
        and cycle.peers_closed_on is None
        and today() <= cycle.peers_until
    )
