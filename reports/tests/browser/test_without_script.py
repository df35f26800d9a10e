"""Journeys 1, 2 and 4 of other people, in a browser that runs no script."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from reports.tests.browser.conftest import Visitor
from reports.tests.browser.site import Site
from reports.tests.browser.test_journeys import APPRAISAL

pytestmark = pytest.mark.browser
Make = Callable[..., Visitor]


def test_journey_1_without_script(site: Site, visitor: Make) -> None:
    nip = site.value(
        "SELECT value FROM accounts_signinname s JOIN accounts_user u ON u.id = s.user_id"
        " WHERE u.username = 'rekan' AND kind = 'nip'"
    )
    person = visitor(script=False)
    person.sign_in(nip)
    page = person.page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Arif Siregar")
    page.get_by_role("link", name="Lihat kesenjangan saya").click()
    rows = page.locator("table.dumb tbody tr").all_inner_texts()
    gaps = [int(found.group(1)) for text in rows if (found := re.search(r"\(−(\d)\)", text))]
    assert gaps
    assert gaps == sorted(gaps, reverse=True), "largest first"
    assert all("Di bawah standar" in text for text in rows[: len(gaps)])
    page.locator("table.dumb tbody tr").first.get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("Penilaian kompetensi 2025")


def test_journey_2_without_script(site: Site, visitor: Make) -> None:
    person = visitor("hr", script=False)
    page = person.page
    seats = "SELECT sum(seats_taken) FROM training_courseclass"
    taken = site.value(seats)
    person.go("/pelatihan/")
    page.get_by_role("link", name=re.compile("^Ajukan")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Periksa lalu ajukan")
    page.get_by_role("button", name="Ajukan", exact=True).click()
    expect(page.locator("main")).to_contain_text("Menunggu persetujuan atasan langsung")
    assert site.value(seats) == taken
    boss = visitor("sekretaris", script=False)
    boss.go("/pelatihan/persetujuan/")
    boss.page.get_by_role("button", name=re.compile("Setujui.*Lukman Susanto")).first.click()
    assert site.value(seats) == taken + 1
    person.go("/pelatihan/pengajuan/")
    expect(page.locator("main")).to_contain_text("Terdaftar")


def test_journey_4_without_script(site: Site, visitor: Make) -> None:
    person = visitor("sekretaris", script=False)
    page = person.page
    appraisal = site.value(APPRAISAL, "sekretaris")
    person.go(f"/penilaian/{appraisal}/mandiri/")
    boxes = page.locator("details.comp")
    total = boxes.count()
    for number in range(total - 1):
        _choose(boxes.nth(number), 2)
    page.get_by_role("button", name=re.compile("Simpan draf")).click()
    assert page.locator("input[type=radio][value='2']:checked").count() == total - 1, "kept"
    page.get_by_role("button", name=re.compile("Periksa lalu kirim")).click()
    expect(page).to_have_title(re.compile("^Perbaiki:"))
    page.get_by_role("link", name="Kembali mengisi").click()
    _choose(boxes.nth(total - 1), 2)
    page.get_by_role("button", name=re.compile("Periksa lalu kirim")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Periksa lalu kirim")
    page.get_by_role("button", name=re.compile("^Kirim")).click()
    expect(page.locator("main")).to_contain_text(re.compile("terkirim", re.IGNORECASE))
    state = site.value("SELECT state FROM evaluations_appraisal WHERE id = %s", appraisal)
    assert state == "supervisor_review"


def _choose(box: object, level: int) -> None:
    """Open the box where it is closed and choose a level."""
    radio = box.locator(f"input[type=radio][value='{level}']")  # type: ignore[attr-defined]
    if not radio.is_visible():
        box.locator("summary").click()  # type: ignore[attr-defined]
    radio.check(force=True)
