"""More customers of the shop, in some languages and zones: whom segments and campaigns are tried
with. Their addresses are nobody's."""

from itertools import cycle

from preferences.models import Recipient
from preferences.recipients.schemas import Device, ImportLine
from preferences.recipients.services import recipients_upsert_bulk

NAMES = (
    "Grace Edsger Barbara Alan Hedy Donald Frances Ken Radia Dennis Margaret Linus Karen Tim Joan"
    " Guido Annie Vint Shafi Bjarne Sophie Niklaus Lynn John"
).split()
PLACES = (
    ("Vienna", "de-AT", "Europe/Vienna"),
    ("London", "en-GB", "Europe/London"),
    ("New York", "en-US", "America/New_York"),
    ("Tokyo", "en", "Asia/Tokyo"),
)
PLANS = ("plus", "basic", "plus")


def seed_shoppers() -> None:
    """Who is there already stays as they were changed."""
    lines = list(map(_shopper, range(1, len(NAMES) + 1), NAMES, cycle(PLACES), cycle(PLANS)))
    names = [line.external_id for line in lines]
    there = set(
        Recipient.objects.filter(external_id__in=names).values_list("external_id", flat=True)
    )
    recipients_upsert_bulk(line for line in lines if line.external_id not in there)


def _shopper(n: int, name: str, place: tuple[str, str, str], plan: str) -> ImportLine:
    city, locale, zone = place
    device = Device(token=f"{n:064x}", platform="ios", app="shop-ios", app_version="5.2.0")
    return ImportLine(
        external_id=f"shopper-{n}",
        locale=locale,
        timezone=zone,
        attributes={"first_name": name, "city": city, "plan": plan, "orders": n % 7},
        email=f"{name.lower()}@example.com",
        devices=[device] if n % 3 else [],
    )
