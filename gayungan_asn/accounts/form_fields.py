"""Fields and words that every form of the product shares."""

from datetime import date, datetime
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

WRITTEN_DATES = ("%d/%m/%Y", "%d-%m-%Y", "%Y-%m-%d")
EXAMPLE = "27/03/2026"


class DateTextField(forms.DateField):
    """A date typed as day/month/year.

    A browser set to English would show a date control with the month first, so this is
    plain text. Accepts 27/03/2026, 27-03-2026 and 2026-03-27.
    """

    default_error_messages = {
        "invalid": _("Tulis tanggal yang ada, misalnya 27/03/2026"),
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("input_formats", WRITTEN_DATES)
        options.setdefault(
            "widget",
            forms.DateInput(
                format=WRITTEN_DATES[0],
                attrs={"inputmode": "numeric", "autocomplete": "off", "class": "form-control num"},
            ),
        )
        options.setdefault("help_text", _("Contoh: 27/03/2026"))
        super().__init__(**options)

    def to_python(self, value: Any) -> date | None:
        """The date, or None when nothing was typed."""
        if isinstance(value, str):
            value = value.strip().replace(".", "/")
        return super().to_python(value)

    def strptime(self, value: str, format: str) -> date:  # noqa: A002  Django's own name
        """Strict reading: a two-digit year is refused rather than guessed."""
        found = datetime.strptime(value, format).date()  # noqa: DTZ007  a calendar day
        if found.year < 1900:
            raise ValueError(value)
        return found


class PoliteErrorsMixin:
    """Words errors the way the product speaks and prepares the crispy helper.

    An empty required field says "Isi …", "Pilih …" or "Unggah …" with its own label, so
    that the summary on top can be read without the field beside it.
    """

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        for name, field in self.fields.items():
            if (
                field.error_messages.get("required")
                == forms.Field.default_error_messages["required"]
            ):
                field.error_messages["required"] = required_message(name, field)
            self._word_the_rest(field)

    def _word_the_rest(self, field: forms.Field) -> None:
        if isinstance(field.widget, forms.Textarea) and field.widget.attrs.get("rows") == "10":
            field.widget.attrs["rows"] = "4"
        if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
            field.error_messages["invalid_choice"] = _("Pilih salah satu dari daftar")
        if isinstance(field, forms.IntegerField):
            field.error_messages["invalid"] = _("Tulis dengan angka")
        if isinstance(field, forms.EmailField):
            field.error_messages["invalid"] = _("Tulis surel lengkap, misalnya nama@contoh.go.id")


def required_message(name: str, field: forms.Field) -> Any:
    """What to do about an empty required field, with its label in the sentence."""

    def words() -> str:
        label = inner_label(str(field.label or name.replace("_", " ")))
        if isinstance(field, forms.FileField):
            return gettext("Unggah %(label)s") % {"label": label}
        if isinstance(field, forms.BooleanField):
            return gettext("Centang %(label)s") % {"label": label}
        if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
            return gettext("Pilih %(label)s") % {"label": label}
        if isinstance(field, DateTextField):
            return gettext("Isi %(label)s, misalnya %(example)s") % {
                "label": label,
                "example": EXAMPLE,
            }
        return gettext("Isi %(label)s") % {"label": label}

    return lazy(words, str)()


def inner_label(label: str) -> str:
    """The label inside a sentence: first letter small, unless it is an abbreviation."""
    return label if label[1:2].isupper() or not label else label[0].lower() + label[1:]
