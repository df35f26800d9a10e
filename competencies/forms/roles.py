"""Forms about role grants."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from competencies.forms.filters import UnitChoiceField
from competencies.models import RoleGrant, Unit
from competencies.models.people import granted_units
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.form_fields import DateTextField, PoliteErrorsMixin
from gayungan_asn.accounts.models import User
from gayungan_asn.accounts.services import normalised_sign_in_name


class RoleRequestForm(PoliteErrorsMixin, forms.Form):
    """A role for an account over a unit and everything below it."""

    account = forms.CharField(
        label=_("Akun"), max_length=254, help_text=_("NIP, surel, atau nama pendek pemilik akun")
    )
    role = forms.ChoiceField(label=_("Peran"), choices=RoleGrant.Role.choices)
    unit = UnitChoiceField(label=_("Unit, termasuk di bawahnya"), queryset=Unit.objects.none())
    start = DateTextField(label=_("Mulai tanggal"))
    last_day = DateTextField(
        label=_("Sampai tanggal"), required=False, help_text=_("Kosongkan bila belum ditentukan")
    )
    reason = forms.CharField(
        label=_("Alasan"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("UnitChoiceField", self.fields["unit"])
        field.queryset = Unit.objects.below(*granted_units(user, RoleGrant.Role.HR))
        self.fields["start"].initial = today()

    def clean_account(self) -> User:
        value = normalised_sign_in_name(self.cleaned_data["account"])
        found = User.objects.filter(sign_in_names__value=value).first()
        if found is None:
            raise ValidationError(_("Tidak ada akun dengan nama masuk ini."), code="unknown")
        return found
