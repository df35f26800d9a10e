"""The pages of ratings: what they say, keep, hide and refuse."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from competencies.models import Competency, Evidence, PositionStandard, ProposedLevel
from competencies.services.levels import add_evidence
from competencies.tests.builders import make_employee, require_level, supervise
from conftest import World
from evaluations.models import Appraisal, Cycle, FeedbackRequest, Outcome, Rating, SupervisorPart
from evaluations.tests.builders import (
    make_appraisal,
    make_competencies,
    make_cycle,
    make_feedback,
    make_outcome,
    make_part_rating,
    make_phrase,
    make_self_rating,
)
from gayungan_asn.accounts.clock import now, today

State = Appraisal.State
SAVED = {"X-Autosave": "1"}
CANARY = "Kenari berkicau di pagi hari"
REASON = "Nilai satu kompetensi tertukar saat diisi."


@pytest.fixture
def skills(db: None) -> list[Competency]:
    """Three competencies, standard 2."""
    return make_competencies(3)


@pytest.fixture
def own(world: World, skills: list[Competency]) -> Appraisal:
    """The appraisal of `employee`, waiting for the self-rating."""
    return make_appraisal(world.people["employee"], make_cycle(world.root), items=skills)


@pytest.fixture
def part(world: World, skills: list[Competency]) -> SupervisorPart:
    """The part of `superior` about `employee`, the self-rating of 4 sent."""
    appraisal = make_appraisal(
        world.people["employee"],
        make_cycle(world.root),
        items=skills,
        state=State.SUPERVISOR_REVIEW,
    )
    make_self_rating(appraisal, dict.fromkeys(skills, 4))
    return appraisal.parts.get()


def at(name: str, *args: int) -> str:
    return reverse(f"evaluations:{name}", args=args)


def levels(skills: list[Competency], level: object = 2) -> dict[str, str]:
    return {f"level_{skill.pk}": str(level) for skill in skills}


def text_of(response) -> str:
    return response.content.decode()


# --- Oneself ---------------------------------------------------------------------
def test_self_page_offers_every_level_and_marks_the_standard(world, own, skills):
    page = text_of(world.client("employee").get(at("self-rating", own.pk)))
    for skill in skills:
        assert f"Perilaku {skill.code} tingkat 5" in page
        assert f'id="level_{skill.pk}-0"' in page
    assert page.count("Belum memenuhi tingkat 1") == 3
    assert page.count("Standar jabatan") == 3


def test_self_rating_from_draft_to_sent(world, own, skills):
    client = world.client("employee")
    answer = client.post(at("self-rating", own.pk), levels(skills[:2]) | {"check": "1"})
    assert answer.headers["Location"] == at("self-check", own.pk)
    check = text_of(client.get(at("self-check", own.pk)))
    assert f'href="{at("self-rating", own.pk)}?buka={skills[2].pk}#k-{skills[2].pk}"' in check
    assert at("self-submit", own.pk) in check
    assert "Kirim penilaian mandiri</button>" not in check
    refused = client.post(at("self-submit", own.pk))
    assert refused.headers["Location"] == at("self-check", own.pk)
    client.post(at("self-rating", own.pk), levels(skills, 3))
    assert "Kirim penilaian mandiri</button>" in text_of(client.get(at("self-check", own.pk)))
    client.post(at("self-submit", own.pk))
    page = text_of(client.get(at("self-rating", own.pk)))
    assert "tidak dapat diubah lagi" in page
    assert '<input type="radio"' not in page


def test_second_tab_after_sending_is_forbidden_and_changes_nothing(world, own, skills):
    client = world.client("employee")
    client.post(at("self-rating", own.pk), levels(skills, 3))
    client.post(at("self-submit", own.pk))
    for headers in ({}, SAVED):
        answer = client.post(at("self-rating", own.pk), levels(skills, 5), headers=headers)
        assert answer.status_code == 403
    assert set(Rating.objects.values_list("level", flat=True)) == {3}


def test_self_autosave_answers_with_time_and_version(world, own, skills):
    client = world.client("employee")
    answer = client.post(
        at("self-rating", own.pk), levels(skills[:1]) | {"version": "1"}, headers=SAVED
    )
    assert re.fullmatch(r"\d\d\.\d\d", answer.json()["saved_at"])
    assert answer.json()["version"] == 2
    stale = client.post(
        at("self-rating", own.pk), levels(skills[:1], 5) | {"version": "1"}, headers=SAVED
    )
    assert stale.status_code == 409
    wrong = client.post(at("self-rating", own.pk), levels(skills[:1], 9), headers=SAVED)
    assert wrong.status_code == 422


def test_self_conflict_without_script_shows_both(world, own, skills):
    client = world.client("employee")
    client.post(at("self-rating", own.pk), levels(skills[:1], 1) | {"version": "1"})
    answer = client.post(at("self-rating", own.pk), levels(skills[:1], 5) | {"version": "1"})
    assert answer.status_code == 409
    page = text_of(answer)
    assert '<td role="cell" data-l="Tersimpan">Tingkat 1</td>' in page
    assert '<td role="cell" data-l="Ketikan Anda">Tingkat 5</td>' in page
    assert 'name="version" value="2"' in page


def test_posted_rater_state_and_period_are_ignored(world, own, skills):
    other = make_appraisal(world.people["peer1"], own.cycle, items=skills)
    extra = {
        "state": "final",
        "rater": str(world.people["peer1"].pk),
        "employee": str(world.people["peer1"].pk),
        "appraisal": str(other.pk),
        "period": "2020-01-01",
        "is_submitted": "1",
        "self_submitted_on": "2020-01-01",
    }
    world.client("employee").post(at("self-rating", own.pk), levels(skills, 3) | extra)
    own.refresh_from_db()
    assert (own.state, own.self_submitted_on) == (State.SELF_REVIEW, None)
    assert {rating.response.appraisal_id for rating in Rating.objects.all()} == {own.pk}
    assert not Rating.objects.filter(response__is_submitted=True).exists()


# --- The supervisor ----------------------------------------------------------------
def test_part_page_holds_no_mark_of_others_before_the_own(world, part, skills):
    client = world.client("superior")
    page = text_of(client.get(at("part-rating", part.pk)))
    assert page.count("reveal shut") == 3
    assert "mk-self" not in page
    answer = client.post(
        at("part-rating", part.pk), levels(skills[:1]) | {"version": "1"}, headers=SAVED
    )
    html = answer.json()["html"]
    assert f'id="reveal-{skills[0].pk}"' in html
    assert 'class="reveal ask"' in html
    assert f'id="reveal-{skills[1].pk}"' not in html
    page = text_of(client.get(at("part-rating", part.pk)))
    assert page.count("mk-self") == 1
    assert page.count("reveal shut") == 2


def test_part_autosave_of_an_older_copy_is_a_conflict(world, part, skills):
    client = world.client("superior")
    client.post(at("part-rating", part.pk), levels(skills) | {"version": "1"}, headers=SAVED)
    answer = client.post(
        at("part-rating", part.pk), levels(skills, 5) | {"version": "1"}, headers=SAVED
    )
    assert answer.status_code == 409
    assert set(Rating.objects.filter(response__part=part).values_list("level", flat=True)) == {2}


def test_part_conflict_without_script_shows_both_texts_and_can_be_settled(world, part, skills):
    client = world.client("superior")
    client.post(at("part-rating", part.pk), {"message": "Teks lama", "version": "1"})
    answer = client.post(at("part-rating", part.pk), {"message": "Teks baru", "version": "1"})
    page = text_of(answer)
    assert answer.status_code == 409
    assert "Teks lama" in page
    assert page.count("Teks baru") == 2
    client.post(at("part-rating", part.pk), {"message": "Teks baru", "version": "2"})
    part.refresh_from_db()
    assert part.message == "Teks baru"


def test_conflict_reveals_nothing_of_marks_not_saved(world, part, skills):
    client = world.client("superior")
    client.post(at("part-rating", part.pk), {"message": "Lama", "version": "1"})
    answer = client.post(
        at("part-rating", part.pk), levels(skills) | {"message": "Baru", "version": "1"}
    )
    assert answer.status_code == 409
    assert "mk-self" not in text_of(answer)


def test_part_from_draft_to_sent_offers_the_next_person(world, part, skills):
    following = make_appraisal(
        world.people["peer1"], part.appraisal.cycle, items=skills, state=State.SUPERVISOR_REVIEW
    )
    client = world.client("superior")
    filled = levels(skills, 2) | {f"reason_{skill.pk}": "Terlihat jelas." for skill in skills}
    filled |= {"work_result": "SESUAI", "behaviour": "SESUAI", "check": "1"}
    answer = client.post(at("part-rating", part.pk), filled)
    assert answer.headers["Location"] == at("part-check", part.pk)
    assert "Kirim penilaian</button>" in text_of(client.get(at("part-check", part.pk)))
    answer = client.post(at("part-submit", part.pk))
    sent = text_of(client.get(answer.headers["Location"]))
    assert "Penilaian terkirim" in sent
    assert at("part-rating", following.parts.get().pk) in sent
    assert client.post(at("part-submit", part.pk)).status_code == 302
    assert client.post(at("part-rating", part.pk), filled).status_code == 403


def test_part_check_lists_what_is_missing_with_links(world, part, skills):
    client = world.client("superior")
    client.post(at("part-rating", part.pk), levels(skills[:2]))
    page = text_of(client.get(at("part-check", part.pk)))
    assert f"?buka={skills[0].pk}#reason-{skills[0].pk}" in page
    assert f"?buka={skills[2].pk}#k-{skills[2].pk}" in page
    assert "#work_result" in page
    assert "Kirim penilaian</button>" not in page
    assert client.post(at("part-submit", part.pk)).headers["Location"] == at("part-check", part.pk)


def test_proposed_level_is_confirmed_beside_the_form(world, part, skills):
    evidence = add_evidence(
        actor=None,
        employee=world.people["employee"],
        kind=Evidence.Kind.TRAINING,
        title="Arsip Digital",
        hours=6,
        happened_on=today(),
        competencies=[skills[0]],
        source_reference="test:1",
    )
    proposal = ProposedLevel.objects.create(
        employee=world.people["employee"], competency=skills[0], level=3, evidence=evidence
    )
    client = world.client("superior")
    page = text_of(client.get(at("part-rating", part.pk)))
    assert "Arsip Digital" in page
    assert at("proposal-decide", proposal.pk) in page
    back = at("part-rating", part.pk)
    answer = client.post(at("proposal-decide", proposal.pk), {"decision": "refuse", "next": back})
    assert answer.headers["Location"] == back
    proposal.refresh_from_db()
    assert proposal.state == ProposedLevel.State.REFUSED
    answer = client.post(
        at("proposal-decide", proposal.pk), {"decision": "refuse", "next": "https://lain.example/"}
    )
    assert answer.headers["Location"] == at("team")


# --- Peers ---------------------------------------------------------------------------
def test_feedback_form_does_not_name_the_standard(world, own, skills):
    asked = make_feedback(own, world.people["peer1"])
    page = text_of(world.client("peer1").get(at("feedback", asked.pk)))
    assert "Standar jabatan" not in page
    assert page.count("Tidak tahu</span>") == 3


def test_feedback_needs_a_choice_for_each_and_keeps_what_was_chosen(world, own, skills):
    asked = make_feedback(own, world.people["peer1"])
    client = world.client("peer1")
    answer = client.post(at("feedback", asked.pk), levels(skills[:1], 5) | {"send": "1"})
    assert answer.status_code == 422
    page = text_of(answer)
    assert f'href="#k-{skills[1].pk}"' in page
    assert re.search(rf'id="level_{skills[0].pk}-5" value="5" checked', page)
    asked.refresh_from_db()
    assert asked.state == FeedbackRequest.State.INVITED
    filled = levels(skills[:1], 5) | levels(skills[1:], "x") | {"send": "1"}
    assert client.post(at("feedback", asked.pk), filled).status_code == 302
    asked.refresh_from_db()
    assert asked.state == FeedbackRequest.State.ANSWERED
    assert client.post(at("feedback", asked.pk), filled).status_code == 403


def test_own_answer_is_readable_until_the_window_closes(world, own, skills):
    phrase = make_phrase(text=CANARY)
    asked = make_feedback(own, world.people["peer1"], dict.fromkeys(skills, 5), strength=phrase)
    client = world.client("peer1")
    assert CANARY in text_of(client.get(at("feedback", asked.pk)))
    Cycle.objects.update(peers_closed_on=today())
    page = text_of(client.get(at("feedback", asked.pk)))
    assert CANARY not in page
    assert "Tingkat 5" not in page


def test_answers_of_peers_appear_in_no_page_before_the_window_closes(world, own, skills):
    """Every page of the evaluations as every persona, before and after each answer."""
    Appraisal.objects.filter(pk=own.pk).update(state=State.SUPERVISOR_REVIEW)
    make_self_rating(own, dict.fromkeys(skills, 2))
    part = own.parts.get()
    make_part_rating(part, dict.fromkeys(skills, 2))
    phrase = make_phrase(text=CANARY)
    asked = [make_feedback(own, world.people[f"peer{n}"]) for n in range(1, 5)]
    addresses = [
        at("appraisals"),
        at("team"),
        at("appraisal-detail", own.pk),
        at("self-rating", own.pk),
        at("part-rating", part.pk),
        at("part-check", part.pk),
        *(at("feedback", one.pk) for one in asked),
    ]
    personas = ["employee", "superior", "camat", "hr", "auditor", "sysadmin", "leader", "peer5"]

    def everything() -> dict[tuple[str, str], str]:
        return {
            (persona, address): re.sub(
                r'name="csrfmiddlewaretoken" value="[^"]*"', "", text_of(client.get(address))
            )
            for persona in personas
            for client in [world.client(persona)]
            for address in addresses
        }

    before = everything()
    for number, request in enumerate(asked, start=1):
        filled = levels(skills, 5) | {"strength": str(phrase.pk), "send": "1"}
        peer = world.client(f"peer{number}")
        assert peer.post(at("feedback", request.pk), filled).status_code == 302
        after = everything()
        assert after == before
    assert not any(CANARY in page for page in before.values())


def test_few_answers_are_said_in_a_sentence_without_number(world, own, skills):
    for number in (1, 2):
        make_feedback(
            own,
            world.people[f"peer{number}"],
            dict.fromkeys(skills, 5),
            strength=make_phrase(text=CANARY),
        )
    make_outcome(own, dict.fromkeys(skills, 2))
    Appraisal.objects.filter(pk=own.pk).update(state=State.PUBLISHED, published_at=now())
    Cycle.objects.update(state=Cycle.State.PUBLISHED, peers_closed_on=today())
    for persona in ("employee", "superior", "camat", "hr"):
        page = text_of(world.client(persona).get(at("appraisal-detail", own.pk)))
        assert "Jawaban rekan kerja terlalu sedikit untuk ditampilkan" in page
        assert CANARY not in page
        assert "4,5" not in page
        assert not re.search(r"\b2 (rekan|jawaban|orang)", page)


# --- Results -------------------------------------------------------------------------
def _release(appraisal: Appraisal, skills: list[Competency]) -> Outcome:
    part = appraisal.parts.get()
    make_part_rating(part, dict.fromkeys(skills, 1), submitted=True)
    SupervisorPart.objects.update(message=CANARY)
    Appraisal.objects.filter(pk=appraisal.pk).update(state=State.PUBLISHED, published_at=now())
    Cycle.objects.update(state=Cycle.State.PUBLISHED, peers_closed_on=today())
    return make_outcome(appraisal, {skills[0]: 1, skills[1]: 2, skills[2]: None})


def test_result_before_release_shows_the_person_steps_only(world, own, skills):
    _release(own, skills)
    Appraisal.objects.filter(pk=own.pk).update(state=State.CALIBRATION)
    page = text_of(world.client("employee").get(at("appraisal-detail", own.pk)))
    assert "Pemeriksaan akhir" in page
    assert "Indeks" not in page
    assert CANARY not in page


def test_result_says_index_coverage_and_gaps(world, own, skills):
    _release(own, skills)
    page = text_of(world.client("employee").get(at("appraisal-detail", own.pk)))
    assert "75,00" in page
    assert "dari 2 dari 3 kompetensi." in page
    assert "Tanpa golongan selama belum semuanya dinilai." in page
    assert "Di bawah standar&nbsp;(−1)" in page.replace("\xa0", "&nbsp;")
    assert "Belum dinilai" in page
    assert CANARY in page


def test_former_supervisor_reads_the_own_part_only(world, own, skills):
    outcome = _release(own, skills)
    own.parts.update(supervisor=world.people["former_superior"])
    page = text_of(world.client("former_superior").get(at("appraisal-detail", own.pk)))
    assert CANARY in page
    assert "Indeks" not in page
    assert "75,00" not in page
    assert outcome.index == 75


def test_late_objection_is_refused_with_the_last_day(world, own, skills):
    _release(own, skills)
    Appraisal.objects.filter(pk=own.pk).update(published_at="2026-02-02T08:00:00+07:00")
    client = world.client("employee")
    answer = client.post(at("appraisal-object", own.pk), {"text": REASON})
    assert answer.status_code == 422
    assert "16 Februari 2026" in text_of(answer)


def test_objection_and_decision_by_pages(world, own, skills):
    _release(own, skills)
    client = world.client("employee")
    assert client.post(at("appraisal-object", own.pk), {"text": "Pendek"}).status_code == 422
    assert client.post(at("appraisal-object", own.pk), {"text": REASON}).status_code == 302
    camat = world.client("camat")
    assert REASON in text_of(camat.get(at("objection-decide", own.pk)))
    filled = levels(skills[:1], 2) | {"decision": "uphold", "answer": REASON}
    assert camat.post(at("objection-decide", own.pk), filled).status_code == 302
    assert camat.post(at("objection-decide", own.pk), filled).status_code == 403
    assert "semula 1, menjadi tingkat 2" in text_of(client.get(at("appraisal-detail", own.pk)))


def test_reopening_with_a_short_reason_is_refused_and_said(world, own, skills):
    _release(own, skills)
    client = world.client("hr")
    answer = client.post(at("appraisal-reopen", own.pk), {"reason": "Salah."}, follow=True)
    assert "paling sedikit 20 karakter" in text_of(answer)
    own.refresh_from_db()
    assert own.state == State.PUBLISHED


# --- How much is asked of the database --------------------------------------------------
def _team_of(world: World, size: int) -> None:
    post = world.positions["employee"]
    cycle = Cycle.objects.first() or make_cycle(world.root)
    skills = list(Competency.objects.all()) or make_competencies(2)
    if not PositionStandard.objects.exists():
        for skill in skills:
            require_level(skill, 2, tier=post.tier)
    for number in range(size):
        person = make_employee(f"Orang {number}", post)
        supervise(world.people["superior"], person)
        appraisal = make_appraisal(person, cycle, items=skills, state=State.SUPERVISOR_REVIEW)
        make_part_rating(appraisal.parts.get(), {skills[0]: 2})


@pytest.mark.parametrize("name", ["team", "appraisals"])
def test_lists_ask_the_same_few_statements_whatever_their_length(world, name):
    client = world.client("superior")
    counts = []
    for size in (2, 18):
        _team_of(world, size)
        with CaptureQueriesContext(connection) as asked:
            page = client.get(at(name))
        assert page.status_code == 200
        counts.append(len(asked))
    assert text_of(page).count("1 dari 2 kompetensi dinilai") == 20
    assert counts[0] == counts[1] <= 15


def test_part_page_asks_the_same_whatever_the_team(world):
    _team_of(world, 2)
    client = world.client("superior")
    part = SupervisorPart.objects.first()
    counts = []
    for more in (0, 18):
        post = world.positions["employee"]
        for number in range(more):
            person = make_employee(f"Lagi {number}", post)
            supervise(world.people["superior"], person)
            make_appraisal(person, part.appraisal.cycle, items=[], state=State.SUPERVISOR_REVIEW)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(at("part-rating", part.pk)).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
