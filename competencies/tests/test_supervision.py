"""Supervisors follow the structure, keep history, and bow to what HR decides."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from competencies.models import Assignment, EmployeeStatus, Supervision
from competencies.models.periods import since
from competencies.selectors.people import direct_supervisor
from competencies.services.supervision import (
    end_supervisor_override,
    refresh_supervision,
    set_supervisor_override,
)
from competencies.tests.builders import (
    assign,
    grant,
    make_employee,
    make_position,
    make_unit,
    make_user,
)
from gayungan_asn.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 1, 1)
CHANGE = dt.date(2026, 7, 1)


class Town:
    """District > village > section, each with a head, and one clerk in the section."""

    def __init__(self) -> None:
        self.district = make_unit("Kecamatan")
        self.village = make_unit("Kelurahan", parent=self.district)
        self.section = make_unit("Seksi", parent=self.village)
        self.camat_post = make_position(self.district, is_head=True)
        self.lurah_post = make_position(self.village, is_head=True)
        self.kasi_post = make_position(self.section, is_head=True)
        self.clerk_post = make_position(self.section, seats=5)
        self.camat = make_employee("Camat", self.camat_post)
        self.lurah = make_employee("Lurah", self.lurah_post)
        self.kasi = make_employee("Kasi", self.kasi_post)
        self.clerk = make_employee("Staf", self.clerk_post)
        self.hr = make_user()
        grant(self.hr, "hr", self.district)


@pytest.fixture
def town() -> Town:
    return Town()


def refresh(day=DAY):
    return refresh_supervision(actor=None, day=day)


def leave(employee, position, day=DAY):
    """The seat becomes empty from that day on."""
    row = Assignment.objects.get(employee=employee, position=position)
    row.period = since(row.period.lower, day)
    row.save()


def boss(employee, day=DAY):
    return direct_supervisor(employee, day)


def test_staff_report_to_the_head_of_their_unit(town):
    refresh()
    assert boss(town.clerk) == town.kasi


def test_head_reports_to_the_head_of_the_unit_above(town):
    refresh()
    assert boss(town.kasi) == town.lurah
    assert boss(town.lurah) == town.camat


def test_head_of_the_root_reports_to_nobody(town):
    refresh()
    assert boss(town.camat) is None


def test_vacant_seat_is_passed_over(town):
    leave(town.kasi, town.kasi_post)
    refresh()
    assert boss(town.clerk) == town.lurah


def test_two_vacant_seats_are_passed_over(town):
    leave(town.kasi, town.kasi_post)
    leave(town.lurah, town.lurah_post)
    refresh()
    assert boss(town.clerk) == town.camat


def test_plh_alone_is_passed_over(town):
    leave(town.kasi, town.kasi_post)
    assign(make_employee("Plh"), town.kasi_post, kind="plh")
    refresh()
    assert boss(town.clerk) == town.lurah


def test_plt_counts_as_head(town):
    leave(town.kasi, town.kasi_post)
    stand_in = make_employee("Plt")
    assign(stand_in, town.kasi_post, kind="plt")
    refresh()
    assert boss(town.clerk) == stand_in


def test_definitive_head_wins_over_a_plt(town):
    assign(make_employee("Plt"), town.kasi_post, kind="plt")
    refresh()
    assert boss(town.clerk) == town.kasi


def test_plt_of_the_own_unit_climbs_past_oneself(town):
    leave(town.kasi, town.kasi_post)
    assign(town.clerk, town.kasi_post, kind="plt")
    refresh()
    assert boss(town.clerk) == town.lurah


def test_head_acting_for_the_unit_above_climbs_past_both_seats(town):
    leave(town.lurah, town.lurah_post)
    assign(town.kasi, town.lurah_post, kind="plt")
    refresh()
    assert boss(town.kasi) == town.camat


def test_clerk_acting_for_the_village_makes_no_loop_with_the_own_head(town):
    leave(town.lurah, town.lurah_post)
    assign(town.clerk, town.lurah_post, kind="plt")
    refresh()
    assert boss(town.kasi) == town.clerk
    assert boss(town.clerk) == town.camat


def test_two_acting_across_sections_make_no_loop(town):
    other = make_unit("Seksi lain", parent=town.village)
    other_head = make_position(other, is_head=True)
    other_clerk = make_employee("Staf lain", make_position(other))
    leave(town.kasi, town.kasi_post)
    assign(other_clerk, town.kasi_post, kind="plt")
    assign(town.clerk, other_head, kind="plt")
    refresh()
    pair = {boss(town.clerk), boss(other_clerk)}
    assert pair in ({town.lurah, other_clerk}, {town.lurah, town.clerk})


def test_head_away_on_long_leave_is_passed_over_while_away(town):
    status = EmployeeStatus.objects.get(employee=town.kasi)
    status.period = since(status.period.lower, CHANGE)
    status.save()
    EmployeeStatus.objects.create(
        employee=town.kasi, status="long_leave", period=since(CHANGE, dt.date(2026, 10, 1))
    )
    EmployeeStatus.objects.create(
        employee=town.kasi, status="active", period=since(dt.date(2026, 10, 1))
    )
    refresh()
    assert boss(town.clerk, DAY) == town.kasi
    assert boss(town.clerk, CHANGE) == town.lurah
    assert boss(town.clerk, dt.date(2026, 10, 1)) == town.kasi


def test_retired_person_reports_to_nobody(town):
    status = EmployeeStatus.objects.get(employee=town.clerk)
    status.period = since(status.period.lower, CHANGE)
    status.save()
    EmployeeStatus.objects.create(employee=town.clerk, status="retired", period=since(CHANGE))
    refresh()
    assert boss(town.clerk) == town.kasi
    assert boss(town.clerk, CHANGE) is None


def test_refresh_twice_changes_nothing(town):
    assert refresh() > 0
    entries = AuditEntry.objects.count()
    assert refresh() == 0
    assert AuditEntry.objects.count() == entries


def test_change_in_mid_year_keeps_both_periods(town):
    refresh()
    leave(town.kasi, town.kasi_post, CHANGE)
    newcomer = make_employee("Kasi baru")
    assign(newcomer, town.kasi_post, start=CHANGE)
    refresh(CHANGE)
    periods = {
        row.supervisor: (row.period.lower, row.period.upper)
        for row in Supervision.objects.filter(employee=town.clerk)
    }
    assert periods == {town.kasi: (DAY, CHANGE), newcomer: (CHANGE, None)}


def test_change_known_ahead_is_written_ahead(town):
    leave(town.kasi, town.kasi_post, CHANGE)
    refresh()
    assert boss(town.clerk) == town.kasi
    assert boss(town.clerk, CHANGE) == town.lurah


def test_statements_do_not_grow_with_people(town):
    refresh()
    leave(town.kasi, town.kasi_post, CHANGE)
    with CaptureQueriesContext(connection) as few:
        refresh(CHANGE)
    for _number in range(30):
        make_employee(position=town.clerk_post)
    with CaptureQueriesContext(connection) as many:
        refresh(CHANGE)
    assert len(many) <= len(few) <= 10


def override(town, employee=None, supervisor=None, actor=None, **fields):
    return set_supervisor_override(
        actor=actor or town.hr,
        employee=employee or town.clerk,
        supervisor=supervisor or town.lurah,
        start=fields.get("start", CHANGE),
        until=fields.get("until"),
        reason=fields.get("reason", "Ditugaskan ke kelurahan"),
    )


def test_override_wins_while_it_lasts_and_survives_a_refresh(town):
    refresh()
    end = dt.date(2026, 9, 1)
    override(town, until=end)
    refresh(CHANGE)
    assert boss(town.clerk, CHANGE - dt.timedelta(days=1)) == town.kasi
    assert boss(town.clerk, CHANGE) == town.lurah
    assert boss(town.clerk, end) == town.kasi
    entry = AuditEntry.objects.get(action="supervision.overridden")
    assert entry.subject_employee_id == town.clerk.pk
    assert (entry.before, entry.after["supervisor"]) == (
        {"supervisor": town.kasi.pk},
        town.lurah.pk,
    )
    assert entry.purpose == "Ditugaskan ke kelurahan"


def test_override_gives_the_head_of_the_root_a_supervisor(town):
    outsider = make_employee("Sekretaris Daerah")
    override(town, town.camat, outsider, start=DAY)
    refresh()
    assert boss(town.camat) == outsider


def test_override_ended_gives_the_structure_back(town):
    refresh()
    row = override(town)
    end_supervisor_override(
        actor=town.hr, supervision=row, until=dt.date(2026, 8, 1), reason="Selesai"
    )
    assert boss(town.clerk, CHANGE) == town.lurah
    assert boss(town.clerk, dt.date(2026, 8, 1)) == town.kasi
    assert AuditEntry.objects.filter(action="supervision.override_ended").count() == 1


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"reason": " "}, "reason"),
        ({"until": CHANGE}, "period"),
    ],
)
def test_override_incomplete_is_refused(town, fields, code):
    with pytest.raises(ValidationError) as refusal:
        override(town, **fields)
    assert refusal.value.code == code


def test_override_to_oneself_is_refused(town):
    with pytest.raises(ValidationError) as refusal:
        override(town, town.clerk, town.clerk)
    assert refusal.value.code == "oneself"


def test_override_that_makes_a_loop_is_refused(town):
    refresh()
    with pytest.raises(ValidationError) as refusal:
        override(town, town.camat, town.clerk)
    assert refusal.value.code == "loop"
    assert not Supervision.objects.filter(reason="override").exists()


def test_override_on_top_of_another_is_refused(town):
    override(town)
    with pytest.raises(ValidationError) as refusal:
        override(town, supervisor=town.camat)
    assert refusal.value.code == "overlap"


def test_override_of_the_own_case_or_from_outside_is_refused(town):
    officer = make_employee("Petugas", town.clerk_post, user=town.hr)
    with pytest.raises(ValidationError) as refusal:
        override(town, officer, town.camat)
    assert refusal.value.code == "own_case"
    stranger = make_user()
    grant(stranger, "hr", make_unit())
    with pytest.raises(ValidationError):
        override(town, actor=stranger)
