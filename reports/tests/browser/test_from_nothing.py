"""An empty installation: two accounts, reference data, and the export of the national system."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from reports.tests.browser.conftest import WIDTHS, Visitor
from reports.tests.browser.files import EXAMPLE
from reports.tests.browser.site import Site
from reports.tests.browser.test_hr_journeys import tallies, upload

pytestmark = pytest.mark.browser
OWN_PASSWORD = "jembatan-merah-1945"


@pytest.fixture
def empty_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """As `./run --empty` leaves it."""
    running = Site(tmp_path_factory.mktemp("kosong"), name="empty", demonstration=False)
    try:
        running.start(lambda: running.manage("create_first_accounts", "--password", OWN_PASSWORD))
        yield running
    finally:
        running.stop()


def test_importing_the_export_builds_the_organisation(empty_site: Site, browser: Browser) -> None:
    site = empty_site
    across, down = WIDTHS["1280"]
    context = browser.new_context(viewport={"width": across, "height": down}, locale="id-ID")
    context.set_default_timeout(15_000)
    page = context.new_page()
    hr = Visitor(site, context, page, "1280")
    hr.watch(page)
    hr.sign_in("hr", OWN_PASSWORD)
    hr.look("kosong-beranda")
    hr.go("/kepegawaian/pegawai/")
    expect(page.get_by_role("heading", name="Belum ada pegawai")).to_be_visible()
    hr.look("kosong-pegawai")
    upload(hr, EXAMPLE)
    found = tallies(page)
    assert found["Baru"] == 72
    assert found["Ditolak"] == found["Berubah"] == found["Sama"] == 0
    hr.look("kosong-pratinjau")
    page.get_by_role("button", name="Terapkan", exact=True).click()
    expect(page.get_by_role("heading", name="Impor sudah diterapkan")).to_be_visible(timeout=60_000)
    assert site.value("SELECT count(*) FROM competencies_employee") == 72
    assert site.value("SELECT count(*) FROM competencies_unit WHERE closed_on IS NULL") == 28
    assert boss_of(site, "KASI-KTT-PEM") == "LURAH-KTT"
    assert boss_of(site, "LURAH-KTT") == "CAMAT"
    assert boss_of(site, "SEKCAM") == "CAMAT"
    assert boss_of(site, "KASUBBAG-UMP") == "SEKCAM"
    assert boss_of(site, "CAMAT") is None
    headless = site.rows(
        "SELECT u.name FROM competencies_unit u WHERE closed_on IS NULL AND NOT EXISTS ("
        " SELECT 1 FROM competencies_position p JOIN competencies_assignment a"
        " ON a.position_id = p.id WHERE p.unit_id = u.id AND p.is_head"
        " AND a.period @> current_date)"
    )
    assert not headless
    hr.go("/kepegawaian/unit/")
    expect(page.get_by_role("heading", name="28 unit")).to_be_visible()
    hr.look("kosong-unit")
    hr.go("/kepegawaian/pegawai/")
    expect(page.get_by_role("heading", name="72 pegawai")).to_be_visible()
    page.locator("input[name=q]").fill("Lukman")
    page.get_by_role("button", name="Cari").click()
    page.wait_for_url("**q=Lukman**")
    address, shown = page.url, page.locator("#hasil tbody tr").count()
    assert 1 <= shown < 10
    page.goto(address)
    assert page.locator("#hasil tbody tr").count() == shown, "the address holds the search"
    hr.look("kosong-cari")
    upload(hr, EXAMPLE)
    assert tallies(page)["Sama"] == 72
    context.close()


def boss_of(site: Site, post: str) -> str | None:
    """The post of the supervisor of the person on a post."""
    found = site.rows(
        "SELECT bp.code FROM competencies_supervision s"
        " JOIN competencies_assignment a ON a.employee_id = s.employee_id"
        "  AND a.kind = 'definitive' AND a.period @> current_date"
        " JOIN competencies_position p ON p.id = a.position_id"
        " JOIN competencies_assignment ba ON ba.employee_id = s.supervisor_id"
        "  AND ba.kind = 'definitive' AND ba.period @> current_date"
        " JOIN competencies_position bp ON bp.id = ba.position_id"
        " WHERE s.period @> current_date AND p.code = %s",
        post,
    )
    return found[0][0] if found else None
