"""Every page there is, for every account: reachable by links, in order, with a way back.

The walk only reads. What a page needs and the demonstration does not hold (a preview, a
draft, a document) is made first and put away again, so that the journeys find their data.
"""

import re
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve, reverse
from playwright.sync_api import expect

from reports.tests.browser.conftest import Visitor
from reports.tests.browser.site import Site

pytestmark = pytest.mark.browser
Make = Callable[..., Visitor]

ACCOUNTS = (
    "", "pegawai", "rekan", "atasan", "hr", "sekretaris", "pimpinan", "auditor", "admin",
)  # fmt: skip
EXAMPLE = Path("competencies/examples/siasn_pegawai_gayungan.xlsx")
FILES = {
    "competencies:import-example",
    "competencies:import-problems",
    "competencies:import-changes",
    "reports:document-file",
}
"""Answered as a download: asked for, not rendered."""
BY_ROLE = {"home", "competencies:person-detail", "training:plan-detail"}
"""Pages that differ by who looks: axe reads them for every account."""
ELSEWHERE = {
    "account_reset_password_from_key": "needs the key of a mail",
    "account_reset_password_from_key_done": "follows the key of a mail",
    "account_inactive": "answers a locked account that signs in",
    "account_signup": "closed: accounts are made by administrators",
    "account_reauthenticate": "asked before changes no page offers yet",
    "account_reset_password_done": "follows the form, see test_refused_states",
    "account_logout": "a button in the account menu",
    "healthz": "answers machines",
    "readyz": "answers machines",
    "verify": "printed on paper, see journey 11",
    "profile": "leads on to the person's page",
    "evaluations:part-sent": "follows sending, see journey 5",
    "evaluations:part-check": "opened from a part that is filled, see journey 5",
}
"""Not reached by links alone, and why."""


@dataclass
class Walked:
    """What was seen on one width, by all accounts together."""

    names: set[str] = field(default_factory=set)
    read: set[tuple[str, ...]] = field(default_factory=set)
    visits: Counter[str] = field(default_factory=Counter)


WALKED: dict[str, Walked] = {}


def name_of(address: str) -> str:
    """The URL name behind an address of the product; empty where there is none."""
    try:
        return resolve(urllib.parse.urlsplit(address).path).view_name
    except Resolver404:
        return ""


def kind_of(address: str) -> str:
    """The URL name with the names of its parameters: a filtered list is a page of its own."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
    return f"{name_of(address)}?{'&'.join(sorted(query))}"


def all_names() -> set[str]:
    """Every URL name of the resolver."""

    def below(resolver: URLResolver, prefix: str) -> Iterator[str]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLPattern):
                yield f"{prefix}{entry.name}"
            else:
                space = f"{entry.namespace}:" if entry.namespace else ""
                yield from below(entry, prefix + space)

    return set(below(get_resolver(), ""))


def prepare(visitor: Make) -> None:
    """A preview with every kind of row, a draft of a cycle, a document."""
    hr = visitor("hr")
    hr.go("/penilaian/siklus/baru/")
    hr.page.locator("#id_year").fill("2031")
    hr.page.locator("#id_name").fill("Percobaan 2031")
    hr.page.get_by_role("button", name=re.compile("Lanjut|Peserta")).first.click()
    hr.page.wait_for_url(re.compile("/peserta/"))
    hr.go("/kepegawaian/impor/")
    hr.page.locator("input[type=file]").set_input_files(EXAMPLE)
    hr.page.get_by_role("button", name="Unggah dan periksa").click()
    expect(hr.page.locator(".tallies")).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda name: name or "anonim")
def test_every_link_leads_to_a_page_in_order(
    site: Site, visitor: Make, width: str, account: str
) -> None:
    walked = WALKED.setdefault(width, Walked())
    if account == "hr":
        prepare(visitor)
    person = visitor(account)
    page = person.page
    wrong: list[str] = []
    seen, visits = set(), Counter[str]()
    waiting = ["/"] if account else ["/", "/akun/masuk/", "/verifikasi/"]
    while waiting:
        path = waiting.pop(0)
        kind, name = kind_of(path), name_of(path)
        known = walked.visits[kind]
        if path in seen or visits[kind] >= (1 if known > 1 else 2) or ("?" in path and known):
            continue
        seen.add(path)
        visits[kind] += 1
        walked.visits[kind] += 1
        if name in FILES:
            answer = person.context.request.get(site.base_url + path)
            walked.names.add(name)
            if answer.status != 200:
                wrong.append(f"{path}: {answer.status}")
            continue
        response = page.goto(site.base_url + path)
        assert response is not None
        walked.names |= {name, name_of(page.url)}
        if response.status != 200:
            wrong.append(f"{path}: {response.status} ({page.title()})")
            person.messages.clear()
            continue
        mark = (kind, account) if name in BY_ROLE else (kind,)
        try:
            person.look(
                f"{account or 'anonim'}-{name.replace(':', '-')}" if visits[kind] == 1 else "",
                axe=mark not in walked.read,
            )
        except AssertionError as found:
            wrong.append(str(found))
            person.messages.clear()
        walked.read.add(mark)
        back = "nav.mainnav a, nav.crumbs a, header a.brand"
        if not page.locator(back).count():
            wrong.append(f"{path}: no way back")
        links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        for link in dict.fromkeys(links):
            address, _hash, _anchor = link.partition("#")
            if address.startswith(site.base_url + "/"):
                waiting.append(address.removeprefix(site.base_url))
            elif not re.match(r"mailto:|tel:", link) and site.base_url not in link:
                assert link.startswith("https://"), link
    assert not wrong, "\n".join(wrong)


def test_every_page_of_the_product_was_reached(site: Site, visitor: Make, width: str) -> None:
    walked = WALKED[width]
    missing = all_names() - walked.names - set(ELSEWHERE) - {"None"}
    hr = visitor("hr")
    posts = set()
    for name in missing:
        arguments = next(
            entry
            for entry in ([], [1], ["individual-plan", 1], [1, 1], ["xlsx"])
            if _reversible(name, entry)
        )
        answer = hr.context.request.get(site.base_url + reverse(name, args=arguments))
        if answer.status == 405:
            posts.add(name)
    assert sorted(missing - posts) == []


def _reversible(name: str, arguments: list[object]) -> bool:
    try:
        reverse(name, args=arguments)
    except Exception:  # noqa: BLE001
        return False
    return True
