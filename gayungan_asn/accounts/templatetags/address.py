"""The part of an address after the question mark."""

from django import template
from django.http import QueryDict

register = template.Library()


@register.simple_tag
def without(query: QueryDict, *names: str) -> str:
    """The same filters without the named ones and without the page number."""
    left = query.copy()
    for name in (*names, "page", "halaman"):
        left.pop(name, None)
    return f"?{left.urlencode()}"
