"""What a rating page sends: one level, reason and ticks for each competency."""

import re
from collections.abc import Iterable, Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.models import FeedbackPhrase, SupervisorPart
from evaluations.rules import Mark

_LEVEL = re.compile(r"[0-5]")


class MarksForm(forms.Form):
    """Reads `level_<id>`, `reason_<id>` and `unseen_<id>` for the asked competencies.

    A competency whose level is not in the request stays as it is; "x" (tidak tahu)
    takes the mark back. Anything else posted is ignored.
    """

    version = forms.IntegerField(required=False)

    def __init__(self, data: Mapping[str, str] | None, competency_ids: Iterable[int]) -> None:
        super().__init__(data)
        self.competency_ids = list(competency_ids)
        self.marks: dict[int, Mark] = {}

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        for pk in self.competency_ids:
            level = self.data.get(f"level_{pk}", "")
            if not level:
                continue
            if level != "x" and not _LEVEL.fullmatch(level):
                self.add_error(None, _("Pilih tingkat 0 sampai 5."))
                continue
            reason = self.data.get(f"reason_{pk}", "")
            if len(reason) > 1000:
                self.add_error(None, _("Alasan paling panjang 1.000 karakter."))
            ticks: list[str] = getattr(self.data, "getlist", lambda _name: [])(f"unseen_{pk}")
            self.marks[pk] = Mark(
                level=None if level == "x" else int(level),
                reason=reason,
                unseen=tuple(int(tick) for tick in ticks if tick.isascii() and tick.isdigit()),
            )
        return cleaned

    @property
    def unknown(self) -> list[int]:
        """Competencies answered with "tidak tahu"."""
        return [pk for pk, mark in self.marks.items() if mark.level is None]


class PartForm(MarksForm):
    """The supervisor's page: the marks, the two three-way choices, a message."""

    work_result = forms.ChoiceField(
        choices=[("", ""), *SupervisorPart.Rating.choices], required=False
    )
    behaviour = forms.ChoiceField(
        choices=[("", ""), *SupervisorPart.Rating.choices], required=False
    )
    message = forms.CharField(max_length=1000, required=False)


class FeedbackForm(MarksForm):
    """The short form of peers: marks and two set phrases, no free text."""

    strength = forms.ModelChoiceField(
        FeedbackPhrase.objects.filter(kind="strength", is_active=True), required=False
    )
    suggestion = forms.ModelChoiceField(
        FeedbackPhrase.objects.filter(kind="suggestion", is_active=True), required=False
    )
