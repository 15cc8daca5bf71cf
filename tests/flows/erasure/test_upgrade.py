"""Whoever was erased by an earlier version, which kept their id, stays erased after an upgrade."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from notifications.models import Delivery, Notification
from notifyproj.core.clock import now
from preferences.consent.choices import Proof, choice_set
from preferences.models import ContactPoint, Erasure, NotificationType, Preference, Recipient
from preferences.recipients.schemas import ImportLine
from preferences.recipients.services import (
    NoSuchRecipient,
    contact_point_register,
    recipient_erase,
    recipients_upsert_bulk,
)
from tests.flows.erasure.conftest import ID, mentions, tell, time_passes, written
from tests.flows.steps import conserved
from tests.world import World

MIGRATION = import_module("preferences.migrations.0008_erasure")

# As `recipient_erase` wrote it before erasures went on through the log.
ERASED_THEN = """
UPDATE recipient SET data_key = NULL, attributes = '{}', locale = '', timezone = 'UTC',
    paused_until = NULL, erased_at = now(), updated_at = now()
WHERE id = %s
"""
TAKEN_AWAY = (
    "DELETE FROM contact_point WHERE recipient_id = %s",
    "DELETE FROM inbox_item WHERE recipient_id = %s",
    "DELETE FROM quiet_hours WHERE recipient_id = %s",
)


def erased_before(person: Recipient) -> Recipient:
    with connection.cursor() as cursor:
        for statement in (*TAKEN_AWAY, ERASED_THEN):
            cursor.execute(statement, [person.pk])
    return person


def upgrade() -> None:
    """What the migration does to the rows."""
    MIGRATION.name_tombstones(apps, None)


@pytest.fixture
def gone(shop: World, maria: Recipient) -> Recipient:
    """She was told something, had said no to a type, and was erased by the version before."""
    tell(shop, channels=["push"])
    written()
    for enabled, channel in ((False, "email"), (True, "sms")):
        choice_set(
            recipient_id=maria.pk, channel=channel, enabled=enabled, proof=Proof("api", now())
        )
    return erased_before(maria)


def test_their_row_has_the_name_of_a_tombstone(gone: Recipient) -> None:
    upgrade()

    gone.refresh_from_db()
    assert gone.external_id.startswith("erased:")
    assert gone.erased_at is not None


def test_the_log_forgets_their_id(gone: Recipient) -> None:
    upgrade()
    time_passes()

    assert [table for table, word in mentions() if word == ID] == []
    assert Notification.objects.get().recipient_ids == [gone.pk]
    conserved()


def test_they_get_nothing_and_nothing_new_names_them(shop: World, gone: Recipient) -> None:
    upgrade()
    time_passes()

    tell(shop, metadata={}, variables={"name": "", "code": ""}, channels=["push"])

    assert Delivery.objects.latest("pk").reason == "recipient_erased"
    assert Notification.objects.latest("pk").unknown_recipients == []


def test_nobody_registers_an_address_or_erases_them_again(gone: Recipient) -> None:
    upgrade()

    with pytest.raises(NoSuchRecipient):
        contact_point_register(external_id=ID, channel="email", address="a@b.example")
    with pytest.raises(NoSuchRecipient):
        recipient_erase(external_id=ID)
    assert not ContactPoint.objects.exists()


def test_an_import_of_their_id_makes_a_new_person_with_what_was_taken_back(
    gone: Recipient,
) -> None:
    upgrade()

    recipients_upsert_bulk([ImportLine(external_id=ID, locale="de")])

    new = Recipient.objects.get(external_id=ID)
    assert (new.pk != gone.pk, new.erased_at, new.locale) == (True, None, "de")
    chosen = Preference.objects.filter(recipient=new).values_list("channel", "enabled")
    assert list(chosen) == [("email", False)]


def test_somebody_imported_before_the_upgrade_is_no_tombstone(gone: Recipient) -> None:
    """The version before made the erased alive again, in the same row."""
    Recipient.objects.filter(pk=gone.pk).update(erased_at=None)

    upgrade()

    gone.refresh_from_db()
    assert gone.external_id == ID
    assert not Erasure.objects.exists()


def test_an_upgrade_that_was_killed_goes_on(
    shop: World, gone: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of two; those that are done are not begun anew."""
    monkeypatch.setattr(MIGRATION, "BATCH", 2)
    for n in range(4):
        erased_before(shop.person(f"person-{n}"))
    upgrade()
    begun = set(Erasure.objects.values_list("pk", "begun_at"))

    upgrade()

    assert len(begun) == 5
    assert set(Erasure.objects.values_list("pk", "begun_at")) == begun
    assert all(
        name.startswith("erased:")
        for name in Recipient.objects.values_list("external_id", flat=True)
    )


def test_types_and_choices_of_others_stay(shop: World, gone: Recipient) -> None:
    ben = shop.person("ben")
    type_id = NotificationType.objects.earliest("pk").pk
    proof = Proof("api", now())
    choice_set(recipient_id=ben.pk, type_id=type_id, channel="", enabled=False, proof=proof)

    upgrade()
    time_passes()

    assert Preference.objects.filter(recipient=ben).count() == 1
    assert Recipient.objects.get(pk=ben.pk).external_id == "ben"
