"""Rows of people, structure, standards, imports, audit entries, accounts, roles, reports."""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.urls import get_resolver, reverse

from competencies.models import Employee, ImportJob, RoleGrant
from competencies.models.periods import since
from competencies.tests.builders import (
    make_competency,
    make_employee,
    make_position,
    make_user,
    require_level,
    supervise,
)
from conftest import World
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, User
from gayungan_asn.accounts.services import record
from reports.tests.matrix.attempts import Attempt, Key, answer, get, post


# --- People -------------------------------------------------------------------
def _profile(persona: str, owner: str) -> Attempt:
    return lambda world: answer(
        get(world, persona, "competencies:person-detail", world.people[owner].pk), 404
    )


def _peer_sees_name_and_post(world: World) -> bool:
    """On the feedback form: who it is about, and nothing of the profile."""
    from evaluations.tests.builders import make_appraisal, make_feedback

    request = make_feedback(make_appraisal(world.people["employee"]), world.people["peer1"])
    assert not _profile("peer1", "employee")(world)
    page = get(world, "peer1", "evaluations:feedback", request.pk)
    text = page.content.decode()
    nip = world.people["employee"].numbers.get().nip
    assert nip not in text
    return answer(page) and world.people["employee"].name in text


def _update_own_contact(world: World) -> bool:
    me = world.people["employee"]
    allowed = answer(
        post(
            world,
            "employee",
            "competencies:contact-edit",
            me.pk,
            phone="081234567890",
            address="",
            emergency_contact="",
            version=me.version,
            name="Nama Lain",
            grade="IV/e",
        )
    )
    me = Employee.objects.get(pk=me.pk)
    assert (me.phone, me.name, me.grade) == ("081234567890", "Employee", ""), "the rest is ignored"
    return allowed


def _edit(persona: str, owner: str) -> Attempt:
    return lambda world: answer(
        get(world, persona, "competencies:person-edit", world.people[owner].pk)
    )


def _create(persona: str) -> Attempt:
    return lambda world: answer(get(world, persona, "competencies:person-create"))


def _reveal(persona: str, owner: str) -> Attempt:
    """Masked by default, shown on request, logged."""

    def attempt(world: World) -> bool:
        person = world.people[owner]
        birth = f"{person.birth_date:%d-%m-%Y}"
        page = get(world, persona, "competencies:person-detail", person.pk)
        if page.status_code == 200:
            assert birth not in page.content.decode()
        response = post(
            world,
            persona,
            "competencies:person-reveal",
            person.pk,
            purpose="Mencocokkan berkas kenaikan pangkat",
        )
        allowed = answer(response)
        entries = AuditEntry.objects.filter(
            subject_employee_id=person.pk, action__startswith="employee.sensitive"
        )
        assert entries.exists() == allowed
        return allowed

    return attempt


# --- Structure and standards -------------------------------------------------------
def _units(world: World) -> bool:
    page = get(world, "employee", "competencies:units")
    return answer(page) and "Seksi A" in page.content.decode()


def _change_structure(persona: str) -> Attempt:
    """Whom a person reports to is the structure that can be changed so far."""

    def attempt(world: World) -> bool:
        return answer(
            get(world, persona, "competencies:person-supervisor", world.people["employee"].pk)
        )

    return attempt


def _hr_changes_structure_without_loops(world: World) -> bool:
    boss, person = world.people["superior"], world.people["employee"]
    supervise_loop = post(
        world,
        "hr",
        "competencies:person-supervisor",
        boss.pk,
        supervisor_nip=person.numbers.get().nip,
        start=f"{today():%d/%m/%Y}",
        reason="Uji lingkaran",
    )
    assert supervise_loop.status_code in (200, 422), "a loop is refused"
    return _change_structure("hr")(world)


