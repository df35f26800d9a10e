"""A refusal that reaches no form is told on the page one came from."""

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.urls import reverse

from conftest import World
from evaluations.tests.builders import make_cycle


@pytest.mark.django_db
def test_refusal_of_a_faster_colleague_is_told_where_one_came_from(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = make_cycle(world.root)

    def faster(**_given: object) -> None:
        raise ValidationError("Keadaannya sudah berubah.", code="state")

    monkeypatch.setattr("evaluations.views.progress.close_feedback_window", faster)
    client = world.client("hr")
    page = reverse("evaluations:cycle-detail", args=[cycle.pk])
    address = reverse("evaluations:cycle-close-window", args=[cycle.pk])
    answer = client.post(address, headers={"referer": f"http://testserver{page}"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"http://testserver{page}")
    told = [str(one) for one in get_messages(client.get(page).wsgi_request)]
    assert told == ["Keadaannya sudah berubah."]
    elsewhere = client.post(address, headers={"referer": "https://example.org/"})
    assert elsewhere.headers["Location"] == reverse("home")
