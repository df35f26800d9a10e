"""Who plays whom in the demonstration: accounts and the posts their people hold."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from competencies.models import Assignment, Employee, RoleGrant, Unit
from competencies.models.periods import since
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import SignInName, User
from gayungan_asn.accounts.services import create_account, record

PASSWORD = "gayungan-demo"  # noqa: S105 -- printed on the sign-in page, demonstration only


@dataclass(frozen=True, slots=True)
class Role:
    """One demonstration account: the post of its person (n-th holder) and its grants."""

    account: str
    position: str
    holder: int = 0
    grants: tuple[str, ...] = ()


CAST: tuple[Role, ...] = (
    Role("hr", "KASUBBAG-UMP", grants=(RoleGrant.Role.HR,)),
    Role("sekretaris", "SEKCAM", grants=(RoleGrant.Role.HR,)),
    Role("atasan", "LURAH-KTT"),
    Role("pegawai", "KASI-KTT-PEM"),
    Role("rekan", "KASI-KTT-KSR"),
    Role("pimpinan", "CAMAT", grants=(RoleGrant.Role.LEADERSHIP,)),
    Role("auditor", "PLK-KEU-2", grants=(RoleGrant.Role.AUDITOR,)),
    Role("admin", "JF-PRAKOM", grants=(RoleGrant.Role.SYSADMIN,)),
)


class MissingPersonError(LookupError):
    """The example export does not hold somebody the demonstration needs."""


def person_in(position_code: str, holder: int = 0) -> Employee:
    """The n-th holder of a post today, by name."""
    rows = (
        Assignment.objects.on()
        .filter(position__code=position_code, kind=Assignment.Kind.DEFINITIVE)
        .select_related("employee")
        .order_by("employee__name", "employee_id")
    )
    try:
        return rows[holder].employee
    except IndexError:
        raise MissingPersonError(position_code) from None


def make_accounts(root: Unit) -> dict[str, User]:
    """The accounts of the cast, with sign-in names, grants, and no second use.

    Grants are applied by the system: nobody could give the first ones.
    """
    users: dict[str, User] = {}
    system = create_account(
        actor=None, username="sistem", display_name=str(_("Sistem")), names={}, password=None
    )
    for role in CAST:
        person = person_in(role.position, role.holder)
        current = person.numbers.filter(is_current=True).first()
        user = create_account(
            actor=None,
            username=role.account,
            display_name=person.name,
            names={
                SignInName.Kind.SHORT: role.account,
                SignInName.Kind.NIP: current.nip if current else "",
                SignInName.Kind.EMAIL: person.email,
            },
            password=PASSWORD,
            email=person.email,
            is_demonstration=True,
        )
        person.user = user
        person.save(update_fields=["user"])
        users[role.account] = user
        for code in role.grants:
            grant = RoleGrant.objects.create(
                user=user,
                role=code,
                unit=root,
                period=since(today().replace(month=1, day=1)),
                applied_by=system,
                reason=str(_("Peragaan")),
            )
            record(
                actor=None,
                action="role_grant.applied",
                obj=grant,
                after={"role": code, "unit": root.pk},
            )
    return users
