"""Accounts and role grants, for administrators and, in part, HR."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competencies.forms.filters import AccountFilter
from competencies.forms.people import exclusive
from competencies.forms.roles import RoleRequestForm
from competencies.permissions import roles as may
from competencies.selectors.accounts import accounts_for, by_state, role_grants_for, roles_held
from competencies.services.roles import (
    apply_role_grant,
    end_role_grant,
    lock_account,
    refuse_role_grant,
    request_role_grant,
)
from competencies.views.answers import put_in_form, tell_refusal
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest

PAGE_SIZE = 50
STATES = ("menunggu", "berlaku", "berakhir")


@require_safe
def accounts(request: SignedInRequest) -> HttpResponse:
    """Accounts by name, state and role; without personnel data."""
    require(may.can_manage_accounts(request.user))
    chosen = AccountFilter(request.GET, queryset=accounts_for(request.user))
    page = Paginator(chosen.qs.order_by("display_name", "pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    shown = list(page.object_list)
    held = roles_held(shown)
    lines = [
        {
            "account": account,
            "roles": ", ".join(held.get(account.pk, [])),
            "can_lock": may.can_lock_account(request.user, account),
        }
        for account in shown
    ]
    return render(
        request,
        "competencies/accounts.html",
        {
            "page": page,
            "lines": lines,
            "filter_form": chosen.form,
            "in_force": chosen.in_force(),
        },
    )


@require_POST
def account_lock(request: SignedInRequest, pk: int) -> HttpResponse:
    """Lock an account, or open it again, with a reason; a second press changes nothing."""
    account = get_object_or_404(accounts_for(request.user), pk=pk)
    require(may.can_lock_account(request.user, account))
    try:
        changed = lock_account(
            actor=request.user,
            user=account,
            locked="open" not in request.POST,
            reason=request.POST.get("reason", ""),
        )
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        text = (
            _("Akun %(name)s dibuka kembali.") if changed.is_active else _("Akun %(name)s dikunci.")
        )
        messages.success(request, text % {"name": changed})
    return redirect("competencies:accounts")


@require_safe
def role_grants(request: SignedInRequest) -> HttpResponse:
    """Grants that wait, are in force, or have ended."""
    require(may.can_list_role_grants(request.user))
    state = request.GET.get("keadaan", "")
    rows = role_grants_for(request.user)
    waiting = by_state(rows, "menunggu").count()
    if state not in STATES:
        state = "menunggu" if waiting else "berlaku"
    page = Paginator(by_state(rows, state).order_by("-period", "-pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    lines = [
        {
            "grant": grant,
            "can_apply": may.can_apply_role_grant(request.user, grant),
            "can_refuse": may.can_refuse_role_grant(request.user, grant),
            "can_end": state == "berlaku" and may.can_end_role_grant(request.user, grant),
        }
        for grant in page.object_list
    ]
    labels = {"menunggu": _("Menunggu"), "berlaku": _("Berlaku"), "berakhir": _("Berakhir")}
    here = reverse("competencies:role-grants")
    tabs: list[dict[str, Any]] = [
        {
            "label": label,
            "url": f"{here}?keadaan={code}",
            "count": waiting if code == "menunggu" else "",
            "hot": True,
            "current": code == state,
        }
        for code, label in labels.items()
    ]
    return render(
        request,
        "competencies/role_grants.html",
        {
            "page": page,
            "lines": lines,
            "tabs": tabs,
            "state": state,
            "can_request": may.can_request_role_grant(request.user),
        },
    )


@require_http_methods(["GET", "POST"])
def role_grant_new(request: SignedInRequest) -> HttpResponse:
    """HR asks for a role; an administrator applies it."""
    require(may.can_request_role_grant(request.user))
    form = RoleRequestForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            request_role_grant(
                actor=request.user,
                user=data["account"],
                role=data["role"],
                unit=data["unit"],
                start=data["start"],
                until=exclusive(data["last_day"]),
                reason=data["reason"],
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
        else:
            messages.success(request, _("Permintaan terkirim. Pengelola sistem sudah diberi tahu."))
            return redirect("competencies:role-grants")
    return render(request, "competencies/role_grant_form.html", {"form": form})


@require_POST
def role_grant_apply(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put a requested grant in force."""
    grant = get_object_or_404(role_grants_for(request.user), pk=pk)
    require(may.can_apply_role_grant(request.user, grant))
    try:
        apply_role_grant(actor=request.user, grant=grant)
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("Peran diterapkan dan langsung berlaku."))
    return redirect("competencies:role-grants")


@require_POST
def role_grant_refuse(request: SignedInRequest, pk: int) -> HttpResponse:
    """Refuse a request, or take the own one back."""
    grant = get_object_or_404(role_grants_for(request.user), pk=pk)
    require(may.can_refuse_role_grant(request.user, grant))
    try:
        refuse_role_grant(actor=request.user, grant=grant, reason=request.POST.get("reason", ""))
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("Permintaan tidak diterapkan."))
    return redirect("competencies:role-grants")


@require_POST
def role_grant_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """End a grant at once."""
    grant = get_object_or_404(role_grants_for(request.user), pk=pk)
    require(may.can_end_role_grant(request.user, grant))
    try:
        end_role_grant(actor=request.user, grant=grant, reason=request.POST.get("reason", ""))
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(request, _("Peran berakhir."))
    return redirect("competencies:role-grants")
