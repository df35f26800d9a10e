"""Filters of the catalogue, and what HR writes about courses and classes."""

from typing import Any, cast

from crispy_forms.layout import Div, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from competencies.models import Competency, Unit
from gayungan_asn.accounts.form_fields import DateTextField, PoliteErrorsMixin
from training.models import Course, CourseClass, DevelopmentKind
from training.selectors.catalogue import CatalogueFilters
from training.selectors.details import ClassDetails, CourseDetails, Outcome

NUMBER = {"inputmode": "decimal", "autocomplete": "off", "class": "num"}
WHOLE = {"inputmode": "numeric", "autocomplete": "off", "class": "num"}


class FilterForm(forms.Form):
    """Filters in the address; anything unreadable is left out instead of refused."""

    q = forms.CharField(required=False, max_length=100, strip=True)
    kompetensi = forms.IntegerField(required=False)
    cara = forms.ChoiceField(required=False, choices=[("", ""), *Course.Mode.choices])
    jenis = forms.IntegerField(required=False)
    saya = forms.BooleanField(required=False)
    gratis = forms.BooleanField(required=False)
    kuota = forms.BooleanField(required=False)
    singkat = forms.BooleanField(required=False)

    def filters(self) -> CatalogueFilters:
        """What can be read of the address."""
        self.is_valid()
        data: dict[str, Any] = self.cleaned_data
        return CatalogueFilters(
            q=data.get("q") or "",
            competency=data.get("kompetensi"),
            mode=data.get("cara") or "",
            kind=data.get("jenis"),
            for_gaps=bool(data.get("saya")),
            free=bool(data.get("gratis")),
            seats=bool(data.get("kuota")),
            short=bool(data.get("singkat")),
        )


