"""Lists of people, and a person's page with what HR changes there."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from competencies.forms.filters import PeopleFilter
from competencies.forms.people import (
    ContactForm,
    NewPersonForm,
    PlacementForm,
    RecordForm,
    SupervisorForm,
    exclusive,
)
from competencies.models import Employee, ProposedLevel, Supervision
from competencies.permissions import people as may
from competencies.permissions.levels import can_decide_proposed_level
from competencies.selectors.directory import (
    PeopleCounts,
    people_counts,
    people_with_state,
    person_lines,
    with_line_columns,
)
from competencies.selectors.people import hr_covers
from competencies.selectors.profile import about_oneself, profile_of
from competencies.services.levels import decide_proposed_level
from competencies.services.people import (
    create_employee,
    edit_contact,
    edit_employee,
    nip_differs,
    open_profile,
    place_employee,
    reveal_sensitive,
)
from competencies.services.supervision import end_supervisor_override, set_supervisor_override
from competencies.views.answers import put_in_form, tell_refusal
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.permissions import require
from gayungan_asn.accounts.requests import SignedInRequest

PAGE_SIZE = 25
REVEALED = "revealed_employee"


@require_safe
def people(request: SignedInRequest) -> HttpResponse:
    """People in view, filtered by what stands in the address."""
    require(may.can_list_employees(request.user))
    everybody = people_with_state(request.user)
    chosen = PeopleFilter(request.GET, queryset=everybody)
    found = chosen.qs.order_by("name", "pk")
    page = Paginator(with_line_columns(found), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "competencies/people.html",
        {
            "page": page,
            "lines": person_lines(list(page.object_list)),
            "filter_form": chosen.form,
            "in_force": chosen.in_force(),
            "tabs": _tabs(people_counts(everybody), request.GET.get("keadaan", "")),
            "can_create": may.can_create_employee(request.user),
        },
    )


def _tabs(counts: PeopleCounts, state: str) -> list[dict[str, Any]]:
    here = reverse("competencies:people")
    rows = [
        ("", _("Semua"), counts.at_work, False),
        ("tanpa-atasan", _("Tanpa atasan langsung"), counts.without_supervisor, True),
        ("tanpa-akun", _("Tanpa akun"), counts.without_account, False),
        ("nonaktif", _("Nonaktif"), counts.away, False),
    ]
    return [
        {
            "label": label,
            "url": f"{here}?keadaan={code}" if code else here,
            "count": count,
            "hot": hot,
            "current": code == state,
        }
        for code, label, count, hot in rows
    ]


def _person(request: SignedInRequest, pk: int) -> Employee:
    return get_object_or_404(
        Employee.objects.visible_to(request.user).select_related("user"), pk=pk
    )


@require_safe
def person_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    """One person: identity, levels, history, evidence. Opening another's page is recorded."""
    employee = _person(request, pk)
    user = request.user
    open_profile(actor=user, employee=employee)
    profile = profile_of(employee)
    own = may.is_own(user, employee)
    return render(
        request,
        "competencies/person_detail.html",
        {
            "profile": profile,
            "employee": employee,
            "own": own,
            "as_hr": not own and hr_covers(user, employee),
            "can_edit": may.can_edit_employee(user, employee),
            "can_edit_contact": may.can_edit_contact(user, employee),
            "can_view_contact": may.can_view_contact(user, employee),
            "can_view_sensitive": may.can_view_sensitive(user, employee),
            "revealed": request.session.pop(REVEALED, None) == employee.pk,
            "decidable": {
                proposal.pk
                for proposal in profile.proposals
                if can_decide_proposed_level(user, proposal)
            },
            "log": about_oneself(user) if may.can_view_access_log(user, employee) else None,
            "can_list": may.can_list_employees(user),
        },
    )


