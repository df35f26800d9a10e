"""Home pages by role, own levels, the menu."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from competencies.models import (
    Assignment,
    AttainedLevel,
    CurrentLevel,
    Employee,
    EmployeeStatus,
    RoleGrant,
    Supervision,
)
from competencies.models.periods import since
from competencies.tests.builders import (
    grant,
    make_competency,
    make_employee,
    make_position,
    make_unit,
    require_level,
)
from conftest import World
from gayungan_asn.accounts.clock import today
from gayungan_asn.accounts.services import notify
from reports.tests.builders import make_plan

MOST_STATEMENTS = 15


def give_level(employee: Employee, competency: object, level: int, **basis: object) -> None:
    attained = AttainedLevel.objects.create(
        employee=employee,
        competency=competency,
        level=level,
        source="evaluation",
        basis=basis,
        assessed_on=today() - dt.timedelta(days=30),
        valid_until=today() + dt.timedelta(days=300),
    )
    CurrentLevel.objects.create(
        employee=employee,
        competency=competency,
        attained=attained,
        level=level,
        source="evaluation",
        assessed_on=attained.assessed_on,
        valid_until=attained.valid_until,
    )


def text_of(world: World, persona: str, path: str = "/") -> str:
    answer = world.client(persona).get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def levels(world: World) -> dict[str, object]:
    """Three competencies of the employee's tier: −2, met, not assessed."""
    tier = world.positions["employee"].tier
    made = {
        "wide": make_competency(name="Pelayanan Publik"),
        "met": make_competency(name="Integritas"),
        "open": make_competency(name="Komunikasi"),
    }
    for competency in made.values():
        require_level(competency, 2, tier=tier)
    employee = world.people["employee"]
    give_level(
        employee,
        made["wide"],
        0,
        value="0.4",
        by_relation={"supervisor": "0", "peer": "0.5", "self": "2"},
        weights={"supervisor": "66.7", "peer": "22.2", "self": "11.1"},
        unseen=[{"id": 1, "text": "Menjawab warga dengan jelas."}],
    )
    give_level(employee, made["met"], 2)
    return made


def test_home_says_how_many_are_below(world: World, levels: dict[str, object]) -> None:
    page = text_of(world, "employee")
    assert "<strong>1 dari 3 kompetensi</strong> masih di bawah standar jabatan Anda" in page
    assert ", 1 belum dinilai." in page


def test_home_orders_gaps_then_unknown_then_met(world: World, levels: dict[str, object]) -> None:
    page = text_of(world, "employee")
    places = [
        page.index(f">{name}</a>") for name in ("Pelayanan Publik", "Komunikasi", "Integritas")
    ]
    assert places == sorted(places)


def test_home_index_stands_with_its_coverage(world: World, levels: dict[str, object]) -> None:
    page = text_of(world, "employee")
    assert "50,00" in page
    assert "dari 2 dari 3 kompetensi" in page
    assert "Tanpa golongan selama belum semuanya dinilai" in page
    assert "JPM." in page


def test_home_steps_come_before_the_figures(world: World, levels: dict[str, object]) -> None:
    page = text_of(world, "employee")
    assert page.index("Langkah berikutnya") < page.index("Pengembangan kompetensi")


def test_home_offers_the_draft_plan(world: World, levels: dict[str, object]) -> None:
    plan = make_plan(world.people["employee"])
    page = text_of(world, "employee")
    assert "Periksa dan ajukan rencana 2027" in page
    assert f"/dokumen/plan/{plan.pk}/minta/" in page


def test_home_without_standard_says_who_fills_it(world: World) -> None:
    assert "Jabatan Anda belum mempunyai standar kompetensi" in text_of(world, "employee")


def test_home_all_met_praises_the_fact(world: World) -> None:
    competency = make_competency()
    require_level(competency, 1, tier=world.positions["employee"].tier)
    give_level(world.people["employee"], competency, 1)
    assert "Semua kompetensi memenuhi standar. Pertahankan." in text_of(world, "employee")


@pytest.mark.parametrize(
    ("persona", "words"),
    [
        ("superior", "Pegawai yang dinilai"),
        ("hr", "Siklus berjalan"),
        ("camat", "Peta kesenjangan"),
        ("auditor", "Catatan audit"),
        ("sysadmin", "Pengelola sistem"),
    ],
)
def test_home_has_the_block_of_the_role(world: World, persona: str, words: str) -> None:
    assert words in text_of(world, persona)


def test_home_of_an_employee_has_no_block_of_others(world: World) -> None:
    page = text_of(world, "employee")
    for words in ("Siklus berjalan", "menunggu ditetapkan", "Catatan audit", "Pengelola sistem"):
        assert words not in page


def test_home_counts_what_waits_for_a_supervisor(world: World) -> None:
    make_plan(world.people["employee"], state="proposed")
    make_plan(world.people["unrelated"], state="proposed")
    page = text_of(world, "superior")
    assert "Putuskan 1 persetujuan" in page


