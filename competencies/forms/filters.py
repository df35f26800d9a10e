"""Filters of the lists: what stands in the address."""

from collections.abc import Iterator
from typing import Any, cast

import django_filters as filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.forms.models import ModelChoiceIterator
from django.utils.translation import gettext_lazy as _

from competencies import rules
from competencies.models import Employee, JobTier, Position, RoleGrant, Unit
from competencies.models.people import in_units
from competencies.selectors.audit import ACTIONS, about_number
from competencies.selectors.directory import found_by_text
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.form_fields import DateTextField
from gayungan_asn.accounts.models import AuditEntry, User

SELECT = {"class": "form-select"}


class ListedIterator(ModelChoiceIterator):
    """Goes through the rows a field has read already."""

    field: "ListedChoiceField"

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for row in self.field.rows():
            yield self.choice(row)


class ListedChoiceField(forms.ModelChoiceField):
    """A choice among rows read once: to check what was chosen and to show the list."""

    iterator = ListedIterator

    def rows(self) -> list[Any]:
        """The rows, read on first use."""
        found: list[Any] | None = self.__dict__.get("_rows")
        if found is None:
            found = self.__dict__["_rows"] = list(self.queryset or [])
        return found

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        for row in self.rows():
            if str(row.pk) == str(value):
                return row
        raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")


class UnitChoiceField(ListedChoiceField):
    """Units in the order of the tree, each under its parent."""

    def label_from_instance(self, obj: Any) -> str:
        return "\u2003" * (obj.depth - 1) + obj.name


class UnitFilter(filters.ModelChoiceFilter):
    """A unit and everything below it."""

    field_class = UnitChoiceField


class TierFilter(filters.ModelChoiceFilter):
    """A tier of posts."""

    field_class = ListedChoiceField


def search(label: Any, placeholder: Any) -> dict[str, Any]:
    """Options of a search field."""
    return {
        "label": label,
        "widget": forms.TextInput(
            attrs={"type": "search", "class": "form-control", "placeholder": placeholder}
        ),
    }


class ListFilter(filters.FilterSet):
    """What the page needs beside the rows: which filters are in force, in words."""

    hidden: tuple[str, ...] = ("keadaan",)

    def in_force(self) -> list[dict[str, str]]:
        """Name and words of each filter in force."""
        found = []
        for name, value in self.form.cleaned_data.items() if self.form.is_bound else ():
            if value not in (None, "") and name not in self.hidden:
                field = self.form.fields[name]
                found.append({"name": name, "label": f"{field.label}: {_words(field, value)}"})
        return found


def _words(field: forms.Field, value: Any) -> Any:
    if isinstance(field, DateTextField):
        return f"{value:%d/%m/%Y}"
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return dict(cast("Any", field.choices)).get(value, value)
    return value


class PeopleFilter(ListFilter):
    """People by text, unit tree, tier, kind of employment; the tab is `keadaan`."""

    q = filters.CharFilter(
        method="by_text",
        **search(_("Cari nama, NIP, atau jabatan"), _("misalnya: 1986 atau arsiparis")),
    )
    unit = UnitFilter(
        queryset=Unit.objects.all(),
        method="by_unit",
        label=_("Unit"),
        empty_label=_("Semua unit"),
        widget=forms.Select(attrs=SELECT),
    )
    jenjang = TierFilter(
        queryset=JobTier.objects.all(),
        method="by_tier",
        label=_("Jenjang"),
        empty_label=_("Semua"),
        widget=forms.Select(attrs=SELECT),
    )
    jenis = filters.ChoiceFilter(
        choices=Employee.Kind.choices,
        field_name="employment_kind",
        label=_("Jenis"),
        empty_label=_("Semua"),
        widget=forms.Select(attrs=SELECT),
    )
    jabatan = filters.NumberFilter(method="by_position", widget=forms.HiddenInput())
    keadaan = filters.ChoiceFilter(
        choices=[
            ("tanpa-atasan", _("Tanpa atasan langsung")),
            ("tanpa-akun", _("Tanpa akun")),
            ("nonaktif", _("Nonaktif")),
        ],
        method="by_state",
        widget=forms.HiddenInput(),
    )
    hidden = ("keadaan", "jabatan")

    class Meta:
        model = Employee
        fields: list[str] = []

    def by_text(self, people: QuerySet[Employee], name: str, value: str) -> QuerySet[Employee]:
        return found_by_text(people, value.strip())

    def by_unit(self, people: QuerySet[Employee], name: str, value: Unit) -> QuerySet[Employee]:
        return people.filter(in_units([value]))

    def by_tier(self, people: QuerySet[Employee], name: str, value: JobTier) -> QuerySet[Employee]:
        return people.filter(
            pk__in=Position.objects.filter(
                tier=value,
                assignments__kind="definitive",
                assignments__period__contains=today(),
            ).values("assignments__employee")
        )

    def by_position(self, people: QuerySet[Employee], name: str, value: int) -> QuerySet[Employee]:
        return people.filter(
            assignments__position=int(value), assignments__period__contains=today()
        ).distinct()

    def by_state(self, people: QuerySet[Employee], name: str, value: str) -> QuerySet[Employee]:
        return people.filter(STATES[value])

    def filter_queryset(self, queryset: QuerySet[Employee]) -> QuerySet[Employee]:
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("keadaan") else found.filter(works=True)


