"""The command that loads the reference data of every app."""

import pytest
from django.core.management import call_command

from competencies.models import Competency
from training.models import DevelopmentKind

pytestmark = pytest.mark.django_db


def test_load_reference_twice_brings_every_app_its_rows_once() -> None:
    call_command("load_reference", verbosity=0)
    kinds, competencies = DevelopmentKind.objects.count(), Competency.objects.count()
    DevelopmentKind.objects.filter(code="NON-03").update(cap_quantity=4)
    call_command("load_reference", verbosity=0)
    assert DevelopmentKind.objects.count() == kinds == 26
    assert Competency.objects.count() == competencies == 30
    assert DevelopmentKind.objects.get(code="NON-03").cap_quantity == 4
