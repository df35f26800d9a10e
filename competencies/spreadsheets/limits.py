"""What a file may be and how a refusal is worded. Messages are shown as they are."""

from typing import Final

FILE_BYTES: Final = 20 * 1024 * 1024
UNPACKED_BYTES: Final = 250 * 1024 * 1024
RATIO: Final = 100
RATIO_FROM_BYTES: Final = 1024 * 1024
"""A packed entry is measured by its ratio from this unpacked size on: small parts of
ordinary workbooks (styles, a sheet of equal rows) pack well without being a danger."""
ENTRIES: Final = 1_000
ROWS: Final = 100_000
COLUMNS: Final = 128
CELL_CHARACTERS: Final = 2_000
MEMORY_BYTES: Final = 512 * 1024 * 1024
CPU_SECONDS: Final = 60
WALL_SECONDS: Final = 90

EMPTY: Final = "Berkas kosong."
TOO_BIG: Final = "Berkas melebihi 20 MB. Bagi menjadi beberapa berkas."
NOT_A_SHEET: Final = "Isi berkas bukan XLSX atau CSV."
OLD_XLS: Final = "Format XLS lama tidak didukung. Simpan ulang sebagai XLSX."
LOCKED: Final = "Berkas terkunci kata sandi. Buka kuncinya lalu unggah lagi."
MACROS: Final = "Berkas dengan makro tidak diterima. Simpan sebagai XLSX."
BROKEN: Final = "Berkas XLSX rusak atau tidak lengkap."
TOO_BIG_OPENED: Final = "Berkas terlalu besar setelah dibuka."
TOO_MANY_ROWS: Final = "Baris lebih dari 100.000. Bagi menjadi beberapa berkas."
TOO_MANY_COLUMNS: Final = "Kolom lebih dari 128."
HIDDEN_ONLY: Final = "Lembar tersembunyi tidak dibaca."
NO_ROWS: Final = "Tidak ada baris data."
NOT_UTF8: Final = "Simpan CSV sebagai UTF-8."
NOT_UTF8_LINE: Final = "Baris {r}: bukan UTF-8. Simpan CSV sebagai UTF-8."
CONTROL_CHARACTERS: Final = "Berkas berisi karakter yang tidak diizinkan."
COLUMN_COUNT: Final = "Baris {r}: jumlah kolom {n}, seharusnya {m}."
OPEN_QUOTE: Final = "Baris {r}: tanda kutip tidak ditutup."


class RefusedFileError(Exception):
    """The file is not taken; the text says why, in words for the person."""
