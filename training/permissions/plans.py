"""Who does what to a development plan."""

from competencies.selectors.people import employee_of, hr_covers, is_direct_supervisor
from gayungan_asn.accounts.models import User
from training.models import DevelopmentPlan


def is_own_plan(user: User, plan: DevelopmentPlan) -> bool:
    """True for the person the plan is about."""
    me = employee_of(user)
    return me is not None and me.pk == plan.employee_id


def can_update_plan(user: User, plan: DevelopmentPlan) -> bool:
    """One's own plan while it is a draft."""
    return plan.state == DevelopmentPlan.State.DRAFT and is_own_plan(user, plan)


def can_propose_plan(user: User, plan: DevelopmentPlan) -> bool:
    """One's own draft."""
    return can_update_plan(user, plan)


def can_withdraw_plan(user: User, plan: DevelopmentPlan) -> bool:
    """One's own plan while the supervisor has not decided."""
    return plan.state == DevelopmentPlan.State.PROPOSED and is_own_plan(user, plan)


def can_approve_plan(user: User, plan: DevelopmentPlan) -> bool:
    """The direct supervisor, once it is proposed; never one's own."""
    return plan.state == DevelopmentPlan.State.PROPOSED and is_direct_supervisor(
        user, plan.employee
    )


def can_return_plan(user: User, plan: DevelopmentPlan) -> bool:
    """Whoever may approve it may send it back with a note."""
    return can_approve_plan(user, plan)


def can_ratify_plan(user: User, plan: DevelopmentPlan) -> bool:
    """HR of the person's tree, once it is approved; never one's own."""
    return (
        plan.state == DevelopmentPlan.State.APPROVED
        and not is_own_plan(user, plan)
        and hr_covers(user, plan.employee)
    )


def can_follow_plan(user: User, plan: DevelopmentPlan) -> bool:
    """One's own ratified plan: activities are ticked off as they happen."""
    return plan.state == DevelopmentPlan.State.RATIFIED and is_own_plan(user, plan)
