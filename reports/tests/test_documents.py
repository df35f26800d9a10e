"""Printed documents: words, structure, safety, sameness."""

import collections
import datetime as dt
import hashlib
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from weasyprint.urls import FatalURLFetchingError

from reports.documents import (
    LevelLine,
    PrintError,
    content_hash,
    grouped_code,
    plan_html,
    plan_pdf,
    warm_up,
)
from reports.documents.wording import clean, printable
from reports.tests.builders import make_activity, make_paper, make_stamp

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = re.compile(r"^/[A-Z]{6}\+PJSX?(-.+)?$")
INJECTIONS = [
    '<img src="http://198.51.100.1/a.png">',
    '<img src="file:///etc/hostname">',
    '<link rel="stylesheet" href="http://198.51.100.1/a.css">',
    '<link rel="attachment" href="file:///etc/hostname">',
    '<a rel="attachment" href="file:///etc/hostname">x</a>',
    '<style>@import "http://198.51.100.1/a.css";</style>',
    "<style>body{background:url(http://198.51.100.1/b.png)}</style>",
    '<style>@font-face{font-family:x;src:url("file:///x.ttf")}</style>',
    '<p style="list-style:url(http://198.51.100.1/c.png)">x</p>',
    '<div style="border-image:url(http://198.51.100.1/d.png)">x</div>',
    '<div style="content:url(http://198.51.100.1/e.png)">x</div>',
    '<object data="http://198.51.100.1/f.svg"></object>',
    '<embed src="http://198.51.100.1/g.svg">',
    '<iframe src="http://198.51.100.1/h.html"></iframe>',
    '<svg><image href="http://198.51.100.1/i.png"/></svg>',
    '<svg><use href="http://198.51.100.1/j.svg#a"/></svg>',
    '<base href="http://198.51.100.1/">',
    "<script>fetch('http://198.51.100.1/')</script>",
    '<meta http-equiv="refresh" content="0;url=http://198.51.100.1/">',
    "{% include 'base.html' %}{{ settings.SECRET_KEY }}",
]


@pytest.fixture(scope="module")
def plan() -> bytes:
    return plan_pdf(make_paper(), make_stamp())


@pytest.fixture
def opened(plan: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(plan))


