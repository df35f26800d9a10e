"""The third-party files the pages and documents carry with them.

`python -m gayungan_asn.vendor` fetches the exact npm packages below and writes the
files anew; `python -m gayungan_asn.vendor --check` compares what is there with
static/vendor/CHECKSUMS and needs no network.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
FONTS = ROOT / "reports" / "fonts"
CHECKSUMS = VENDOR / "CHECKSUMS"

PACKAGES = {
    "bootstrap": "5.3.9",
    "bootstrap-icons": "1.13.2",
    "htmx.org": "4.0.1",
    "@fontsource-variable/plus-jakarta-sans": "5.3.0",
    "@fontsource/plus-jakarta-sans": "5.3.0",
}
LICENCES = {
    "bootstrap": "bootstrap-MIT.txt",
    "bootstrap-icons": "bootstrap-icons-MIT.txt",
    "htmx.org": "htmx-0BSD.txt",
    "@fontsource-variable/plus-jakarta-sans": "plus-jakarta-sans-OFL.txt",
}
PRINT_FACES = ("latin-400", "latin-600", "latin-700", "latin-ext-400", "latin-ext-700")
ICONS = [
    "arrow-counterclockwise",
    "arrow-left",
    "arrow-repeat",
    "arrow-right",
    "award",
    "bar-chart-steps",
    "bell",
    "box-arrow-in-right",
    "box-arrow-right",
    "building",
    "bullseye",
    "calendar-check",
    "calendar3",
    "cash-coin",
    "chat-left-quote",
    "chat-left-text",
    "check-circle-fill",
    "check-lg",
    "chevron-down",
    "chevron-left",
    "chevron-right",
    "circle",
    "clipboard2-check",
    "clipboard-data",
    "clock",
    "cloud-check",
    "diagram-3",
    "download",
    "envelope",
    "exclamation-triangle-fill",
    "eye",
    "eye-slash",
    "file-earmark-image",
    "file-earmark-pdf",
    "file-earmark-spreadsheet",
    "file-earmark-text",
    "flag",
    "funnel",
    "gear",
    "geo-alt",
    "grid-3x3-gap",
    "hourglass-split",
    "house-door",
    "inbox",
    "info-circle",
    "journal-text",
    "key",
    "keyboard",
    "laptop",
    "lightbulb",
    "list-check",
    "lock",
    "mortarboard",
    "pencil",
    "people",
    "person-check",
    "person-gear",
    "person-plus",
    "person-vcard",
    "play-fill",
    "plus-lg",
    "printer",
    "question-circle",
    "search",
    "send",
    "shield-check",
    "shield-exclamation",
    "sliders",
    "trash",
    "upload",
    "wifi-off",
    "x-lg",
]


def fetch(package: str, version: str, folder: Path) -> Path:
    """Unpack one exact package version below `folder` and return its root."""
    result = subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    archive = folder / result.stdout.split()[-1]
    target = folder / archive.stem
    with tarfile.open(archive) as packed:
        packed.extractall(target, filter="data")
    return target / "package"


def icon_sprite(icons: Path) -> str:
    """One SVG file with a symbol per icon, in the order of ICONS."""
    symbols = []
    for name in ICONS:
        svg = (icons / f"{name}.svg").read_text()
        box = re.search(r'viewBox="([^"]+)"', svg)
        inner = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
        if not box or not inner:
            raise ValueError(f"{name}.svg has an unexpected shape")
        drawing = re.sub(r"\s*\n\s*", "", inner[1])
        symbols.append(
            f'<symbol id="{name}" viewBox="{box[1]}" fill="currentColor">{drawing}</symbol>'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def without_source_map(text: str) -> str:
    """The file without its pointer to a source map, which is not shipped."""
    return re.sub(r"\n?(/\*#|//#) sourceMappingURL=\S+( ?\*/)?\s*$", "\n", text)


def regenerate() -> None:
    """Write every vendored file anew from the packages, then the checksums."""
    (VENDOR / "licences").mkdir(parents=True, exist_ok=True)
    FONTS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        source = {name: fetch(name, version, Path(temporary)) for name, version in PACKAGES.items()}
        for target, origin in (
            ("bootstrap.min.css", source["bootstrap"] / "dist/css/bootstrap.min.css"),
            ("htmx.min.js", source["htmx.org"] / "dist/htmx.min.js"),
        ):
            (VENDOR / target).write_text(without_source_map(origin.read_text()))
        (VENDOR / "icons.svg").write_text(icon_sprite(source["bootstrap-icons"] / "icons"))
        screen_font = source["@fontsource-variable/plus-jakarta-sans"] / "files"
        (VENDOR / "plus-jakarta-sans.woff2").write_bytes(
            (screen_font / "plus-jakarta-sans-latin-wght-normal.woff2").read_bytes()
        )
        for package, licence in LICENCES.items():
            text = (source[package] / "LICENSE").read_text()
            (VENDOR / "licences" / licence).write_text(text)
        print_font = source["@fontsource/plus-jakarta-sans"]
        (FONTS / "OFL.txt").write_text((print_font / "LICENSE").read_text())
        for face in PRINT_FACES:
            packed = print_font / "files" / f"plus-jakarta-sans-{face}-normal.woff2"
            font = TTFont(packed, recalcTimestamp=False)
            font.flavor = None
            font.save(FONTS / f"plus-jakarta-sans-{face}.ttf")
    CHECKSUMS.write_text("".join(f"{digest}  {path}\n" for path, digest in present().items()))


def present() -> dict[str, str]:
    """Path from the repository root → SHA-256 of every vendored file on disk."""
    files = [
        *VENDOR.glob("*.css"),
        *VENDOR.glob("*.js"),
        *VENDOR.glob("*.svg"),
        *VENDOR.glob("*.woff2"),
        *VENDOR.glob("licences/*.txt"),
        *FONTS.glob("*.ttf"),
        *FONTS.glob("OFL.txt"),
    ]
    return {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
    }


def differences() -> list[str]:
    """One line per vendored file that is missing, unknown or not as recorded."""
    recorded = {}
    for line in CHECKSUMS.read_text().splitlines():
        digest, path = line.split(maxsplit=1)
        recorded[path] = digest
    found = present()
    return [
        f"{path}: {'missing' if path not in found else 'unknown' if path not in recorded else 'changed'}"
        for path in sorted(recorded.keys() | found.keys())
        if recorded.get(path) != found.get(path)
    ]


def main(arguments: list[str] | None = None) -> int:
    """Regenerate, or with --check report differences; 1 when there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, change nothing")
    if not parser.parse_args(arguments).check:
        regenerate()
    wrong = differences()
    print("\n".join(wrong) or f"{len(present())} vendored files as recorded")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
