"""What the public may know about a document."""

from reports.models import Document


def published_document(code: str) -> Document | None:
    """The finished document with that code."""
    return Document.objects.filter(code=code, state=Document.State.READY).first()


def newer_issue(document: Document) -> Document | None:
    """The issue that took its place."""
    return (
        Document.objects.filter(
            kind=document.kind,
            subject_id=document.subject_id,
            version__gt=document.version,
            state=Document.State.READY,
        )
        .order_by("-version")
        .first()
    )