STATES = {
    "tanpa-atasan": Q(works=True, is_supervised=False),
    "tanpa-akun": Q(works=True, user=None),
    "nonaktif": Q(works=False),
}


class PositionFilter(ListFilter):
    """Posts by text, unit tree, tier, and whether seats are free."""

    q = filters.CharFilter(
        field_name="name",
        lookup_expr="icontains",
        **search(_("Cari jabatan"), _("misalnya: arsiparis")),
    )
    unit = UnitFilter(
        queryset=Unit.objects.all(),
        method="by_unit",
        label=_("Unit"),
        empty_label=_("Semua unit"),
        widget=forms.Select(attrs=SELECT),
    )
    jenjang = TierFilter(
        queryset=JobTier.objects.all(),
        field_name="tier",
        label=_("Jenjang"),
        empty_label=_("Semua"),
        widget=forms.Select(attrs=SELECT),
    )
    formasi = filters.ChoiceFilter(
        choices=[
            ("lowong", _("Ada yang lowong")),
            ("penuh", _("Terisi")),
            ("lebih", _("Melebihi")),
        ],
        method="by_seats",
        label=_("Formasi"),
        empty_label=_("Semua"),
        widget=forms.Select(attrs=SELECT),
    )

    class Meta:
        model = Position
        fields: list[str] = []

    def by_unit(self, posts: QuerySet[Position], name: str, value: Unit) -> QuerySet[Position]:
        return posts.filter(unit__path__startswith=value.path)

    def by_seats(self, posts: QuerySet[Position], name: str, value: str) -> QuerySet[Position]:
        conditions = {
            "lowong": Q(held__lt=F("seats")),
            "penuh": Q(held=F("seats")),
            "lebih": Q(held__gt=F("seats")),
        }
        return posts.filter(conditions[value])


class AccountFilter(ListFilter):
    """Accounts by name and state."""

    q = filters.CharFilter(
        method="by_text", **search(_("Cari nama atau nama akun"), _("misalnya: hr"))
    )
    keadaan = filters.ChoiceFilter(
        choices=[("aktif", _("Aktif")), ("terkunci", _("Terkunci"))],
        method="by_state",
        label=_("Keadaan"),
        empty_label=_("Semua"),
        widget=forms.Select(attrs=SELECT),
    )
    peran = filters.ChoiceFilter(
        choices=RoleGrant.Role.choices,
        method="by_role",
        label=_("Peran"),
        empty_label=_("Semua"),
        widget=forms.Select(attrs=SELECT),
    )
    hidden = ()

    class Meta:
        model = User
        fields: list[str] = []

    def by_text(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        text = value.strip()
        return users.filter(Q(display_name__icontains=text) | Q(username__icontains=text))

    def by_state(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return users.filter(is_active=value == "aktif")

    def by_role(self, users: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        held = RoleGrant.objects.on().filter(role=value, applied_by__isnull=False)
        return users.filter(pk__in=held.values("user"))


class DateFilter(filters.Filter):
    """A day typed as day/month/year."""

    field_class = DateTextField


class AuditFilter(ListFilter):
    """Entries by period, action, actor, and the NIP of whom they are about."""

    dari = DateFilter(
        field_name="at", lookup_expr="date__gte", label=_("Dari tanggal"), help_text=""
    )
    sampai = DateFilter(
        field_name="at", lookup_expr="date__lte", label=_("Sampai tanggal"), help_text=""
    )
    tindakan = filters.ChoiceFilter(
        method="by_action",
        label=_("Tindakan"),
        empty_label=_("Semua"),
        widget=forms.Select(attrs=SELECT),
        choices=sorted(ACTIONS.items(), key=lambda pair: pair[0]),
    )
    pelaku = filters.CharFilter(
        field_name="actor_name", lookup_expr="icontains", **search(_("Nama pelaku"), "")
    )
    nip = filters.CharFilter(method="by_nip", **search(_("NIP pegawai"), _("18 digit")))

    class Meta:
        model = AuditEntry
        fields: list[str] = []

    def by_action(
        self, entries: QuerySet[AuditEntry], name: str, value: str
    ) -> QuerySet[AuditEntry]:
        return entries.filter(action=value)

    def by_nip(self, entries: QuerySet[AuditEntry], name: str, value: str) -> QuerySet[AuditEntry]:
        try:
            return about_number(entries, rules.parse_nip(value).digits)
        except ValueError:
            return entries.none()