def test_home_hr_does_not_ratify_the_own_plan(world: World) -> None:
    make_plan(world.people["hr"], state="approved")
    make_plan(world.people["employee"], state="approved")
    assert "Tetapkan 1 rencana" in text_of(world, "hr")


def test_home_links_lead_somewhere(world: World, levels: dict[str, object]) -> None:
    for persona in world.users:
        answer = world.client(persona).get("/")
        assert 'href=""' not in answer.content.decode()


def test_home_anonymous_is_led_to_sign_in(world: World) -> None:
    answer = world.client("anonymous").get("/")
    assert answer.status_code == 302


def test_competencies_page_needs_a_person(world: World) -> None:
    assert world.client("auditor").get("/kompetensi/").status_code == 403


def test_competency_detail_shows_what_the_level_was_made_of(
    world: World, levels: dict[str, object]
) -> None:
    page = text_of(world, "employee", f"/kompetensi/{levels['wide'].pk}/")  # type: ignore[attr-defined]
    for words in ("Atasan langsung", "66,7 %", "0,5 atau kurang", "0,40", "Menjawab warga"):
        assert words in page


def test_competency_detail_not_assessed_gives_no_figure(
    world: World, levels: dict[str, object]
) -> None:
    page = text_of(world, "employee", f"/kompetensi/{levels['open'].pk}/")  # type: ignore[attr-defined]
    assert "Belum dinilai bukan angka nol" in page


def test_competency_detail_outside_the_own_standard_is_not_there(world: World) -> None:
    other = make_competency()
    assert world.client("employee").get(f"/kompetensi/{other.pk}/").status_code == 404


def menu_of(world: World, persona: str) -> list[str]:
    page = world.client(persona).get("/bantuan/")
    return [entry.label for entry in page.context["navigation"]]


def test_menu_follows_the_roles(world: World) -> None:
    assert menu_of(world, "employee") == [
        "Beranda", "Kompetensi", "Penilaian", "Pelatihan", "Profil",
    ]  # fmt: skip
    assert menu_of(world, "superior") == [
        "Beranda", "Penilaian", "Pegawai yang dinilai", "Pelatihan", "Profil",
    ]  # fmt: skip
    assert menu_of(world, "hr") == [
        "Beranda", "Pegawai", "Penilaian", "Pelatihan", "Peta kesenjangan", "Rencana",
    ]  # fmt: skip
    assert menu_of(world, "auditor") == ["Beranda", "Catatan audit"]


def test_menu_ends_with_the_grant(world: World) -> None:
    RoleGrant.objects.filter(user=world.users["hr"]).delete()
    assert "Peta kesenjangan" not in menu_of(world, "hr")


def test_menu_shows_a_badge_for_what_waits(world: World) -> None:
    make_plan(world.people["employee"], state="proposed")
    page = world.client("superior").get("/bantuan/")
    badges = {entry.label: entry.badge for entry in page.context["navigation"]}
    assert badges["Pegawai yang dinilai"] == 1


def test_notices_are_shown_until_put_away(world: World) -> None:
    user = world.users["employee"]
    notify(users=[user], kind="test", text="Kabar pertama", link="/kompetensi/")
    client = world.client("employee")
    page = client.get("/").content.decode()
    assert 'href="/kompetensi/">Kabar pertama</a>' in page
    found = re.search(r'name="until" value="([^"]+)"', page)
    assert found is not None
    notify(users=[user], kind="test", text="Kabar kedua")
    client.post("/pemberitahuan/dibaca/", {"until": found[1]})
    page = client.get("/").content.decode()
    assert "Kabar pertama" not in page
    assert "Kabar kedua" in page


@pytest.mark.parametrize("until", ["", "kemarin", "2026-01-01T00:00:00"])
def test_notices_put_away_without_moment_are_not(world: World, until: str) -> None:
    answer = world.client("employee").post("/pemberitahuan/dibaca/", {"until": until})
    assert answer.status_code == 404


def statements_of(world: World, persona: str, path: str) -> int:
    client = world.client(persona)
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    counted = [
        query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
    ]
    return len(counted)


def many_people(world: World, count: int) -> None:
    """People of the section below the superior, in bulk."""
    position = world.positions["employee"]
    boss = world.people["superior"]
    made = Employee.objects.bulk_create(
        [
            Employee(
                name=f"Orang {number}",
                birth_date=dt.date(1990, 1, 1),
                sex="P",
                employment_kind="PNS",
            )
            for number in range(count)
        ],
        batch_size=1_000,
    )
    period = since(dt.date(2020, 1, 1))
    EmployeeStatus.objects.bulk_create(
        [EmployeeStatus(employee=each, status="active", period=period) for each in made], 1_000
    )
    Assignment.objects.bulk_create(
        [Assignment(employee=each, position=position, period=period) for each in made], 1_000
    )
    Supervision.objects.bulk_create(
        [Supervision(employee=each, supervisor=boss, period=period) for each in made], 1_000
    )