def _standard(world: World) -> bool:
    require_level(make_competency("STD"), 2, tier=world.positions["employee"].tier)
    page = get(world, "employee", "competencies:position-standard", world.positions["employee"].pk)
    return answer(page) and "Kompetensi STD" in page.content.decode()


def _no_way_to_change_standards(world: World) -> bool:
    """No address changes a standard yet, so a published one is never changed."""
    names = {
        pattern.name
        for resolver in get_resolver().url_patterns
        for pattern in getattr(resolver, "url_patterns", [resolver])
        if getattr(pattern, "name", None)
    }
    return any("standard" in name and name != "position-standard" for name in names)


# --- Imports ----------------------------------------------------------------------
def _upload(world: World, persona: str) -> HttpResponse:
    file = SimpleUploadedFile("pegawai.csv", b"NIP BARU,NAMA\n,\n", content_type="text/csv")
    return world.client(persona).post(reverse("competencies:import-new"), {"file": file})


def _import(persona: str) -> Attempt:
    def attempt(world: World) -> bool:
        allowed = answer(_upload(world, persona))
        assert ImportJob.objects.exists() == allowed
        return allowed

    return attempt


def _import_elsewhere(world: World) -> bool:
    _upload(world, "hr")
    return answer(
        get(world, "foreign_hr", "competencies:import-detail", ImportJob.objects.get().pk), 404
    )


# --- Audit --------------------------------------------------------------------------
def _own_log(world: World) -> bool:
    person = world.people["employee"]
    get(world, "hr", "competencies:person-detail", person.pk)
    page = get(world, "employee", "competencies:person-detail", person.pk)
    return answer(page) and "Kepegawaian" in page.content.decode()


def _audit(persona: str, shown: str, hidden: str = "") -> Attempt:
    def attempt(world: World) -> bool:
        person = world.people["employee"]
        record(
            actor=world.users["hr"],
            action="employee.updated",
            obj=person,
            subject_employee_id=person.pk,
            subject_unit_id=world.section.pk,
            purpose="uji ubah",
            after={"grade": "KENARI"},
        )
        record(actor=None, action="user.locked", obj=world.users["peer1"], purpose="uji kunci")
        page = get(world, persona, "competencies:audit")
        if not answer(page):
            return False
        text = page.content.decode()
        assert "KENARI" not in text, "who did what, never the values"
        assert not hidden or hidden not in text
        return shown in text

    return attempt


def _database_refuses(change: str) -> Attempt:
    """True where the database let somebody change or delete an entry."""

    def attempt(world: World) -> bool:
        entry = record(actor=None, action="user.locked")
        rows = AuditEntry.objects.filter(pk=entry.pk)
        try:
            with transaction.atomic():
                rows.update(action="x") if change == "update" else rows._raw_delete("default")
        except DatabaseError:
            return False
        return True

    return attempt


# --- Accounts and roles -------------------------------------------------------------
def _lock(world: World) -> bool:
    account = world.users["peer1"]
    allowed = answer(
        post(world, "sysadmin", "competencies:account-lock", account.pk, reason="Ponsel hilang")
    )
    assert not User.objects.get(pk=account.pk).is_active
    return allowed


def _impersonate(world: World) -> bool:
    from django.urls import NoReverseMatch

    for name in ("impersonate", "competencies:impersonate", "competencies:account-impersonate"):
        try:
            reverse(name, args=[world.users["peer1"].pk])
        except NoReverseMatch:
            continue
        return True
    return False


def _grant(world: World, user: User) -> RoleGrant:
    return RoleGrant.objects.create(
        user=user,
        role="auditor",
        unit=world.root,
        period=since(today()),
        requested_by=world.users["hr"],
        reason="Pemeriksaan berkala",
    )


def _apply(persona: str, *, to_oneself: bool = False) -> Attempt:
    def attempt(world: World) -> bool:
        receiver = world.users[persona] if to_oneself else make_user("penerima")
        grant = _grant(world, receiver)
        allowed = answer(post(world, persona, "competencies:role-grant-apply", grant.pk))
        grant.refresh_from_db()
        assert (grant.applied_by is not None) == allowed
        return allowed

    return attempt


