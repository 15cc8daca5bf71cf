"""Everything that changes who can be reached and what they agreed to."""

from collections.abc import Iterable, Iterator

from django.db import transaction

from channels.base import Channel
from notifyproj.core import clock, erasures
from notifyproj.core.api.errors import InvalidFields
from preferences.addresses import addresses
from preferences.models import ContactPoint, Recipient
from preferences.recipients import contact_points as points
from preferences.recipients import erasure
from preferences.recipients import upsert as upserts
from preferences.recipients.push_apps import load_apps, registration
from preferences.recipients.schemas import Device, ImportLine, Profile

BATCH = 1_000
REGISTRABLE = (Channel.EMAIL, Channel.SMS)  # the others have ways of their own
KNOWN = (*REGISTRABLE, Channel.WEBHOOK, Channel.SLACK)


class NoSuchRecipient(LookupError):
    """Never known, or erased."""


def recipient_upsert(*, external_id: str, profile: Profile) -> tuple[int, bool]:
    """(id, is new). Raises InvalidFields."""
    said = {name: getattr(profile, name) for name in Profile.__struct_fields__}
    row = upserts.check(ImportLine(external_id=external_id, **said), ())
    written = upserts.write([row], clock.now())
    return written.ids[external_id], written.created == 1


def recipients_upsert_bulk(lines: Iterable[ImportLine]) -> upserts.Total:
    """Batch by batch, each its own transaction. Raises InvalidFields at the first wrong line."""
    apps = load_apps()
    total = upserts.Total()
    for batch in batches(upserts.check(line, apps) for line in lines):
        total.add(upserts.write(batch, clock.now()))
    return total


def batches(rows: Iterable[upserts.Checked]) -> Iterator[list[upserts.Checked]]:
    """Up to BATCH rows, and no person twice in one: a later line changes what an earlier wrote."""
    batch: dict[str, upserts.Checked] = {}
    for row in rows:
        if len(batch) >= BATCH or row.line.external_id in batch:
            yield list(batch.values())
            batch = {}
        batch[row.line.external_id] = row
    if batch:
        yield list(batch.values())


def recipient_erase(*, external_id: str) -> None:
    """Forget a person. Raises NoSuchRecipient.

    At once: key, addresses, inbox, attributes and the id itself; what was encrypted under the key,
    also in backups and in the log, opens no more. Then, in batches, what the log says of them in
    clear (`notifications/erasure/`). Suppressions stay (by keyed hash), and what they took back.
    """
    with transaction.atomic():
        recipient = locked(external_id)
        erasure.take_away(recipient)
    for go_on in erasures.afterwards:
        go_on(recipient.pk)


def contact_point_register(*, external_id: str, channel: str, address: str) -> tuple[int, bool]:
    """(id, is new). One found dead earlier is alive again. InvalidFields, NoSuchRecipient."""
    if channel not in REGISTRABLE:
        message = (
            f"`channel` must be one of {', '.join(KNOWN)}; devices are registered at …/devices, "
            "browsers at …/web-push."
        )
        raise InvalidFields({"channel": message})
    try:
        normal = addresses.normalise(channel, address)
    except addresses.InvalidAddress as error:
        raise InvalidFields({"address": str(error)}) from None
    with transaction.atomic():
        recipient = locked(external_id)
        point = points.new_point(
            key=key_of(recipient), recipient_id=recipient.pk, channel=channel, address=normal
        )
        return points.register([point], clock.now())[0]


def device_register(*, external_id: str, device: Device) -> tuple[int, bool]:
    """(id, is new). A token another person had is this one's from now on.

    Raises InvalidFields, NoSuchRecipient.
    """
    registered = registration(device, load_apps())
    with transaction.atomic():
        recipient = locked(external_id)
        point = upserts.device_point(key_of(recipient), recipient.pk, registered)
        return points.register([point], clock.now())[0]


def contact_point_remove(*, external_id: str, contact_point_id: int) -> bool:
    """Whether there was one."""
    found = ContactPoint.objects.filter(
        pk=contact_point_id, recipient__external_id=external_id, recipient__erased_at=None
    )
    return found.delete()[0] > 0


def locked(external_id: str) -> Recipient:
    """Returns the person, locked against an erasure meanwhile. Raises NoSuchRecipient."""
    rows = Recipient.objects.select_for_update(no_key=True)
    recipient = rows.filter(external_id=external_id, erased_at=None).first()
    if recipient is None:
        raise NoSuchRecipient(external_id)
    return recipient


def key_of(recipient: Recipient) -> bytes:
    return addresses.open_data_key(bytes(recipient.data_key or b""), recipient.external_id)
