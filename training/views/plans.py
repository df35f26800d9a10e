"""Development plans: the employee's draft, the supervisor's and HR's decisions."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from competencies.selectors.people import (
    direct_supervisor,
    employee_of,
    hr_covers,
    is_direct_supervisor,
    roles_of,
)
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest
from training.forms.plans import FollowForm, ItemAddForm, ItemForm, VersionForm
from training.models import DevelopmentPlan, PlanItem
from training.permissions.plans import (
    can_approve_plan,
    can_follow_plan,
    can_ratify_plan,
    can_update_plan,
    can_withdraw_plan,
    is_own_plan,
)
from training.selectors.offers import PlanOffer, plan_offers
from training.selectors.plan_content import PlanContent, plan_content, quarter_words
from training.selectors.plans import mix_of, plan_list
from training.services.follow import set_item_state
from training.services.plans import (
    add_item,
    approve_plan,
    propose_plan,
    ratify_plan,
    remove_item,
    return_plan,
    update_item,
    withdraw_plan,
)
from training.views.answers import code_of, put_in_form, tell_refusal

PER_PAGE = 25
State = DevelopmentPlan.State


def plans(request: SignedInRequest) -> HttpResponse:
    """Plans in view: one's own, the team's, and for HR the tree's."""
    me = employee_of(request.user)
    roles = roles_of(request.user)
    require(bool(roles & {"asn", "hr"}))
    state = request.GET.get("keadaan", "")
    state = state if state in State.values else ""
    q = request.GET.get("q", "").strip()[:100]
    year = request.GET.get("tahun", "").strip()
    year = year if year.isascii() and year.isdigit() and len(year) <= 4 else ""
    found = plan_list(request.user, state=state, q=q, year=int(year) if year else None)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    is_hr = "hr" in roles
    ratifiable = {
        row.pk
        for row in page.object_list
        if is_hr and row.state == State.APPROVED and not (me and me.pk == row.employee_id)
    }
    return render(
        request,
        "training/plans.html",
        {
            "page": page,
            "states": State.choices,
            "state": state,
            "q": q,
            "year": year,
            "is_hr": is_hr,
            "is_supervisor": "supervisor" in roles,
            "ratifiable": ratifiable,
        },
    )


def plan_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One plan: reasons on top, activities beneath, and the reader's one main action."""
    plan = _plan(request, pk)
    content = plan_content(plan)
    return render(
        request,
        "training/plan_detail.html",
        {
            "plan": plan,
            "content": content,
            "mix": mix_of(content),
            "steps": steps_of(plan),
            "calendar": calendar_of(content),
            "not_assessed": [line for line in content.gaps if line.attained is None],
            "own": is_own_plan(request.user, plan),
            "can_update": can_update_plan(request.user, plan),
            "can_withdraw": can_withdraw_plan(request.user, plan),
            "can_approve": can_approve_plan(request.user, plan),
            "can_ratify": can_ratify_plan(request.user, plan),
            "can_follow": can_follow_plan(request.user, plan),
            "item_states": PlanItem.State.choices,
        },
    )


def plan_propose(request: SignedInRequest, pk: int) -> HttpResponse:
    """Check page of one's own draft; POST hands it to the supervisor."""
    plan = _plan(request, pk)
    require(is_own_plan(request.user, plan))
    if request.method == "POST":
        return _step(request, plan, propose_plan, _("Rencana diajukan kepada atasan langsung."))
    if plan.state != State.DRAFT:
        return redirect("training:plan-detail", pk=plan.pk)
    return render(
        request,
        "training/plan_check.html",
        {
            "plan": plan,
            "content": plan_content(plan),
            "supervisor": direct_supervisor(plan.employee),
        },
    )


@require_POST
def plan_withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take one's own proposal back."""
    plan = _plan(request, pk)
    require(is_own_plan(request.user, plan))
    return _step(request, plan, withdraw_plan, _("Rencana ditarik dan dapat diubah lagi."))


