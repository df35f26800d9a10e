"""Forms of the import pages."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from competencies.models import Unit
from competencies.selectors.imports import Question
from competencies.spreadsheets.limits import EMPTY, TOO_BIG
from gayungan_asn.accounts.form_fields import PoliteErrorsMixin

NO_FILE = _("Pilih berkas terlebih dahulu.")
BROKEN_OFF = _("Unggahan terputus. Coba lagi.")
STORAGE_FULL = _("Penyimpanan penuh. Hubungi pengelola sistem.")


class ImportForm(PoliteErrorsMixin, forms.Form):
    """A file, and the tree it is for where a person is HR of several."""

    file = forms.FileField(
        label=_("Berkas pegawai"),
        help_text=_("XLSX atau CSV, paling besar 20 MB"),
        error_messages={
            "required": NO_FILE,
            "missing": NO_FILE,
            "invalid": BROKEN_OFF,
            "empty": EMPTY,
        },
        widget=forms.FileInput(
            attrs={
                "accept": ".xlsx,.csv,text/csv,"
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        ),
    )
    unit = forms.ModelChoiceField(
        label=_("Untuk unit, termasuk di bawahnya"), queryset=Unit.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, units: list[Unit], refusal: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusal = refusal
        self.units = units
        if len(units) == 1:
            del self.fields["unit"]
        else:
            choice = cast("forms.ModelChoiceField[Unit]", self.fields["unit"])
            choice.queryset = Unit.objects.filter(pk__in=[unit.pk for unit in units])
        if refusal:
            # The file was dropped while it was received; its absence is not the news.
            words = {"too_big": TOO_BIG, "storage": STORAGE_FULL}.get(refusal, BROKEN_OFF)
            self.fields["file"].error_messages["required"] = str(words)

    def clean_file(self) -> Any:
        """The file; its size is known by now."""
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_LIMIT:
            raise ValidationError(TOO_BIG, code="too_big")
        return file

    def chosen_unit(self) -> Unit:
        """The only tree, or the one that was picked."""
        return self.cleaned_data.get("unit") or self.units[0]


class DecisionForm(forms.Form):
    """The choices on a preview page: per question one, per changed row a box."""

    def __init__(self, *args: Any, questions: list[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question.field] = forms.ChoiceField(
                choices=question.options, required=False, initial=question.proposal
            )

    def places(self) -> dict[str, str]:
        """New unit → its place."""
        return {
            name.removeprefix("place-"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("place-") and value
        }

    def values(self) -> dict[int, str]:
        """Row → which value is used, or "skip"."""
        return {
            int(name.removeprefix("row-")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("row-") and value
        }
