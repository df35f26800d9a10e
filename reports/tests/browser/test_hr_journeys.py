"""HR's work: importing, opening a cycle, publishing, recording what was learned."""

import datetime as dt
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from reports.tests.browser.conftest import Visitor
from reports.tests.browser.files import (
    CHANGED_PERSON,
    EXAMPLE,
    MOVED_PERSON,
    NEW_EMAIL,
    NEW_UNIT,
    changed_export,
)
from reports.tests.browser.site import Site

pytestmark = pytest.mark.browser
Make = Callable[..., Visitor]
COMPETENCY = "Pemanfaatan Teknologi Informasi dan SPBE"
"""Not assessed yet for `pegawai`: a confirmed certificate counts where no rating does."""
COURSE = "Berkas Bersama di Komputasi Awan"


def upload(visitor: Visitor, path: Path) -> Page:
    """Bring a file and wait for its preview."""
    page = visitor.page
    visitor.go("/kepegawaian/impor/")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Unggah dan periksa").click()
    expect(page.locator(".tallies")).to_be_visible(timeout=60_000)
    return page


def tallies(page: Page) -> dict[str, int]:
    """The figures on top of a preview, by their word."""
    found = {}
    for text in page.locator(".tallies li").all_inner_texts():
        figure, word = text.split("\n")[:2]
        found[word.strip()] = int(figure)
    return found


