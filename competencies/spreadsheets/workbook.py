"""Rows of an XLSX workbook, streamed, values only.

openpyxl (read-only) finds the sheets and the date formats. Rows and texts come from the
hardened parser of defusedxml straight to the handlers below, since an import needs what
openpyxl's row reader does not tell: formulas apart from values, hidden rows, merged
cells, no padding by the declared size, and limits kept while reading.
"""

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from openpyxl import DEFUSEDXML
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import from_excel, from_ISO8601
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from competencies.spreadsheets.archive import open_archive
from competencies.spreadsheets.limits import (
    BROKEN,
    CELL_CHARACTERS,
    COLUMNS,
    HIDDEN_ONLY,
    NO_ROWS,
    ROWS,
    TOO_MANY_COLUMNS,
    TOO_MANY_ROWS,
    RefusedFileError,
)

if not DEFUSEDXML:
    raise RuntimeError("defusedxml is needed to read workbooks")

Line = dict[str, Any] | list[Any]
PIECE: Final = 64 * 1024
MERGES_KEPT: Final = 10_000
ROW_TAG: Final = f"{SHEET_MAIN_NS}}}row"
CELL_TAG: Final = f"{SHEET_MAIN_NS}}}c"
VALUE_TAG: Final = f"{SHEET_MAIN_NS}}}v"
FORMULA_TAG: Final = f"{SHEET_MAIN_NS}}}f"
TEXT_TAG: Final = f"{SHEET_MAIN_NS}}}t"
ITEM_TAG: Final = f"{SHEET_MAIN_NS}}}si"
HINT_TAG: Final = f"{SHEET_MAIN_NS}}}rPh"
MERGED_TAG: Final = f"{SHEET_MAIN_NS}}}mergeCell"


class _Reader(ExcelReader):
    """Sheets, texts and formats of a workbook; everything else stays shut."""

    def __init__(self, file: IO[bytes]) -> None:
        # An open file, since openpyxl judges a path by its ending; ours has none.
        super().__init__(file, read_only=True, keep_links=False)
        self.found: list[tuple[str, bool, str]] = []

    def read(self) -> None:
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        self.read_styles()
        self.read_worksheets()

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            texts = _Texts()
            with self.archive.open(part.PartName[1:]) as source:
                for _piece in _feed(source, texts):
                    pass
            self.shared_strings = texts.found

    def read_styles(self) -> None:
        apply_stylesheet(self.archive, self.wb)

    def read_worksheets(self) -> None:
        """Where the sheets lie; charts are passed over, nothing is opened."""
        for sheet, relation in self.parser.find_sheets():
            if relation.target in self.valid_files and "chartsheet" not in relation.Type:
                self.found.append((sheet.name, sheet.state == "visible", relation.target))


def workbook_lines(path: str) -> Iterator[Line]:
    """Start line, rows as [number, cells], end line; raises RefusedFileError."""
    open_archive(path).close()
    try:
        with Path(path).open("rb") as file:
            yield from _lines(file)
    except (RefusedFileError, MemoryError):
        raise
    except (
        ParseError,
        DefusedXmlException,
        InvalidFileException,
        zipfile.BadZipFile,
        ArithmeticError,
        AttributeError,
        LookupError,
        OSError,
        TypeError,
        ValueError,
    ):
        raise RefusedFileError(BROKEN) from None


def _lines(file: IO[bytes]) -> Iterator[Line]:
    reader = _Reader(file)
    reader.read()
    shown = [sheet for sheet in reader.found if sheet[1]]
    hidden = len(reader.found) - len(shown)
    if not shown:
        raise RefusedFileError(HIDDEN_ONLY if hidden else NO_ROWS)
    name, _visible, target = shown[0]
    yield {
        "start": {
            "kind": "xlsx",
            "sheet": name,
            "sheets": len(reader.found),
            "hidden_sheets": hidden,
        }
    }
    with reader.archive.open(target) as source:
        rows = _Rows(source, reader.shared_strings, reader.wb)
        yield from rows
    yield {"end": {"hidden_rows": rows.hidden, "merged": rows.merged}}


