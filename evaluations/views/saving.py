"""Answers to saving a rating page, with script and without."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from evaluations.forms.ratings import MarksForm
from evaluations.rules import Mark
from evaluations.selectors.rating_pages import RatingGroup, RatingRow, RatingSheet, Tick
from gayungan_asn.accounts.clock import now


@dataclass(frozen=True, slots=True)
class Difference:
    """What is stored now beside what was typed in an older copy of the page."""

    label: str
    stored: str
    typed: str


def is_autosave(request: HttpRequest) -> bool:
    """True where the page's script saves: the answer is JSON."""
    return request.headers.get("X-Autosave") == "1"


def clock_words() -> str:
    """The moment of saving as pages say it: 09.41."""
    return now().strftime("%H.%M")


def saved_answer(version: int | None = None, fragments: Iterable[str] = ()) -> JsonResponse:
    """The script's receipt, with the parts of the page that changed."""
    answer: dict[str, object] = {"saved_at": clock_words()}
    if version is not None:
        answer["version"] = version
    html = "".join(fragments)
    if html:
        answer["html"] = html
    return JsonResponse(answer)


def invalid_answer(form: MarksForm) -> JsonResponse:
    """The script keeps the draft and says that it is not complete."""
    return JsonResponse({"errors": form.errors.get_json_data()}, status=422)


def form_errors(form: MarksForm) -> list[dict[str, str]]:
    """What a form refused, for the summary on top of the page."""
    return [{"anchor": "", "message": str(text)} for rows in form.errors.values() for text in rows]


def refusal_code(refusal: ValidationError) -> str:
    """`conflict` to be shown; anything else means that the page is over: 403.

    Raises:
        PermissionDenied: sent already, or the time is over.
    """
    code = str(getattr(refusal, "code", "") or "")
    if code == "closed":
        raise PermissionDenied
    return code


def _words(level: int | str | None, reason: str) -> str:
    if level is None:
        return _("belum dinilai")
    text = _("Tingkat %(level)s") % {"level": level}
    return f"{text}: {reason}" if reason else text


def differences(sheet: RatingSheet, marks: Mapping[int, Mark]) -> list[Difference]:
    """Where the typed marks say something else than the stored ones."""
    found = []
    for row in sheet.rows:
        mark = marks.get(row.competency.pk)
        if mark is None or (mark.level, mark.reason.strip()) == (row.level, row.reason):
            continue
        found.append(
            Difference(
                row.competency.name,
                _words(row.level, row.reason),
                _words(mark.level, mark.reason.strip()),
            )
        )
    return found


def with_typed(sheet: RatingSheet, marks: Mapping[int, Mark]) -> RatingSheet:
    """The page again with what was typed; what others said shows as far as it did."""

    def typed(row: RatingRow) -> RatingRow:
        mark = marks.get(row.competency.pk)
        if mark is None:
            return row
        return replace(
            row,
            level="x" if mark.level is None else mark.level,
            reason=mark.reason,
            ticks=tuple(Tick(tick.id, tick.text, tick.id in mark.unseen) for tick in row.ticks),
        )

    groups = tuple(
        RatingGroup(group.label, tuple(typed(row) for row in group.rows)) for group in sheet.groups
    )
    return replace(
        sheet,
        groups=groups,
        done=sum(row.level is not None for group in groups for row in group.rows),
    )
