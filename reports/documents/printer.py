"""HTML → tagged PDF, by one printer per process."""

import io
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import pydyf
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from reports.charts import print_drawings
from reports.documents.content import PlanPaper, Stamp
from reports.documents.layout import plan_html
from reports.documents.wording import FONT_FOLDER, FONTS

SHEET_FOLDER: Final = Path(__file__).resolve().parent.parent / "print"
SCHEME: Final = "asset"
VARIANT: Final = "pdf/a-2a"
ENGINE: Final = f"WeasyPrint {metadata.version('weasyprint')}"
# Said where the HarfBuzz subsetting library is absent; fontTools then does the same work.
HARMLESS: Final = re.compile(r"HarfBuzz", re.IGNORECASE)
ACCESSIBLE_CLAIM: Final = (
    b'<rdf:Description rdf:about="" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    b'xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>'
    b'<rdf:Description rdf:about="" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    b'xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" '
    b'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" '
    b'xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    b'<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    b"<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>"
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
    b"<pdfaProperty:name>part</pdfaProperty:name>"
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>"
    b"</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag>"
    b"</pdfaExtension:schemas></rdf:Description>"
)


class PrintError(Exception):
    """The document cannot be printed as it should be: a refused address, a missing font."""


class PackagedFetcher(URLFetcher):
    """Answers `asset://name` from memory; anything else ends the rendering."""

    def __init__(self, store: dict[str, tuple[bytes, str]]) -> None:
        super().__init__(allowed_protocols=(SCHEME,), allow_redirects=False)
        self.store = store

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        name = url.removeprefix(f"{SCHEME}://")
        if name != url and name in self.store:
            data, kind = self.store[name]
            return URLFetcherResponse(url, data, {"Content-Type": kind})
        raise FatalURLFetchingError(f"refused: {url[:80]}")


class _Complaints(logging.Handler):
    """Keeps what the engine complains about in this thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.thread == self.thread and not HARMLESS.search(message):
            self.messages.append(message)


@contextmanager
def _no_complaints() -> Iterator[None]:
    logger = logging.getLogger("weasyprint")
    complaints = _Complaints()
    logger.addHandler(complaints)
    try:
        yield
    finally:
        logger.removeHandler(complaints)
    if complaints.messages:
        raise PrintError("; ".join(complaints.messages)[:300])


class Printer:
    """One font configuration, one parsed list of sheets, one fetcher."""

    def __init__(self) -> None:
        store = {name: (data, "image/svg+xml") for name, data in print_drawings().items()}
        store |= {
            name: ((FONT_FOLDER / file).read_bytes(), "font/ttf") for name, file in FONTS.items()
        }
        self.fetcher = PackagedFetcher(store)
        self.fonts = FontConfiguration()
        with _no_complaints():
            self.sheets = [
                CSS(
                    string=(SHEET_FOLDER / f"{name}.css").read_text(encoding="utf-8"),
                    font_config=self.fonts,
                    url_fetcher=self.fetcher,
                )
                for name in ("base", "plan")
            ]

    def pdf(self, html: str) -> bytes:
        """PDF/A-2a with PDF/UA-1 structure.

        Raises:
            PrintError: the engine complained or an address outside the package was named.
        """
        target = io.BytesIO()
        try:
            with _no_complaints():
                document = HTML(string=html, url_fetcher=self.fetcher).render(
                    font_config=self.fonts, stylesheets=self.sheets, pdf_variant=VARIANT
                )
                document.write_pdf(target, pdf_variant=VARIANT, finisher=_finish)
        except FatalURLFetchingError as error:
            raise PrintError(str(error)) from error
        return target.getvalue()


def _id_tree(named: dict[bytes, bytes]) -> pydyf.Dictionary:
    names = pydyf.Array()
    for key in sorted(named):
        names.extend([pydyf.String(key.decode("latin-1")), named[key]])
    return pydyf.Dictionary({"Names": names})


def _number(reference: bytes | str) -> int:
    return int(reference.split()[0])


def _finish(document: Any, pdf: Any) -> None:
    """Claim PDF/UA, give every TH its Scope, and list the structure's ids in the root."""
    objects = pdf.objects
    named: dict[bytes, bytes] = {}
    root = None
    for element in objects:
        if not isinstance(element, pydyf.Dictionary):
            continue
        if element.get("Type") == "/StructTreeRoot":
            root = element
        if "S" in element and "ID" in element:
            named[element["ID"].string.encode("latin-1")] = element.reference
        if element.get("S") == "/TH" and isinstance(element.get("A"), dict):
            section = objects[_number(objects[_number(element["P"])]["P"])].get("S")
            element["A"]["Scope"] = "/Column" if section == "/THead" else "/Row"
            element["A"].setdefault("O", "/Table")
    if root is not None and named:
        root["IDTree"] = _id_tree(named)
    packet = objects[_number(pdf.catalog["Metadata"])]
    packet.stream = [
        part.replace(b"</rdf:RDF>", ACCESSIBLE_CLAIM + b"</rdf:RDF>")
        if isinstance(part, bytes)
        else part
        for part in packet.stream
    ]


_printer: Printer | None = None
_printer_lock = threading.Lock()


def warm_up() -> Printer:
    """The printer of this process, made once; called as a worker process starts."""
    global _printer  # noqa: PLW0603 -- one per process is the point
    with _printer_lock:
        if _printer is None:
            _printer = Printer()
        return _printer


def plan_pdf(paper: PlanPaper, stamp: Stamp) -> bytes:
    """The printed plan; the same bytes for the same content and stamp."""
    html = plan_html(paper, stamp)
    printer = warm_up()
    with _printer_lock:
        return printer.pdf(html)
