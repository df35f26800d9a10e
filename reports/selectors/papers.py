"""What a printed document says, joined from the apps that know it."""

import datetime as dt

from django.conf import settings
from django.utils.translation import gettext as _

from evaluations.models import Cycle
from gayungan_asn.accounts.templatetags.figures import decimal_id
from reports.documents import (
    ActivityGroup,
    ActivityLine,
    Identity,
    Letterhead,
    LevelLine,
    PlanPaper,
    ReasonLine,
    Signature,
)
from training.models import DevelopmentPlan
from training.selectors import plan_content as training_content
from training.selectors.plan_content import Goal, PlanContent, PlanPerson, plan_content

RATIFIED_STATES = frozenset({DevelopmentPlan.State.RATIFIED, DevelopmentPlan.State.CLOSED})


def plan_paper(plan: DevelopmentPlan) -> PlanPaper:
    """The paper of a plan as it stands; the same for a plan that did not change."""
    content = plan_content(plan)
    again = _next_rating(plan)
    is_ratified = content.state in RATIFIED_STATES
    return PlanPaper(
        year=content.year,
        letterhead=Letterhead(
            settings.AGENCY_GOVERNMENT, settings.AGENCY_NAME, settings.AGENCY_ADDRESS
        ),
        identity=_identity(content),
        target_hours=content.target_hours,
        target_is_ceiling=content.target_is_ceiling,
        levels=tuple(
            LevelLine(
                line.competency,
                line.type_label,
                line.required,
                line.attained,
                _short(line.source) or _("Belum ada"),
            )
            for line in content.gaps
        ),
        index_note=_index_note(content),
        reasons=tuple(_reason(goal) for goal in content.goals),
        groups=tuple(_group(goal) for goal in content.goals if goal.activities),
        signatures=_signatures(content),
        place=settings.AGENCY_SEAT,
        issued_at=content.ratified_at if is_ratified else None,
        again_from=again[0] if again else None,
        again_until=again[1] if again else None,
        demonstration=settings.DEMO,
    )


def _short(source: str) -> str:
    """A source as its narrow column can hold it."""
    return source.replace(_("Penilaian kompetensi resmi"), _("Uji resmi")).replace(
        _("Penilaian kompetensi"), _("Penilaian")
    )


def _identity(content: PlanContent) -> Identity:
    who, supervisor = content.employee, content.supervisor
    return Identity(
        name=who.name,
        nip=who.nip,
        position=who.position,
        unit=who.unit,
        employment=", ".join(part for part in (content.employment_kind, who.rank) if part),
        supervisor=", ".join(part for part in (supervisor.name, supervisor.position) if part)
        if supervisor
        else "",
    )


def _index_note(content: PlanContent) -> str:
    if content.index is None:
        return _("Belum ada kompetensi yang dinilai. Yang belum dinilai bukan kesenjangan.")
    return _(
        "%(source)s: indeks pemenuhan standar (internal) %(index)s, %(assessed)d dari %(total)d "
        "dinilai, tanpa pembatasan %(uncapped)s. Yang belum dinilai atau sudah berakhir tidak "
        "dihitung sebagai kesenjangan."
    ) % {
        "source": content.source_label or _("Tingkat yang berlaku"),
        "index": decimal_id(content.index, 2),
        "assessed": content.assessed,
        "total": content.total,
        "uncapped": decimal_id(content.index_uncapped, 2),
    }


def _reason(goal: Goal) -> ReasonLine:
    ground = ""
    if goal.source:
        ground = _("%(source)s menetapkan tingkat %(level)d.") % {
            "source": goal.source,
            "level": goal.attained,
        }
    if goal.is_critical:
        ground = f"{ground} {_('Kompetensi kritis di jabatan ini.')}".strip()
    return ReasonLine(
        competency=goal.competency,
        required=goal.required,
        attained=goal.attained,
        unseen=goal.unseen,
        ground=ground,
        rating=goal.rating[:1].upper() + goal.rating[1:],
    )


def _group(goal: Goal) -> ActivityGroup:
    return ActivityGroup(
        competency=goal.competency,
        required=goal.required,
        attained=goal.attained,
        is_critical=goal.is_critical,
        lines=tuple(_line(activity) for activity in goal.activities),
    )


def _line(activity: training_content.ActivityLine) -> ActivityLine:
    return ActivityLine(
        title=activity.title,
        provider=activity.provider,
        way=activity.way_label,
        share=str(activity.share),
        schedule=activity.when,
        quarters=((activity.quarter, activity.when.rpartition(" ")[0] or activity.when),),
        hours=activity.hours,
        cost=activity.cost,
        cost_source=activity.cost_source,
        success_sign=activity.success_sign,
        status=activity.state_label.lower(),
        also_for=activity.also_for,
    )


def _signatures(content: PlanContent) -> tuple[Signature, ...]:
    return (
        _signature(_("Mengajukan"), content.employee),
        _signature(_("Menyetujui"), content.supervisor),
        _signature(_("Menetapkan"), content.hr),
    )


def _signature(role: str, person: PlanPerson | None) -> Signature:
    if person is None:
        return Signature(role, ())
    office = (person.position,) if person.position else ()
    return Signature(role, office, person.name, person.rank, person.nip)


def _next_rating(plan: DevelopmentPlan) -> tuple[dt.date, dt.date] | None:
    """When the levels are rated again: the annual cycle of the plan's year, once it is set."""
    cycle = (
        Cycle.objects.filter(
            appraisals__employee=plan.employee_id, year=plan.year, kind=Cycle.Kind.ANNUAL
        )
        .order_by("opens_on")
        .first()
    )
    return (cycle.opens_on, cycle.supervisor_until) if cycle else None
