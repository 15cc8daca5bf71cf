"""An erasure goes on in batches, and finds what is its to find."""

import pytest
from django.db import DatabaseError

from notifications.attachments.store import attachment_add
from notifications.erasure import log as erasure_log
from notifications.erasure import run
from notifications.models import (
    Attachment,
    Delivery,
    Event,
    Notification,
)
from notifyproj.core.alerts import alerts
from notifyproj.core.clock import now
from notifyproj.core.models import Alert, AuditEntry
from preferences.consent.choices import Proof, choice_set
from preferences.models import ConsentEvent, Erasure, Recipient
from preferences.recipients.services import recipient_erase
from tests.flows.erasure.conftest import (
    EMAIL,
    ID,
    mentions,
    tell,
    time_passes,
    written,
)
from tests.flows.steps import conserved
from tests.world import World


def test_a_file_that_others_got_too_stays(shop: World, maria: Recipient) -> None:
    shop.person("ben", token="b" * 64)
    file = attachment_add(
        service_id=shop.service.pk,
        name="terms.pdf",
        content_type="application/pdf",
        content=b"%PDF",
        now=now(),
    )
    for name in (ID, "ben"):
        tell(shop, user_id=name, attachments=[str(file.id)], channels=["email"])

    recipient_erase(external_id=ID)

    assert Attachment.objects.filter(pk=file.id).exists()


def test_an_erasure_that_is_killed_goes_on_where_it_was(
    shop: World, maria: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of one, and whoever works them off dies after each."""
    for _ in range(4):
        tell(shop, channels=["inbox"])
    monkeypatch.setattr(erasure_log, "BATCH", 1)
    monkeypatch.setattr(run, "AT_ONCE", -1.0)
    recipient_erase(external_id=ID)
    real, left = run._do, list[str]()

    def once(row: Erasure) -> None:
        left.append(row.cursor)
        if len(left) % 2 == 0:
            raise DatabaseError("killed")
        real(row)

    monkeypatch.setattr(run, "_do", once)
    for _ in range(300):
        Erasure.objects.filter(due_at__isnull=False).update(due_at=now())
        run.erase_due()
        if not Erasure.objects.filter(finished_at=None).exists():
            break

    assert not Erasure.objects.filter(finished_at=None).exists()
    assert len({cursor for cursor in left if "-" in cursor}) == 4
    assert set(Notification.objects.values_list("metadata__name", flat=True)) == {None}


def test_what_is_written_late_goes_in_a_later_turn(shop: World, maria: Recipient) -> None:
    tell(shop, channels=["inbox"])
    delivery = Delivery.objects.get()
    recipient_erase(external_id=ID)
    late = {"kind": "bounced_hard", "at": now(), "received_at": now()}
    Event.objects.create(delivery_id=delivery.pk, key=b"l" * 16, reason=f"<{EMAIL}>", **late)

    time_passes()

    assert Event.objects.get().reason == ""


def test_who_was_named_before_they_were_known_goes_from_there_too(shop: World) -> None:
    shop.person("ben", token="b" * 64)
    about = {"metadata": {}, "variables": {"name": "", "code": ""}}
    tell(shop, user_id=None, user_ids=["ben", ID], channels=["push"], **about)
    written()
    shop.person(ID)

    recipient_erase(external_id=ID)
    time_passes()

    [name] = Notification.objects.get().unknown_recipients
    assert name.startswith("erased:")
    assert [word for _, word in mentions() if word == ID] == []
    conserved()


def test_a_short_id_takes_no_part_of_other_words(shop: World) -> None:
    shop.person("42")
    alerts.alert_raise(key="a", title="1420 failed", detail="for 42, x42 and 42-b")

    recipient_erase(external_id="42")

    alert = Alert.objects.get()
    assert (alert.title, alert.detail) == ("1420 failed", "for [erased], x42 and 42-b")


@pytest.mark.parametrize("name", ["مريم", "jörg", "用户·7", "a.b+c", "O'Brien%_\\"])
def test_any_id_is_found_again(shop: World, name: str) -> None:
    shop.person(name)
    alerts.alert_raise(key="a", title="Failed", detail=f"for {name}")

    recipient_erase(external_id=name)

    assert name not in Alert.objects.get().detail


def test_the_erased_are_recognised_and_nothing_new_names_them(
    shop: World, maria: Recipient
) -> None:
    recipient_erase(external_id=ID)

    tell(shop, metadata={}, channels=["push"])

    assert Delivery.objects.get().reason == "recipient_erased"
    assert Notification.objects.get().unknown_recipients == []


def test_the_audit_log_and_the_consent_record_still_refuse_changes(
    shop: World, maria: Recipient
) -> None:
    choice_set(recipient_id=maria.pk, channel="", enabled=False, proof=Proof("api", now()))
    recipient_erase(external_id=ID)

    for model in (AuditEntry, ConsentEvent):
        with pytest.raises(DatabaseError):
            model.objects.update(action="granted")
