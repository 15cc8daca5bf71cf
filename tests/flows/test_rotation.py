import base64
import os
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from notifications.attachments.store import attachment_add, load
from notifications.callbacks.receive import store
from notifications.models import InboundCallback, Notification
from notifications.variables import unseal
from notifyproj.core import encryption
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


def parked(body: bytes) -> InboundCallback:
    at = now()
    store.insert(
        [store.Inbound(account_id=1, received_at=at, url="/hooks/twilio/a", headers={}, body=body)]
    )
    row = InboundCallback.objects.latest("pk")
    store.park([row.pk])
    return row


def new_ring(settings: Settings) -> str:
    new = f"9:{base64.b64encode(os.urandom(32)).decode()}"
    settings.FIELD_ENCRYPTION_KEYS = f"{new},{settings.FIELD_ENCRYPTION_KEYS}"
    return new


@pytest.mark.django_db
def test_parked_callbacks_open_after_the_old_key_is_gone(settings: Settings) -> None:
    row = parked(b"From=%2B15558675310")
    new = new_ring(settings)
    call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = new

    [stored] = store.read([row.pk])
    assert stored.body() == b"From=%2B15558675310"


@pytest.mark.django_db
def test_callbacks_from_before_days_had_keys_still_open() -> None:
    row = parked(b"old")
    sealed = encryption.ring().wrap(b"old", store.AAD)
    InboundCallback.objects.filter(pk=row.pk).update(body=sealed)

    [stored] = store.read([row.pk])
    assert stored.body() == b"old"


@pytest.mark.django_db
def test_every_callback_that_no_key_opens_is_named(settings: Settings) -> None:
    rows = [parked(b"lost") for _ in range(25)]
    settings.FIELD_ENCRYPTION_KEYS = f"9:{base64.b64encode(os.urandom(32)).decode()}"
    said = StringIO()

    with pytest.raises(CommandError, match="25 could not be opened"):
        call_command("rotate_keys", stderr=said)

    assert said.getvalue().split("\n")[:-1] == [f"callback {row.pk}" for row in rows]
