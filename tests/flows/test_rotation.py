import base64
import os

from django.core.management import call_command
from pytest_django import Settings

from notifications.attachments.store import attachment_add, load
from notifications.models import Notification
from notifications.variables import unseal
from notifyproj.core.clock import now
from tests.flows.steps import send, settled
from tests.world import World


def test_shared_variables_open_after_the_old_key_is_gone(world: World, settings: Settings) -> None:
    world.person("ada", token="a" * 64)
    world.person("ben", token="b" * 64)
    send(world, user_ids=["ada", "ben"], variables={"order_id": "A-7"})
    settled()

    new = f"9:{base64.b64encode(os.urandom(32)).decode()}"
    settings.FIELD_ENCRYPTION_KEYS = f"{new},{settings.FIELD_ENCRYPTION_KEYS}"
    call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = new

    row = Notification.objects.get()
    assert unseal(str(row.pk), bytes(row.variables), None) == {"order_id": "A-7"}


def test_files_open_after_the_old_key_is_gone(world: World, settings: Settings) -> None:
    file = attachment_add(
        service_id=world.service.pk,
        name="invoice.pdf",
        content_type="application/pdf",
        content=b"%PDF-1.7",
        now=now(),
    )
    new = f"9:{base64.b64encode(os.urandom(32)).decode()}"
    settings.FIELD_ENCRYPTION_KEYS = f"{new},{settings.FIELD_ENCRYPTION_KEYS}"
    call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = new

    [found] = load([(str(file.id),)]).values()
    assert found is not None
    assert found.content == b"%PDF-1.7"
