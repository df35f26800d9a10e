"""Lists and pages of people, structure, accounts and the trail, through the browser's door."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from competencies.models import (
    Assignment,
    Employee,
    EmployeeNumber,
    EmployeeStatus,
    ProposedLevel,
    Supervision,
)
from competencies.models.periods import since
from competencies.services.levels import add_evidence, propose_level
from competencies.tests.builders import (
    LONG_AGO,
    make_competency,
    make_employee,
    make_position,
    nip_for,
    require_level,
)
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.models import AuditEntry, User
from gayungan_asn.accounts.services import record

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def names_in(response):
    return set(re.findall(r'rowheader"><a[^>]*>([^<]+)</a>', text(response)))


def people(world, persona="hr", **query):
    return world.client(persona).get(reverse("competencies:people"), query)


def test_list_finds_by_part_of_a_name(world):
    assert names_in(people(world, q="relat")) == {"Unrelated"}


@pytest.mark.parametrize("spaced", [False, True])
def test_list_finds_by_nip_however_it_is_spaced(world, spaced):
    nip = world.people["employee"].numbers.get().nip
    typed = f"{nip[:8]} {nip[8:14]} {nip[14]} {nip[15:]}" if spaced else nip
    assert names_in(people(world, q=typed)) == {"Employee"}


def test_list_finds_by_post(world):
    assert names_in(people(world, q="Kepala Seksi A")) == {"Superior"}


def test_list_filters_by_unit_with_everything_below(world):
    found = names_in(people(world, unit=world.section.pk))
    assert {"Superior", "Employee", "Sub Head", "Sub Employee"} <= found
    assert "Unrelated" not in found


def test_list_filters_by_tier_and_kind(world):
    tier = world.positions["superior"].tier
    world.people["superior"].employment_kind = "PPPK"
    world.people["superior"].save()
    assert names_in(people(world, jenjang=tier.pk, jenis="PPPK")) == {"Superior"}


def test_list_shows_those_without_supervisor(world):
    Supervision.objects.filter(employee=world.people["unrelated"]).delete()
    assert names_in(people(world, keadaan="tanpa-atasan")) == {"Camat", "Unrelated"}


def test_list_keeps_the_inactive_apart(world):
    row = EmployeeStatus.objects.get(employee=world.people["unrelated"])
    row.status = "retired"
    row.save()
    assert "Unrelated" not in names_in(people(world))
    assert names_in(people(world, keadaan="nonaktif")) == {"Unrelated"}


def test_list_says_which_filters_are_in_force_and_how_to_leave(world):
    page = text(people(world, q="tidakada", jenis="PPPK"))
    assert "Tidak ada yang cocok" in page
    assert "Jenis: PPPK" in page
    assert reverse("competencies:people") in page


def test_list_of_a_supervisor_holds_the_team_only(world):
    found = names_in(people(world, "superior"))
    assert {"Employee", "Sub Head", "Sub Employee"} <= found
    assert not found & {"Unrelated", "Camat", "Hr"}


def test_list_of_other_hr_is_the_other_tree(world):
    assert names_in(people(world, "foreign_hr")) == {"Foreigner"}


def crowd(world, number):
    """Many people at once in one post, each reporting to the superior."""
    start = Employee.objects.count()
    rows = Employee.objects.bulk_create(
        [
            Employee(
                name=f"Massa {start + each:05d}",
                birth_date=dt.date(1980, 1, 1) + dt.timedelta(days=start + each),
                sex="P",
                employment_kind="PNS",
            )
            for each in range(number)
        ]
    )
    EmployeeNumber.objects.bulk_create(
        [EmployeeNumber(employee=row, nip=nip_for(row.birth_date, "P", 500)) for row in rows]
    )
    period = since(LONG_AGO)
    EmployeeStatus.objects.bulk_create(
        [EmployeeStatus(employee=row, status="active", period=period) for row in rows]
    )
    Assignment.objects.bulk_create(
        [
            Assignment(employee=row, position=world.positions["employee"], period=period)
            for row in rows
        ]
    )
    Supervision.objects.bulk_create(
        [
            Supervision(employee=row, supervisor=world.people["superior"], period=period)
            for row in rows
        ]
    )


def statements(client, address):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    assert response.status_code == 200
    ours = [
        query["sql"]
        for query in captured
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))
    ]
    return len(ours)


@pytest.mark.parametrize("query", ["", "?q=Massa&jenis=PNS", "unit"])
def test_people_list_asks_as_much_of_72_as_of_5000_people(world, query):
    if query == "unit":
        query = f"?unit={world.section.pk}&jenjang={world.positions['employee'].tier_id}"
    address = reverse("competencies:people") + query
    crowd(world, 57)
    few = statements(world.client("hr"), address)
    crowd(world, 4928)
    many = statements(world.client("hr"), address)
    assert few == many <= 15


@pytest.mark.parametrize(
    ("persona", "name"),
    [
        ("hr", "units"),
        ("hr", "positions"),
        ("sysadmin", "accounts"),
        ("sysadmin", "role-grants"),
        ("hr", "role-grants"),
        ("auditor", "audit"),
        ("employee", "competency-list"),
    ],
)
def test_lists_ask_the_same_of_few_and_many_rows(world, persona, name):
    address = reverse(f"competencies:{name}")
    few = statements(world.client(persona), address)
    for _number in range(12):
        make_employee(position=make_position(world.section), with_account=True)
        make_competency()
    many = statements(world.client(persona), address)
    assert few == many <= 15


def profile(world, persona, of="employee"):
    return world.client(persona).get(
        reverse("competencies:person-detail", args=[world.people[of].pk])
    )


def private(world):
    employee = world.people["employee"]
    employee.phone, employee.address = "0812 3456 7890", "Jalan Rahasia 5"
    employee.birth_date, employee.national_id = dt.date(1985, 2, 17), "SIASN-77"
    employee.save()
    return employee


def test_profile_opened_by_hr_is_recorded_and_says_so(world):
    private(world)
    page = text(profile(world, "hr"))
    assert "Pembukaan ini tercatat" in page
    assert "Jalan Rahasia 5" in page
    entry = AuditEntry.objects.get(action="employee.viewed")
    assert (entry.actor_roles, entry.subject_employee_id) == (
        ["hr"],
        world.people["employee"].pk,
    )


def test_profile_shows_a_supervisor_work_fields_only(world):
    private(world)
    for persona in ("superior", "camat"):
        page = text(profile(world, persona))
        assert "Seksi A" in page
        for secret in ("0812 3456 7890", "Jalan Rahasia 5", "SIASN-77", "Data pribadi"):
            assert secret not in page


def test_profile_masks_private_data_until_asked_for_once(world):
    employee = private(world)
    client = world.client("hr")
    address = reverse("competencies:person-detail", args=[employee.pk])
    page = text(client.get(address))
    assert "SIASN-77" not in page
    assert "17 Februari 1985" not in page
    asked = reverse("competencies:person-reveal", args=[employee.pk])
    client.post(asked, {"purpose": ""})
    assert "SIASN-77" not in text(client.get(address))
    client.post(asked, {"purpose": "Mencocokkan dengan SK"})
    page = text(client.get(address))
    assert "SIASN-77" in page
    assert "17 Februari 1985" in page
    assert "SIASN-77" not in text(client.get(address))
    assert AuditEntry.objects.filter(action="employee.sensitive_viewed").count() == 1


def test_profile_tells_its_owner_who_looked_by_role_and_not_by_name(world):
    profile(world, "hr")
    profile(world, "superior")
    page = text(profile(world, "employee"))
    log = page[page.index('id="jejak"') :]
    assert "Kepegawaian" in log
    assert "Atasan langsung" in log
    assert "Profil dibuka" in log
    assert "Superior" not in log
    assert "Hr" not in log
    assert 'id="jejak"' not in text(profile(world, "hr"))


def test_profile_log_names_nobody_where_the_role_is_not_known(world):
    record(
        actor=world.users["hr"],
        action="evidence.added",
        subject_employee_id=world.people["employee"].pk,
    )
    page = text(profile(world, "employee"))
    log = page[page.index('id="jejak"') :]
    assert "Pengguna aplikasi" in log
    assert "<b>Hr</b>" not in log


def test_profile_log_keeps_quiet_about_ratings_and_peers(world):
    employee = world.people["employee"]
    for action in ("feedback.answered", "appraisal.part_submitted"):
        record(
            actor=world.users["peer1"],
            action=action,
            subject_employee_id=employee.pk,
            roles=["peer"],
        )
    page = text(profile(world, "employee"))
    assert "Rekan kerja" not in page[page.index('id="jejak"') :]


def test_profile_shows_levels_against_the_standard_of_the_post(world):
    competency = make_competency(name="Kearsipan")
    require_level(competency, 2, position=world.positions["employee"])
    page = text(profile(world, "employee"))
    assert "Kearsipan" in page
    assert "Belum dinilai" in page


def test_proposed_level_is_confirmed_on_the_profile_by_the_direct_supervisor(world):
    employee, competency = world.people["employee"], make_competency()
    require_level(competency, 2, position=world.positions["employee"])
    evidence = add_evidence(
        actor=None,
        employee=employee,
        kind="training",
        title="Dasar kearsipan",
        hours=None,
        happened_on=today(),
        competencies=[competency],
        source_reference="uji-1",
    )
    proposal = propose_level(
        actor=None, employee=employee, competency=competency, level=2, evidence=evidence
    )
    address = reverse("competencies:proposed-level-decide", args=[proposal.pk])
    assert address in text(profile(world, "superior"))
    assert address not in text(profile(world, "employee"))
    world.client("superior").post(address, {"decision": "refuse"})
    proposal.refresh_from_db()
    assert proposal.state == ProposedLevel.State.REFUSED


def record_form(world, client, pk):
    page = client.get(reverse("competencies:person-edit", args=[pk]))
    form = page.context["form"]
    return {
        name: form[name].value() if form[name].value() is not None else "" for name in form.fields
    } | {
        "birth_date": f"{form.instance.birth_date:%d/%m/%Y}",
    }


def test_record_is_changed_and_a_second_page_is_told_it_came_late(world):
    client = world.client("hr")
    pk = world.people["employee"].pk
    first = record_form(world, client, pk)
    second = dict(first)
    address = reverse("competencies:person-edit", args=[pk])
    assert client.post(address, first | {"title_after": "S.AP."}).status_code == 302
    late = client.post(address, second | {"title_after": "S.Sos."})
    assert late.status_code == 409
    assert "diubah orang lain" in text(late)
    assert "S.Sos." in text(late)
    assert Employee.objects.get(pk=pk).title_after == "S.AP."


def test_record_with_a_bad_nip_is_told_why(world):
    client = world.client("hr")
    pk = world.people["employee"].pk
    data = record_form(world, client, pk) | {"nip": "198513172010012901"}
    page = text(client.post(reverse("competencies:person-edit", args=[pk]), data))
    assert "Tanggal lahir dalam NIP tidak sah." in page
    assert "<title>Perbaiki:" in page


def test_record_whose_nip_says_another_birth_date_is_kept_with_a_warning(world):
    client = world.client("hr")
    pk = world.people["employee"].pk
    data = record_form(world, client, pk) | {"nip": "19850217 201001 2 901"}
    page = client.post(reverse("competencies:person-edit", args=[pk]), data, follow=True)
    assert "berbeda dari yang terbaca pada NIP" in text(page)


def test_own_contact_ignores_everything_else_posted(world):
    client = world.client("employee")
    employee = world.people["employee"]
    client.post(
        reverse("competencies:contact-edit", args=[employee.pk]),
        {
            "phone": "0812 3456 7890",
            "address": "Jalan Baru 1",
            "emergency_contact": "",
            "version": employee.version,
            "name": "Orang Lain",
            "grade": "IV/e",
            "nip": "198502172010012901",
        },
    )
    employee.refresh_from_db()
    assert (employee.phone, employee.name, employee.grade) == ("0812 3456 7890", "Employee", "")
    assert employee.numbers.count() == 1


def test_new_person_comes_through_the_form(world):
    response = world.client("hr").post(
        reverse("competencies:person-create"),
        {
            "nip": "19850217 201001 2 901",
            "name": "Rina Puspitasari",
            "birth_date": "17/02/1985",
            "sex": "P",
            "employment_kind": "PNS",
            "position": world.positions["employee"].pk,
            "start": f"{today():%d/%m/%Y}",
        },
    )
    employee = Employee.objects.get(name="Rina Puspitasari")
    assert response["Location"] == reverse("competencies:person-detail", args=[employee.pk])
    assert Supervision.objects.on().get(employee=employee).supervisor == world.people["superior"]


def test_placement_and_supervisor_come_through_their_forms(world):
    client = world.client("hr")
    employee = world.people["employee"]
    client.post(
        reverse("competencies:person-place", args=[employee.pk]),
        {
            "position": world.positions["unrelated"].pk,
            "kind": "definitive",
            "start": f"{today():%d/%m/%Y}",
        },
    )
    assert Assignment.objects.on().get(employee=employee).position == world.positions["unrelated"]
    address = reverse("competencies:person-supervisor", args=[employee.pk])
    answer = client.post(
        address,
        {
            "supervisor_nip": world.people["camat"].numbers.get().nip,
            "start": f"{today():%d/%m/%Y}",
            "last_day": f"{today() + dt.timedelta(days=9):%d/%m/%Y}",
            "reason": "Atasan sakit",
        },
    )
    assert answer.status_code == 302
    row = Supervision.objects.on().get(employee=employee)
    assert row.supervisor == world.people["camat"]
    assert row.last_day == today() + dt.timedelta(days=9)
    client.post(
        reverse("competencies:person-supervisor-end", args=[employee.pk, row.pk]),
        {"reason": "Sudah sehat"},
    )
    back = Supervision.objects.on().get(employee=employee)
    assert back.supervisor == world.people["other_superior"]


def test_units_name_heads_to_hr_and_structure_only_to_others(world):
    address = reverse("competencies:units")
    assert "Superior" in text(world.client("hr").get(address))
    page = text(world.client("peer1").get(address))
    assert "Seksi A" in page
    assert "Superior" not in page


def test_posts_show_seats_held_and_vacant(world):
    make_position(world.section, name="Arsiparis", seats=2)
    page = world.client("hr").get(reverse("competencies:positions"), {"formasi": "lowong"})
    assert "Arsiparis" in text(page)
    assert "Kepala Seksi A" not in text(page)


def test_standard_of_a_post_names_level_and_rule(world):
    competency = make_competency(name="Kearsipan")
    require_level(competency, 2, position=world.positions["employee"])
    page = text(
        world.client("unrelated").get(
            reverse("competencies:position-standard", args=[world.positions["employee"].pk])
        )
    )
    assert "Kearsipan" in page
    assert "Khusus jabatan ini" in page


def test_dictionary_shows_levels_behaviours_and_the_own_standard(world):
    competency = make_competency("ARS")
    require_level(competency, 2, position=world.positions["employee"])
    page = text(
        world.client("employee").get(
            reverse("competencies:competency-detail", args=[competency.pk])
        )
    )
    assert "Indikator ARS 5.2" in page
    assert "Jabatan Anda mensyaratkan tingkat" in page


def audit(world, persona="auditor", **query):
    return text(world.client(persona).get(reverse("competencies:audit"), query))


def rows_of(page):
    return page[page.index("<tbody") :] if "<tbody" in page else ""


def test_trail_of_an_administrator_is_technical_only(world):
    profile(world, "hr")
    record(actor=world.users["employee"], action="user.signed_in")
    assert "Profil dibuka" in rows_of(audit(world))
    rows = rows_of(audit(world, "sysadmin"))
    assert "Masuk" in rows
    assert "Profil dibuka" not in rows


def test_trail_shows_names_of_fields_and_never_their_values(world):
    record(
        actor=world.users["hr"],
        action="employee.updated",
        obj=world.people["employee"],
        subject_employee_id=world.people["employee"].pk,
        before={"grade": "II/c"},
        after={"grade": "III/a"},
    )
    rows = rows_of(audit(world, tindakan="employee.updated"))
    assert "golongan" in rows
    for value in ("II/c", "III/a"):
        assert value not in rows


def test_trail_is_filtered_by_period_actor_and_person(world):
    profile(world, "hr")
    profile(world, "superior", "sub_employee")
    nip = world.people["sub_employee"].numbers.get().nip
    rows = rows_of(audit(world, nip=nip))
    assert "Superior" in rows
    assert "Hr" not in rows
    assert "Hr" in rows_of(audit(world, pelaku="hr", tindakan="employee.viewed"))
    tomorrow = f"{today() + dt.timedelta(days=1):%d/%m/%Y}"
    assert rows_of(audit(world, dari=tomorrow)) == ""
    assert rows_of(audit(world, nip="bukan nip")) == ""


def test_trail_of_a_smaller_tree_holds_its_people_only(world):
    world.users["auditor"].role_grants.update(unit=world.other_section)
    profile(world, "hr", "employee")
    profile(world, "hr", "unrelated")
    assert rows_of(audit(world)).count("Profil dibuka") == 1


def test_trail_goes_on_where_the_page_ended(world):
    for number in range(70):
        record(actor=None, action="user.created", purpose=f"nomor-{number:03d}")
    client = world.client("auditor")
    address = reverse("competencies:audit") + "?tindakan=user.created&pelaku=&nip="
    first = text(client.get(address, {"tindakan": "user.created"}))
    found = set(re.findall(r"nomor-\d{3}", first))
    following = re.search(r'rel="next" href="([^"]+)"', first).group(1).replace("&amp;", "&")
    second = text(client.get(reverse("competencies:audit") + following))
    later = set(re.findall(r"nomor-\d{3}", second))
    assert len(found) == 50
    assert found & later == set()
    assert len(found | later) == 70


def test_sign_in_and_its_failure_are_recorded_without_what_was_typed(world):
    user = world.users["employee"]
    user.set_password("sandi-panjang-1")
    user.save()
    client = Client()
    client.post(reverse("account_login"), {"login": "employee", "password": "salah-ketik-rahasia"})
    failed = AuditEntry.objects.get(action="user.sign_in_failed")
    assert "salah" not in str(failed.__dict__)
    assert failed.actor_id is None
    client.post(reverse("account_login"), {"login": "employee", "password": "sandi-panjang-1"})
    assert AuditEntry.objects.get(action="user.signed_in").actor_id == user.pk
    client.post(reverse("account_logout"))
    assert AuditEntry.objects.get(action="user.signed_out").actor_id == user.pk


def test_locked_account_is_out_at_its_next_request(world):
    client = world.client("employee")
    assert client.get(reverse("competencies:units")).status_code == 200
    address = reverse("competencies:account-lock", args=[world.users["employee"].pk])
    for _press in range(2):
        world.client("sysadmin").post(address, {"reason": "Ponsel hilang"})
        assert client.get(reverse("competencies:units")).status_code == 302
    world.client("sysadmin").post(address, {"reason": "Ponsel ditemukan", "open": "1"})
    assert User.objects.get(pk=world.users["employee"].pk).is_active


def test_role_grant_goes_from_request_to_force_through_the_pages(world):
    world.client("hr").post(
        reverse("competencies:role-grant-new"),
        {
            "account": "unrelated",
            "role": "auditor",
            "unit": world.root.pk,
            "start": f"{today():%d/%m/%Y}",
            "reason": "Pengawasan tahunan",
        },
    )
    row = world.users["unrelated"].role_grants.get()
    page = text(world.client("sysadmin").get(reverse("competencies:role-grants")))
    assert reverse("competencies:role-grant-apply", args=[row.pk]) in page
    world.client("sysadmin").post(reverse("competencies:role-grant-apply", args=[row.pk]))
    assert world.client("unrelated").get(reverse("competencies:audit")).status_code == 200
    tab = reverse("competencies:role-grants") + "?keadaan=berlaku"
    ending = reverse("competencies:role-grant-end", args=[row.pk])
    assert ending in text(world.client("sysadmin").get(tab))
    world.client("sysadmin").post(ending, {"reason": "Selesai"})
    assert ending not in text(world.client("sysadmin").get(tab))
    assert world.client("unrelated").get(reverse("competencies:audit")).status_code == 403
