"""Loading the kinds of development that ship with the product (Peraturan LAN 10/2018)."""

from decimal import Decimal

from django.db import transaction

from competencies.services.reference import read_rows
from training.models import DevelopmentKind


@transaction.atomic
def load_development_kinds() -> int:
    """Add the kinds that are not there yet; those HR has edited stay as they are."""
    known = set(DevelopmentKind.objects.values_list("code", flat=True))
    rows = [
        DevelopmentKind(
            code=row["code"],
            route=row["route"],
            name=row["name"],
            unit=row["unit"],
            rule_text=row["jp_rule"],
            hours_per_unit=Decimal(row["jp_per_unit_national"]),
            hours_per_unit_abroad=_number(row["jp_per_unit_international"]),
            cap_quantity=_number(row["cap_quantity"]),
            cap_unit=row["cap_unit"],
            cap_period=row["cap_period"],
            verification=row["verification"],
        )
        for row in read_rows("development_kinds")
        if row["code"] not in known
    ]
    return len(DevelopmentKind.objects.bulk_create(rows))


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None
