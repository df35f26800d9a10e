"""An answer sent in the moment the window closes, on real connections."""

import threading
import time

import pytest
from django.db import connection, transaction

from competencies.tests.builders import make_competency, make_employee, make_position, make_unit
from evaluations.models import FeedbackRequest, Response
from evaluations.rules import Mark
from evaluations.services.ratings import save_feedback, submit_feedback
from evaluations.services.windows import close_feedback_window
from evaluations.tests.builders import make_appraisal, make_cycle, make_feedback

pytestmark = [pytest.mark.serial, pytest.mark.django_db(transaction=True)]


def test_feedback_sent_while_the_window_closes_is_kept() -> None:
    competency = make_competency()
    unit = make_unit()
    cycle = make_cycle(unit)
    appraisal = make_appraisal(
        make_employee("Rina", position=make_position(unit)), cycle, [competency]
    )
    rater = make_employee("Budi", with_account=True)
    request = make_feedback(appraisal, rater)
    save_feedback(actor=rater.user, request=request, marks={competency.pk: Mark(3)})

    def close() -> None:
        try:
            close_feedback_window(actor=None, cycle=cycle)
        finally:
            connection.close()

    closing = threading.Thread(target=close)
    with transaction.atomic():
        submit_feedback(actor=rater.user, request=request)
        closing.start()
        time.sleep(1)
    closing.join(30)
    cycle.refresh_from_db()
    assert cycle.peers_closed_on is not None
    assert FeedbackRequest.objects.get().state == FeedbackRequest.State.ANSWERED
    assert Response.objects.get().ratings.get().level == 3
