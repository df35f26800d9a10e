"""Changing a line of a plan, adding one, following it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from crispy_forms.layout import Div, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from gayungan_asn.accounts.form_fields import PoliteErrorsMixin
from training.models import PlanItem, Way
from training.selectors.offers import PlanOffer
from training.selectors.plan_content import quarter_words, way_words

WHOLE = {"inputmode": "numeric", "autocomplete": "off", "class": "num"}


def offer_words(offer: PlanOffer) -> str:
    """ "Pelatihan: Menangani Keluhan Warga, 4 JP" """
    text = f"{way_words()[offer.way]}: {offer.title}"
    if offer.hours:
        hours = f"{offer.hours.normalize():f}".replace(".", ",")
        text += f", {hours} JP"
    return text


def quarter_choices(year: int) -> list[tuple[str, str]]:
    """The four quarters of the plan's year."""
    return [(str(quarter), quarter_words(quarter, year)) for quarter in range(1, 5)]


class ItemForm(PoliteErrorsMixin, forms.Form):
    """A line of a draft; a course keeps its own hours."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    offer = forms.ChoiceField(
        label=_("Kegiatan"), help_text=_("Yang menjawab kesenjangan yang sama.")
    )
    quarter = forms.TypedChoiceField(label=_("Waktu"), coerce=int)
    hours = forms.DecimalField(
        label=_("JP"),
        required=False,
        min_value=0,
        max_value=999,
        max_digits=6,
        decimal_places=2,
        localize=True,
        widget=forms.TextInput(attrs=WHOLE),
    )
    hours_on_job = forms.IntegerField(
        label=_("Jam di tempat kerja"),
        required=False,
        min_value=0,
        max_value=2000,
        help_text=_("Di luar JP."),
        widget=forms.TextInput(attrs=WHOLE),
    )
    success_sign = forms.CharField(
        label=_("Tanda berhasil"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, *args: Any, item: PlanItem, offers: Sequence[PlanOffer], **kwargs: Any
    ) -> None:
        kwargs.setdefault(
            "initial",
            {
                "version": item.plan.version,
                "offer": item.key,
                "quarter": item.quarter,
                "hours": item.hours.normalize() if item.hours else 0,
                "hours_on_job": item.hours_on_job,
                "success_sign": item.success_sign,
            },
        )
        super().__init__(*args, **kwargs)
        offered = {offer.key: offer_words(offer) for offer in offers}
        words = {item.key: f"{way_words()[item.way]}: {item.title}"} | offered
        self.fields["offer"].choices = list(words.items())  # type: ignore[attr-defined]
        self.fields["quarter"].choices = quarter_choices(item.plan.year)  # type: ignore[attr-defined]
        figures = ["hours", "hours_on_job"]
        if item.way == Way.COURSE:
            for name in figures:
                del self.fields[name]
            figures = []
        self.helper.layout = Layout(
            "offer",
            "quarter",
            *([Div(*figures, css_class="form-row")] if figures else []),
            "success_sign",
            "version",
        )

    def figures(self) -> tuple[Decimal, int]:
        """JP and hours at work; nothing typed is nothing."""
        data = self.cleaned_data
        return data.get("hours") or Decimal(0), data.get("hours_on_job") or 0


class ItemAddForm(PoliteErrorsMixin, forms.Form):
    """A new line for one gap."""

    offer = forms.ChoiceField(label=_("Kegiatan"), widget=forms.RadioSelect)
    quarter = forms.TypedChoiceField(label=_("Waktu"), coerce=int)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, offers: Sequence[PlanOffer], year: int, version: int, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"version": version, "quarter": 1})
        super().__init__(*args, **kwargs)
        self.fields["offer"].choices = [  # type: ignore[attr-defined]
            (offer.key, offer_words(offer)) for offer in offers
        ]
        self.fields["quarter"].choices = quarter_choices(year)  # type: ignore[attr-defined]


class FollowForm(forms.Form):
    """What became of an activity."""

    state = forms.ChoiceField(choices=PlanItem.State.choices)
    quarter = forms.TypedChoiceField(
        coerce=int, required=False, empty_value=None, choices=[(str(n), n) for n in range(1, 5)]
    )


class VersionForm(forms.Form):
    """The version a page was read in, and a note where one is asked for."""

    version = forms.IntegerField()
    note = forms.CharField(required=False, max_length=500, strip=True)
