"""How a rating page speaks of somebody."""

from competencies.models import Employee


def address_of(employee: Employee) -> str:
    """Salutation and first name ("Bu Rina"); without a known salutation the name as it is."""
    if not employee.form_of_address:
        return employee.name
    return f"{employee.form_of_address} {employee.name.split()[0]}"
