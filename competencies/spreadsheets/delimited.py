"""Rows of a CSV file: encoding, separator, quotes, and the count of columns."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from competencies.spreadsheets.limits import (
    CELL_CHARACTERS,
    COLUMN_COUNT,
    COLUMNS,
    CONTROL_CHARACTERS,
    NOT_A_SHEET,
    NOT_UTF8,
    NOT_UTF8_LINE,
    OPEN_QUOTE,
    ROWS,
    TOO_MANY_COLUMNS,
    TOO_MANY_ROWS,
    RefusedFileError,
)

Line = dict[str, Any] | list[Any]
SEPARATORS: Final = (",", ";", "\t")
_BREAK: Final = re.compile(rb"\r\n|\n|\r")
_MARKUP: Final = re.compile(r"<(?:!doctype|html|table|\?xml|head|body|meta|svg|div)\b", re.I)
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)(?:\r\n|\n|\r)", re.I)


def delimited_lines(path: str) -> Iterator[Line]:
    """Start line, rows as [number, cells], end line; raises RefusedFileError."""
    text = _decoded(Path(path).read_bytes())
    if _MARKUP.match(text.lstrip()[:100]):
        raise RefusedFileError(NOT_A_SHEET)
    told = _SEPARATOR_LINE.match(text)
    if told:
        text = text[told.end() :]
    separator = told.group(1) if told and told.group(1) in SEPARATORS else _separator(text)
    yield {"start": {"kind": "csv", "sheet": "", "sheets": 1, "hidden_sheets": 0}}
    yield from _rows(text, separator)
    yield {"end": {"hidden_rows": 0, "merged": []}}


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RefusedFileError(NOT_UTF8)
    if b"\0" in content:
        head = content[:2000]
        wide = max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 4
        raise RefusedFileError(NOT_UTF8 if wide else CONTROL_CHARACTERS)
    control = sum(byte < 32 and byte not in (9, 10, 13) for byte in content[:4096])
    if control > len(content[:4096]) // 20:
        raise RefusedFileError(NOT_A_SHEET)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(_BREAK.findall(content, 0, error.start)) + 1
        raise RefusedFileError(NOT_UTF8_LINE.format(r=line)) from None


def _separator(text: str) -> str:
    """The separator found most often in the first line with content, quotes aside."""
    for line in text[:100_000].splitlines():
        if line.strip():
            bare = re.sub(r'"[^"]*"', "", line)
            return max(SEPARATORS, key=bare.count)
    return SEPARATORS[0]


def _rows(text: str, separator: str) -> Iterator[Line]:
    csv.field_size_limit(len(text) + 1)
    lines = _physical_lines(text)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    wanted, number = 0, 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise RefusedFileError(OPEN_QUOTE.format(r=number)) from None
        if not any(cell.strip() for cell in row):
            continue
        if number > ROWS + 1:
            raise RefusedFileError(TOO_MANY_ROWS)
        if not wanted:
            wanted = len(row)
            if wanted > COLUMNS:
                raise RefusedFileError(TOO_MANY_COLUMNS)
        elif len(row) != wanted:
            if _other_separator(row, separator, wanted):
                raise RefusedFileError(COLUMN_COUNT.format(r=number, n=len(row), m=wanted))
            yield [number, [["c", len(row), wanted]]]
            continue
        yield [number, [_cell(cell) for cell in row]]


def _physical_lines(text: str) -> Iterator[str]:
    """Lines by CRLF, LF or CR, each with its own end; other separators stay text."""
    start = 0
    for end in re.finditer(r"\r\n|\n|\r", text):
        yield text[start : end.end()]
        start = end.end()
    if start < len(text):
        yield text[start:]


def _other_separator(row: list[str], separator: str, wanted: int) -> bool:
    """True where the row would fit if it were cut by another separator."""
    line = separator.join(row)
    return any(
        other != separator and line.count(other) >= max(wanted - 1, 1) // 2 + 1
        for other in SEPARATORS
    )


def _cell(text: str) -> Any:
    if len(text) > CELL_CHARACTERS:
        return ["l"]
    return text or None
