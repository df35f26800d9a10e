"""How pages tell what a service refused."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError

from gayungan_asn.accounts.requests import SignedInRequest


def tell_refusal(request: SignedInRequest, refusal: ValidationError) -> None:
    """Put the reasons of a refusal above the next page."""
    for text in refusal.messages:
        messages.error(request, text)


def code_of(refusal: ValidationError) -> str:
    """The code of a refusal; empty where it belongs to fields."""
    return str(getattr(refusal, "code", None) or "")


def put_in_form(form: forms.Form, refusal: ValidationError) -> None:
    """Show a refusal in the form, beside the fields it names."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def compared(form: forms.Form, stored: dict[str, Any]) -> list[dict[str, Any]]:
    """What is stored now beside what was typed, where they differ."""
    rows = []
    for name, field in form.fields.items():
        if name == "version" or name not in stored:
            continue
        mine = form.cleaned_data.get(name)
        mine = getattr(mine, "pk", mine)
        if str(mine if mine is not None else "") != str(stored[name]):
            rows.append(
                {
                    "label": field.label,
                    "stored": _shown(field, stored[name]),
                    "mine": _shown(field, mine),
                }
            )
    return rows


def _shown(field: forms.Field, value: Any) -> Any:
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
        return field.queryset.filter(pk=value).first() or value
    if isinstance(field, forms.ChoiceField):
        return dict(cast("Iterable[tuple[Any, Any]]", field.choices)).get(value, value)
    return value
