"""The loop as people walk it, in order: each journey leaves the data as the next needs it."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from playwright.sync_api import expect

from reports.tests.browser.conftest import Visitor
from reports.tests.browser.site import Site

pytestmark = pytest.mark.browser
Make = Callable[..., Visitor]

APPRAISAL = """
    SELECT a.id FROM evaluations_appraisal a
    JOIN competencies_employee e ON e.id = a.employee_id
    JOIN accounts_user u ON u.id = e.user_id
    JOIN evaluations_cycle c ON c.id = a.cycle_id
    WHERE u.username = %s AND c.state <> 'closed'
"""
PART = """
    SELECT p.id FROM evaluations_supervisorpart p
    JOIN evaluations_appraisal a ON a.id = p.appraisal_id
    JOIN competencies_employee e ON e.id = a.employee_id
    JOIN accounts_user u ON u.id = e.user_id
    JOIN evaluations_cycle c ON c.id = a.cycle_id
    WHERE u.username = %s AND c.state <> 'closed'
"""


def test_journey_1_employee_sees_the_gaps(site: Site, visitor: Make) -> None:
    nip = site.value(
        "SELECT value FROM accounts_signinname s JOIN accounts_user u ON u.id = s.user_id"
        " WHERE u.username = 'pegawai' AND kind = 'nip'"
    )
    person = visitor()
    person.go("/akun/masuk/")
    person.look("masuk")
    person.sign_in(f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}")
    page = person.page
    expect(page.get_by_role("heading", level=1)).to_contain_text("Budi Permana")
    person.look("beranda-pegawai")
    page.get_by_role("link", name="Lihat kesenjangan saya").click()
    rows = page.locator("table.dumb tbody tr")
    expect(rows.first).to_be_in_viewport()
    expect(rows.first).to_contain_text("Penanganan Pengaduan Masyarakat")
    expect(rows.first).to_contain_text("Di bawah standar (−2)")
    states = rows.locator("td").last
    shown = [row.inner_text() for row in rows.all()]
    known = site.value(
        "SELECT count(*) FROM competencies_currentlevel c"
        " JOIN competencies_employee e ON e.id = c.employee_id"
        " JOIN accounts_user u ON u.id = e.user_id WHERE u.username = 'pegawai'"
    )
    assert len(shown) - known == sum("Belum dinilai" in text for text in shown) == 1
    expect(states).to_be_visible()
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Penanganan Pengaduan")
    expect(page.locator("main")).to_contain_text("Penilaian kompetensi 2025")
    person.look("asal-tingkat")


def test_journey_2_employee_enrols_and_the_supervisor_approves(site: Site, visitor: Make) -> None:
    person = visitor("pegawai")
    page = person.page
    page.get_by_role("link", name=re.compile("Ajukan pelatihan")).first.click()
    person.look("pelatihan")
    page.get_by_role("link", name=re.compile("^Ajukan")).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Periksa lalu ajukan")
    person.look("ajukan-periksa")
    enrolled = "SELECT count(*) FROM training_enrolment WHERE state = 'requested'"
    seats = "SELECT sum(seats_taken) FROM training_courseclass"
    before, taken = site.value(enrolled), site.value(seats)
    form_address = page.url
    page.get_by_role("button", name="Ajukan", exact=True).click()
    expect(page.locator("main")).to_contain_text("Menunggu persetujuan atasan langsung")
    person.look("ajukan-menunggu")
    assert site.value(enrolled) == before + 1
    assert site.value(seats) == taken, "asking takes no seat"
    page.goto(form_address)
    expect(page.locator("main")).to_contain_text(
        re.compile("sudah mengajukan|Menunggu persetujuan")
    )
    boss = visitor("atasan")
    boss.look("beranda-atasan")
    boss.go("/pelatihan/persetujuan/")
    boss.look("persetujuan")
    boss.page.get_by_role("button", name=re.compile("Setujui.*Budi Permana")).first.click()
    assert site.value(seats) == taken + 1, "approval takes it"
    person.go("/pelatihan/pengajuan/")
    expect(page.locator("main")).to_contain_text("Terdaftar")
    person.look("pengajuan")


def test_journey_4_employee_rates_oneself(site: Site, visitor: Make) -> None:
    person = visitor("pegawai")
    page = person.page
    page.get_by_role("link", name=re.compile("penilaian mandiri", re.IGNORECASE)).first.click()
    page.wait_for_url(re.compile("/mandiri/"))
    person.look("mandiri")
    page.get_by_role("button", name=re.compile("Periksa lalu kirim")).click()
    expect(page).to_have_title(re.compile("^Perbaiki:"))
    person.look("mandiri-belum-lengkap")
    page.get_by_role("link", name="Kembali mengisi").click()
    boxes = page.locator("details.comp")
    total = boxes.count()
    for number in range(total):
        box = boxes.nth(number)
        if not box.evaluate("box => box.open"):
            box.locator("summary").click()
        box.locator("input[type=radio][value='2']").check(force=True)
    expect(page.locator("[data-progress-text]")).to_contain_text(f"{total} dari {total}")
    page.get_by_role("button", name=re.compile("Periksa lalu kirim")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Periksa lalu kirim")
    person.look("mandiri-periksa")
    page.get_by_role("link", name=re.compile("^Ubah")).first.click()
    opened = page.locator("details.comp[open]").first
    opened.locator("input[type=radio][value='1']").check(force=True)
    page.get_by_role("button", name=re.compile("Periksa lalu kirim")).click()
    page.get_by_role("button", name=re.compile("^Kirim")).click()
    expect(page.locator("main")).to_contain_text(re.compile("terkirim", re.IGNORECASE))
    person.look("mandiri-terkirim")
    appraisal = site.value(APPRAISAL, "pegawai")
    state = site.value("SELECT state FROM evaluations_appraisal WHERE id = %s", appraisal)
    assert state == "supervisor_review"
    person.go(f"/penilaian/{appraisal}/mandiri/")
    expect(page.get_by_role("button", name=re.compile("Simpan draf"))).to_have_count(0)
    person.look("mandiri-dibaca")


def test_journey_5_supervisor_rates_by_keyboard(site: Site, visitor: Make) -> None:
    boss = visitor("atasan")
    part = site.value(PART, "rekan")
    boss.go(f"/penilaian/bagian/{part}/")
    boss.look("bagian")
    page = boss.page
    total = page.locator("details.comp").count()
    hidden = page.content()
    assert "Penilaian mandiri <b>" not in hidden, "others' marks are not in the page before"
    page.locator("details.comp").first.locator("summary").focus()
    if not page.locator("details.comp").first.evaluate("box => box.open"):
        page.keyboard.press("Enter")
    pressed = 0
    for _number in range(total):
        page.keyboard.press("2")
        page.keyboard.press("Control+Enter")
        pressed += 2
    expect(page.locator("[data-progress-text]")).to_contain_text(f"{total} dari {total}")
    for name in ("work_result", "behaviour"):
        page.locator(f"input[name={name}][value=SESUAI]").focus()
        page.keyboard.press("Space")
        pressed += 1
    page.locator("#message").focus()
    page.keyboard.type("Terima kasih, teruskan.")
    expect(page.locator("[data-save-status]")).to_contain_text("Tersimpan")
    page.get_by_role("button", name=re.compile("Periksa lalu kirim")).focus()
    page.keyboard.press("Enter")
    pressed += 1
    page.wait_for_url(re.compile("/periksa/"))
    missing = page.locator(".error-summary a")
    if missing.count():  # a self-rating two levels away asks for a sentence
        page.get_by_role("link", name=re.compile("Kembali menilai")).click()
        for area in page.locator(".reason.on textarea").all():
            box = area.locator("xpath=ancestor::details")
            if not box.evaluate("box => box.open"):
                box.locator("summary").press("Enter")
            area.fill("Terlihat ajek sepanjang tahun.")
            pressed += 1
        page.get_by_role("button", name=re.compile("Periksa lalu kirim")).press("Enter")
        page.wait_for_url(re.compile("/periksa/"))
        pressed += 1
    boss.look("bagian-periksa")
    page.get_by_role("button", name=re.compile("^Kirim")).press("Enter")
    pressed += 1
    expect(page.get_by_role("heading", level=1)).to_have_text("Penilaian terkirim")
    boss.look("bagian-terkirim")
    assert pressed <= 2 * total + 7
    assert (
        site.value("SELECT state FROM evaluations_supervisorpart WHERE id = %s", part)
        == "submitted"
    )
    expect(
        page.get_by_role("link", name=re.compile("Nilai|Lanjut|Berikutnya")).first
    ).to_be_visible()


def test_journey_8_peers_stay_hidden(site: Site, visitor: Make) -> None:
    appraisal, part = site.value(APPRAISAL, "pegawai"), site.value(PART, "pegawai")
    request = site.value(
        "SELECT r.id FROM evaluations_feedbackrequest r"
        " JOIN competencies_employee e ON e.id = r.rater_id"
        " JOIN accounts_user u ON u.id = e.user_id"
        " WHERE r.appraisal_id = %s AND u.username = 'rekan'",
        appraisal,
    )
    peer = visitor("rekan")
    peer.go(f"/penilaian/rekan/{request}/")
    peer.look("rekan-formulir")
    page = peer.page
    boxes = page.locator("details.comp")
    assert 1 <= boxes.count() <= 6
    for number in range(boxes.count()):
        box = boxes.nth(number)
        if not box.evaluate("box => box.open"):
            box.locator("summary").click()
        box.locator("input[type=radio][value='1']").check(force=True)
    page.locator("#strength").select_option(index=1)
    page.get_by_role("button", name=re.compile("^Kirim")).click()
    expect(page.locator("main")).to_contain_text(re.compile("terkirim|Terima kasih", re.IGNORECASE))
    peer.look("rekan-terkirim")
    peer.go(f"/penilaian/rekan/{request}/")
    assert page.get_by_role("button", name=re.compile("^Kirim")).count() == 0

    boss, person = visitor("atasan"), visitor("pegawai")
    boss.go(f"/penilaian/bagian/{part}/")
    expect(boss.page.locator("#bukti")).to_contain_text("Menunggu")
    person.go(f"/penilaian/{appraisal}/")
    for one in (boss, person):
        assert "Arif Siregar" not in one.page.locator("main").inner_text().replace(
            one.page.locator("aside").last.inner_text() if one is boss else "", ""
        )
    hr = visitor("hr")
    cycle = site.value("SELECT cycle_id FROM evaluations_appraisal WHERE id = %s", appraisal)
    hr.go(f"/penilaian/siklus/{cycle}/")
    hr.look("kemajuan")
    answered = site.value(
        "SELECT count(*) FROM evaluations_response WHERE appraisal_id = %s"
        " AND relation = 'peer' AND is_submitted",
        appraisal,
    )
    hr.page.get_by_text(re.compile("^Tutup masa rekan kerja")).first.click()
    confirm = hr.page.get_by_role("button", name=re.compile("^(Ya, tutup|Tutup)"))
    if confirm.count():
        confirm.first.click()
    assert site.value(
        "SELECT peers_closed_on IS NOT NULL FROM evaluations_cycle WHERE id = %s", cycle
    )
    boss.go(f"/penilaian/bagian/{part}/")
    text = boss.page.locator("main").inner_text()
    assert "Rekan kerja 0" not in text
    assert "Rekan kerja 1" not in text, "nothing before the own choice"
    asked = site.value(
        "SELECT competency_id FROM evaluations_appraisalcompetency"
        " WHERE appraisal_id = %s AND asked_of_peers ORDER BY display_order LIMIT 1",
        appraisal,
    )
    box = boss.page.locator(f"#k-{asked}")
    if not box.evaluate("box => box.open"):
        box.locator("summary").click()
    box.locator("input[type=radio][value='2']").check(force=True)
    if answered >= 3:
        expect(box.locator(".mk-peer")).to_contain_text(re.compile(r"Rekan kerja\s*\d(,5)?"))
        value = box.locator(".mk-peer").inner_text()
        assert re.search(r"(\d(,5)?|0,5 atau kurang|4,5 atau lebih)$", value.strip()), value
    boss.look("bagian-terbuka")


def test_journey_11_plan_to_pdf(site: Site, visitor: Make, tmp_path: Path) -> None:
    person = visitor("pegawai")
    page = person.page
    page.get_by_role("link", name=re.compile("^Periksa dan ajukan")).first.click()
    person.look("rencana-draf")
    page.get_by_role("link", name="Periksa dan ajukan", exact=True).last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Periksa dan ajukan")
    person.look("rencana-periksa")
    page.get_by_role("button", name="Ajukan rencana").click()
    plan = int(re.search(r"/rencana/(\d+)/", page.url).group(1))  # type: ignore[union-attr]
    state = "SELECT state FROM training_developmentplan WHERE id = %s"
    assert site.value(state, plan) == "proposed"
    person.look("rencana-diajukan")
    assert page.get_by_role("button", name="Setujui").count() == 0, "nobody the own plan"
    boss = visitor("atasan")
    boss.go(f"/pelatihan/rencana/{plan}/")
    boss.look("rencana-atasan")
    boss.page.get_by_role("button", name=re.compile("^Setujui")).click()
    assert site.value(state, plan) == "approved"
    hr = visitor("hr")
    hr.go(f"/pelatihan/rencana/{plan}/")
    hr.page.get_by_role("button", name=re.compile("^Tetapkan")).click()
    assert site.value(state, plan) == "ratified"
    hr.look("rencana-ditetapkan")
    person.go(f"/pelatihan/rencana/{plan}/")
    page.get_by_role("button", name=re.compile("PDF")).first.click()
    page.wait_for_url(re.compile("/dokumen/"))
    started = time.monotonic()
    link = page.get_by_role("link", name=re.compile("Unduh"))
    while not link.count() and time.monotonic() - started < 45:
        page.wait_for_timeout(500)
        page.reload()
    person.look("dokumen-siap")
    with page.expect_download() as download:
        link.first.click()
    path = tmp_path / "rencana.pdf"
    download.value.save_as(path)
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) >= 2
        assert str(pdf.Root.Lang) == "id"
        assert "/MarkInfo" in pdf.Root
    document = int(re.search(r"/dokumen/(\d+)/", page.url).group(1))  # type: ignore[union-attr]
    code = site.value("SELECT code FROM reports_document WHERE id = %s", document)
    name = "Budi Permana"
    peer = visitor("rekan")
    for address in (f"/dokumen/{document}/", f"/dokumen/{document}/berkas/"):
        assert peer.page.goto(site.base_url + address).status == 404  # type: ignore[union-attr]
    peer.messages.clear()
    citizen = visitor()
    citizen.go(f"/p/{code.lower()}")
    text = citizen.page.locator("main").inner_text()
    assert name not in text
    assert "Rencana Pengembangan Kompetensi" in text
    citizen.look("verifikasi")
    citizen.go("/p/AAAA-BBBB-CCCC-DDDD")
    citizen.messages.clear()
    citizen.look("verifikasi-tidak-dikenal")
