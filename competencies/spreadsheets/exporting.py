"""Rows for a spreadsheet program: formulas are neutralised, texts stay texts."""

import csv
import io
from collections.abc import Iterable, Sequence

_RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutral(value: object) -> str:
    """A text that no spreadsheet program runs as a formula."""
    text = str(value if value is not None else "")
    return f"'{text}" if text.startswith(_RUNS_AS_FORMULA) else text


def csv_text(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file with byte-order mark, every cell quoted and neutral."""
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerow([neutral(title) for title in titles])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return "\ufeff" + target.getvalue()
