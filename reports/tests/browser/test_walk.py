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
from django.urls import (
    NoReverseMatch,
    Resolver404,
    URLPattern,
    URLResolver,
    get_resolver,
    resolve,
    reverse,
)
from playwright.sync_api import expect

from reports.tests.browser.conftest import Visitor
from reports.tests.browser.files import changed_export
from reports.tests.browser.site import Site

pytestmark = pytest.mark.browser
Make = Callable[..., Visitor]

ACCOUNTS = (
    "", "pegawai", "rekan", "atasan", "hr", "sekretaris", "pimpinan", "auditor", "admin",
)  # fmt: skip
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
    "account_reset_password_done": "follows the form, see below",
    "account_logout": "a button in the account menu",
    "healthz": "answers machines",
    "readyz": "answers machines",
    "competencies:import-changes": "offered where a preview is too long to show",
    "verify": "printed on paper, see journey 11",
    "profile": "leads on to the person's page",
    "evaluations:self-check": "follows a filled form, see journey 4",
    "evaluations:part-sent": "follows sending, see journey 5",
    "evaluations:cycle-publish": "follows the end of rating, see HR's journeys",
    "evaluations:appraisal-object": "follows publishing, see HR's journeys",
    "evaluations:objection-decide": "follows an objection, see HR's journeys",
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


def prepare(visitor: Make, folder: Path) -> str:
    """A preview with every kind of row, a draft of a cycle, a document; where that is."""
    hr = visitor("hr")
    hr.go("/penilaian/siklus/baru/")
    hr.page.locator("#id_year").fill("2031")
    hr.page.locator("#id_name").fill("Percobaan 2031")
    hr.page.get_by_role("button", name=re.compile("Lanjut|Peserta")).first.click()
    hr.page.wait_for_url(re.compile("/peserta/"))
    hr.go("/kepegawaian/impor/")
    hr.page.locator("input[type=file]").set_input_files(changed_export(folder))
    hr.page.get_by_role("button", name="Unggah dan periksa").click()
    expect(hr.page.locator(".tallies")).to_be_visible(timeout=60_000)
    hr.go("/")
    hr.page.get_by_role("button", name=re.compile("PDF")).first.click()
    hr.page.wait_for_url(re.compile("/dokumen/"))
    expect(hr.page.get_by_role("link", name=re.compile("Unduh")).first).to_be_visible(
        timeout=60_000
    )
    return hr.page.url.removeprefix(hr.site.base_url)


def tidy(visitor: Make, site: Site) -> None:
    """Put away what `prepare` made."""
    hr = visitor("hr")
    draft = site.value("SELECT id FROM evaluations_cycle WHERE state = 'draft'")
    hr.go(f"/penilaian/siklus/{draft}/buka/")
    hr.page.get_by_text("Hapus draf", exact=True).click()
    hr.page.get_by_role("button", name="Ya, hapus").click()
    job = site.value("SELECT id FROM competencies_importjob WHERE state = 'ready'")
    hr.go(f"/kepegawaian/impor/{job}/")
    hr.page.get_by_role("button", name="Jangan terapkan").click()
    assert not site.value("SELECT count(*) FROM competencies_importjob WHERE state = 'ready'")


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda name: name or "anonim")
def test_every_link_leads_to_a_page_in_order(
    site: Site, visitor: Make, width: str, account: str, tmp_path: Path
) -> None:
    walked = WALKED.setdefault(width, Walked())
    extra = [prepare(visitor, tmp_path)] if account == "hr" else []
    person = visitor(account)
    page = person.page
    wrong: list[str] = []
    seen, visits = set(), Counter[str]()
    waiting = ["/", *extra] if account else ["/", "/akun/masuk/", "/verifikasi/"]
    while waiting:
        path = waiting.pop(0)
        kind, name = kind_of(path), name_of(path)
        known = walked.visits[kind]
        enough = 3 if name in BY_ROLE else 1 if known > 1 else 2
        if path in seen or visits[kind] >= enough or ("?" in path and known):
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
        mark = (name, account) if name in BY_ROLE else (name,)
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
    tidy(visitor, site)
    assert sorted(missing - posts) == []


def _reversible(name: str, arguments: list[object]) -> bool:
    try:
        reverse(name, args=arguments)
    except NoReverseMatch:
        return False
    return True