@require_POST
def plan_approve(request: SignedInRequest, pk: int) -> HttpResponse:
    """The direct supervisor agrees."""
    plan = _plan(request, pk)
    require(is_direct_supervisor(request.user, plan.employee))
    return _step(request, plan, approve_plan, _("Rencana disetujui."))


@require_POST
def plan_return(request: SignedInRequest, pk: int) -> HttpResponse:
    """The direct supervisor sends it back with a note."""
    plan = _plan(request, pk)
    require(is_direct_supervisor(request.user, plan.employee))
    note = request.POST.get("note", "")
    return _step(request, plan, return_plan, _("Rencana dikembalikan."), note=note)


@require_POST
def plan_ratify(request: SignedInRequest, pk: int) -> HttpResponse:
    """HR ratifies; nobody one's own."""
    plan = _plan(request, pk)
    require(hr_covers(request.user, plan.employee) and not is_own_plan(request.user, plan))
    return _step(request, plan, ratify_plan, _("Rencana ditetapkan."))


@require_POST
def plans_approve(request: SignedInRequest) -> HttpResponse:
    """Approve several plans whose names the supervisor had in view."""
    return _batch(request, approve_plan, _("%(count)s rencana disetujui."), "training:approvals")


@require_POST
def plans_ratify(request: SignedInRequest) -> HttpResponse:
    """Ratify several plans whose names HR had in view."""
    return _batch(request, ratify_plan, _("%(count)s rencana ditetapkan."), "training:plans")