def text_of(data: bytes, folder: Path) -> str:
    """The text a reader gets out, without soft line breaks."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    source = folder / "document.pdf"
    source.write_bytes(data)
    answer = subprocess.run(
        ["pdftotext", "-layout", str(source), "-"], capture_output=True, check=True, text=True
    )
    return re.sub(r"\s+", " ", answer.stdout)


def elements(pdf: pikepdf.Pdf) -> list[pikepdf.Dictionary]:
    """Every structure element, in reading order."""
    found: list[pikepdf.Dictionary] = []

    def walk(node: pikepdf.Object) -> None:
        if isinstance(node, pikepdf.Array):
            for each in node:
                walk(each)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                walk(node.K)

    walk(pdf.Root.StructTreeRoot.K)
    return found


def test_plan_html_says_what_the_plan_says() -> None:
    html = plan_html(make_paper(), make_stamp())
    for words in (
        "Rencana Pengembangan Kompetensi Individu 2027",
        "RPK/2027/00014/2",
        "19850217 201001 2 901",
        "<b>3 dari 13 kompetensi</b> masih di bawah standar jabatan, 1 belum dinilai",
        'class="lv l13"',
        'class="lv ln2"',
        "di bawah standar\N{NO-BREAK SPACE}(−2)",
        "melampaui\N{NO-BREAK SPACE}(+1)",
        "belum dinilai",
        "tingkat 1 menuju 3",
        "prioritas tinggi",
        "Juga untuk Mengelola Perubahan",
        "Rp1.250.000",
        "26 JP direncanakan, 20 JP diwajibkan.",
        "Mengajukan",
        "Menyetujui",
        "Menetapkan",
        "7K4M-Q2XW-9H3T-5ABC",
        "bukan tanda tangan elektronik tersertifikasi",
        "14 Januari 2027",
    ):
        assert words in html


def test_plan_html_has_no_inline_style_or_script() -> None:
    html = plan_html(make_paper(), make_stamp())
    assert "style=" not in html
    assert "<script" not in html


def test_plan_html_not_assessed_is_never_zero() -> None:
    paper = make_paper(levels=(LevelLine("Integritas", "Manajerial", 2, None, ""),), groups=())
    html = plan_html(paper, make_stamp())
    assert 'class="lv ln2">standar 2</td>' in html
    assert "0 dari 2" not in html


def test_plan_html_zero_is_a_finding() -> None:
    paper = make_paper(levels=(LevelLine("Integritas", "Manajerial", 1, 0, ""),))
    assert 'class="lv l01">0 dari 1</td>' in plan_html(paper, make_stamp())


def test_plan_html_draft_is_marked_and_undated() -> None:
    html = plan_html(make_paper(issued_at=None), make_stamp())
    assert 'data-mark="DRAF' in html
    assert "dcterms.created" not in html
    assert 'data-mark=""' in plan_html(make_paper(), make_stamp())


def test_plan_html_hash_is_printed_in_groups() -> None:
    paper = make_paper()
    printed = content_hash(paper)[:32]
    groups = " ".join(printed[start : start + 4] for start in range(0, 32, 4))
    assert groups in plan_html(paper, make_stamp())


def test_content_hash_follows_content_not_number() -> None:
    paper = make_paper()
    assert content_hash(paper) == content_hash(make_paper())
    assert content_hash(paper) != content_hash(replace(paper, place="Sidoarjo"))


def test_grouped_code_stands_in_fours() -> None:
    assert grouped_code("7K4MQ2XW9H3T5ABC") == "7K4M-Q2XW-9H3T-5ABC"


def test_plan_pdf_claims_archive_and_access(opened: pikepdf.Pdf) -> None:
    packet = opened.Root.Metadata.read_bytes().decode()
    assert re.search(r"pdfaid:part\W+2\b", packet)
    assert re.search(r"pdfaid:conformance\W+A\b", packet)
    assert 'pdfuaid:part="1"' in packet
    assert "pdfaExtension:schemas" in packet
    assert opened.Root.OutputIntents[0].S == "/GTS_PDFA1"
    assert len(opened.trailer.ID) == 2
    assert not opened.is_encrypted


def test_plan_pdf_names_language_and_title(opened: pikepdf.Pdf) -> None:
    assert str(opened.Root.Lang) == "id"
    assert opened.Root.MarkInfo.Marked
    assert opened.Root.ViewerPreferences.DisplayDocTitle
    title = str(opened.docinfo["/Title"])
    assert title.startswith("Rencana Pengembangan Kompetensi Individu 2027")
    assert title in opened.Root.Metadata.read_bytes().decode()


def test_plan_pdf_headings_start_at_one_and_skip_none(opened: pikepdf.Pdf) -> None:
    levels = [
        int(str(each.S)[2:]) for each in elements(opened) if re.fullmatch(r"/H[1-6]", str(each.S))
    ]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_plan_pdf_figures_have_words_and_box(opened: pikepdf.Pdf) -> None:
    figures = [each for each in elements(opened) if each.S == "/Figure"]
    assert len(figures) == 2
    for figure in figures:
        assert str(figure.Alt).strip()
        assert "/BBox" in figure.A


def test_plan_pdf_table_heads_have_scope_and_rows_one_width(opened: pikepdf.Pdf) -> None:
    found = elements(opened)
    heads = [each for each in found if each.S == "/TH"]
    assert heads
    assert {str(each.A.Scope) for each in heads} == {"/Row", "/Column"}
    for table in (each for each in found if each.S == "/Table"):
        widths = set()
        for row in rows_of(table):
            widths.add(sum(int(cell.get("/A", {}).get("/ColSpan", 1)) for cell in row.K))
        assert len(widths) == 1


def rows_of(node: pikepdf.Object) -> list[pikepdf.Dictionary]:
    found = []
    for child in node.K if isinstance(node.K, pikepdf.Array) else [node.K]:
        if not isinstance(child, pikepdf.Dictionary) or "/S" not in child:
            continue
        found += [child] if child.S == "/TR" else rows_of(child)
    return found


def test_plan_pdf_lists_every_id_of_its_heads(opened: pikepdf.Pdf) -> None:
    names = opened.Root.StructTreeRoot.IDTree.Names
    listed = {bytes(names[place]) for place in range(0, len(names), 2)}
    ids = {bytes(each.ID) for each in elements(opened) if "/ID" in each}
    assert ids
    assert ids <= listed
    used = {
        bytes(header)
        for each in elements(opened)
        if each.S == "/TD" and "/Headers" in each.get("/A", {})
        for header in each.A.Headers
    }
    assert used <= listed


def test_plan_pdf_pages_and_links_are_tagged(opened: pikepdf.Pdf) -> None:
    assert len(opened.pages) == 3
    links = 0
    for page in opened.pages:
        assert page.Tabs == "/S"
        assert "/StructParents" in page
        for note in page.get("/Annots", []):
            links += 1
            assert str(note.Contents)
            assert "/StructParent" in note
    assert links == 1
    assert "/ParentTree" in opened.Root.StructTreeRoot


def test_plan_pdf_paints_nothing_outside_marked_content(opened: pikepdf.Pdf) -> None:
    painting = {"Tj", "TJ", "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "Do", "sh", "EI"}
    for page in opened.pages:
        depth, outside = 0, collections.Counter[str]()
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            if operator in {"BMC", "BDC"}:
                depth += 1
            elif operator == "EMC":
                depth -= 1
            elif operator in painting and depth == 0:
                outside[operator] += 1
        assert not outside


def test_plan_pdf_uses_bundled_fonts_only(opened: pikepdf.Pdf) -> None:
    fonts = [each for each in opened.objects if is_font(each)]
    assert fonts
    for font in fonts:
        assert BUNDLED.match(str(font.BaseFont)), font.BaseFont
        if font.Subtype == "/Type0":
            assert "/ToUnicode" in font
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile2" in descriptor or "/FontFile3" in descriptor


def is_font(each: pikepdf.Object) -> bool:
    return isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/Font"


def test_plan_pdf_carries_nothing_active_or_attached(opened: pikepdf.Pdf) -> None:
    raw = b"".join(
        each.unparse() for each in opened.objects if isinstance(each, pikepdf.Dictionary)
    )
    for word in (b"/JavaScript", b"/JS", b"/EmbeddedFile", b"/Launch", b"/OpenAction", b"/FFilter"):
        assert word not in raw
    assert not opened.attachments


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_plan_pdf_passes_qpdf(plan: bytes, tmp_path: Path) -> None:
    file = tmp_path / "plan.pdf"
    file.write_bytes(plan)
    answer = subprocess.run(
        ["qpdf", "--check", str(file)], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_plan_pdf_same_content_same_bytes_in_two_processes(plan: bytes) -> None:
    code = (
        "import django; django.setup();"
        "import hashlib; from reports.documents import plan_pdf;"
        "from reports.tests.builders import make_paper, make_stamp;"
        "plan_pdf(make_paper(rows=5), make_stamp());"
        "print(hashlib.sha256(plan_pdf(make_paper(), make_stamp())).hexdigest())"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            text=True,
            cwd=ROOT,
            env=environment(seed),
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert hashes == {hashlib.sha256(plan).hexdigest()}


def environment(seed: str) -> dict[str, str]:
    return os.environ | {
        "PYTHONHASHSEED": seed,
        "DJANGO_SETTINGS_MODULE": "gayungan_asn.settings_test",
        "PYTHONPATH": str(ROOT),
    }


def test_plan_pdf_hard_case_stays_in_its_frame() -> None:
    paper = make_paper(rows=40)
    long_name = (
        "Raden Ajeng Siti Nurhidayatullah Kusumaningtyas Prawirodirdjo-Wiratmadja, S.STP., M.AP."
    )
    paper = replace(
        paper,
        identity=replace(paper.identity, name=long_name),
        signatures=tuple(
            replace(
                each, name=long_name, office=("a.n. Camat Gayungan", "Sekretaris Kecamatan", "u.b.")
            )
            for each in paper.signatures
        ),
        groups=tuple(
            replace(group, lines=(*group.lines, make_activity("x" * 200, success_sign="y" * 300)))
            for group in paper.groups * 2
        ),
    )
    with pikepdf.open(io.BytesIO(plan_pdf(paper, make_stamp()))) as pdf:
        assert 5 <= len(pdf.pages) <= 9


def test_plan_pdf_name_with_diacritics_uses_the_extended_font(tmp_path: Path) -> None:
    paper = make_paper()
    paper = replace(paper, identity=replace(paper.identity, name="Ni Luh Śākyā Š"))
    data = plan_pdf(paper, make_stamp())
    assert "Ni Luh Śākyā Š" in unicodedata.normalize("NFC", text_of(data, tmp_path))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        names = {str(each.BaseFont) for each in pdf.objects if is_font(each)}
    assert any("PJSX" in name for name in names)
    assert all(BUNDLED.match(name) for name in names)


@pytest.mark.parametrize("fragment", INJECTIONS)
def test_plan_pdf_injected_fragment_is_text_and_fetches_nothing(
    fragment: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []
    fetcher = warm_up().fetcher
    original = type(fetcher).fetch

    def noted(self: object, url: str, headers: object = None) -> object:
        asked.append(url)
        return original(self, url, headers)

    monkeypatch.setattr(type(fetcher), "fetch", noted)
    paper = make_paper(place=fragment, index_note=fragment)
    paper = replace(
        paper,
        identity=replace(paper.identity, name=fragment, unit=fragment),
        groups=(replace(paper.groups[0], competency=fragment, lines=(make_activity(fragment),)),),
    )
    data = plan_pdf(paper, make_stamp())
    assert all(url.startswith("asset://") for url in asked)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert not pdf.attachments
    wanted = re.sub(r"\s", "", fragment)
    assert wanted in re.sub(r"\s", "", text_of(data, tmp_path))


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "https://asn.example.go.id/",
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "data:text/css,body{}",
        "ftp://198.51.100.1/a",
        "asset://../settings.py",
        "asset://font/400/../../x",
        "asset:font/400",
        "Asset://font/400",
        "//198.51.100.1/a",
        "http://2130706433/",
        "http://[::1]/",
        "http://169.254.169.254/latest/",
        "javascript:alert(1)",
        "",
    ],
)
def test_fetcher_refuses_everything_outside_the_package(address: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        warm_up().fetcher.fetch(address)


def test_fetcher_serves_packaged_names() -> None:
    assert warm_up().fetcher.fetch("asset://l/13").read().startswith(b"<svg")


def test_printer_complaint_of_the_engine_is_a_failure() -> None:
    with pytest.raises(PrintError):
        warm_up().pdf(
            '<html lang="id"><head><title>x</title></head><body><img src="http://198.51.100.1/x.png" alt="x"></body></html>'
        )


def test_clean_drops_control_and_direction_characters() -> None:
    assert clean("Rina\u202e\u200b\x00\x07 Puspita\u2066") == "Rina Puspita"


def test_clean_composes_and_keeps_one_line() -> None:
    assert clean("Andre\u0301\n\tSiti") == "André Siti"


def test_clean_cuts_at_the_length() -> None:
    assert len(clean("a" * 5_000)) == 200
    assert clean("a" * 5_000).endswith("…")


@pytest.mark.parametrize("text", ["ꦒꦪꦸꦔꦤ꧀", "☃ salju", "≥ 3 → ✓", "ｆｕｌｌ", "😀"])
def test_clean_leaves_only_what_the_fonts_show(text: str) -> None:
    assert set(clean(text)) <= printable()


def test_created_date_is_the_day_of_ratification(opened: pikepdf.Pdf) -> None:
    moment = dt.datetime(2027, 1, 14, 9, 0)
    assert moment.strftime("%Y-%m-%dT%H:%M") in opened.Root.Metadata.read_bytes().decode()