@pytest.mark.parametrize("persona", ["employee", "superior", "hr", "camat", "sysadmin"])
def test_home_statements_are_few_and_the_same_with_5000_people(
    world: World, levels: dict[str, object], persona: str
) -> None:
    for name in ("employee", "superior", "hr", "camat"):
        if not world.people[name].plans.exists():
            make_plan(world.people[name])
    few = statements_of(world, persona, "/")
    assert few <= MOST_STATEMENTS
    many_people(world, 5_000)
    assert statements_of(world, persona, "/") == few


@pytest.mark.parametrize("persona", ["hr", "camat"])
def test_heatmap_statements_are_few_and_the_same_with_5000_people(
    world: World, levels: dict[str, object], persona: str
) -> None:
    few = statements_of(world, persona, "/peta-kesenjangan/")
    assert few <= MOST_STATEMENTS
    many_people(world, 5_000)
    assert statements_of(world, persona, "/peta-kesenjangan/") == few


# --- the map --------------------------------------------------------------


def fill(world: World, unit_people: dict[str, tuple[int, int]]) -> None:
    """Units below the root with (people, level) each, against standard 2."""
    competency = make_competency(name="Pelayanan Publik")
    tier = world.positions["employee"].tier
    require_level(competency, 2, tier=tier)
    for name, (people, level) in unit_people.items():
        position = make_position(make_unit(name, world.root), tier=tier, seats=people)
        for _number in range(people):
            give_level(make_employee(position=position), competency, level)


def cells_of(world: World, persona: str, query: str = "") -> dict[str, str]:
    page = world.client(persona).get(f"/peta-kesenjangan/{query}")
    assert page.status_code == 200
    return {
        row.label: str(row.cells[0].mean) if row.cells[0].state == "shown" else row.cells[0].state
        for block in page.context["page"].blocks
        for row in block.rows
    }


def test_heatmap_hides_cells_under_five_from_leaders_and_under_three_from_hr(world: World) -> None:
    fill(world, {"Lima": (5, 1), "Empat": (4, 1), "Dua": (2, 1)})
    leader, hr = cells_of(world, "camat"), cells_of(world, "hr")
    assert (leader["Lima"], leader["Empat"], leader["Dua"]) == ("-1.0", "small", "small")
    assert (hr["Lima"], hr["Empat"], hr["Dua"]) == ("-1.0", "-1.0", "small")


def test_heatmap_not_assessed_is_apart_and_never_zero(world: World) -> None:
    fill(world, {"Enam": (6, 1)})
    tier = world.positions["employee"].tier
    position = make_position(make_unit("Baru", world.root), tier=tier)
    for _number in range(6):
        make_employee(position=position)
    assert cells_of(world, "camat")["Baru"] == "unrated"


def test_heatmap_below_a_shown_unit_one_small_group_hides_a_second(world: World) -> None:
    competency = make_competency(name="Pelayanan Publik")
    tier = world.positions["employee"].tier
    require_level(competency, 2, tier=tier)
    parent = make_unit("Kelurahan", world.root)
    for name, people in (("Seksi Kecil", 2), ("Seksi Sedang", 6), ("Seksi Besar", 9)):
        position = make_position(make_unit(name, parent), tier=tier)
        for _number in range(people):
            give_level(make_employee(position=position), competency, 1)
    top = cells_of(world, "camat")
    assert top["Kelurahan"] == "-1.0"
    below = cells_of(world, "camat", f"?unit={parent.pk}")
    assert below == {"Seksi Kecil": "small", "Seksi Sedang": "small", "Seksi Besar": "-1.0"}


def test_heatmap_averages_use_shown_cells_only(world: World) -> None:
    fill(world, {"Lima": (5, 1), "Dua": (2, 0)})
    page = world.client("camat").get("/peta-kesenjangan/")
    [block] = page.context["page"].blocks
    assert [str(mean) for mean in block.means] == ["-1.0"]


def test_heatmap_of_a_foreign_unit_is_not_there(world: World) -> None:
    for query in (f"?unit={world.foreign_root.pk}", "?unit=999999", "?unit=x", "?jenis=x"):
        assert world.client("camat").get(f"/peta-kesenjangan/{query}").status_code == 404


@pytest.mark.parametrize("persona", ["employee", "auditor", "sysadmin", "unrelated"])
def test_heatmap_is_forbidden_to_others(world: World, persona: str) -> None:
    assert world.client(persona).get("/peta-kesenjangan/").status_code == 403


def test_heatmap_of_a_head_is_the_own_unit_only(world: World) -> None:
    answer = world.client("superior").get("/peta-kesenjangan/")
    assert answer.context["page"].unit == world.section
    client = world.client("superior")
    assert client.get(f"/peta-kesenjangan/?unit={world.root.pk}").status_code == 404


def test_heatmap_an_inner_grant_gives_no_finer_view_than_the_outer(world: World) -> None:
    grant(world.users["camat"], "hr", world.section)
    fill(world, {"Empat": (4, 1)})
    assert cells_of(world, "camat")["Empat"] == "small"


def test_heatmap_names_no_person(world: World) -> None:
    fill(world, {"Lima": (5, 1)})
    page = text_of(world, "camat", "/peta-kesenjangan/").partition('<main id="isi"')[2]
    for employee in Employee.objects.all():
        assert employee.name not in page
