"""How pages tell what a service refused."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError

from gayungan_asn.accounts.requests import SignedInRequest


def tell_refusal(request: SignedInRequest, refusal: ValidationError) -> None:
    """Put the reasons of a refusal above the next page."""
    for text in refusal.messages:
        messages.error(request, text)


def put_in_form(form: forms.BaseForm, refusal: ValidationError) -> None:
    """Show a refusal in the form, beside the fields it names."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
