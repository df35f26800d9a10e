"""Periods of validity: dates as `[start, end)` in the database, shown inclusive."""

import datetime as dt

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext_lazy as _

from gayungan_asn.accounts.clock import today


def since(start: dt.date, until: dt.date | None = None) -> DateRange:
    """A period from `start` up to and not including `until` (None: open)."""
    return DateRange(start, until, "[)")


def no_overlap(
    name: str, *keys: str, condition: models.Q | None = None, message: str = ""
) -> ExclusionConstraint:
    """Rows equal in `keys` may not share a day."""
    return ExclusionConstraint(
        name=name,
        expressions=[
            *[(key, RangeOperators.EQUAL) for key in keys],
            ("period", RangeOperators.OVERLAPS),
        ],
        condition=condition,
        violation_error_message=message or _("Masa berlakunya bertumpuk dengan yang sudah ada."),
    )


class DatedQuerySet(models.QuerySet):
    """Rows that hold for a period."""

    def on(self, day: dt.date | None = None) -> "DatedQuerySet":
        """Rows in force on that day; today if none is named."""
        return self.filter(period__contains=day or today())


class Dated(models.Model):
    """A row that holds from a day up to and not including another."""

    period = DateRangeField(_("masa berlaku"))

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def first_day(self) -> dt.date | None:
        return self.period.lower

    @property
    def last_day(self) -> dt.date | None:
        """The last day it holds, as people say it; None while it is open."""
        return self.period.upper - dt.timedelta(days=1) if self.period.upper else None
