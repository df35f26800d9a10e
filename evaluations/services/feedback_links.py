"""The link between an answer and its author: kept while needed, then forgotten."""

import datetime as dt

from django.db import transaction

from evaluations.models import Cycle, FeedbackRequest, Response
from evaluations.models.feedback import Relation
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.services import record

ANONYMOUS = (Relation.PEER, Relation.SUBORDINATE)


def expire_requests(cycle: Cycle) -> int:
    """No answer comes any more: open requests expire, unsent drafts are thrown away."""
    # An answer being sent right now is waited for; else it would be deleted as a draft.
    open_requests = FeedbackRequest.objects.select_for_update().filter(
        appraisal__cycle=cycle, state=FeedbackRequest.State.INVITED
    )
    list(open_requests.order_by("pk").values_list("pk", flat=True))
    Response.objects.filter(
        appraisal__cycle=cycle, relation__in=ANONYMOUS, is_submitted=False
    ).delete()
    return FeedbackRequest.objects.filter(
        appraisal__cycle=cycle, state=FeedbackRequest.State.INVITED
    ).update(state=FeedbackRequest.State.EXPIRED)


@transaction.atomic
def cut_feedback_links(*, cycle: Cycle, day: dt.date | None = None) -> int:
    """Forget who wrote which answer, from the day after the window closed.

    Afterwards the database itself cannot tell; a request keeps only that it was
    answered and on which day. Returns how many links were cut; 0 before the time and
    when done already.
    """
    moment = day or today()
    due = Cycle.objects.select_for_update().filter(
        pk=cycle.pk, peers_closed_on__lt=moment, links_cut_on=None
    )
    if not due.exists():
        return 0
    cut = FeedbackRequest.objects.filter(appraisal__cycle=cycle, response__isnull=False).update(
        response=None
    )
    Cycle.objects.filter(pk=cycle.pk).update(links_cut_on=moment)
    record(
        actor=None,
        action="feedback.links_cut",
        obj=cycle,
        subject_unit_id=cycle.unit_id,
        after={"day": moment},
    )
    return cut
