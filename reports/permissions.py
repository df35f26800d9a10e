"""Who may do what with documents and overviews."""

from competencies.models import Employee
from competencies.selectors.people import employee_of, hr_covers, is_direct_supervisor
from gayungan_asn.accounts.models import User
from reports.models import Document
from reports.selectors.heatmap import scopes_of


def can_request_document(user: User, employee: Employee) -> bool:
    """One's own, one's direct reports', and HR's tree."""
    me = employee_of(user)
    return (
        (me is not None and me.pk == employee.pk)
        or is_direct_supervisor(user, employee)
        or hr_covers(user, employee)
    )


def can_download_document(user: User, document: Document) -> bool:
    """A finished file about somebody in view: oneself, one's team, HR's tree."""
    return (
        document.state == Document.State.READY
        and Document.objects.visible_to(user).filter(pk=document.pk).exists()
    )


def can_retry_document(user: User, document: Document) -> bool:
    """A failed one that the account may ask for."""
    return (
        document.state == Document.State.FAILED
        and document.employee is not None
        and can_request_document(user, document.employee)
    )


def can_view_heatmap(user: User) -> bool:
    """Leaders, HR and heads of units, each of the own tree; small groups stay hidden."""
    return bool(scopes_of(user))
