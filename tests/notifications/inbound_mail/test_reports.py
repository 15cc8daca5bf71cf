"""What bounces and complaints by mail do to deliveries and addresses."""

from datetime import timedelta

import pytest

from notifications.models import Event, InboundCallback
from notifications.record import dead_addresses
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from preferences.models import BounceStrike, ConsentEvent, Suppression
from tests.notifications.inbound_mail.conftest import Letter

LATER = timedelta(minutes=1)


def test_a_hard_bounce_suppresses_the_address(letter: Letter) -> None:
    letter.comes(letter.written("postfix_unknown"))
    dead_addresses.fold(now() + LATER)

    assert letter.outcome() == (State.SENT, ProviderOutcome.BOUNCED)
    assert Suppression.objects.get().reason == "The address does not exist"
    assert not InboundCallback.objects.exists()


def test_a_full_mailbox_is_a_strike_and_no_more(letter: Letter) -> None:
    letter.comes(letter.written("gmail_full"))
    dead_addresses.fold(now() + LATER)

    assert letter.outcome() == (State.SENT, ProviderOutcome.BOUNCED_SOFT)
    assert BounceStrike.objects.count() == 1
    assert not Suppression.objects.exists()


def test_the_same_bounce_twice_is_counted_once(letter: Letter) -> None:
    for _ in range(3):
        letter.comes(letter.written("postfix_unknown"))

    assert Event.objects.filter(kind="bounced_hard").count() == 1


def test_a_server_that_goes_on_trying_is_no_failure(letter: Letter) -> None:
    letter.comes(letter.written("postfix_delayed"))

    assert letter.outcome() == (State.SENT, ProviderOutcome.DEFERRED)


@pytest.mark.parametrize("name", ["out_of_office", "abwesenheit", "read_receipt"])
def test_out_of_office_changes_nothing(letter: Letter, name: str) -> None:
    letter.comes(letter.written(name))

    assert letter.outcome() == (State.SENT, ProviderOutcome.SENT)
    assert not Event.objects.exists()
    assert not InboundCallback.objects.exists()


def test_a_bounce_that_names_another_message_changes_nothing(letter: Letter) -> None:
    other = "019ab3f0-0000-7000-8000-000000000002"

    letter.comes(letter.written("postfix_unknown", delivery=other))

    assert letter.outcome() == (State.SENT, ProviderOutcome.SENT)


def test_a_complaint_of_a_feedback_loop_suppresses_the_address(letter: Letter) -> None:
    letter.comes(letter.written("arf_yahoo", to=letter.feedback), letter.feedback, "fbl@y.example")
    dead_addresses.fold(now() + LATER)

    assert Suppression.objects.get().source == "complaint"
    assert letter.outcome() == (State.SENT, ProviderOutcome.SENT)


def test_a_bounce_about_a_delivery_the_log_has_no_more_is_nothing(letter: Letter) -> None:
    raw, to = letter.written("qmail_unknown"), letter.return_path
    letter.made.delete()

    letter.comes(raw, to)

    assert not Suppression.objects.exists()
    assert not InboundCallback.objects.exists()


def test_a_mail_that_says_nothing_is_done_with(letter: Letter) -> None:
    letter.comes(b"")

    assert not InboundCallback.objects.exists()
    assert not ConsentEvent.objects.exists()
