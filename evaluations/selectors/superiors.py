"""Who stands above the rater of an appraisal."""

from competencies.models import Employee
from competencies.selectors.people import direct_supervisor
from evaluations.models import Appraisal, SupervisorPart


def main_part(appraisal: Appraisal) -> SupervisorPart | None:
    """The latest part that was sent; before that, the latest part at all."""
    parts = list(appraisal.parts.select_related("supervisor").order_by("-period", "-pk"))
    sent = [part for part in parts if part.state == SupervisorPart.State.SUBMITTED]
    return next(iter(sent or parts), None)


def deciding_superior(appraisal: Appraisal) -> Employee | None:
    """Who answers an objection: the rater's own direct supervisor (PP 30/2019).

    Never a rater of the appraisal nor the person it is about; None where nobody
    stands above the rater.
    """
    part = main_part(appraisal)
    if part is None:
        return None
    superior = direct_supervisor(part.supervisor)
    if superior is None or superior.pk == appraisal.employee_id:
        return None
    if appraisal.parts.filter(supervisor=superior, state=SupervisorPart.State.SUBMITTED).exists():
        return None
    return superior
