"""How a rating page speaks of somebody."""

from django.utils.translation import pgettext

from competencies.models import Employee


def address_of(employee: Employee) -> str:
    """Salutation and first name: "Bu Rina", or with what the person wishes to be called."""
    salutation = employee.form_of_address or (
        pgettext("sapaan", "Bu")
        if employee.sex == Employee.Sex.FEMALE
        else pgettext("sapaan", "Pak")
    )
    words = employee.name.split()
    # "M. Fauzi" is spoken to as Fauzi.
    first = next((word for word in words if len(word.rstrip(".")) > 1), employee.name)
    return f"{salutation} {first}"