class CourseForm(PoliteErrorsMixin, forms.Form):
    """A course; `version` is the one that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    title = forms.CharField(label=_("Judul"), max_length=200)
    summary = forms.CharField(
        label=_("Ringkasan"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    kind = forms.ModelChoiceField(label=_("Jenis"), queryset=DevelopmentKind.objects.all())
    quantity = forms.DecimalField(
        label=_("Banyaknya menurut jenis"),
        help_text=_("Dalam satuan jenisnya: JP, hari, kegiatan, atau semester. JP dihitung."),
        min_value=0,
        max_digits=6,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs=NUMBER),
    )
    provider = forms.CharField(label=_("Penyelenggara"), max_length=200)
    mode = forms.ChoiceField(label=_("Cara"), choices=Course.Mode.choices)
    cost = forms.IntegerField(
        label=_("Biaya (Rp)"),
        help_text=_("Isi 0 bila tanpa biaya."),
        min_value=0,
        max_value=999_999_999_999,
        initial=0,
        widget=forms.TextInput(attrs=WHOLE),
    )
    cost_source = forms.CharField(label=_("Sumber biaya"), required=False, max_length=120)
    audience = forms.CharField(label=_("Sasaran"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper.layout = Layout(
            "title",
            "summary",
            Div("kind", "quantity", css_class="form-row"),
            Div("provider", "mode", css_class="form-row"),
            Div("cost", "cost_source", css_class="form-row"),
            "audience",
            "version",
        )

    def clean_quantity(self) -> Any:
        """More than nothing."""
        quantity = self.cleaned_data["quantity"]
        if quantity <= 0:
            raise forms.ValidationError(_("Isi lebih dari 0"))
        return quantity

    def details(self) -> CourseDetails:
        """What the service needs."""
        data = self.cleaned_data
        return CourseDetails(
            title=data["title"],
            summary=data["summary"],
            kind=data["kind"],
            provider=data["provider"],
            mode=data["mode"],
            quantity=data["quantity"],
            cost=data["cost"],
            cost_source=data["cost_source"],
            audience=data["audience"],
        )

    @staticmethod
    def initial_of(course: Course) -> dict[str, Any]:
        """What the form shows for a stored course."""
        return {
            "version": course.version,
            "title": course.title,
            "summary": course.summary,
            "kind": course.kind_id,
            "quantity": course.quantity,
            "provider": course.provider.name,
            "mode": course.mode,
            "cost": int(course.cost),
            "cost_source": course.cost_source,
            "audience": course.audience,
        }


LEVELS_FROM = [(str(level), str(level)) for level in range(5)]
LEVELS_TO = [(str(level), str(level)) for level in range(1, 6)]


class OutcomeForm(forms.Form):
    """One competency the course develops; an empty row says nothing."""

    competency = forms.ModelChoiceField(
        label=_("Kompetensi"),
        queryset=Competency.objects.filter(closed_on=None),
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    from_level = forms.TypedChoiceField(
        label=_("Dari tingkat"),
        choices=LEVELS_FROM,
        coerce=int,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    to_level = forms.TypedChoiceField(
        label=_("Ke tingkat"),
        choices=LEVELS_TO,
        coerce=int,
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def clean(self) -> dict[str, Any]:
        """The target lies above the start."""
        data = super().clean() or {}
        if data.get("competency") and data.get("from_level", 0) >= data.get("to_level", 0):
            self.add_error("to_level", _("Tingkat tujuan harus di atas tingkat asal"))
        return data


class BaseOutcomeFormSet(forms.BaseFormSet):
    """Outcomes of a course, each competency once."""

    def clean(self) -> None:
        """No competency twice."""
        seen = set()
        for form in self.forms:
            competency = form.cleaned_data.get("competency") if form.is_valid() else None
            if competency is None:
                continue
            if competency.pk in seen:
                form.add_error("competency", _("Kompetensi ini sudah ada di baris lain"))
            seen.add(competency.pk)

    def outcomes(self) -> list[Outcome]:
        """Filled rows for the service."""
        return [
            Outcome(data["competency"], data["from_level"], data["to_level"])
            for data in (form.cleaned_data for form in self.forms)
            if data.get("competency")
        ]


OutcomeFormSet = cast(
    "type[BaseOutcomeFormSet]",
    forms.formset_factory(
        OutcomeForm, formset=BaseOutcomeFormSet, extra=3, max_num=30, absolute_max=60
    ),
)


class ClassForm(PoliteErrorsMixin, forms.Form):
    """A class; both days belong to it."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    unit = forms.ModelChoiceField(label=_("Unit penyelenggara"), queryset=Unit.objects.none())
    first_day = DateTextField(label=_("Hari pertama"))
    last_day = DateTextField(label=_("Hari terakhir"))
    is_self_paced = forms.BooleanField(
        label=_("Dikerjakan kapan saja di antara kedua hari itu"), required=False
    )
    place = forms.CharField(label=_("Tempat"), required=False, max_length=200)
    link = forms.URLField(label=_("Tautan"), required=False, max_length=500, assume_scheme="https")
    capacity = forms.IntegerField(
        label=_("Kuota"), min_value=1, max_value=100_000, widget=forms.TextInput(attrs=WHOLE)
    )
    opens_on = DateTextField(label=_("Pengajuan dibuka"))
    enrol_until = DateTextField(label=_("Pengajuan sampai"))
    withdraw_until = DateTextField(label=_("Pembatalan sampai"))

    def __init__(self, *args: Any, units: Any, fixed_unit: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        if fixed_unit:
            del self.fields["unit"]
        self.helper.layout = Layout(
            *([] if fixed_unit else ["unit"]),
            Div("first_day", "last_day", css_class="form-row"),
            "is_self_paced",
            "place",
            "link",
            "capacity",
            Div("opens_on", "enrol_until", "withdraw_until", css_class="form-row three"),
            "version",
        )

    def details(self) -> ClassDetails:
        """What the service needs."""
        data = self.cleaned_data
        return ClassDetails(
            first_day=data["first_day"],
            last_day=data["last_day"],
            is_self_paced=data["is_self_paced"],
            place=data["place"],
            link=data["link"],
            capacity=data["capacity"],
            opens_on=data["opens_on"],
            enrol_until=data["enrol_until"],
            withdraw_until=data["withdraw_until"],
        )

    @staticmethod
    def initial_of(course_class: CourseClass) -> dict[str, Any]:
        """What the form shows for a stored class."""
        return {
            "version": course_class.version,
            "first_day": course_class.first_day,
            "last_day": course_class.last_day,
            "is_self_paced": course_class.is_self_paced,
            "place": course_class.place,
            "link": course_class.link,
            "capacity": course_class.capacity,
            "opens_on": course_class.opens_on,
            "enrol_until": course_class.enrol_until,
            "withdraw_until": course_class.withdraw_until,
        }


class CompletionForm(PoliteErrorsMixin, forms.Form):
    """Who completed the class, and when."""

    peserta = forms.TypedMultipleChoiceField(
        label=_("Peserta"),
        coerce=int,
        error_messages={"required": _("Pilih sedikitnya satu peserta")},
    )
    tanggal = DateTextField(label=_("Tanggal selesai"))
    hasil = forms.ChoiceField(choices=[("completed", _("Selesai")), ("failed", _("Tidak selesai"))])

    def __init__(self, *args: Any, participants: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["peserta"].choices = participants  # type: ignore[attr-defined]
