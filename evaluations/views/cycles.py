"""Opening a cycle: four screens over one draft, each with its own address."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from competencies.models import Employee
from evaluations.forms.cycles import IdentityForm, PopulationForm, RulesForm
from evaluations.models import Cycle
from evaluations.permissions.cycles import (
    can_change_cycle,
    can_create_cycle,
    can_discard_cycle,
    can_launch_cycle,
)
from evaluations.selectors.cycles import (
    cycles_with_counts,
    last_cycle,
    launch_checks,
    schedule_of,
    unit_for_new,
    units_of_hr,
)
from evaluations.selectors.launch_plan import plan_launch
from evaluations.services.cycles import (
    IDENTITY,
    RULES,
    create_cycle,
    discard_cycle,
    suggested_identity,
    update_cycle,
)
from evaluations.services.launch import launch_cycle
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest

SCREENS = (
    ("cycle-identity", gettext_lazy("Waktu")),
    ("cycle-population", gettext_lazy("Peserta")),
    ("cycle-rules", gettext_lazy("Yang dinilai dan bobot")),
    ("cycle-check", gettext_lazy("Periksa dan buka")),
)


def visible_cycle(request: SignedInRequest, pk: int) -> Cycle:
    """The cycle, where the account runs it; else 404."""
    return get_object_or_404(Cycle.objects.visible_to(request.user).select_related("unit"), pk=pk)


def explain(form: Form, refusal: ValidationError) -> None:
    """Put a service's refusal beside the field it is about, else on top of the form."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for field, errors in refusal.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)


def first_sentence(refusal: ValidationError) -> str:
    """A refusal as a message on the next page."""
    return " ".join(refusal.messages)


def _screen(number: int, cycle: Cycle | None) -> dict[str, Any]:
    return {
        "number": number,
        "total": len(SCREENS),
        "steps": [
            {
                "label": label,
                "state": "done" if place < number else "now" if place == number else "todo",
            }
            for place, (_name, label) in enumerate(SCREENS, start=1)
        ],
        "back_url": reverse(f"evaluations:{SCREENS[number - 2][0]}", args=[cycle.pk])
        if cycle is not None and number > 1
        else reverse("evaluations:cycles"),
    }


def cycles(request: SignedInRequest) -> HttpResponse:
    """Cycles the account runs."""
    require(can_create_cycle(request.user))
    return render(request, "evaluations/cycles.html", {"cycles": cycles_with_counts(request.user)})


def cycle_new(request: SignedInRequest) -> HttpResponse:
    """First screen of a new cycle, filled from last year's."""
    require(can_create_cycle(request.user))
    template = last_cycle(request.user)
    name = _("Penilaian kompetensi %(year)d") % {"year": today().year}
    suggested = IdentityForm.initial_of(suggested_identity(template, today(), name))
    form = IdentityForm(request.POST if request.method == "POST" else None, initial=suggested)
    if request.method == "POST" and form.is_valid():
        values = form.values()
        unit, taken = unit_for_new(request.user, template, values)
        try:
            cycle = create_cycle(actor=request.user, unit=unit, identity=values, template=template)
        except ValidationError as refusal:
            explain(form, refusal)
        else:
            if taken:
                messages.warning(
                    request,
                    _("%(unit)s sudah mempunyai siklus untuk masa ini. Pilih unit lain.")
                    % {"unit": taken.name},
                )
            return redirect("evaluations:cycle-population", pk=cycle.pk)
    context = {"form": form, "template_cycle": template, "screen": _screen(1, None)}
    return render(
        request, "evaluations/cycle_identity.html", context, status=422 if form.errors else 200
    )


def cycle_identity(request: SignedInRequest, pk: int) -> HttpResponse:
    """First screen of a draft."""
    cycle = visible_cycle(request, pk)
    require(can_change_cycle(request.user, cycle))
    values = {name: getattr(cycle, name) for name in (*IDENTITY, "version")}
    form = IdentityForm(
        request.POST if request.method == "POST" else None, initial=IdentityForm.initial_of(values)
    )
    return _answer(request, cycle, form, 1, "evaluations/cycle_identity.html")


def cycle_population(request: SignedInRequest, pk: int) -> HttpResponse:
    """Second screen: unit and kinds of employment."""
    cycle = visible_cycle(request, pk)
    require(can_change_cycle(request.user, cycle))
    form = PopulationForm(
        request.POST if request.method == "POST" else None,
        units=units_of_hr(request.user),
        initial={
            "unit": cycle.unit_id,
            "employment_kinds": cycle.employment_kinds or Employee.Kind.values,
            "version": cycle.version,
        },
    )
    return _answer(request, cycle, form, 2, "evaluations/cycle_population.html")