# --- Reports and pages ----------------------------------------------------------------
def _assess(world: World, unit_name: str, people: int) -> None:
    """People of a unit with one assessed competency."""
    from competencies.services.levels import NewLevel, record_levels

    unit = {"own": world.section, "other": world.foreign_root}[unit_name]
    skill = make_competency("PETA")
    post_ = make_position(unit, name=f"Peta {unit_name}")
    require_level(skill, 2, position=post_)
    made = [make_employee(position=post_) for _number in range(people)]
    record_levels(
        actor=None,
        kind="evaluation",
        source="evaluation",
        label="Uji",
        year=today().year,
        source_reference="uji",
        assessed_on=today() - dt.timedelta(days=5),
        valid_until=None,
        levels=[NewLevel(one.pk, skill.pk, 0) for one in made],
    )


def _heatmap(persona: str, people: int, unit: str = "own") -> Attempt:
    """True where the unit's figure (−2) shows."""

    def attempt(world: World) -> bool:
        _assess(world, unit, people)
        shown = world.section if unit == "own" else world.foreign_root
        query = {"unit": str((world.root if unit == "own" else shown).pk)}
        page = world.client(persona).get(reverse("reports:heatmap"), query)
        return answer(page) and ">−2<" in page.content.decode()

    return attempt


def _aggregate_of_reviewed(people: int) -> Attempt:
    return _heatmap("leader", people)


def _own_team(world: World) -> bool:
    """The supervisor's own team as figures: the queue with its counts."""
    for number in range(5):
        supervise(
            world.people["superior"], make_employee(f"Tim {number}", world.positions["peer1"])
        )
    page = get(world, "superior", "home")
    return answer(page) and "Pegawai yang dinilai" in page.content.decode()


def _leader_changes_something(world: World) -> bool:
    from reports.tests.matrix.training import make_class

    klass = make_class(world)
    tries = [
        get(world, "leader", "competencies:person-create"),
        get(world, "leader", "evaluations:cycle-new"),
        get(world, "leader", "training:course-new"),
        get(world, "leader", "training:class-update", klass.pk),
        get(world, "leader", "competencies:import-new"),
        post(world, "leader", "training:enrol", klass.pk),
    ]
    return any(answer(page) for page in tries)


def _login(world: World) -> bool:
    anonymous = world.client("anonymous")
    known = anonymous.post(reverse("account_reset_password"), {"email": "ada@example.org"})
    unknown = anonymous.post(reverse("account_reset_password"), {"email": "tidak@example.org"})
    assert known.status_code == unknown.status_code
    assert known.headers.get("Location") == unknown.headers.get("Location")
    return answer(anonymous.get(reverse("account_reset_password"))) and (
        anonymous.get(reverse("account_login")).status_code == 200
    )


def _any_other_page(world: World) -> bool:
    missing = world.client("anonymous").get(reverse("competencies:person-detail", args=[999_999]))
    assert missing.status_code == 302, "no object is looked up before login"
    return answer(get(world, "anonymous", "home"))


def _health(world: World) -> bool:
    return answer(get(world, "anonymous", "healthz"))


