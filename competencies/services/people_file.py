"""A people file from disk to rows: read apart, titles found, every cell understood."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from competencies.import_rules.cells import Problem
from competencies.import_rules.columns import (
    NO_TITLES,
    UNKNOWN,
    Columns,
    RefusedTitlesError,
    find_columns,
    looks_like_titles,
)
from competencies.import_rules.people import MERGED, ParsedRow, parse_person
from competencies.spreadsheets.limits import HIDDEN_ONLY, NO_ROWS, RefusedFileError
from competencies.spreadsheets.reading import Sheet, SheetRow, read_rows

SHEET_READ = "Lembar yang dibaca: {name}."
HIDDEN_ROWS = "{n} baris tersembunyi ikut dibaca."


@dataclass(slots=True)
class PeopleFile:
    """The rows of a file and what is to be said about it."""

    rows: list[ParsedRow]
    columns: Columns
    sheet: Sheet
    notices: list[str] = field(default_factory=list)


def read_people(path: Path) -> PeopleFile:
    """Read and understand the file.

    Raises RefusedFileError (its kind FailedReadingError where a limit was passed).
    """
    sheet = Sheet()
    lines = read_rows(path, sheet)
    try:
        titles = next(lines)
        columns = find_columns(titles.cells)
        rows = list(_rows(lines, columns))
    except StopIteration:
        raise RefusedFileError(NO_ROWS) from None
    except RefusedTitlesError as refusal:
        raise RefusedFileError(str(refusal)) from None
    finally:
        lines.close()  # type: ignore[attr-defined]  # a generator: the process ends here
    if not rows:
        raise RefusedFileError(NO_ROWS)
    _mark_merged(rows, columns, sheet, titles.number)
    return PeopleFile(rows, columns, sheet, _notices(columns, sheet))


def _rows(lines: Iterator[SheetRow], columns: Columns) -> Iterator[ParsedRow]:
    for count, line in enumerate(lines):
        if count == 0 and looks_like_titles(line.cells):
            raise RefusedFileError(NO_TITLES)
        yield parse_person(line.number, line.cells, columns)


def _mark_merged(rows: list[ParsedRow], columns: Columns, sheet: Sheet, title_row: int) -> None:
    """Every row with an empty part of a merged area is refused; nothing is spread."""
    if not sheet.merged:
        return
    used = set(columns.places.values())
    by_number = {row.number: row for row in rows}
    for top, left, bottom, right in sheet.merged:
        if not used & set(range(left - 1, right)):
            continue
        if top <= title_row <= bottom:
            raise RefusedFileError(NO_TITLES)
        first = top if right > left else top + 1
        for number in range(first, bottom + 1):
            row = by_number.get(number)
            if row is not None and not any(p.text == MERGED for p in row.problems):
                row.problems.append(Problem(MERGED))


def _notices(columns: Columns, sheet: Sheet) -> list[str]:
    said = []
    if sheet.sheets > 1:
        said.append(SHEET_READ.format(name=sheet.name))
    if sheet.hidden_sheets:
        said.append(HIDDEN_ONLY)
    if sheet.hidden_rows:
        said.append(HIDDEN_ROWS.format(n=sheet.hidden_rows))
    said.extend(UNKNOWN.format(c=title) for title in columns.unknown[:20])
    return said