def test_strangers_addresses_are_not_found(site: Site, visitor: Make) -> None:
    other = site.value(
        "SELECT a.id FROM evaluations_appraisal a JOIN competencies_employee e"
        " ON e.id = a.employee_id JOIN accounts_user u ON u.id = e.user_id"
        " WHERE u.username = 'sekretaris' ORDER BY a.id LIMIT 1"
    )
    person = visitor("rekan")
    for path, status, words in (
        ("/tidak-ada/", 404, "tidak"),
        (f"/penilaian/{other}/", 404, "tidak"),
        ("/kepegawaian/pegawai/999999/", 404, "tidak"),
        ("/kepegawaian/impor/", 403, "tidak"),
        ("/penilaian/siklus/", 403, "tidak"),
        ("/kepegawaian/audit/", 403, "tidak"),
    ):
        response = person.page.goto(site.base_url + path)
        assert response is not None
        assert response.status == status, path
        expect(person.page.get_by_role("heading", level=1)).to_contain_text(
            re.compile(words, re.IGNORECASE)
        )
        assert person.page.locator("main a, nav.mainnav a").count(), "a way on"
        person.messages.clear()  # the browser notes every answer of 400 and more
        person.look(f"galat-{status}", axe=path in {"/tidak-ada/", "/kepegawaian/impor/"})


def test_lists_without_a_hit_say_so(site: Site, visitor: Make) -> None:
    hr = visitor("hr")
    cycle = site.value("SELECT id FROM evaluations_cycle WHERE state = 'open'")
    for path in (
        "/kepegawaian/pegawai/?q=zzzz",
        "/kepegawaian/jabatan/?q=zzzz",
        "/pelatihan/?q=zzzz",
        "/pelatihan/kelola/kelas/?q=zzzz",
        "/pelatihan/kelola/katalog/?q=zzzz",
        "/pelatihan/rencana/?q=zzzz",
        f"/penilaian/siklus/{cycle}/pegawai/?q=zzzz",
    ):
        hr.go(path)
        expect(hr.page.locator(".empty")).to_be_visible()
        hr.look(f"kosong-{name_of(path).replace(':', '-')}")


def test_invalid_forms_say_what_to_do(site: Site, visitor: Make, tmp_path: Path) -> None:
    hr = visitor("hr")
    page = hr.page

    def refused(name: str, *words: str) -> None:
        expect(page).to_have_title(re.compile("^Perbaiki:"))
        for each in words:
            expect(page.locator("main")).to_contain_text(each)
        first = page.locator(".error-summary a").first
        first.click()
        target = (first.get_attribute("href") or "").partition("#")[2]
        assert page.locator(f"#{target}").count() == 1, target
        # A refused form answers 422; the browser notes that on its console.
        hr.messages[:] = [text for text in hr.messages if "status of 4" not in text]
        hr.look(f"ditolak-{name}")

    hr.go("/kepegawaian/impor/")
    page.get_by_role("button", name="Unggah dan periksa").click()
    refused("impor", "Unggah")
    hr.go("/penilaian/siklus/baru/")
    page.locator("#id_opens_on").fill("31/02/2026")
    page.locator("#id_period_end").fill("01/01/2020")
    page.get_by_role("button", name="Peserta").click()
    refused("siklus", "tidak lebih awal")
    course = site.value("SELECT id FROM training_course WHERE is_published ORDER BY id LIMIT 1")
    hr.go(f"/pelatihan/kelola/katalog/{course}/kelas-baru/")
    page.locator("#id_first_day").fill("10/12/2026")
    page.locator("#id_last_day").fill("01/12/2026")
    page.locator("#id_capacity").fill("0")
    page.get_by_role("button", name="Simpan").click()
    refused("kelas")
    hr.go("/pelatihan/kelola/katalog/baru/")
    page.get_by_role("button", name="Simpan").click()
    refused("pelatihan", "Isi judul")
    hr.go("/kepegawaian/pegawai/tambah/")
    page.get_by_role("button", name="Simpan").click()
    refused("pegawai", "NIP")
    hr.go("/kepegawaian/peran/ajukan/")
    page.get_by_role("button", name="Ajukan", exact=True).click()
    refused("peran")
    hr.go("/akun/ganti-sandi/")
    page.locator("main form button[type=submit]").first.click()
    refused("sandi")
    closed = site.value(
        "SELECT k.id FROM training_courseclass k JOIN training_course c ON c.id = k.course_id"
        " WHERE k.enrol_until < current_date AND c.is_published ORDER BY k.id LIMIT 1"
    )
    hr.go(f"/pelatihan/kelas/{closed}/ajukan/")
    expect(page.locator("main")).to_contain_text("Ditutup")
    assert not page.get_by_role("button", name="Ajukan", exact=True).count()
    hr.look("ditolak-pengajuan")


def test_sign_in_refuses_politely_and_sends_a_new_password(site: Site, visitor: Make) -> None:
    stranger = visitor()
    page = stranger.page
    stranger.go("/akun/masuk/")
    page.get_by_label("NIP, surel, atau nama pendek").fill("bukan-siapa-siapa")
    page.locator("#id_password").fill("salah-sama-sekali")
    page.get_by_role("button", name="Masuk", exact=True).click()
    expect(page).to_have_title(re.compile("^Perbaiki:"))
    stranger.look("ditolak-masuk")
    stranger.go("/akun/lupa-sandi/")
    page.locator("main input[type=text], main input[type=email]").first.fill("siapa@example.org")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile("/terkirim/"))
    stranger.look("sandi-terkirim")
