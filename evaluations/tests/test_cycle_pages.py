"""HR's pages without script: four screens, progress, publishing."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from competencies.models import Competency, JobTier
from competencies.tests.builders import make_competency, make_employee, require_level, supervise
from conftest import World
from evaluations.models import Appraisal, Cycle, FeedbackRequest
from evaluations.tests.builders import (
    make_appraisal,
    make_cycle,
    make_feedback,
    make_part_rating,
)


@pytest.fixture
def competency(world: World) -> Competency:
    """One competency every tier requires."""
    made = make_competency()
    for tier in JobTier.objects.all():
        require_level(made, 2, tier=tier)
    return made


def address(name: str, *args: object) -> str:
    """A page of evaluations."""
    return reverse(f"evaluations:{name}", args=args)


def filled(form: Any) -> dict[str, Any]:
    """What a browser would send for the form as it stands."""
    data: dict[str, Any] = {}
    for name in form.fields:
        value = form[name].value()
        if value is None or value is False:
            continue
        if value is True:
            value = "on"
        data[name] = value.strftime("%d/%m/%Y") if hasattr(value, "strftime") else value
    return data


def press(client: Client, url: str, **changes: Any) -> str:
    """Open a screen, change something, send it; where it leads."""
    form = client.get(url).context["form"]
    answer = client.post(url, filled(form) | changes)
    assert answer.status_code == 302, answer.context["form"].errors
    return answer["Location"]


def test_hr_opens_a_cycle_in_four_screens(world: World, competency: Competency) -> None:
    client = world.client("hr")
    second = press(client, address("cycle-new"), name="Siklus Uji")
    third = press(client, second)
    fourth = press(client, third, weight_supervisor="70", weight_subordinate="0")
    check = client.get(fourth)
    assert "14 dari 15 pegawai ikut" in check.text
    assert "Camat." in check.text
    cycle = Cycle.objects.get()
    answer = client.post(fourth, {"version": cycle.version}, follow=True)
    cycle.refresh_from_db()
    assert (cycle.state, cycle.weight_supervisor) == (Cycle.State.OPEN, 70)
    assert answer.redirect_chain[-1][0] == address("cycle-detail", cycle.pk)
    assert Appraisal.objects.filter(cycle=cycle).count() == 14


def test_screens_keep_what_was_typed_when_something_is_wrong(
    world: World, competency: Competency
) -> None:
    client = world.client("hr")
    url = address("cycle-new")
    data = filled(client.get(url).context["form"])
    answer = client.post(url, data | {"self_until": "31/02/2026", "name": "Nama Saya"})
    assert answer.status_code == 422
    assert "Tulis tanggal yang ada" in answer.text
    assert 'value="Nama Saya"' in answer.text
    assert not Cycle.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weight_self": "50"}, "Bobot seharusnya berjumlah 100, sekarang 140"),
        ({"peers_minimum": "5", "peers_invited": "3"}, "Undang sedikitnya sebanyak"),
    ],
)
def test_rules_screen_says_what_is_wrong(
    world: World, competency: Competency, changes: dict[str, str], words: str
) -> None:
    cycle = make_cycle(world.root, state=Cycle.State.DRAFT)
    client = world.client("hr")
    url = address("cycle-rules", cycle.pk)
    answer = client.post(url, filled(client.get(url).context["form"]) | changes)
    assert answer.status_code == 422
    assert words in answer.text


def test_back_links_come_to_the_saved_values(world: World, competency: Competency) -> None:
    client = world.client("hr")
    second = press(client, address("cycle-new"), name="Siklus Uji")
    page = client.get(second)
    back = page.context["screen"]["back_url"]
    assert 'value="Siklus Uji"' in client.get(back).text


def test_check_panel_answers_for_values_not_saved(world: World, competency: Competency) -> None:
    cycle = make_cycle(world.root, state=Cycle.State.DRAFT)
    client = world.client("hr")
    data = filled(client.get(address("cycle-rules", cycle.pk)).context["form"])
    many = client.post(
        address("cycle-checks", cycle.pk), data | {"peers_minimum": "5", "peers_invited": "10"}
    )
    assert "14 dari 15 pegawai ikut" in many.text
    cycle.refresh_from_db()
    assert cycle.peers_invited == 5


def test_new_cycle_beside_one_of_the_same_year_offers_another_unit(
    world: World, competency: Competency
) -> None:
    existing = make_cycle(world.root)
    client = world.client("hr")
    answer = client.post(
        address("cycle-new"),
        filled(client.get(address("cycle-new")).context["form"]) | {"year": str(existing.year)},
        follow=True,
    )
    assert "sudah mempunyai siklus untuk masa ini" in answer.text


def test_progress_names_units_and_hides_content(world: World, competency: Competency) -> None:
    cycle = make_cycle(world.root)
    appraisal = make_appraisal(
        world.people["employee"], cycle, [competency], state=Appraisal.State.CALIBRATION
    )
    make_appraisal(world.people["peer1"], cycle, [competency])
    make_feedback(appraisal, world.people["peer2"], {competency: 1})
    page = world.client("hr").get(address("cycle-detail", cycle.pk))
    assert "1 dari 2" in page.text
    assert "Seksi A" in page.text
    status = world.client("hr").get(address("cycle-feedback", cycle.pk))
    assert "Peer2" in status.text
    assert "Employee" not in status.text


def test_publish_page_names_the_unrated(world: World, competency: Competency) -> None:
    cycle = make_cycle(world.root, state=Cycle.State.CALIBRATION, rates_performance=False)
    ready = make_appraisal(
        world.people["employee"], cycle, [competency], state=Appraisal.State.CALIBRATION
    )
    make_part_rating(ready.parts.get(), {competency: 1}, submitted=True)
    make_appraisal(
        world.people["unrelated"],
        cycle,
        [competency],
        state=Appraisal.State.SUPERVISOR_REVIEW,
    )
    client = world.client("hr")
    page = client.get(address("cycle-publish", cycle.pk))
    assert "1 pegawai belum dinilai dan tidak ikut ditetapkan" in page.text
    assert "Unrelated" in page.text
    client.post(address("cycle-publish", cycle.pk))
    ready.refresh_from_db()
    assert ready.state == Appraisal.State.PUBLISHED


def test_peers_page_adds_and_refuses_too_few(world: World, competency: Competency) -> None:
    appraisal = make_appraisal(world.people["employee"], make_cycle(world.root), [competency])
    client = world.client("hr")
    url = address("appraisal-peers", appraisal.pk)
    page = client.get(url)
    assert "Camat" not in page.text
    answer = client.post(url, {"add": [world.people["peer1"].pk]})
    assert "Paling sedikit 3 rekan kerja" in answer.text
    client.post(url, {"add": [world.people[f"peer{n}"].pk for n in (1, 2, 3)]})
    assert FeedbackRequest.objects.filter(appraisal=appraisal).count() == 3


@pytest.mark.parametrize("name", ["cycles", "cycle-detail", "cycle-people", "cycle-feedback"])
def test_lists_take_at_most_fifteen_statements_whatever_their_length(
    world: World, competency: Competency, name: str
) -> None:
    cycle = make_cycle(world.root)
    args = () if name == "cycles" else (cycle.pk,)

    def grow(count: int) -> None:
        for number in range(count):
            person = make_employee(f"Orang {number}", world.positions["employee"])
            supervise(world.people["superior"], person)
            appraisal = make_appraisal(person, cycle, [competency])
            make_feedback(appraisal, world.people["peer1"])

    def statements(client: Client) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(name, *args)).status_code == 200
        return len([q for q in captured if "SAVEPOINT" not in q["sql"]])

    grow(2)
    few = statements(world.client("hr"))
    grow(18)
    assert statements(world.client("hr")) == few <= 15


def test_people_list_is_searched_in_the_address(world: World, competency: Competency) -> None:
    cycle = make_cycle(world.root)
    for name in ("employee", "unrelated", "peer1"):
        make_appraisal(world.people[name], cycle, [competency])
    client = world.client("hr")

    def found(query: str) -> int:
        page = client.get(address("cycle-people", cycle.pk) + query).context["page"]
        return page.paginator.count

    cases = [
        ("", 3),
        ("?q=peer", 1),
        (f"?unit={world.other_section.pk}", 1),
        ("?state=published", 0),
        ("?state=omong&unit=abc&page=99", 3),
    ]
    assert [found(query) for query, _ in cases] == [expected for _, expected in cases]
