"""Ada, the shop's customer, and how to reach her."""

from preferences.facts.facts import find_recipients
from preferences.models import Recipient
from preferences.recipients.schemas import Device, Profile
from preferences.recipients.services import device_register, recipient_upsert

EXTERNAL_ID = "user-123"
ADA = Profile(
    locale="en",
    timezone="Europe/Vienna",
    attributes={"name": "Ada"},
    email="ada@example.com",
    phone="+14155550123",
)
DEVICES = (
    Device(token="a1b2c3d4" * 8, platform="ios", app="shop-ios", app_version="5.2.0"),
    Device(
        token="demo-android-phone:APA91b" + "Q29udGFjdC1wb2ludC1vZi1BZGE" * 4,
        platform="android",
        app="shop-android",
        app_version="5.2.0",
    ),
)


def seed_people() -> None:
    """Devices register at every start, as apps do: one that a fault made dead is alive again."""
    if not find_recipients([EXTERNAL_ID]):
        recipient_upsert(external_id=EXTERNAL_ID, profile=ADA)
    if Recipient.objects.filter(external_id=EXTERNAL_ID).exists():
        for device in DEVICES:
            device_register(external_id=EXTERNAL_ID, device=device)
