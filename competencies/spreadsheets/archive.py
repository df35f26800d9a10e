"""What is checked of an XLSX archive before any of its XML is parsed."""

import io
import zipfile
from typing import Final

from competencies.spreadsheets.limits import (
    BROKEN,
    ENTRIES,
    LOCKED,
    MACROS,
    NOT_A_SHEET,
    RATIO,
    RATIO_FROM_BYTES,
    TOO_BIG_OPENED,
    UNPACKED_BYTES,
    RefusedFileError,
)

NESTED_BYTES: Final = 32 * 1024 * 1024
_CHUNK: Final = 256 * 1024
_ZIP_MARK: Final = b"PK\x03\x04"


def open_archive(path: str) -> zipfile.ZipFile:
    """The archive of a workbook that keeps every limit; raises RefusedFileError else."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise RefusedFileError(BROKEN) from None
    entries = archive.infolist()
    if len(entries) > ENTRIES or any(_leads_outside(entry.filename) for entry in entries):
        raise RefusedFileError(BROKEN)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise RefusedFileError(LOCKED)
    _check_declared(entries)
    _check_parts(archive)
    _check_real(archive, entries)
    return archive


def _leads_outside(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in name or "\0" in name


def _check_declared(entries: list[zipfile.ZipInfo]) -> None:
    """Sizes as the directory tells them."""
    if sum(entry.file_size for entry in entries) > UNPACKED_BYTES:
        raise RefusedFileError(TOO_BIG_OPENED)
    if any(_swells(entry.file_size, entry.compress_size) for entry in entries):
        raise RefusedFileError(TOO_BIG_OPENED)


def _swells(size: int, packed: int) -> bool:
    return size > RATIO_FROM_BYTES and size > RATIO * max(packed, 1)


def _check_parts(archive: zipfile.ZipFile) -> None:
    """It is a workbook, and one without macros."""
    names = set(archive.namelist())
    if "mimetype" in names and "content.xml" in names:
        raise RefusedFileError(NOT_A_SHEET)
    if "[Content_Types].xml" not in names:
        raise RefusedFileError(BROKEN)
    try:
        types = archive.read("[Content_Types].xml")
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        raise RefusedFileError(BROKEN) from None
    if b"macroEnabled" in types or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise RefusedFileError(MACROS)
    if b"spreadsheetml" not in types:
        raise RefusedFileError(BROKEN)


def _check_real(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Sizes as unpacking finds them: the directory can lie."""
    total = 0
    for entry in entries:
        size, nested = _unpacked(archive, entry, UNPACKED_BYTES - total)
        total += size
        if size > entry.file_size or _swells(size, entry.compress_size):
            raise RefusedFileError(TOO_BIG_OPENED)
        if size < entry.file_size:
            raise RefusedFileError(BROKEN)
        if nested is not None:
            _check_nested(nested)


def _unpacked(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int
) -> tuple[int, io.BytesIO | None]:
    """How much an entry really holds, and its content where it is an archive itself."""
    honest = entry.file_size
    size, nested = 0, None
    # The reader stops at the declared size; raised for the look, it goes on to the end.
    entry.file_size = UNPACKED_BYTES + 1
    try:
        with archive.open(entry) as content:
            while chunk := content.read(_CHUNK):
                if size == 0 and chunk.startswith(_ZIP_MARK):
                    nested = io.BytesIO()
                size += len(chunk)
                if size > left or (nested is not None and size > NESTED_BYTES):
                    raise RefusedFileError(TOO_BIG_OPENED)
                if nested is not None:
                    nested.write(chunk)
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError):
        raise RefusedFileError(BROKEN) from None
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise RefusedFileError(BROKEN) from None
        raise
    finally:
        entry.file_size = honest
    return size, nested


def _check_nested(content: io.BytesIO) -> None:
    """An embedded object may be an archive, never one that swells."""
    try:
        with zipfile.ZipFile(content) as inner:
            entries = inner.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return
    _check_declared(entries)
