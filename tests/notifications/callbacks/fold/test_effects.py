"""Bounces, complaints and STOPs, and whom nothing is sent to after them."""

from datetime import timedelta
from typing import Any

import pytest

from channels.base import Event, EventKind
from notifications.callbacks.fold import effects
from notifications.callbacks.fold.parse import told_of
from notifications.callbacks.fold.process import fold_due
from notifications.callbacks.fold.transitions import Row
from notifications.models import DeadCandidate
from notifications.record import dead_addresses
from notifications.statuses import State
from notifyproj.core.clock import now
from preferences.addresses.addresses import hash_of
from preferences.models import BounceStrike, ConsentEvent, Preference, Suppression
from preferences.suppressions.suppressions import KEYWORD
from tests.notifications.callbacks.conftest import NUMBER, Sms, message_from, point, post, status_of
from tests.world import contact_point

MAIL = "ada@example.org"


def write(sms: Sms, text: str, sid: str = "SM9", **form: str) -> None:
    assert post(*message_from(sms, text, sid, **form)).status_code == 200
    fold_due()
    seconds_pass()


def seconds_pass() -> None:
    """What was noted is believed, unless it is too much at once."""
    dead_addresses.fold(now() + timedelta(minutes=1))


def heard(sms: Sms, kind: EventKind, address: str = MAIL, row: Row | None = None) -> None:
    """An e-mail provider says so."""
    event = Event(f"{kind}:{address}", kind, None, address=address, provider_id="m-1")
    told = told_of(event, received_at=now(), account_id=sms.account.pk, channel="email")
    effects.apply([told], {told.id: row} if row else {})


def suppressed(channel: str = "sms", address: str = NUMBER) -> Suppression | None:
    hash_ = hash_of(channel, address)
    return Suppression.objects.filter(channel=channel, address_hash=hash_).first()


def last_consent() -> Any:
    return ConsentEvent.objects.order_by("-id").first()


def test_a_stop_suppresses_the_number_and_is_recorded(sms: Sms) -> None:
    write(sms, "STOP")

    found = suppressed()
    assert found is not None
    assert found.source == KEYWORD
    consent = last_consent()
    assert (consent.recipient, consent.action, consent.channel) == (sms.person, "withdrawn", "sms")
    assert consent.evidence["keyword"] == "stop"
    assert consent.evidence["sender"] == "+15005550006"
    assert consent.evidence["provider_id"] == "SM9"


def test_a_stop_from_a_stranger_is_recorded_by_number(sms: Sms) -> None:
    sms.point.delete()
    write(sms, "STOP")

    consent = last_consent()
    assert consent.recipient is None
    assert bytes(consent.address_hash) == hash_of("sms", NUMBER)
    assert suppressed()


def test_a_repeated_stop_is_recorded_once(sms: Sms) -> None:
    for _ in range(3):
        write(sms, "STOP")

    assert ConsentEvent.objects.count() == 1


def test_a_start_lifts_a_stop(sms: Sms) -> None:
    write(sms, "STOP", "SM1")
    write(sms, "Start", "SM2")

    assert not suppressed()
    assert last_consent().action == "granted"


def test_a_start_lifts_nothing_but_a_stop(sms: Sms) -> None:
    Suppression.objects.create(
        channel="sms", address_hash=hash_of("sms", NUMBER), reason="By law", source="admin"
    )
    write(sms, "START")

    assert suppressed()
    assert not ConsentEvent.objects.exists()


def test_a_complaint_takes_the_place_of_a_stop_so_that_no_start_lifts_it(sms: Sms) -> None:
    write(sms, "STOP")
    event = Event("c", EventKind.COMPLAINED, None, address=NUMBER)
    told = told_of(event, received_at=now(), account_id=sms.account.pk, channel="sms")
    effects.apply([told], {})
    dead_addresses.fold(now() + timedelta(minutes=1))

    write(sms, "START", "SM10")

    assert suppressed()


def test_a_call_for_help_changes_nothing(sms: Sms) -> None:
    write(sms, "HELP")

    assert not suppressed()
    assert not ConsentEvent.objects.exists()


def test_a_wish_in_ones_own_words_is_kept_for_review(sms: Sms) -> None:
    write(sms, "Please stop texting me\x00")

    evidence = last_consent().evidence
    assert evidence["review"] is True
    assert evidence["text"].startswith("Please stop texting me")
    assert suppressed()


def test_the_providers_own_opt_out_word_counts(sms: Sms) -> None:
    write(sms, "Genug davon", OptOutType="STOP")

    assert suppressed()


