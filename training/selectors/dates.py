"""Days of classes, as people say them."""

import datetime as dt

from django.utils import formats
from django.utils.translation import gettext as _

from training.models import CourseClass


def day_words(day: dt.date) -> str:
    """ "9 Desember 2026" """
    return formats.date_format(day, "j F Y")


def days_words(course_class: CourseClass) -> str:
    """ "9 Desember 2026", "2–3 Desember 2026", "kapan saja sampai 20 Desember 2026"."""
    first, last = course_class.first_day, course_class.last_day
    if course_class.is_self_paced:
        return _("kapan saja sampai %(day)s") % {"day": day_words(last)}
    if first == last:
        return day_words(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day_words(last)}"
    if first.year == last.year:
        return f"{formats.date_format(first, 'j F')} – {day_words(last)}"
    return f"{day_words(first)} – {day_words(last)}"
