"""Who may decide about levels."""

from competencies.models import ProposedLevel
from competencies.selectors.people import employee_of, is_direct_supervisor
from gayungan_asn.accounts.models import User


def can_decide_proposed_level(user: User, proposal: ProposedLevel) -> bool:
    """The direct supervisor confirms a proposed level; nobody about oneself."""
    me = employee_of(user)
    if me is not None and me.pk == proposal.employee_id:
        return False
    return is_direct_supervisor(user, proposal.employee)