@require_POST
def person_reveal(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show birth date and numbers once, on the next opening of the page."""
    employee = _person(request, pk)
    require(may.can_view_sensitive(request.user, employee))
    try:
        reveal_sensitive(
            actor=request.user, employee=employee, purpose=request.POST.get("purpose", "")
        )
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        request.session[REVEALED] = employee.pk
    return redirect(reverse("competencies:person-detail", args=[pk]) + "#data-pribadi")


@require_http_methods(["GET", "POST"])
def person_create(request: SignedInRequest) -> HttpResponse:
    """A new person, in a post of the own tree."""
    require(may.can_create_employee(request.user))
    form = NewPersonForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            employee = create_employee(
                actor=request.user,
                values=form.values(),
                nip=form.cleaned_data["nip"],
                position=form.cleaned_data["position"],
                start=form.cleaned_data["start"],
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
        else:
            _warn_of_nip(request, employee, form.cleaned_data["nip"])
            messages.success(request, _("%(name)s ditambahkan.") % {"name": employee.full_name})
            return redirect("competencies:person-detail", pk=employee.pk)
    return render(request, "competencies/person_form.html", {"form": form, "employee": None})


def _warn_of_nip(request: SignedInRequest, employee: Employee, nip: str) -> None:
    if nip_differs(employee, nip):
        messages.warning(
            request,
            _("Tanggal lahir atau jenis kelamin berbeda dari yang terbaca pada NIP. Periksa lagi."),
        )


@require_http_methods(["GET", "POST"])
def person_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change the record; a second HR person does it for HR's own."""
    employee = _person(request, pk)
    require(may.can_edit_employee(request.user, employee))
    number = employee.numbers.filter(is_current=True).first()
    start = {"nip": number.nip if number else "", "version": employee.version}
    form = RecordForm(request.POST or None, instance=_copy(employee), initial=start)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            edit_employee(
                actor=request.user,
                employee=employee,
                version=form.cleaned_data["version"] or 0,
                values=form.values(),
                nip=form.cleaned_data["nip"],
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
            status = 409 if getattr(refusal, "code", "") == "stale" else 200
        else:
            _warn_of_nip(request, form.instance, form.cleaned_data["nip"])
            messages.success(request, _("Data tersimpan."))
            return redirect("competencies:person-detail", pk=pk)
    page = {"form": form, "employee": employee}
    return render(request, "competencies/person_form.html", page, status=status)


def _copy(employee: Employee) -> Employee:
    """What the form fills in; the row itself is the service's to change."""
    return Employee.objects.get(pk=employee.pk)


@require_http_methods(["GET", "POST"])
def contact_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Phone, address and emergency contact, by the person alone."""
    employee = _person(request, pk)
    require(may.can_edit_contact(request.user, employee))
    form = ContactForm(request.POST or None, instance=_copy(employee))
    status = 200
    if request.method == "POST" and form.is_valid():
        values = {
            name: form.cleaned_data[name] for name in ("phone", "address", "emergency_contact")
        }
        try:
            edit_contact(
                actor=request.user,
                employee=employee,
                version=form.cleaned_data["version"],
                values=values,
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
            status = 409 if getattr(refusal, "code", "") == "stale" else 200
        else:
            messages.success(request, _("Kontak tersimpan."))
            return redirect("competencies:person-detail", pk=pk)
    page = {"form": form, "employee": employee}
    return render(request, "competencies/contact_form.html", page, status=status)


@require_http_methods(["GET", "POST"])
def person_place(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put the person in a post from a day on."""
    employee = _person(request, pk)
    require(may.can_place_employee(request.user, employee))
    form = PlacementForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            place_employee(
                actor=request.user,
                employee=employee,
                position=data["position"],
                start=data["start"],
                until=exclusive(data["last_day"]),
                kind=data["kind"],
                letter_number=data["letter_number"],
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
        else:
            messages.success(request, _("Penempatan tercatat. Atasan langsung sudah disesuaikan."))
            return redirect("competencies:person-detail", pk=pk)
    page = {"form": form, "profile": profile_of(employee), "employee": employee}
    return render(request, "competencies/person_place.html", page)


@require_http_methods(["GET", "POST"])
def person_supervisor(request: SignedInRequest, pk: int) -> HttpResponse:
    """Name another supervisor for a while, or end what was named."""
    employee = _person(request, pk)
    require(may.can_set_supervisor(request.user, employee))
    form = SupervisorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            set_supervisor_override(
                actor=request.user,
                employee=employee,
                supervisor=data["supervisor_nip"],
                start=data["start"],
                until=exclusive(data["last_day"]),
                reason=data["reason"],
            )
        except ValidationError as refusal:
            put_in_form(form, refusal)
        else:
            messages.success(request, _("Atasan langsung ditetapkan."))
            return redirect("competencies:person-detail", pk=pk)
    rows = employee.supervisions.select_related("supervisor").order_by("-period")
    page = {"form": form, "employee": employee, "supervisions": rows, "today": today()}
    return render(request, "competencies/person_supervisor.html", page)


@require_POST
def supervisor_end(request: SignedInRequest, pk: int, supervision_pk: int) -> HttpResponse:
    """End an override today; the structure decides again."""
    employee = _person(request, pk)
    require(may.can_set_supervisor(request.user, employee))
    row = get_object_or_404(Supervision.objects.filter(employee=employee), pk=supervision_pk)
    try:
        end_supervisor_override(
            actor=request.user,
            supervision=row,
            until=today(),
            reason=request.POST.get("reason", ""),
        )
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(
            request, _("Penetapan diakhiri. Atasan langsung kembali menurut struktur.")
        )
    return redirect("competencies:person-supervisor", pk=pk)


@require_POST
def proposed_level_decide(request: SignedInRequest, pk: int) -> HttpResponse:
    """The direct supervisor confirms a proposed level, or does not."""
    proposal = get_object_or_404(
        ProposedLevel.objects.visible_to(request.user).select_related("employee"), pk=pk
    )
    require(can_decide_proposed_level(request.user, proposal))
    confirmed = request.POST.get("decision") == "confirm"
    try:
        decide_proposed_level(actor=request.user, proposal=proposal, confirmed=confirmed)
    except ValidationError as refusal:
        tell_refusal(request, refusal)
    else:
        messages.success(
            request, _("Tingkat dipastikan.") if confirmed else _("Usulan tidak dipastikan.")
        )
    return redirect("competencies:person-detail", pk=proposal.employee_id)
