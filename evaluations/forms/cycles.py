"""What HR types while opening a cycle; one form a screen."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from competencies.models import Employee, Unit
from competencies.models.periods import since
from evaluations.models import Appraisal, Cycle, FeedbackRequest
from gayungan_asn.accounts.form_fields import DateTextField, PoliteErrorsMixin


class VersionedForm(PoliteErrorsMixin, forms.Form):
    """Carries the version of the draft it was filled from."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """The fields of the cycle as the service takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class IdentityForm(VersionedForm):
    """First screen: which cycle, for which period, and its windows."""

    name = forms.CharField(label=_("Nama siklus"), max_length=120)
    kind = forms.ChoiceField(
        label=_("Jenis"),
        choices=Cycle.Kind.choices,
        widget=forms.RadioSelect,
        help_text=_("Triwulan menilai hasil kerja dan perilaku saja, tanpa tingkat kompetensi."),
    )
    year = forms.IntegerField(
        label=_("Tahun"),
        min_value=2015,
        max_value=2100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}),
    )
    quarter = forms.TypedChoiceField(
        label=_("Triwulan"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", _("Tidak ada (tahunan)")), (1, "I"), (2, "II"), (3, "III"), (4, "IV")],
    )
    period_start = DateTextField(label=_("Masa yang dinilai, mulai"))
    period_end = DateTextField(label=_("Masa yang dinilai, sampai"))
    opens_on = DateTextField(label=_("Dibuka"))
    self_until = DateTextField(label=_("Penilaian mandiri sampai"))
    peers_until = DateTextField(label=_("Rekan kerja sampai"))
    supervisor_until = DateTextField(label=_("Atasan langsung sampai"))

    @staticmethod
    def initial_of(values: dict[str, Any]) -> dict[str, Any]:
        """A cycle's values as the form shows them: the period by its first and last day."""
        shown = dict(values)
        period = shown.pop("period", None)
        if period is not None:
            shown["period_start"] = period.lower
            shown["period_end"] = period.upper - dt.timedelta(days=1)
        return shown

    def clean(self) -> dict[str, Any]:
        """Dates in their order; a quarter exactly where the kind has one."""
        data = super().clean() or {}
        start, end = data.get("period_start"), data.get("period_end")
        if start and end:
            if end < start:
                self.add_error("period_end", _("Isi hari yang tidak lebih awal dari mulainya"))
            else:
                data["period"] = since(start, end + dt.timedelta(days=1))
        self._in_order(data, "opens_on", "self_until", _("Isi hari setelah siklus dibuka"))
        self._in_order(data, "opens_on", "peers_until", _("Isi hari setelah siklus dibuka"))
        for field in ("self_until", "peers_until"):
            self._in_order(
                data,
                field,
                "supervisor_until",
                _("Isi hari yang tidak lebih awal dari tahap sebelumnya"),
            )
        if data.get("kind") == Cycle.Kind.QUARTERLY and not data.get("quarter"):
            self.add_error("quarter", _("Pilih triwulan"))
        if data.get("kind") == Cycle.Kind.ANNUAL:
            data["quarter"] = None
        return data

    def _in_order(self, data: dict[str, Any], first: str, then: str, words: Any) -> None:
        known = data.get(first) and data.get(then)
        if known and data[then] < data[first] and then not in self.errors:
            self.add_error(then, words)

    def values(self) -> dict[str, Any]:
        """The period as one range."""
        values = super().values()
        values.pop("period_start", None)
        values.pop("period_end", None)
        return values


class UnitChoiceField(forms.ModelChoiceField):
    """Units indented by their depth below the first one."""

    def label_from_instance(self, obj: Any) -> str:
        """The name, after one dash a level."""
        return f"{'– ' * (obj.depth - 1)}{obj.name}"


class PopulationForm(VersionedForm):
    """Second screen: whose cycle it is."""

    unit = UnitChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        empty_label=None,
        help_text=_("Pegawai unit ini dan semua unit di bawahnya."),
    )
    employment_kinds = forms.MultipleChoiceField(
        label=_("Jenis kepegawaian"),
        choices=Employee.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, units: "QuerySet[Unit]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """All kinds are kept as none named: a kind added later takes part too."""
        values = super().values()
        if set(values["employment_kinds"]) == set(Employee.Kind.values):
            values["employment_kinds"] = []
        return values


def _percent(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )


class RulesForm(VersionedForm):
    """Third screen: what is rated, by whom with which weight, and what shows."""

    rates_competencies = forms.BooleanField(
        label=_("Kompetensi menurut standar jabatan"), required=False
    )
    rates_performance = forms.BooleanField(
        label=_("Hasil kerja dan perilaku kerja"),
        required=False,
        help_text=_("Matikan bila predikat sudah diisi di e-Kinerja."),
    )
    weight_supervisor = _percent(_("Atasan langsung"))
    weight_peer = _percent(_("Rekan kerja"))
    weight_self = _percent(_("Penilaian mandiri"))
    weight_subordinate = _percent(_("Bawahan"))
    peers_minimum = forms.TypedChoiceField(
        label=_("Rekan kerja paling sedikit"),
        coerce=int,
        choices=lambda: [(n, gettext("%(n)d orang") % {"n": n}) for n in (3, 4, 5)],
    )
    peers_invited = forms.TypedChoiceField(
        label=_("Rekan kerja diundang"),
        coerce=int,
        choices=lambda: [(n, gettext("%(n)d orang") % {"n": n}) for n in range(3, 11)],
    )
    peer_competencies = forms.TypedChoiceField(
        label=_("Kompetensi pada formulir rekan kerja"),
        coerce=int,
        choices=lambda: [(n, gettext("Paling banyak %(n)d") % {"n": n}) for n in range(1, 7)],
    )
    hides_others_marks = forms.BooleanField(
        label=_("Tutup penilaian mandiri dan rekan kerja sampai atasan langsung menilai"),
        required=False,
        help_text=_("Terbuka per kompetensi, begitu nilai atasan langsung masuk."),
    )
    valid_months = forms.IntegerField(
        label=_("Tingkat berlaku (bulan)"),
        min_value=1,
        max_value=120,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}),
    )
    objection_days = forms.IntegerField(
        label=_("Tenggang keberatan (hari)"),
        min_value=1,
        max_value=60,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "num"}),
    )
    objection_working_days = forms.BooleanField(
        label=_("Tenggang keberatan dihitung dalam hari kerja"), required=False
    )

    WEIGHTS = ("weight_supervisor", "weight_peer", "weight_self", "weight_subordinate")

    def clean(self) -> dict[str, Any]:
        """Weights make 100, something is rated, as many are invited as must answer."""
        data = super().clean() or {}
        if all(isinstance(data.get(name), int) for name in self.WEIGHTS):
            total = sum(data[name] for name in self.WEIGHTS)
            if total != 100:
                self.add_error(
                    "weight_supervisor",
                    forms.ValidationError(
                        _("Bobot seharusnya berjumlah 100, sekarang %(total)d"),
                        params={"total": total},
                        code="total",
                    ),
                )
        if not data.get("rates_competencies") and not data.get("rates_performance"):
            self.add_error("rates_competencies", _("Pilih sedikitnya satu yang dinilai"))
        least, invited = data.get("peers_minimum"), data.get("peers_invited")
        if least and invited and invited < least:
            self.add_error("peers_invited", _("Undang sedikitnya sebanyak yang harus menjawab"))
        return data


class PersonChoiceField(forms.ModelMultipleChoiceField):
    """People with their unit."""

    def label_from_instance(self, obj: Any) -> str:
        """Name and unit."""
        return f"{obj} · {obj.unit_name}"


class PeersForm(PoliteErrorsMixin, forms.Form):
    """Who is asked further, and whose request is taken back."""

    add = PersonChoiceField(
        label=_("Tambah rekan kerja"),
        queryset=Employee.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    withdraw = forms.ModelMultipleChoiceField(
        label=_("Tarik permintaan"),
        queryset=FeedbackRequest.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        *args: Any,
        options: "QuerySet[Employee]",
        requests: "QuerySet[FeedbackRequest]",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["add"].queryset = options  # type: ignore[attr-defined]
        self.fields["withdraw"].queryset = requests  # type: ignore[attr-defined]
        self.fields["withdraw"].label_from_instance = lambda row: str(row.rater)  # type: ignore[attr-defined]


class AppraisalFilterForm(forms.Form):
    """Search over the appraisals of a cycle, kept in the address."""

    q = forms.CharField(label=_("Nama"), required=False, max_length=100)
    unit = UnitChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("Semua unit")
    )
    state = forms.ChoiceField(
        label=_("Keadaan"),
        required=False,
        choices=[("", _("Semua keadaan")), *Appraisal.State.choices],
    )

    def __init__(self, *args: Any, units: "QuerySet[Unit]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]

    def narrow(self, rows: "QuerySet[Appraisal]") -> "QuerySet[Appraisal]":
        """The rows that fit; a value that makes no sense is passed over."""
        self.is_valid()
        data = self.cleaned_data
        if data.get("q"):
            rows = rows.filter(employee__name__icontains=data["q"].strip())
        if data.get("unit"):
            rows = rows.filter(unit__path__startswith=data["unit"].path)
        if data.get("state"):
            rows = rows.filter(state=data["state"])
        return rows
