"""For a test through a provider account: the address of a person an operator names by their id."""

from channels.models import ProviderAccount
from preferences.addresses.addresses import open_data_key, unseal
from preferences.models import ContactPoint


def address_of(account: ProviderAccount, external_id: str) -> str | None:
    """Their newest one that this account may send to."""
    points = ContactPoint.objects.select_related("recipient").filter(
        recipient__external_id=external_id,
        recipient__erased_at=None,
        channel=account.channel,
        active=True,
    )
    if account.app_id is not None:
        points = points.filter(app_id=account.app_id)
    point = points.order_by("-registered_at").first()
    if point is None:
        return None
    person = point.recipient
    key = open_data_key(bytes(person.data_key or b""), person.external_id)
    return unseal(key, person.pk, bytes(point.address_hash), bytes(point.address))
