"""How a row of the matrix is tried, and what counts as allowed or refused."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from conftest import World

Key = tuple[str, str, str, str]
"""Role, resource, action, scope: the first four columns."""

Attempt = Callable[[World], bool]
"""Tries it through the pages; True where it was allowed, False where it was refused."""


def answer(response: HttpResponse, *refusals: int) -> bool:
    """True for a page or a redirect inside; False for a refusal, which must be one of
    `refusals` (404 and 403 unless named). Anything else is neither and fails."""
    if response.status_code in (301, 302):
        return not response.headers["Location"].startswith("/akun/masuk/")
    if response.status_code == 200:
        return True
    assert response.status_code in (refusals or (403, 404)), response.status_code
    return False


def get(world: World, persona: str, name: str, *args: Any, **query: Any) -> HttpResponse:
    """Open a page as the persona."""
    return world.client(persona).get(reverse(name, args=args), query)


def post(world: World, persona: str, url: str, /, *args: Any, **data: Any) -> HttpResponse:
    """Send a form as the persona."""
    return world.client(persona).post(reverse(url, args=args), data)