class _Texts:
    """Collects the shared texts: one a `si`, phonetic hints left out."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._parts: list[str] = []
        self._inside = False
        self._hint = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == TEXT_TAG:
            self._inside = not self._hint
        elif tag == ITEM_TAG:
            self._parts = []
        elif tag == HINT_TAG:
            self._hint = True

    def end(self, tag: str) -> None:
        if tag == TEXT_TAG:
            self._inside = False
        elif tag == ITEM_TAG:
            self.found.append("".join(self._parts))
        elif tag == HINT_TAG:
            self._hint = False

    def data(self, text: str) -> None:
        if self._inside:
            self._parts.append(text)

    def close(self) -> None:
        """Nothing is left to do."""


def _feed(source: IO[bytes], target: Any) -> Iterator[None]:
    """Parse piece by piece with the hardened parser; stops after each piece.

    Names reach the handlers as expat gives them, which is three times as fast.
    """
    parser = DefusedXMLParser(target=target)
    expat = parser.parser
    expat.ordered_attributes = False
    expat.StartElementHandler = target.start
    expat.EndElementHandler = target.end
    expat.CharacterDataHandler = target.data
    while piece := source.read(PIECE):
        parser.feed(piece)
        yield
    parser.close()


class _Rows:
    """Rows of one sheet as [number, [cell, …]], without trailing empty cells."""

    def __init__(self, source: IO[bytes], strings: list[str], book: Any) -> None:
        self.source = source
        self.strings = strings
        self.epoch = book.epoch
        self.dates = book._date_formats
        self.durations = book._timedelta_formats
        self.hidden = 0
        self.merged: list[list[int]] = []
        self._columns: dict[str, int] = {}
        self._ready: list[Line] = []
        self._number = 0
        self._hidden_row = False
        self._cells: list[Any] = []
        self._column = 0
        self._kind = "n"
        self._style: str | None = None
        self._formula = False
        self._collect: list[str] | None = None
        self._raw: str | None = None
        self._hint = False

    def __iter__(self) -> Iterator[Line]:
        for _piece in _feed(self.source, self):
            yield from self._ready
            self._ready.clear()
        yield from self._ready

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == CELL_TAG:
            place = attributes.get("r")
            self._column = self._column_of(place) if place else self._column + 1
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s")
            self._formula = False
            self._raw = None
        elif tag == VALUE_TAG or (tag == TEXT_TAG and not self._hint):
            self._collect = []
        elif tag == FORMULA_TAG:
            self._formula = True
        elif tag == HINT_TAG:
            self._hint = True
        elif tag == ROW_TAG:
            place = attributes.get("r")
            self._number = int(float(place)) if place else self._number + 1
            self._hidden_row = attributes.get("hidden") in ("1", "true")
            self._cells = []
            self._column = 0
        elif tag == MERGED_TAG and len(self.merged) < MERGES_KEPT:
            left, top, right, bottom = range_boundaries(attributes["ref"])
            self.merged.append([top or 1, left or 1, bottom or ROWS, right or COLUMNS])

    def data(self, text: str) -> None:
        if self._collect is not None:
            self._collect.append(text)

    def end(self, tag: str) -> None:
        if tag == CELL_TAG:
            self._keep()
        elif tag in (VALUE_TAG, TEXT_TAG):
            if self._collect is not None:
                # A rich inline text comes in several runs.
                self._raw = (self._raw or "") + "".join(self._collect)
            self._collect = None
        elif tag == HINT_TAG:
            self._hint = False
        elif tag == ROW_TAG and self._cells:
            if self._number > ROWS + 1:
                raise RefusedFileError(TOO_MANY_ROWS)
            if len(self._cells) > COLUMNS:
                raise RefusedFileError(TOO_MANY_COLUMNS)
            self.hidden += self._hidden_row
            self._ready.append([self._number, self._cells])

    def close(self) -> None:
        """Nothing is left to do."""

    def _keep(self) -> None:
        value = self._value()
        if value is None:
            return
        # Past the last allowed column only the fact counts: the row is refused.
        column = min(self._column, COLUMNS + 1)
        missing = column - 1 - len(self._cells)
        if missing > 0:
            self._cells.extend([None] * missing)
        self._cells.append(value)

    def _column_of(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        number = self._columns.get(letters)
        if number is None:
            number = 0
            for letter in letters:
                number = number * 26 + ord(letter) - 64
            self._columns[letters] = number
        return number

    def _value(self) -> Any:
        """A text, or a pair of kind and content for everything that is no text."""
        raw, kind = self._raw or None, self._kind
        value: Any = None
        if raw is None:
            pass
        elif kind == "s":
            value = self._text(self.strings[int(raw)])
        elif kind in ("str", "inlineStr"):
            value = self._text(raw)
        elif kind == "b":
            value = ["b", int(raw)]
        elif kind == "e":
            value = ["e", raw[:20]]
        elif kind == "d":
            value = self._moment(from_ISO8601(raw))
        else:
            value = self._counted(raw)
        if not self._formula:
            return value
        return ["x"] if value is None else ["f", value]

    def _text(self, text: str) -> Any:
        if len(text) > CELL_CHARACTERS:
            return ["l"]
        return text if text.strip() else None

    def _counted(self, raw: str) -> Any:
        style = int(self._style) if self._style else 0
        if style not in self.dates:
            return ["n", raw[:40]]
        if style in self.durations:
            return ["t", raw[:40]]
        try:
            return self._moment(from_excel(float(raw), self.epoch))
        except (OverflowError, ValueError):
            return ["e", "#VALUE!"]

    def _moment(self, value: Any) -> Any:
        if isinstance(value, dt.datetime):
            if value.time() == dt.time():
                return ["d", value.date().isoformat()]
            return ["t", value.isoformat()]
        if isinstance(value, dt.date):
            return ["d", value.isoformat()]
        return ["t", str(value)[:40]]
