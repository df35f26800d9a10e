"""Signs of life of the background processes."""

from gayungan_asn.accounts.clock import now
from gayungan_asn.accounts.models import Heartbeat


def show_life(*, name: str) -> None:
    """Note that the process of that name lives now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now()})