@pytest.mark.parametrize("status", ["failed", "undelivered"])
def test_an_opt_out_we_did_not_know_of_is_taken_over(sms: Sms, status: str) -> None:
    sms.delivery()
    post(*status_of(sms, status, ErrorCode="21610"))
    fold_due()
    seconds_pass()

    found = suppressed()
    assert found is not None
    assert found.source == KEYWORD
    assert not DeadCandidate.objects.exists()


def test_a_number_not_in_use_is_given_up_some_seconds_later(sms: Sms) -> None:
    sms.delivery()
    post(*status_of(sms, "undelivered", ErrorCode="30005"))
    fold_due()
    dead_addresses.fold()
    assert point().active

    dead_addresses.fold(now() + dead_addresses.WAIT * 2)

    assert not point().active
    assert point().inactive_reason == "The number is not in use"
    assert not DeadCandidate.objects.exists()


def test_a_mailbox_that_bounces_is_suppressed(sms: Sms) -> None:
    heard(sms, EventKind.BOUNCED_HARD)

    dead_addresses.fold(now() + timedelta(minutes=1))

    assert suppressed("email", MAIL)


def test_what_the_log_knows_goes_before_what_the_provider_says(sms: Sms) -> None:
    """A mailbox that forwards bounces under another name."""
    mail = contact_point(sms.person, "email", MAIL)
    row = Row(
        id="x",
        state=State.SENT,
        outcome=20,
        claims=1,
        account_id=sms.account.pk,
        channel="email",
        type_id=1,
        notification_id="n",
        recipient_id=1,
        contact_point_id=mail.pk,
        lane=1,
        arm_id=0,
        reason="",
    )

    heard(sms, EventKind.COMPLAINED, "elsewhere@example.net", row)
    dead_addresses.fold(now() + timedelta(minutes=1))

    assert suppressed("email", MAIL)
    assert not suppressed("email", "elsewhere@example.net")


@pytest.mark.parametrize(("before", "expected"), [((1, 2, 3), False), ((1, 2, 3, 29), True)])
def test_a_mailbox_that_bounces_for_now_is_suppressed_on_the_fifth_day(
    sms: Sms, before: tuple[int, ...], expected: bool
) -> None:
    hash_, today = hash_of("email", MAIL), now().date()
    for n in (*before, 31):
        day = today - timedelta(days=n)
        BounceStrike.objects.create(channel="email", address_hash=hash_, day=day)

    for _ in range(3):
        heard(sms, EventKind.BOUNCED_SOFT)
    seconds_pass()

    assert bool(suppressed("email", MAIL)) is expected
    assert not DeadCandidate.objects.exists()


def test_what_the_provider_does_not_send_to_is_suppressed_here_too(sms: Sms) -> None:
    heard(sms, EventKind.SUPPRESSED)
    seconds_pass()
    assert suppressed("email", MAIL)


def test_unsubscribing_at_the_provider_is_a_choice_of_the_person(sms: Sms) -> None:
    contact_point(sms.person, "email", MAIL)

    heard(sms, EventKind.UNSUBSCRIBED)
    seconds_pass()

    choice = Preference.objects.get()
    assert (choice.recipient, choice.channel, choice.enabled) == (sms.person, "email", False)
    assert (last_consent().source, last_consent().action) == ("provider", "withdrawn")
    assert not suppressed("email", MAIL)


def test_resubscribing_gives_back_what_the_provider_took(sms: Sms) -> None:
    contact_point(sms.person, "email", MAIL)
    heard(sms, EventKind.UNSUBSCRIBED)
    seconds_pass()

    heard(sms, EventKind.RESUBSCRIBED)

    assert Preference.objects.get().enabled
    assert last_consent().action == "granted"


def test_resubscribing_gives_back_nothing_that_was_taken_elsewhere(sms: Sms) -> None:
    contact_point(sms.person, "email", MAIL)
    Preference.objects.create(recipient=sms.person, channel="email", enabled=False)

    heard(sms, EventKind.RESUBSCRIBED)

    assert not Preference.objects.get().enabled


def test_a_stranger_who_unsubscribes_is_suppressed_until_they_come_back(sms: Sms) -> None:
    heard(sms, EventKind.UNSUBSCRIBED)
    seconds_pass()
    assert suppressed("email", MAIL)

    heard(sms, EventKind.RESUBSCRIBED)
    assert not suppressed("email", MAIL)


def test_an_address_that_is_none_is_passed_over(sms: Sms) -> None:
    for kind in effects.ACTING:
        heard(sms, kind, "not an address")
    seconds_pass()
    assert not Suppression.objects.exists()
    assert not ConsentEvent.objects.exists()
