"""Printed documents: content as a dataclass → HTML text → PDF bytes.

The only importer of WeasyPrint. A process keeps one font configuration, one list of
parsed stylesheets and one fetcher; the fetcher knows packaged bytes only. Equal content
gives equal bytes.
"""

from reports.documents.content import (
    ActivityGroup,
    ActivityLine,
    Identity,
    Letterhead,
    LevelLine,
    PlanPaper,
    ReasonLine,
    Signature,
    Stamp,
    content_hash,
    grouped_code,
)
from reports.documents.layout import plan_html
from reports.documents.printer import ENGINE, PrintError, plan_pdf, warm_up

__all__ = [
    "ENGINE",
    "ActivityGroup",
    "ActivityLine",
    "Identity",
    "Letterhead",
    "LevelLine",
    "PlanPaper",
    "PrintError",
    "ReasonLine",
    "Signature",
    "Stamp",
    "content_hash",
    "grouped_code",
    "plan_html",
    "plan_pdf",
    "warm_up",
]
