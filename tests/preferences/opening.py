"""Read what is sealed, as a worker does."""

from preferences.addresses import addresses
from preferences.models import ContactPoint, Recipient


def data_key(recipient: Recipient) -> bytes:
    return addresses.open_data_key(bytes(recipient.data_key or b""), recipient.external_id)


def opened(point: ContactPoint) -> str:
    """The address. Raises Undecryptable."""
    key = data_key(point.recipient)
    return addresses.unseal(
        key, point.recipient_id, bytes(point.address_hash), bytes(point.address)
    )
