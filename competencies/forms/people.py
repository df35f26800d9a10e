"""Forms about people: record, contact, placement, supervisor."""

import datetime as dt
from typing import Any, cast

from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from competencies import rules
from competencies.models import Assignment, Employee, EmployeeNumber, Position
from competencies.selectors.directory import granted_positions
from competencies.selectors.reference import rule_rows
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.form_fields import DateTextField, PoliteErrorsMixin
from gayungan_asn.accounts.models import User

BY_HAND = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "num"})


def grade_choices() -> list[tuple[str, str]]:
    """Grades in force with their titles, in order."""
    choices = [("", "–")]
    for row in rule_rows("grades"):
        grade, title = row.key.removeprefix("PPPK-"), row.data["title"]
        words = f"{grade} · {title}" if row.data["employment_type"] == "PNS" else f"PPPK {grade}"
        choices.append((grade, words))
    return choices


class PositionChoiceField(forms.ModelChoiceField):
    """Posts with their unit: the same name occurs in several units."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {obj.unit.name}"


def exclusive(last_day: dt.date | None) -> dt.date | None:
    """The day after the last one; people name the last day, rows end before a day."""
    return last_day + dt.timedelta(days=1) if last_day else None


class RecordForm(PoliteErrorsMixin, forms.ModelForm):
    """What HR keeps of a person."""

    nip = forms.CharField(label=_("NIP"), max_length=30, help_text=_("18 digit"), widget=BY_HAND)
    birth_date = DateTextField(label=_("Tanggal lahir"))
    grade_since = DateTextField(label=_("TMT golongan"), required=False)
    appointed_on = DateTextField(label=_("TMT pengangkatan"), required=False)
    grade = forms.ChoiceField(label=_("Golongan"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput(), required=False)

    class Meta:
        model = Employee
        fields = [
            "name",
            "title_before",
            "title_after",
            "form_of_address",
            "birth_date",
            "birth_place",
            "sex",
            "national_id",
            "employment_kind",
            "grade",
            "grade_since",
            "appointed_on",
            "education_level",
            "education",
            "graduation_year",
            "email",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = grade_choices()
        held = self.instance.grade if self.instance.pk else ""
        if held and held not in dict(choices):
            choices.append((held, held))
        cast("forms.ChoiceField", self.fields["grade"]).choices = choices
        self.fields["form_of_address"].help_text = _("Bapak, Ibu, atau yang dipilihnya sendiri")
        self.helper.layout = self.build_layout()

    def build_layout(self) -> Layout:
        return Layout(
            "version",
            Fieldset(
                _("Nama dan nomor"),
                "nip",
                "name",
                "title_before",
                "title_after",
                "form_of_address",
                "national_id",
            ),
            Fieldset(_("Kelahiran"), "birth_date", "birth_place", "sex"),
            Fieldset(_("Kepegawaian"), "employment_kind", "grade", "grade_since", "appointed_on"),
            Fieldset(
                _("Pendidikan dan surel"),
                "education_level",
                "education",
                "graduation_year",
                "email",
            ),
        )

    def clean_nip(self) -> str:
        try:
            return rules.parse_nip(self.cleaned_data["nip"]).digits
        except ValueError as fault:
            raise ValidationError(str(fault), code="nip") from None

    def values(self) -> dict[str, Any]:
        """What was typed, field by field, without number and version."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class NewPersonForm(RecordForm):
    """A record and the post it begins in."""

    position = PositionChoiceField(
        label=_("Jabatan"),
        queryset=Position.objects.none(),
        required=False,
        empty_label=_("Belum ada"),
    )
    start = DateTextField(label=_("Mulai menduduki jabatan"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("PositionChoiceField", self.fields["position"])
        field.queryset = granted_positions(user)

    def build_layout(self) -> Layout:
        layout = super().build_layout()
        layout.append(Fieldset(_("Jabatan pertama"), "position", "start"))
        return layout


class ContactForm(PoliteErrorsMixin, forms.ModelForm):
    """What a person keeps up to date alone."""

    version = forms.IntegerField(widget=forms.HiddenInput())

    class Meta:
        model = Employee
        fields = ["phone", "address", "emergency_contact", "version"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].widget.attrs["autocomplete"] = "tel"
        self.fields["emergency_contact"].help_text = _("Nama, hubungan, dan nomor")

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"].strip()
        digits = "".join(ch for ch in phone if ch.isdigit())
        if phone and not 8 <= len(digits) <= 15:
            raise ValidationError(_("Tulis nomor ponsel lengkap, misalnya 0812 3456 7890"))
        return phone


class PlacementForm(PoliteErrorsMixin, forms.Form):
    """A post from a day on."""

    position = PositionChoiceField(label=_("Jabatan"), queryset=Position.objects.none())
    kind = forms.ChoiceField(
        label=_("Sebagai"), choices=Assignment.Kind.choices, initial=Assignment.Kind.DEFINITIVE
    )
    start = DateTextField(label=_("Mulai tanggal"))
    last_day = DateTextField(
        label=_("Sampai tanggal"), required=False, help_text=_("Kosongkan bila belum ditentukan")
    )
    letter_number = forms.CharField(label=_("Nomor surat"), max_length=100, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("PositionChoiceField", self.fields["position"])
        field.queryset = granted_positions(user)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, last = data.get("start"), data.get("last_day")
        if start and last and last < start:
            self.add_error("last_day", _("Tanggal akhir harus setelah tanggal mulai."))
        return data


class SupervisorForm(PoliteErrorsMixin, forms.Form):
    """Another supervisor for a while, found by NIP."""

    supervisor_nip = forms.CharField(
        label=_("NIP atasan langsung"), max_length=30, help_text=_("18 digit"), widget=BY_HAND
    )
    start = DateTextField(label=_("Mulai tanggal"))
    last_day = DateTextField(
        label=_("Sampai tanggal"), required=False, help_text=_("Kosongkan bila belum ditentukan")
    )
    reason = forms.CharField(
        label=_("Alasan"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["start"].initial = today()

    def clean_supervisor_nip(self) -> Employee:
        try:
            digits = rules.parse_nip(self.cleaned_data["supervisor_nip"]).digits
        except ValueError as fault:
            raise ValidationError(str(fault), code="nip") from None
        number = EmployeeNumber.objects.filter(nip=digits).select_related("employee").first()
        if number is None:
            raise ValidationError(_("Tidak ada pegawai dengan NIP ini."), code="unknown")
        return number.employee
