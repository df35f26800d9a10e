"""The gate every view passes before it acts on a row it may see."""

from django.core.exceptions import PermissionDenied


def require(allowed: bool) -> None:
    """Go on if allowed; else the answer is 403.

    Raises:
        PermissionDenied: the row is in view, the action is not for this person.
    """
    if not allowed:
        raise PermissionDenied
