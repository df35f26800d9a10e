"""The limited process that opens an uploaded file: `python -m competencies.spreadsheets.process`.

Takes a path, writes one JSON value a line: {"start": …}, rows as [number, cells],
{"end": …}; or {"refused": text} / {"failed": text}. Ends by signal where a limit of the
operating system is passed. It writes no file, opens no connection and prints no cell
anywhere but to its own output.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["OPENPYXL_LXML"] = "False"  # lxml would go around the hardened XML reader

from competencies.spreadsheets import limits
from competencies.spreadsheets.limits import RefusedFileError

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_NO_SHEET = (
    b"MZ", b"\x7fELF", b"%PDF", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf",
    b"\x1f\x8b", b"BZh", b"{\\rtf", b"RIFF", b"OggS", b"ID3", b"\xca\xfe\xba\xbe", b"%!PS",
)  # fmt: skip


def limit_myself() -> None:
    """Bound memory and processor time; forbid writing files and core dumps."""
    for what, most in (
        (resource.RLIMIT_AS, limits.MEMORY_BYTES),
        (resource.RLIMIT_CPU, limits.CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def lines_of(path: str) -> Iterator[Any]:
    """What is in the file, by its content and never by its name."""
    size = Path(path).stat().st_size
    if size == 0:
        raise RefusedFileError(limits.EMPTY)
    if size > limits.FILE_BYTES:
        raise RefusedFileError(limits.TOO_BIG)
    with Path(path).open("rb") as file:
        head = file.read(512)
    if head.startswith(_OLE):
        packed = "EncryptedPackage".encode("utf-16-le") in Path(path).read_bytes()
        raise RefusedFileError(limits.LOCKED if packed else limits.OLD_XLS)
    if head.startswith(_NO_SHEET):
        raise RefusedFileError(limits.NOT_A_SHEET)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        from competencies.spreadsheets.workbook import workbook_lines

        return workbook_lines(path)
    from competencies.spreadsheets.delimited import delimited_lines

    return delimited_lines(path)


def main(path: str) -> int:
    """Write the lines of the file; 0 also for a refusal, which is an answer."""
    limit_myself()
    write = sys.stdout.write
    try:
        for line in lines_of(path):
            write(json.dumps(line, ensure_ascii=True, separators=(",", ":")))
            write("\n")
    except RefusedFileError as refusal:
        write(json.dumps({"refused": str(refusal)}) + "\n")
    except MemoryError:
        write(json.dumps({"failed": limits.TOO_BIG_OPENED}) + "\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
