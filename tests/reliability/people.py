"""Many people with a device and a number, quickly."""

from datetime import UTC, datetime

from django.db import connection

from preferences.addresses.addresses import hash_of, mask, new_data_key, open_data_key, seal
from preferences.models import ContactPoint, Recipient
from tests.world import World

AT_ONCE = 5_000


def settle_people(world: World, count: int) -> None:
    """`person-0` and on; the numbers are +43 660 and seven digits."""
    for start in range(0, count, AT_ONCE):
        names = [f"person-{n}" for n in range(start, min(start + AT_ONCE, count))]
        people = Recipient.objects.bulk_create(
            Recipient(external_id=name, data_key=new_data_key(name)) for name in names
        )
        ContactPoint.objects.bulk_create(
            point for person in people for point in _points(world, person)
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) recipient, contact_point")


def number_of(person: Recipient) -> str:
    return f"+43660{person.pk:07d}"


def _points(world: World, person: Recipient) -> list[ContactPoint]:
    key = open_data_key(bytes(person.data_key or b""), person.external_id)
    moment = datetime.now(UTC)

    def point(channel: str, address: str, area: str = "") -> ContactPoint:
        hash_ = hash_of(channel, address)
        return ContactPoint(
            recipient=person,
            channel=channel,
            app=world.app if channel == "push" else None,
            address=seal(key, person.pk, hash_, address),
            address_hash=hash_,
            hint=mask(channel, address),
            area=area,
            registered_at=moment,
            last_seen_at=moment,
        )

    return [point("push", f"{person.pk:064x}"), point("sms", number_of(person), "AT")]


def first_people(count: int) -> list[int]:
    return list(Recipient.objects.order_by("id").values_list("pk", flat=True)[:count])
