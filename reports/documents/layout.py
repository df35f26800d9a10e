"""Content → the words and classes of the page → HTML."""

import functools
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from gayungan_asn.accounts.templatetags.figures import nip, signed
from reports.charts import hour_boxes, level_class, qr_code
from reports.documents.content import (
    ActivityGroup,
    ActivityLine,
    LevelLine,
    PlanPaper,
    ReasonLine,
    Signature,
    Stamp,
    content_hash,
    grouped_code,
)
from reports.documents.wording import (
    DASH,
    NO_BREAK,
    NOTE_LENGTH,
    clean,
    day,
    difference,
    hours,
    money,
    months,
)

FONT: Final = "PJS"
MOST_ROWS: Final = 60
BLANK: Final = "…" * 12


@functools.cache
def _template(name: str) -> Any:
    return get_template(name)


def plan_html(paper: PlanPaper, stamp: Stamp) -> str:
    """The plan as one self-contained page; its text is escaped by the template engine."""
    with translation.override("id"):
        return _template("reports/print/plan.html").render(_plan_words(paper, stamp))


def plan_title(year: int) -> str:
    """The title of a plan; says nothing about the person."""
    return _("Rencana Pengembangan Kompetensi Individu %(year)d") % {"year": year}


def _plan_words(paper: PlanPaper, stamp: Stamp) -> dict[str, Any]:
    who = paper.identity
    lines = [line for group in paper.groups for line in group.lines]
    planned = sum((line.hours for line in lines), Decimal(0))
    cost = sum((line.cost for line in lines), Decimal(0))
    title = plan_title(paper.year)
    return {
        "title": title,
        "language": "id",
        "year": paper.year,
        "number": stamp.number,
        "head": {
            "government": clean(paper.letterhead.government).upper(),
            "agency": clean(paper.letterhead.agency).upper(),
            "address": clean(paper.letterhead.address),
        },
        "mark": _mark(paper),
        "foot": _("Rencana Pengembangan Kompetensi %(year)d · NIP %(nip)s · kode %(code)s")
        % {"year": paper.year, "nip": nip(who.nip), "code": grouped_code(stamp.code)},
        "created": paper.issued_at.isoformat(timespec="seconds") if paper.issued_at else "",
        "who": {
            "name": clean(who.name),
            "nip": nip(who.nip) or DASH,
            "position": clean(who.position) or DASH,
            "unit": clean(who.unit) or DASH,
            "employment": clean(who.employment) or DASH,
            "supervisor": clean(who.supervisor) or DASH,
        },
        "lead": _lead(paper, lines, planned),
        "facts": _facts(paper, lines, planned, cost),
        "levels": [_level(line) for line in paper.levels[:MOST_ROWS]],
        "index_note": clean(paper.index_note, NOTE_LENGTH),
        "reasons": [_reason(line) for line in paper.reasons[:MOST_ROWS]],
        "groups": [_group(group) for group in paper.groups[:MOST_ROWS]],
        "sum_hours": hours(planned),
        "sum_cost": money(cost),
        "hours_words": (
            _("%(planned)s JP direncanakan, paling banyak %(duty)d JP.")
            if paper.target_is_ceiling
            else _("%(planned)s JP direncanakan, %(duty)d JP diwajibkan.")
        )
        % {"planned": hours(planned) if planned else 0, "duty": paper.target_hours},
        "mix_words": _mix(lines),
        "hour_boxes": hour_boxes(
            planned,
            paper.target_hours,
            _("JP: %(planned)s direncanakan, batas %(duty)d")
            % {"planned": hours(planned) if planned else 0, "duty": paper.target_hours},
            FONT,
        ),
        "timetable": _timetable(paper, lines),
        "place": clean(paper.place),
        "issued": day(paper.issued_at) if paper.issued_at else BLANK,
        "signatures": [_signature(each) for each in paper.signatures],
        "tall": max((len(each.office) for each in paper.signatures), default=0) > 2,
        "check": _check(paper, stamp),
    }


def _mark(paper: PlanPaper) -> str:
    marks = []
    if paper.issued_at is None:
        marks.append(_("DRAF · belum ditetapkan"))
    if paper.demonstration:
        marks.append(_("PERAGAAN · nama dan angka rekaan"))
    return " · ".join(marks)


def _lead(paper: PlanPaper, lines: list[ActivityLine], planned: Decimal) -> dict[str, str]:
    below = sum(
        1 for line in paper.levels if line.attained is not None and line.attained < line.required
    )
    unknown = sum(1 for line in paper.levels if line.attained is None)
    total = len(paper.levels)
    if below:
        figure = _("%(below)d dari %(total)d kompetensi") % {"below": below, "total": total}
        state = _("masih di bawah standar jabatan")
    elif total > unknown:
        figure = _("%(total)d kompetensi") % {"total": total - unknown}
        state = _("yang dinilai memenuhi standar jabatan")
    else:
        figure, state = _("%(total)d kompetensi") % {"total": total}, _("belum dinilai")
        unknown = 0
    if unknown:
        state += _(", %(count)d belum dinilai") % {"count": unknown}
    last = max((quarter for line in lines for quarter, _words in line.quarters), default=0)
    return {
        "figure": figure,
        "state": state,
        "count": ngettext("%(count)d kegiatan", "%(count)d kegiatan", len(lines))
        % {"count": len(lines)},
        "hours": f"{hours(planned) if planned else 0}{NO_BREAK}JP",
        "until": _("sampai triwulan %(quarter)s %(year)d")
        % {"quarter": ("I", "II", "III", "IV")[last - 1], "year": paper.year}
        if last
        else "",
    }