def cycle_rules(request: SignedInRequest, pk: int) -> HttpResponse:
    """Third screen: what is rated, weights, peers; the panel says what it would mean."""
    cycle = visible_cycle(request, pk)
    require(can_change_cycle(request.user, cycle))
    values = {name: getattr(cycle, name) for name in (*RULES, "version")}
    form = RulesForm(request.POST if request.method == "POST" else None, initial=values)
    extra = {"checks": launch_checks(cycle, plan_launch(cycle)), "mix": mix_of(cycle)}
    return _answer(request, cycle, form, 3, "evaluations/cycle_rules.html", extra)


def _answer(
    request: SignedInRequest,
    cycle: Cycle,
    form: Any,
    number: int,
    template_name: str,
    extra: dict[str, Any] | None = None,
) -> HttpResponse:
    """Save a screen of the draft and go on, or show it with what is wrong."""
    if request.method == "POST" and form.is_valid():
        try:
            update_cycle(
                actor=request.user,
                cycle=cycle,
                values=form.values(),
                version=form.cleaned_data.get("version"),
            )
        except ValidationError as refusal:
            explain(form, refusal)
        else:
            if "save_draft" in request.POST:
                messages.success(request, _("Draf disimpan."))
                return redirect("evaluations:cycles")
            return redirect(f"evaluations:{SCREENS[number][0]}", pk=cycle.pk)
    context = {"form": form, "cycle": cycle, "screen": _screen(number, cycle)} | (extra or {})
    return render(request, template_name, context, status=422 if form.errors else 200)


def mix_of(cycle: Cycle) -> dict[str, Any]:
    """The weights as one bar, and what they become for somebody without subordinates."""
    pieces, offset = [], 0
    for tone, dark, weight in (
        ("m-a", False, cycle.weight_supervisor),
        ("m-b", False, cycle.weight_peer),
        ("m-c", True, cycle.weight_self),
        ("m-d", True, cycle.weight_subordinate),
    ):
        if weight:
            pieces.append({"tone": tone, "dark": dark, "weight": weight, "offset": offset})
        offset += weight
    rest = 100 - cycle.weight_subordinate
    others = [cycle.weight_supervisor, cycle.weight_peer, cycle.weight_self]
    shared = " – ".join(f"{weight * 100 / rest:.0f}" for weight in others) if rest else ""
    return {"pieces": pieces, "shared": shared}


@require_POST
def cycle_checks(request: SignedInRequest, pk: int) -> HttpResponse:
    """The panel for values still being typed; nothing is saved."""
    cycle = visible_cycle(request, pk)
    require(can_change_cycle(request.user, cycle))
    form = RulesForm(request.POST)
    form.is_valid()
    for name, value in form.cleaned_data.items():
        if name in RULES and value is not None:
            setattr(cycle, name, value)
    context = {"checks": launch_checks(cycle, plan_launch(cycle))}
    return render(request, "evaluations/_cycle_checks.html", context)


def cycle_check(request: SignedInRequest, pk: int) -> HttpResponse:
    """Fourth screen: everything once more, then launch."""
    cycle = visible_cycle(request, pk)
    require(can_launch_cycle(request.user, cycle))
    plan = plan_launch(cycle)
    if request.method == "POST":
        version = request.POST.get("version", "")
        try:
            launched = launch_cycle(
                actor=request.user,
                cycle=cycle,
                version=int(version) if version.isdecimal() else None,
            )
        except ValidationError as refusal:
            messages.error(request, first_sentence(refusal))
            return redirect("evaluations:cycle-check", pk=cycle.pk)
        messages.success(request, _("%(cycle)s dibuka.") % {"cycle": launched.name})
        return redirect("evaluations:cycle-detail", pk=launched.pk)
    context = {
        "cycle": cycle,
        "screen": _screen(4, cycle),
        "plan": plan,
        "checks": launch_checks(cycle, plan),
        "schedule": schedule_of(cycle),
        "mix": mix_of(cycle),
        "kinds": [
            str(label)
            for code, label in Employee.Kind.choices
            if not cycle.employment_kinds or code in cycle.employment_kinds
        ],
    }
    return render(request, "evaluations/cycle_check.html", context)


@require_POST
def cycle_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Drop a draft."""
    cycle = visible_cycle(request, pk)
    require(can_discard_cycle(request.user, cycle))
    discard_cycle(actor=request.user, cycle=cycle)
    messages.success(request, _("Draf dihapus."))
    return redirect("evaluations:cycles")
