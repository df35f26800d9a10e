"""Invented enrolments, completed courses and plans in every state."""

import datetime as dt
import random
from collections.abc import Sequence

from competencies.models import Employee, Supervision
from gayungan_asn.accounts.clock import now, today
from gayungan_asn.accounts.models import User
from training.models import CourseClass, DevelopmentPlan, Enrolment, PlanItem, PlanItemGap
from training.services.completion import record_completion


def _people(lead_id: int) -> list[Employee]:
    """Everybody active, by name, the demonstration's employee first."""
    rows = list(Employee.objects.active().order_by("name", "pk"))
    return sorted(rows, key=lambda person: person.pk != lead_id)


def _busy(taken: list[tuple[dt.date, dt.date]], course_class: CourseClass) -> bool:
    span = course_class.period
    return any(span.lower < end and start < span.upper for start, end in taken)


def fill_past_classes(*, hr: User, lead_id: int, seed: int) -> int:
    """Seat people in classes that are over, and record who completed; gives how many did."""
    rng = random.Random(seed)  # noqa: S311 -- invented data
    people = _people(lead_id)
    calendar: dict[int, list[tuple[dt.date, dt.date]]] = {}
    completed = 0
    past = CourseClass.objects.filter(period__endswith__lte=today()).order_by("period", "code")
    for number, course_class in enumerate(past):
        chosen = rng.sample(people[1:], min(6, course_class.capacity, len(people) - 1))
        if number < 2:
            chosen = [people[0], *chosen[:-1]]
        for person in chosen:
            if _busy(calendar.setdefault(person.pk, []), course_class):
                continue
            span = course_class.period
            calendar[person.pk].append((span.lower, span.upper))
            enrolment = Enrolment.objects.create(
                course_class=course_class,
                employee=person,
                state=Enrolment.State.CONFIRMED,
                requested_at=now() - dt.timedelta(days=40),
                decided_at=now() - dt.timedelta(days=38),
            )
            CourseClass.objects.filter(pk=course_class.pk).update(
                seats_taken=course_class.seats_taken + 1
            )
            course_class.seats_taken += 1
            # The newest class waits for HR to record who completed it.
            if number < len(past) - 1 and hr.employee.pk != person.pk:
                record_completion(
                    actor=hr,
                    enrolment=enrolment,
                    completed=rng.random() < 0.9,
                    happened_on=span.upper - dt.timedelta(days=1),
                )
                completed += 1
    return completed


def fill_coming_classes(*, team: Sequence[Employee], lead: Employee, seed: int) -> int:
    """Requests that wait for approval, seats taken, one class full with a waiting list.

    The lead's calendar stays free: it is for whoever tries the product to fill.
    """
    rng = random.Random(seed)  # noqa: S311 -- invented data
    coming = list(
        CourseClass.objects.filter(period__startswith__gt=today()).order_by("period", "code")
    )
    people = list(Employee.objects.active().exclude(pk__in=[lead.pk, *(one.pk for one in team)]))
    made = 0
    for number, course_class in enumerate(coming[:8]):
        seats = course_class.capacity if number == 1 else min(5, course_class.capacity)
        group = rng.sample(people, min(seats + (2 if number == 1 else 0), len(people)))
        rows = []
        for place, person in enumerate(group):
            seated = place < seats
            rows.append(
                Enrolment(
                    course_class=course_class,
                    employee=person,
                    state=Enrolment.State.CONFIRMED if seated else Enrolment.State.WAITLISTED,
                    requested_at=now() - dt.timedelta(days=9),
                    decided_at=now() - dt.timedelta(days=7, minutes=-place),
                    waiting_since=None if seated else now() - dt.timedelta(days=7, minutes=-place),
                )
            )
        Enrolment.objects.bulk_create(rows)
        CourseClass.objects.filter(pk=course_class.pk).update(seats_taken=min(seats, len(group)))
        made += len(rows)
    if coming and team:
        Enrolment.objects.create(
            course_class=coming[0], employee=team[-1], requested_at=now() - dt.timedelta(days=1)
        )
        made += 1
    return made


def spread_plans(*, hr: User, lead_id: int, waiting_for: Employee, year: int, seed: int) -> None:
    """Put drafted plans into every state; the lead's stays a draft, and one plan of the
    supervisor `waiting_for` waits for approval. Some had a plan last year, now closed."""
    rng = random.Random(seed)  # noqa: S311 -- invented data
    bosses = {
        row.employee_id: row.supervisor
        for row in Supervision.objects.on().select_related("supervisor")
    }
    plans = list(DevelopmentPlan.objects.filter(year=year).select_related("employee"))
    plans.sort(key=lambda plan: (plan.employee.name, plan.pk))
    State = DevelopmentPlan.State  # noqa: N806 -- a class
    waiting = next(
        (p for p in plans if bosses.get(p.employee_id) == waiting_for and p.employee_id != lead_id),
        None,
    )
    for plan in plans:
        state = rng.choices(
            [State.DRAFT, State.PROPOSED, State.APPROVED, State.RATIFIED], [30, 25, 20, 25]
        )[0]
        if plan.employee_id == lead_id:
            continue
        if plan == waiting:
            state = State.PROPOSED
        if state == State.DRAFT:
            continue
        plan.state = state
        plan.version = 2
        plan.proposed_at = now() - dt.timedelta(days=20)
        if state in (State.APPROVED, State.RATIFIED):
            boss = bosses.get(plan.employee_id)
            plan.approved_at = now() - dt.timedelta(days=14)
            plan.approved_by_employee = boss
            plan.approved_by = boss.user if boss else None
        if state == State.RATIFIED:
            plan.ratified_at = now() - dt.timedelta(days=7)
            plan.ratified_by = hr
        plan.save()
    for plan in [p for p in plans if p.state == State.RATIFIED][:6]:
        _close_copy(plan)


def _close_copy(plan: DevelopmentPlan) -> None:
    """The same goals as a plan of the year before, done and closed."""
    items = list(plan.items.prefetch_related("gaps"))
    old = DevelopmentPlan.objects.get(pk=plan.pk)
    old.pk = None
    old._state.adding = True
    old.year -= 1
    old.state = DevelopmentPlan.State.CLOSED
    old.save()
    for item in items:
        gaps = list(item.gaps.all())
        item.pk = None
        item._state.adding = True
        item.plan, item.state = old, PlanItem.State.DONE
        item.save()
        for gap in gaps:
            gap.pk = None
            gap._state.adding = True
            gap.item = item
        PlanItemGap.objects.bulk_create(gaps)