def _facts(
    paper: PlanPaper, lines: list[ActivityLine], planned: Decimal, cost: Decimal
) -> list[tuple[str, str]]:
    gaps = [
        line.attained - line.required
        for line in paper.levels
        if line.attained is not None and line.attained < line.required
    ]
    sources = sorted({clean(line.cost_source) for line in lines if line.cost and line.cost_source})
    facts = [
        (
            _("%(count)d kesenjangan") % {"count": len(gaps)},
            _("terbesar %(size)s tingkat") % {"size": signed(min(gaps))}
            if gaps
            else _("pada kompetensi yang dinilai"),
        ),
        (
            f"{hours(planned) if planned else 0}{NO_BREAK}JP",
            (
                _("dari paling banyak %(duty)d JP setahun")
                if paper.target_is_ceiling
                else _("dari kewajiban %(duty)d JP setahun")
            )
            % {"duty": paper.target_hours},
        ),
        (money(cost), ", ".join([_("seluruh biaya"), *sources]) if cost else _("tanpa biaya")),
    ]
    if paper.again_from and paper.again_until:
        facts.append((months(paper.again_from, paper.again_until), _("penilaian ulang kompetensi")))
    else:
        facts.append((str(len(lines)), _("kegiatan direncanakan")))
    return facts


def _level(line: LevelLine) -> dict[str, Any]:
    words, tone = difference(line.required, line.attained)
    return {
        "competency": clean(line.competency),
        "type": clean(line.type_label),
        "bar": level_class(line.attained, line.required),
        "figures": _("standar %(required)d") % {"required": line.required}
        if line.attained is None
        else _("%(attained)d dari %(required)d")
        % {"attained": line.attained, "required": line.required},
        "difference": words,
        "tone": tone,
        "is_gap": tone == "gap",
        "source": clean(line.source),
    }


def _reason(line: ReasonLine) -> dict[str, str]:
    return {
        "competency": clean(line.competency),
        "levels": _("Tingkat %(attained)d, standar %(required)d")
        % {"attained": line.attained, "required": line.required},
        "unseen": " ".join(_sentence(clean(text, 300)) for text in line.unseen[:12]) or DASH,
        "ground": clean(line.ground, NOTE_LENGTH),
        "rating": clean(line.rating, 300),
    }


def _sentence(text: str) -> str:
    return text if text.endswith((".", ";", "…")) else f"{text}."


def _group(group: ActivityGroup) -> dict[str, Any]:
    gap = group.attained - group.required
    priority = _("prioritas tinggi") if group.is_critical or gap <= -2 else _("prioritas sedang")
    words, _tone = difference(group.required, group.attained)
    return {
        "competency": clean(group.competency),
        "direction": _("tingkat %(attained)d menuju %(required)d, %(words)s, %(priority)s")
        % {
            "attained": group.attained,
            "required": group.required,
            "words": words,
            "priority": priority,
        },
        "lines": [_activity(line) for line in group.lines[:MOST_ROWS]],
    }


def _activity(line: ActivityLine) -> dict[str, str]:
    return {
        "title": clean(line.title),
        "provider": clean(line.provider),
        "also": _("Juga untuk %(names)s") % {"names": _listed(map(clean, line.also_for))}
        if line.also_for
        else "",
        "way": clean(line.way),
        "share": clean(line.share),
        "schedule": clean(line.schedule),
        "hours": hours(line.hours),
        "cost": money(line.cost),
        "cost_source": clean(line.cost_source) if line.cost else "",
        "sign": clean(line.success_sign, 300),
        "status": clean(line.status),
    }


def _listed(names: Iterable[str]) -> str:
    words = list(names)
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s dan %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}


def _mix(lines: list[ActivityLine]) -> str:
    counts: dict[tuple[str, str], int] = {}
    for line in lines:
        key = (line.share, line.way.lower())
        counts[key] = counts.get(key, 0) + 1
    parts = [
        f"{count} {clean(way)} ({share})"
        for (share, way), count in sorted(
            counts.items(), key=lambda item: (-int(item[0][0] or 0), item[0][1])
        )
    ]
    return ", ".join(parts)


def _timetable(paper: PlanPaper, lines: list[ActivityLine]) -> list[dict[str, Any]]:
    rows = []
    for line in lines[:MOST_ROWS]:
        words = dict(line.quarters)
        rows.append(
            {
                "title": clean(line.title),
                "cells": [clean(words.get(quarter, "")) for quarter in (1, 2, 3, 4)],
            }
        )
    if paper.again_from and paper.again_until:
        first, last = (paper.again_from.month + 2) // 3, (paper.again_until.month + 2) // 3
        text = months(paper.again_from, paper.again_until)
        rows.append(
            {
                "title": _("Penilaian ulang kompetensi"),
                "cells": [text if first <= quarter <= last else "" for quarter in (1, 2, 3, 4)],
            }
        )
    return rows


def _signature(each: Signature) -> dict[str, Any]:
    return {
        "role": clean(each.role),
        "office": [clean(line) for line in each.office[:4]],
        "name": clean(each.name),
        "rank": clean(each.rank),
        "nip": nip(each.nip),
    }


def _check(paper: PlanPaper, stamp: Stamp) -> dict[str, Any]:
    printed = content_hash(paper)[:32]
    return {
        "address": stamp.address,
        "short": stamp.address.partition("://")[2].rpartition("/")[0],
        "code": grouped_code(stamp.code),
        "hash": " ".join(printed[start : start + 4] for start in range(0, 32, 4)),
        # Capitals keep the code in its smaller alphanumeric mode; the path takes either case.
        "qr": qr_code(stamp.address.upper(), _("Kode QR pemeriksaan dokumen"), FONT),
    }
