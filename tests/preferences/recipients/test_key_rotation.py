import base64
import os

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from channels.accounts.credentials import account_upsert, account_value
from channels.models import ProviderAccount
from notifyproj.core.encryption import Undecryptable
from preferences.addresses import addresses
from preferences.models import ContactPoint, Recipient
from preferences.recipients import key_rotation as rotation
from preferences.recipients.schemas import ImportLine
from preferences.recipients.services import recipients_upsert_bulk
from tests.preferences.opening import data_key, opened

pytestmark = pytest.mark.django_db


def new_key(id_: int) -> str:
    return f"{id_}:{base64.b64encode(os.urandom(32)).decode()}"


OLD, NEW = new_key(7), new_key(8)


@pytest.fixture(autouse=True)
def _people(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = OLD
    recipients_upsert_bulk(
        ImportLine(external_id=f"u{i}", email=f"u{i}@example.com") for i in range(7)
    )


def test_after_a_rotation_the_old_key_can_be_dropped(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = f"{NEW},{OLD}"
    call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = NEW
    found = {opened(point) for point in ContactPoint.objects.select_related("recipient")}
    assert found == {f"u{i}@example.com" for i in range(7)}


def test_an_address_is_found_by_its_hash_after_a_rotation(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = f"{NEW},{OLD}"
    call_command("rotate_keys")
    hash_ = addresses.hash_of("email", "u3@example.com")
    assert ContactPoint.objects.get(address_hash=hash_).recipient.external_id == "u3"


def test_a_rotation_goes_through_more_than_one_batch(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 3)
    settings.FIELD_ENCRYPTION_KEYS = f"{NEW},{OLD}"
    assert rotation.rotate().recipients == 7


def test_a_second_rotation_has_nothing_to_do(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = f"{NEW},{OLD}"
    rotation.rotate()
    assert rotation.rotate().recipients == 0


def test_credentials_of_accounts_rotate_too(settings: Settings) -> None:
    account_upsert(slug="a", channel="sms", kind="twilio", credentials={"token": "s3cret"})
    settings.FIELD_ENCRYPTION_KEYS = f"{NEW},{OLD}"
    rotation.rotate()
    settings.FIELD_ENCRYPTION_KEYS = NEW
    assert account_value(ProviderAccount.objects.get()).credentials == {"token": "s3cret"}


def test_what_no_key_opens_is_named_and_the_rest_is_rotated(settings: Settings) -> None:
    broken = Recipient.objects.get(external_id="u2")
    Recipient.objects.filter(pk=broken.pk).update(data_key=b"\x07damaged")
    settings.FIELD_ENCRYPTION_KEYS = f"{NEW},{OLD}"
    with pytest.raises(CommandError, match=f"recipient {broken.pk}"):
        call_command("rotate_keys")
    settings.FIELD_ENCRYPTION_KEYS = NEW
    assert data_key(Recipient.objects.get(external_id="u6"))


def test_a_key_is_bound_to_its_person() -> None:
    stolen = Recipient.objects.get(external_id="u1")
    stolen.external_id = "u2"
    with pytest.raises(Undecryptable):
        data_key(stolen)