def wait_for(site: Site, statement: str, *values: object, seconds: int = 60) -> bool:
    """Whether the database says yes before the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if site.value(statement, *values):
            return True
        time.sleep(0.5)
    return False


def test_importing_the_same_people_changes_nothing(site: Site, visitor: Make) -> None:
    hr = visitor("hr")
    page = upload(hr, EXAMPLE)
    assert tallies(page) == {
        "Perlu dilihat": 0,
        "Ditolak": 0,
        "Berubah": 0,
        "Baru": 0,
        "Sama": 72,
    }
    hr.look("impor-sama")
    page.get_by_role("button", name="Tutup pratinjau").click()
    expect(page.locator("main")).to_contain_text("Tidak ada data yang berubah")


def test_importing_changes_is_decided_row_by_row(site: Site, visitor: Make, tmp_path: Path) -> None:
    hr = visitor("hr")
    page = upload(hr, changed_export(tmp_path))
    found = tallies(page)
    assert found["Ditolak"] == 1
    assert found["Berubah"] >= 1
    assert found["Baru"] == 0
    assert found["Perlu dilihat"] == 1
    refused = page.locator("#ditolak tbody tr")
    expect(refused).to_contain_text("NIP BARU")
    expect(refused).to_contain_text("19780928200012200")
    assert len(refused.locator("td").last.inner_text()) > 10, "says what to do"
    expect(page.locator("#berubah")).to_contain_text(NEW_EMAIL)
    question = page.locator("#dilihat tbody tr")
    expect(question).to_contain_text(NEW_UNIT)
    question.locator("select").select_option(_option(question, "Dukuh Menanggal"))
    hr.look("impor-pratinjau")
    page.get_by_role("button", name="Terapkan", exact=True).click()
    expect(page.get_by_role("heading", name="Impor sudah diterapkan")).to_be_visible(timeout=60_000)
    hr.look("impor-diterapkan")
    assert site.value(
        "SELECT count(*) FROM competencies_unit u JOIN competencies_unit p"
        " ON u.path LIKE p.path || '%%' AND u.depth = p.depth + 1"
        " WHERE u.name = %s AND p.name = 'Kelurahan Dukuh Menanggal'",
        NEW_UNIT,
    )
    hr.go("/kepegawaian/pegawai/")
    page.locator("input[name=q]").fill(CHANGED_PERSON)
    page.get_by_role("button", name="Cari").click()
    expect(page).to_have_url(re.compile("q=Agus"))
    page.locator("#hasil table").get_by_role("link", name=re.compile(CHANGED_PERSON)).click()
    expect(page.locator("main")).to_contain_text(NEW_EMAIL)
    hr.look("pegawai-berubah")
    hr.go(f"/kepegawaian/pegawai/?q={MOVED_PERSON.replace(' ', '+')}")
    expect(page.locator("#hasil table")).to_contain_text(NEW_UNIT)


def _option(row: object, words: str) -> str:
    """The value of the option whose words hold these."""
    for option in row.locator("select option").all():  # type: ignore[attr-defined]
        text = (option.text_content() or "").strip(" –")
        if text.endswith(words) and "Seksi" not in text and "Sekretariat" not in text:
            return str(option.get_attribute("value"))
    raise AssertionError(words)


def test_a_cycle_is_opened_in_four_screens(site: Site, visitor: Make) -> None:
    hr = visitor("hr")
    page = hr.page
    hr.go("/penilaian/siklus/")
    page.get_by_role("link", name=re.compile("siklus", re.IGNORECASE)).and_(
        page.locator("main a.btn-primary")
    ).first.click()
    screens = [page.url]
    page.locator("#id_name").fill("Penilaian triwulan IV")
    page.get_by_label("Triwulan", exact=True).and_(page.locator("[type=radio]")).check()
    page.locator("#id_quarter").select_option("4")
    day = timezone.localdate()
    dates = {
        "year": str(day.year),
        "period_start": f"01/10/{day.year}",
        "period_end": f"31/12/{day.year}",
        "opens_on": f"{day:%d/%m/%Y}",
    } | {
        name: f"{day + dt.timedelta(days=14):%d/%m/%Y}"
        for name in ("self_until", "peers_until", "supervisor_until")
    }
    for name, text in dates.items():
        page.locator(f"#id_{name}").fill(text)
    page.get_by_role("button", name="Peserta").click()
    screens.append(page.url)
    hr.look("siklus-peserta")
    page.get_by_role("button", name="Yang dinilai dan bobot").click()
    screens.append(page.url)
    expect(page.locator("#periksa")).to_contain_text(re.compile(r"7[12] dari 72 pegawai ikut"))
    hr.look("siklus-aturan")
    page.get_by_role("button", name="Periksa dan buka").click()
    screens.append(page.url)
    hr.look("siklus-periksa")
    page.get_by_role("button", name=re.compile(r"^Buka untuk 7[12] pegawai")).click()
    assert len(set(screens)) <= 4
    expect(page.get_by_role("heading", level=1)).to_have_text("Penilaian triwulan IV")
    expect(page.locator("main")).to_contain_text("dibuka")
    expect(page.locator("table.list tbody tr").first).to_be_visible()
    hr.look("siklus-kemajuan")
    cycle = int(re.search(r"/siklus/(\d+)/", page.url).group(1))  # type: ignore[union-attr]
    assert site.value("SELECT state FROM evaluations_cycle WHERE id = %s", cycle) == "open"
    assert site.value(
        "SELECT count(DISTINCT a.id) FROM evaluations_supervisorpart p"
        " JOIN evaluations_appraisal a ON a.id = p.appraisal_id WHERE a.cycle_id = %s",
        cycle,
    ) == site.value("SELECT count(*) FROM evaluations_appraisal WHERE cycle_id = %s", cycle)


def test_publishing_shows_results_and_drafts_plans(site: Site, visitor: Make) -> None:
    cycle = site.value("SELECT id FROM evaluations_cycle WHERE kind = 'annual' AND state = 'open'")
    appraisal = site.value(
        "SELECT a.id FROM evaluations_appraisal a"
        " JOIN competencies_employee e ON e.id = a.employee_id"
        " JOIN accounts_user u ON u.id = e.user_id"
        " WHERE u.username = 'atasan' AND a.cycle_id = %s",
        cycle,
    )
    hr, person = visitor("hr"), visitor("atasan")
    page = hr.page
    person.go(f"/penilaian/{appraisal}/")
    assert "Predikat" not in person.page.locator("main").inner_text()
    hr.go(f"/penilaian/siklus/{cycle}/")
    if page.get_by_text("Tutup masa rekan kerja", exact=True).count():
        page.get_by_text("Tutup masa rekan kerja", exact=True).click()
        page.get_by_role("button", name="Ya, tutup").first.click()
    page.get_by_role("link", name="Tutup penilaian").click()
    hr.look("tutup-penilaian")
    page.get_by_role("button", name="Tutup penilaian").click()
    page.get_by_role("link", name="Tetapkan hasil").click()
    hr.look("tetapkan-hasil")
    page.get_by_role("button", name=re.compile(r"^Tetapkan \d+ hasil")).click()
    expect(page.locator("main")).to_contain_text("itetapkan")
    hr.look("ditetapkan")
    batch = site.value("SELECT max(id) FROM competencies_levelbatch WHERE kind = 'evaluation'")
    assert wait_for(
        site,
        "SELECT count(*) FROM training_batchservice WHERE batch_id = %s AND done_at IS NOT NULL",
        batch,
    ), "plans are drafted within a minute"
    drafted = site.rows(
        "SELECT id FROM training_developmentplan WHERE batch_id = %s AND state = 'draft'", batch
    )
    assert drafted
    hr.go(f"/pelatihan/rencana/{drafted[0][0]}/")
    expect(page.locator("main")).to_contain_text("Penilaian kompetensi")
    hr.look("rencana-disusun")
    person.go("/")
    expect(person.page.locator("main")).to_contain_text("sudah ditetapkan")
    person.look("beranda-ditetapkan")
    person.go(f"/penilaian/{appraisal}/")
    expect(person.page.locator("main")).to_contain_text("Predikat")
    person.look("hasil")


def test_an_objection_goes_to_the_raters_superior(site: Site, visitor: Make) -> None:
    appraisal = site.value(
        "SELECT max(a.id) FROM evaluations_appraisal a"
        " JOIN competencies_employee e ON e.id = a.employee_id"
        " JOIN accounts_user u ON u.id = e.user_id"
        " WHERE u.username = 'rekan' AND a.state = 'published'"
    )
    if appraisal is None:
        pytest.skip("journey 5 did not run before: nobody with an account above was rated")
    person, chief = visitor("rekan"), visitor("pimpinan")
    page = person.page
    person.go(f"/penilaian/{appraisal}/")
    page.get_by_role("link", name=re.compile("keberatan", re.IGNORECASE)).first.click()
    person.look("keberatan")
    page.locator("main textarea").fill("Nilai kerja sama tidak memuat kegiatan lintas kelurahan.")
    page.locator("main form button.btn-primary").click()
    expect(page.locator("main")).to_contain_text("Keberatan diajukan")
    person.look("keberatan-diajukan")
    page = chief.page
    chief.go(f"/penilaian/{appraisal}/keberatan/putusan/")
    chief.look("keberatan-putusan")
    page.locator("input[name=decision]:not([value=uphold])").check()
    page.locator("textarea[name=answer]").fill("Kegiatan itu sudah termasuk dalam penilaian.")
    page.locator("main form button.btn-primary").click()
    expect(page.locator("main")).to_contain_text("Putusan tersimpan")
    chief.look("keberatan-diputus")


def test_what_was_learned_becomes_a_level(site: Site, visitor: Make) -> None:
    level = (
        "SELECT coalesce(max(l.level), 0) FROM competencies_currentlevel l"
        " JOIN competencies_competency c ON c.id = l.competency_id"
        " JOIN competencies_employee e ON e.id = l.employee_id"
        " JOIN accounts_user u ON u.id = e.user_id"
        " WHERE u.username = 'pegawai' AND c.name = %s"
    )
    before = site.value(level, COMPETENCY)
    assert before == 0
    hours = (
        "SELECT coalesce(sum(hours), 0) FROM training_hourentry h"
        " JOIN competencies_employee e ON e.id = h.employee_id"
        " JOIN accounts_user u ON u.id = e.user_id WHERE u.username = 'pegawai'"
    )
    credited = site.value(hours)
    hr, person, boss = visitor("hr"), visitor("pegawai"), visitor("atasan")
    address = _open_class(hr, before)
    person.go("/pelatihan/?q=Berkas+Bersama")
    person.page.get_by_role("link", name=re.compile("^Ajukan")).first.click()
    person.page.get_by_role("button", name="Ajukan", exact=True).click()
    expect(person.page.locator("main")).to_contain_text("Menunggu persetujuan")
    boss.go("/pelatihan/persetujuan/")
    boss.page.locator("li").filter(has_text=COURSE).get_by_role(
        "button", name=re.compile("^Setujui")
    ).first.click()
    expect(boss.page.locator("main")).to_contain_text(re.compile("disetujui|Disetujui"))
    page = hr.page
    hr.go(address)
    page.get_by_role("checkbox", name="Pilih Budi Permana").check()
    page.get_by_role("button", name="Catat selesai").click()
    expect(page.locator("main")).to_contain_text("1 hasil dicatat")
    hr.look("kelas-selesai")
    assert site.value(hours) == credited + 6
    assert site.value(level, COMPETENCY) == before, "completing grants no level"
    boss.go("/pelatihan/persetujuan/")
    boss.look("usul-tingkat")
    boss.page.locator("li").filter(has_text=f"“{COURSE}”").get_by_role(
        "button", name=re.compile("^Pastikan.*Budi Permana")
    ).click()
    expect(boss.page.locator("main")).to_contain_text("Tingkat dipastikan")
    assert site.value(level, COMPETENCY) == before + 1
    person.go("/kompetensi/")
    row = person.page.locator("table.dumb tbody tr").filter(has_text=COMPETENCY)
    expect(row).to_contain_text("Di bawah standar")
    expect(row).not_to_contain_text("Belum dinilai")
    person.go("/")
    person.look("beranda-tingkat-naik")


def _open_class(hr: Visitor, level: int) -> str:
    """A course from this level to the next and a class of it today; where the class is."""
    page = hr.page
    today = f"{timezone.localdate():%d/%m/%Y}"
    hr.go("/pelatihan/kelola/katalog/baru/")
    page.locator("#id_title").fill(COURSE)
    page.locator("#id_kind").select_option(index=1)
    page.locator("#id_quantity").fill("6")
    page.locator("#id_provider").fill("Kecamatan Gayungan")
    page.locator("#id_hasil-0-competency").select_option(label=COMPETENCY)
    page.locator("#id_hasil-0-from_level").select_option(str(level))
    page.locator("#id_hasil-0-to_level").select_option(str(level + 1))
    page.get_by_role("button", name="Simpan").click()
    page.get_by_role("button", name="Tampilkan", exact=True).click()
    page.get_by_role("link", name="Buka kelas").click()
    for name in ("first_day", "last_day", "opens_on", "enrol_until", "withdraw_until"):
        page.locator(f"#id_{name}").fill(today)
    page.locator("#id_place").fill("Ruang rapat")
    page.locator("#id_capacity").fill("10")
    page.get_by_role("button", name="Simpan").click()
    expect(page.locator("main")).to_contain_text("Kelas dibuka")
    hr.look("kelas-baru")
    return page.url.removeprefix(hr.site.base_url)
