"""The side that asks: starts the limited process and gives its rows one by one."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from competencies.spreadsheets.limits import TOO_BIG_OPENED, WALL_SECONDS, RefusedFileError

PROJECT_FOLDER: Final = Path(__file__).resolve().parents[2]
Cell = str | list[Any] | None


class FailedReadingError(RefusedFileError):
    """A limit of memory or time was passed while reading."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not empty, by the number the spreadsheet shows."""

    number: int
    cells: list[Cell]


@dataclass(slots=True)
class Sheet:
    """The sheet that is being read; what stands at its end is known after the rows."""

    name: str = ""
    sheets: int = 1
    hidden_sheets: int = 0
    hidden_rows: int = 0
    merged: list[list[int]] = field(default_factory=list)


def read_rows(path: Path, sheet: Sheet) -> Iterator[SheetRow]:
    """Rows of the file, streamed; fills `sheet` on the way.

    Raises RefusedFileError where the file is not taken, FailedReadingError where the
    process passed a limit. The process ends with the iteration, whatever ends it.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "competencies.spreadsheets.process", str(path)],
        cwd=PROJECT_FOLDER,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
    )
    watch = threading.Timer(WALL_SECONDS, process.kill)
    watch.daemon = True
    watch.start()
    try:
        assert process.stdout is not None  # noqa: S101 -- a pipe was asked for
        yield from _rows(process.stdout, sheet)
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _rows(output: IO[str], sheet: Sheet) -> Iterator[SheetRow]:
    for text in output:
        try:
            line = json.loads(text)
        except ValueError:
            break
        if isinstance(line, list):
            yield SheetRow(line[0], line[1])
        elif "start" in line:
            told = line["start"]
            sheet.name = told["sheet"]
            sheet.sheets = told["sheets"]
            sheet.hidden_sheets = told["hidden_sheets"]
        elif "end" in line:
            sheet.hidden_rows = line["end"]["hidden_rows"]
            sheet.merged = line["end"]["merged"]
            return
        elif "refused" in line:
            raise RefusedFileError(line["refused"])
        else:
            raise FailedReadingError(line["failed"])
    raise FailedReadingError(TOO_BIG_OPENED)