CASES: dict[Key, Attempt] = {
    ("anonymous", "login", "view", "none"): _login,
    ("anonymous", "any_other_page", "view", "any"): _any_other_page,
    ("anonymous", "health", "view", "any"): _health,
    ("asn", "employee_profile", "view", "own"): _profile("employee", "employee"),
    ("asn", "employee_profile", "view", "other"): _profile("employee", "peer1"),
    ("asn", "employee_profile", "update", "own"): _update_own_contact,
    ("asn", "employee_sensitive", "view", "own"): _reveal("employee", "employee"),
    ("asn", "employee_sensitive", "view", "other"): _reveal("employee", "peer1"),
    ("supervisor", "employee_profile", "view", "direct"): _profile("superior", "employee"),
    ("supervisor", "employee_profile", "view", "indirect"): _profile("superior", "sub_employee"),
    ("supervisor", "employee_profile", "view", "unrelated"): _profile(
        "former_superior", "employee"
    ),
    ("supervisor", "employee_sensitive", "view", "direct"): _reveal("superior", "employee"),
    ("peer", "employee_profile", "view", "assigned"): _peer_sees_name_and_post,
    ("peer", "employee_profile", "view", "unassigned"): _profile("peer2", "employee"),
    ("hr", "employee_profile", "view", "own_org"): _profile("hr", "employee"),
    ("hr", "employee_profile", "update", "own_org"): _edit("hr", "employee"),
    ("hr", "employee_profile", "view", "other_org"): _profile("hr", "foreigner"),
    ("hr", "employee_profile", "update", "self"): _edit("hr", "hr"),
    ("hr", "employee_profile", "create", "own_org"): _create("hr"),
    ("supervisor", "employee_profile", "create", "any"): _create("superior"),
    ("hr", "employee_sensitive", "view", "own_org"): _reveal("hr", "employee"),
    ("leadership", "employee_profile", "view", "own_unit"): _profile("leader", "employee"),
    ("auditor", "employee_profile", "view", "own_org"): _profile("auditor", "employee"),
    ("sysadmin", "employee_profile", "view", "any"): _profile("sysadmin", "employee"),
    ("asn", "org_unit", "view", "own_org"): _units,
    ("hr", "org_unit", "update", "own_org"): _hr_changes_structure_without_loops,
    ("sysadmin", "org_unit", "update", "any"): _change_structure("sysadmin"),
    ("asn", "competency_standard", "view", "published"): _standard,
    ("supervisor", "competency_standard", "update", "any"): _no_way_to_change_standards,
    ("hr", "import_job", "create", "own_org"): _import("hr"),
    ("hr", "import_job", "view", "other_org"): _import_elsewhere,
    ("supervisor", "import_job", "create", "any"): _import("superior"),
    ("asn", "audit_entry", "view", "about_self"): _own_log,
    ("auditor", "audit_entry", "view", "own_org"): _audit("auditor", "uji ubah"),
    ("auditor", "audit_entry", "update", "any"): _database_refuses("update"),
    ("sysadmin", "audit_entry", "delete", "any"): _database_refuses("delete"),
    ("sysadmin", "audit_entry", "view", "technical"): _audit("sysadmin", "uji kunci", "uji ubah"),
    ("sysadmin", "user_account", "lock", "any"): _lock,
    ("hr", "user_account", "impersonate", "any"): _impersonate,
    ("sysadmin", "user_account", "impersonate", "any"): _impersonate,
    ("sysadmin", "role_assignment", "create", "other"): _apply("sysadmin"),
    ("sysadmin", "role_assignment", "create", "self"): _apply("sysadmin", to_oneself=True),
    ("hr", "role_assignment", "create", "own_org"): _apply("hr"),
    ("leadership", "report_aggregate", "view", "own_unit"): _heatmap("leader", 6),
    ("leadership", "report_aggregate", "view", "other_unit"): _heatmap("leader", 6, "other"),
    ("hr", "report_aggregate", "view", "own_org_n_ge_3"): _heatmap("hr", 3),
    ("hr", "report_aggregate", "view", "own_org_n_lt_3"): _heatmap("hr", 2),
    ("leadership", "feedback_aggregate", "view", "own_unit_people_ge_5"): _aggregate_of_reviewed(5),
    ("leadership", "feedback_aggregate", "view", "own_unit_people_lt_5"): _aggregate_of_reviewed(4),
    ("supervisor", "report_aggregate", "view", "own_team_ge_5"): _own_team,
    ("leadership", "any_business_object", "update", "any"): _leader_changes_something,
}
