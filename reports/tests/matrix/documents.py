"""Rows of document, document_file, verification_page."""

from django.urls import reverse

from conftest import World
from reports.models import Document
from reports.tests.builders import make_document, make_plan, make_ready_document
from reports.tests.matrix.attempts import Attempt, Key, answer, get, post
from reports.views.documents import _signer


def _link(world: World, document: Document, persona: str) -> str:
    token = _signer.sign(f"{document.pk}:{world.users[persona].pk}")
    return f"{reverse('reports:document-file', args=[document.pk])}?t={token}"


def _download(persona: str, owner: str, state: str = "ratified") -> Attempt:
    """With a link made for the persona itself: the right decides, not the link."""

    def attempt(world: World) -> bool:
        plan = make_plan(world.people[owner], state=state)
        document = make_ready_document(plan, world.users[owner])
        return answer(world.client(persona).get(_link(world, document, persona)))

    return attempt


def _download_with_foreign_link(world: World) -> bool:
    plan = make_plan(world.people["employee"])
    document = make_ready_document(plan, world.users["employee"])
    foreign = _link(world, document, "employee")
    assert world.client("superior").get(foreign).status_code == 404, "bound to its user"
    return answer(world.client("peer1").get(foreign))


def _signed_link_without_session(world: World) -> bool:
    plan = make_plan(world.people["employee"])
    document = make_ready_document(plan, world.users["employee"])
    return answer(world.client("anonymous").get(_link(world, document, "employee")))


def _request(persona: str, owner: str) -> Attempt:
    def attempt(world: World) -> bool:
        plan = make_plan(world.people[owner])
        allowed = answer(post(world, persona, "reports:document-request", "plan", plan.pk))
        assert Document.objects.exists() == allowed
        return allowed

    return attempt


def _retry(world: World) -> bool:
    plan = make_plan(world.people["employee"])
    document = make_document(plan, world.users["employee"], state="failed", attempt=3)
    allowed = answer(post(world, "employee", "reports:document-retry", document.pk))
    assert Document.objects.get().state == "queued"
    return allowed


def _verify(world: World) -> bool:
    plan = make_plan(world.people["employee"], state="ratified")
    document = make_ready_document(plan, world.users["employee"])
    response = get(world, "anonymous", "verify", document.code)
    text = response.content.decode()
    assert world.people["employee"].name not in text
    assert document.number in text
    return answer(response)


CASES: dict[Key, Attempt] = {
    ("anonymous", "document_file", "download", "any"): _signed_link_without_session,
    ("asn", "document_file", "download", "own"): _download("employee", "employee"),
    ("asn", "document_file", "download", "other"): _download_with_foreign_link,
    ("asn", "document_file", "retry", "own_failed"): _retry,
    ("supervisor", "document_file", "download", "unrelated"): _download(
        "other_superior", "employee"
    ),
    ("hr", "document_file", "download", "own_org"): _download("hr", "employee"),
    ("auditor", "document_file", "download", "any"): _download("auditor", "employee"),
    ("sysadmin", "document_file", "download", "any"): _download("sysadmin", "employee"),
    ("supervisor", "document_file", "download", "direct_plan"): _download("superior", "employee"),
    ("supervisor", "document_file", "download", "indirect_plan"): _download(
        "superior", "sub_employee"
    ),
    ("asn", "document", "request", "own"): _request("employee", "employee"),
    ("asn", "document", "request", "other"): _request("employee", "peer1"),
    ("supervisor", "document", "request", "direct"): _request("superior", "employee"),
    ("hr", "document", "request", "own_org"): _request("hr", "employee"),
    ("anonymous", "verification_page", "view", "any"): _verify,
}