def item_new(request: SignedInRequest, pk: int, competency: int) -> HttpResponse:
    """Add an activity for one gap of one's own draft."""
    plan = _plan(request, pk)
    require(can_update_plan(request.user, plan))
    row = next((each for each in plan.gap_table if each["competency_id"] == competency), None)
    if row is None or row["attained"] is None:
        raise PermissionDenied
    used = set(plan.items.values_list("key", flat=True))
    offers = [
        offer
        for offer in plan_offers(plan.year)
        if offer.key not in used and offer.helps(row["code"], row["attained"])
    ]
    form = ItemAddForm(request.POST or None, offers=offers, year=plan.year, version=plan.version)
    if request.method == "POST" and form.is_valid():
        try:
            add_item(
                actor=request.user,
                plan=plan,
                version=form.cleaned_data["version"],
                competency_id=competency,
                offer=_chosen(offers, form.cleaned_data["offer"]),
                quarter=form.cleaned_data["quarter"],
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
        else:
            messages.success(request, _("Kegiatan ditambahkan."))
            return redirect("training:plan-detail", pk=plan.pk)
    context = {"plan": plan, "form": form, "row": row, "offers": offers}
    return render(request, "training/item_new.html", context)


def item_update(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change one line of one's own draft."""
    item = _item(request, pk)
    require(can_update_plan(request.user, item.plan))
    offers = _offers_for(item)
    form = ItemForm(request.POST or None, item=item, offers=offers)
    if request.method == "POST" and form.is_valid():
        hours, hours_on_job = form.figures()
        try:
            update_item(
                actor=request.user,
                item=item,
                version=form.cleaned_data["version"],
                quarter=form.cleaned_data["quarter"],
                hours=hours,
                hours_on_job=hours_on_job,
                success_sign=form.cleaned_data["success_sign"],
                offer=_chosen(offers, form.cleaned_data["offer"]),
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
        else:
            messages.success(request, _("Kegiatan disimpan."))
            return redirect("training:plan-detail", pk=item.plan_id)
    context = {"plan": item.plan, "item": item, "form": form}
    return render(request, "training/item_form.html", context)


@require_POST
def item_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take one line out of one's own draft."""
    item = _item(request, pk)
    require(can_update_plan(request.user, item.plan))
    form = VersionForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else 0
    try:
        remove_item(actor=request.user, item=item, version=version)
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("Kegiatan dihapus dari rencana."))
    return redirect("training:plan-detail", pk=item.plan_id)


@require_POST
def item_follow(request: SignedInRequest, pk: int) -> HttpResponse:
    """Tick an activity of one's ratified plan, or move it to another quarter."""
    item = _item(request, pk)
    require(can_follow_plan(request.user, item.plan))
    form = FollowForm(request.POST)
    if form.is_valid():
        try:
            set_item_state(
                actor=request.user,
                item=item,
                state=form.cleaned_data["state"],
                quarter=form.cleaned_data["quarter"],
            )
        except ValidationError as refusal:
            tell_refusal(request, refusal)
        else:
            messages.success(request, _("Keadaan kegiatan disimpan."))
    return redirect("training:plan-detail", pk=item.plan_id)


def steps_of(plan: DevelopmentPlan) -> list[dict[str, str]]:
    """Where a plan stands on its way."""
    labels = [
        (State.DRAFT, _("Draf")),
        (State.PROPOSED, _("Diajukan")),
        (State.APPROVED, _("Disetujui atasan langsung")),
        (State.RATIFIED, _("Ditetapkan")),
        (State.CLOSED, _("Selesai")),
    ]
    here = [state for state, _label in labels].index(State(plan.state))
    return [
        {"label": label, "state": "done" if place < here else "now" if place == here else "todo"}
        for place, (_state, label) in enumerate(labels)
    ]


def calendar_of(content: PlanContent) -> list[dict[str, Any]]:
    """Activities by quarter."""
    lines = [line for goal in content.goals for line in goal.activities]
    return [
        {
            "quarter": quarter_words(number, content.year),
            "lines": [line for line in lines if line.quarter == number],
        }
        for number in range(1, 5)
    ]


def _plan(request: SignedInRequest, pk: int) -> DevelopmentPlan:
    return get_object_or_404(
        DevelopmentPlan.objects.visible_to(request.user).select_related(
            "employee", "batch", "approved_by_employee", "ratified_by"
        ),
        pk=pk,
    )


def _item(request: SignedInRequest, pk: int) -> PlanItem:
    return get_object_or_404(
        PlanItem.objects.filter(
            plan__in=DevelopmentPlan.objects.visible_to(request.user)
        ).select_related("plan__employee"),
        pk=pk,
    )


def _offers_for(item: PlanItem) -> list[PlanOffer]:
    gaps = list(item.gaps.select_related("competency"))
    used = set(item.plan.items.exclude(pk=item.pk).values_list("key", flat=True))
    return [
        offer
        for offer in plan_offers(item.plan.year)
        if offer.key not in used
        and any(offer.helps(gap.competency.code, gap.attained_level) for gap in gaps)
    ]


def _chosen(offers: list[PlanOffer], key: str) -> PlanOffer:
    # The form has checked the key against the same offers.
    return next(offer for offer in offers if offer.key == key)


def _step(
    request: SignedInRequest,
    plan: DevelopmentPlan,
    service: Callable[..., DevelopmentPlan],
    text: str,
    **values: Any,
) -> HttpResponse:
    form = VersionForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else 0
    try:
        service(actor=request.user, plan=plan, version=version, **values)
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, text)
    return redirect("training:plan-detail", pk=plan.pk)


def _batch(
    request: SignedInRequest, service: Callable[..., DevelopmentPlan], text: str, back: str
) -> HttpResponse:
    """One decision on each ticked plan; `rencana` is "pk:version"."""
    done = 0
    for entry in request.POST.getlist("rencana")[:200]:
        pk, _colon, version = entry.partition(":")
        if not (pk.isdigit() and version.isdigit()):
            continue
        plan = _plan(request, int(pk))
        try:
            service(actor=request.user, plan=plan, version=int(version))
        except ValidationError as refusal:
            require(code_of(refusal) != "forbidden")
            messages.error(request, f"{plan.employee.name}: {' '.join(refusal.messages)}")
        else:
            done += 1
    if done:
        messages.success(request, text % {"count": done})
    return redirect(back)
