"""Answers to a result: objection, decision, reopening."""

from collections.abc import Iterable
from typing import Any

from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.models import OutcomeLevel, SupervisorPart
from gayungan_asn.accounts.form_fields import PoliteErrorsMixin

SHORTEST = 20


class ObjectionForm(PoliteErrorsMixin, forms.Form):
    """Why the person objects."""

    text = forms.CharField(
        label=_("Alasan keberatan"),
        min_length=SHORTEST,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Sebut nilai yang tidak sesuai dan buktinya. Paling sedikit 20 karakter."),
        error_messages={"min_length": _("Tulis paling sedikit 20 karakter")},
    )


class ReopenForm(PoliteErrorsMixin, forms.Form):
    """Why HR gives an appraisal back."""

    reason = forms.CharField(
        label=_("Alasan membuka kembali"),
        min_length=SHORTEST,
        max_length=500,
        error_messages={"min_length": _("Tulis alasannya, paling sedikit 20 karakter")},
    )


class DecisionForm(PoliteErrorsMixin, forms.Form):
    """The superior's answer: dismissed, or upheld with the values as they shall be."""

    decision = forms.ChoiceField(
        label=_("Putusan"),
        choices=[
            ("dismiss", _("Tolak keberatan: hasil tetap")),
            ("uphold", _("Terima keberatan: ubah nilai di bawah ini")),
        ],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=_("Alasan putusan"),
        min_length=SHORTEST,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Dibaca oleh pegawai dan penilai. Paling sedikit 20 karakter."),
        error_messages={"min_length": _("Tulis paling sedikit 20 karakter")},
    )

    def __init__(
        self, *args: Any, levels: Iterable[OutcomeLevel], with_performance: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.competency_ids = []
        for row in levels:
            self.competency_ids.append(row.competency_id)
            self.fields[f"level_{row.competency_id}"] = forms.TypedChoiceField(
                label=row.competency.name,
                help_text=_("Standar %(level)s") % {"level": row.required_level},
                choices=[
                    *([("", _("Belum dinilai"))] if row.level is None else []),
                    *[(str(n), _("Tingkat %(level)s") % {"level": n}) for n in range(6)],
                ],
                coerce=int,
                empty_value=None,
                required=False,
                initial="" if row.level is None else str(row.level),
            )
        if with_performance:
            choices = [("", _("Tidak diubah")), *SupervisorPart.Rating.choices]
            self.fields["work_result"] = forms.ChoiceField(
                label=_("Hasil kerja"), choices=choices, required=False
            )
            self.fields["behaviour"] = forms.ChoiceField(
                label=_("Perilaku kerja"), choices=choices, required=False
            )

        changed = [name for name in self.fields if name not in ("decision", "answer")]
        self.helper.layout = Layout(
            "decision",
            "answer",
            Fieldset(_("Nilai, bila keberatan diterima"), Div(*changed, css_class="form-row")),
        )

    @property
    def levels(self) -> dict[int, int]:
        """Competency id → level, where one is chosen."""
        return {
            pk: self.cleaned_data[f"level_{pk}"]
            for pk in self.competency_ids
            if self.cleaned_data.get(f"level_{pk}") is not None
        }
