"""Who gets which answer from every address of reports, and of the frame around the apps."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import URLPattern, get_resolver, reverse

from competencies.tests.builders import make_competency, require_level
from conftest import World
from reports.models import Document
from reports.tests.builders import make_document, make_plan, make_ready_document

PERSONAS = (
    "anonymous", "employee", "superior", "camat", "unrelated", "other_superior",
    "former_superior", "hr", "second_hr", "foreign_hr", "auditor", "sysadmin", "leader",
)  # fmt: skip
EVERYBODY = dict.fromkeys(PERSONAS, 200)
IN_LINE = {"employee": 200, "superior": 200, "camat": 200, "hr": 200, "second_hr": 200}
ASKING = {"employee": 302, "superior": 302, "hr": 302, "second_hr": 302, "camat": 403}
NOBODY = {**dict.fromkeys(PERSONAS, 404), "anonymous": 302}


def _plan(world: World) -> dict[str, object]:
    return {"kind": "plan", "pk": make_plan(world.people["employee"]).pk}


def _document(**fields: object) -> Callable[[World], dict[str, object]]:
    def make(world: World) -> dict[str, object]:
        plan = make_plan(world.people["employee"])
        builder = make_document if fields else make_ready_document
        return {"pk": builder(plan, world.users["employee"], **fields).pk}

    return make


def _competency(world: World) -> dict[str, object]:
    competency = make_competency()
    for persona in ("employee", "camat"):
        require_level(competency, 1, position=world.positions[persona])
    return {"pk": competency.pk}


def _code(world: World) -> dict[str, object]:
    plan = make_plan(world.people["employee"])
    return {"code": make_ready_document(plan, world.users["employee"]).code}


def _nothing(world: World) -> dict[str, object]:
    return {}


TABLE: list[tuple[str, str, Callable[[World], dict[str, object]], dict[str, int]]] = [
    ("get", "home", _nothing, {**EVERYBODY, "anonymous": 302}),
    (
        "get",
        "profile",
        _nothing,
        {
            **dict.fromkeys(PERSONAS, 302),
            **dict.fromkeys(("auditor", "sysadmin", "foreign_hr", "leader"), 403),
        },
    ),
    ("get", "privacy", _nothing, EVERYBODY),
    ("get", "accessibility", _nothing, EVERYBODY),
    ("get", "help", _nothing, EVERYBODY),
    ("get", "healthz", _nothing, EVERYBODY),
    ("get", "readyz", _nothing, dict.fromkeys(PERSONAS, 503)),
    ("get", "verify-form", _nothing, EVERYBODY),
    ("get", "verify", _code, EVERYBODY),
    ("post", "verify", _code, EVERYBODY),
    (
        "get",
        "reports:competencies",
        _nothing,
        {
            **EVERYBODY,
            "anonymous": 302,
            **dict.fromkeys(("auditor", "sysadmin", "foreign_hr", "leader"), 403),
        },
    ),
    (
        "get",
        "reports:competency-detail",
        _competency,
        {"anonymous": 302, "employee": 200, "camat": 200, "unrelated": 404, "auditor": 403},
    ),
    (
        "get",
        "reports:heatmap",
        _nothing,
        {
            **dict.fromkeys(("camat", "leader", "hr", "second_hr", "foreign_hr"), 200),
            **dict.fromkeys(("superior", "other_superior"), 200),
            **dict.fromkeys(("employee", "unrelated", "auditor", "sysadmin"), 403),
            "anonymous": 302,
        },
    ),
    ("post", "reports:notices-read", _nothing, NOBODY),
    ("post", "reports:document-request", _plan, NOBODY | ASKING),
    ("get", "reports:document-detail", _document(), NOBODY | IN_LINE),
    ("get", "reports:document-file", _document(), NOBODY),
    (
        "post",
        "reports:document-retry",
        _document(state=Document.State.FAILED, failure="x"),
        NOBODY | ASKING,
    ),
    (
        "post",
        "reports:document-retry",
        _document(state=Document.State.QUEUED),
        NOBODY | dict.fromkeys(("employee", "superior", "camat", "hr", "second_hr"), 403),
    ),
]


@pytest.mark.parametrize(
    ("method", "name", "make", "answers"),
    TABLE,
    ids=[f"{method}-{name}-{number}" for number, (method, name, *_rest) in enumerate(TABLE)],
)
def test_access_answers(
    world: World,
    settings: object,
    tmp_path: Path,
    method: str,
    name: str,
    make: Callable[[World], dict[str, object]],
    answers: dict[str, int],
) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    url = reverse(name, kwargs=make(world))
    given = {persona: world.ask(persona, method, url).status_code for persona in answers}
    assert given == answers


@pytest.mark.parametrize(
    ("method", "name", "make"),
    [
        ("get", "reports:document-request", _plan),
        ("get", "reports:document-retry", _document()),
        ("post", "reports:document-file", _document()),
        ("post", "reports:document-detail", _document()),
        ("post", "home", _nothing),
        ("post", "reports:heatmap", _nothing),
        ("delete", "verify", _code),
    ],
)
def test_access_other_methods_are_refused(
    world: World,
    settings: object,
    tmp_path: Path,
    method: str,
    name: str,
    make: Callable[[World], dict[str, object]],
) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    url = reverse(name, kwargs=make(world))
    assert getattr(world.client("employee"), method)(url).status_code == 405


def test_every_address_of_reports_stands_in_the_table() -> None:
    named = {name for _method, name, _make, _answers in TABLE}
    patterns = get_resolver().url_patterns
    root = {each.name for each in patterns if isinstance(each, URLPattern)}
    inner = {
        f"reports:{each.name}"
        for resolver in patterns
        if getattr(resolver, "app_name", "") == "reports"
        for each in resolver.url_patterns
    }
    assert root | inner == named
