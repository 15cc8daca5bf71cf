"""What providers say later, and what becomes of the message by it."""

from datetime import timedelta
from typing import Any

import pytest

from channels.base import EventKind
from channels.sms.twilio import adapter as twilio
from notifications.analytics import recount
from notifications.callbacks.fold import apply, process
from notifications.callbacks.fold.process import fold_due
from notifications.counters.table import CREATED, totals
from notifications.models import Delivery, Event, InboundCallback
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from tests.notifications.callbacks.conftest import (
    Sms,
    attempt,
    message_from,
    post,
    status_of,
    twilio_account,
)

UNCERTAIN, AWAITING, LEASED = State.UNCERTAIN, State.AWAITING, State.LEASED
DELIVERED = ProviderOutcome.DELIVERED


def tell(sms: Sms, status: str, attempt: int = 1, **form: str) -> Delivery:
    """The callback comes, and a second passes."""
    assert post(*status_of(sms, status, attempt, **form)).status_code == 204
    fold_due()
    return Delivery.objects.get(pk=sms.id)


def conserved() -> None:
    hour = timedelta(hours=1)
    counted = {state: n for state, n in totals(now() - 2 * hour, now() + hour).items() if n}
    assert counted.pop(CREATED, 0) == Delivery.objects.count()
    settled = Delivery.objects.exclude(settled_at=None).values_list("state", flat=True)
    assert counted == {state: list(settled).count(state) for state in set(settled)}
    assert [recount.difference(day) for day in recount.days()] == [{}] * len(recount.days())


def test_a_receipt_makes_a_sent_message_delivered(sms: Sms) -> None:
    sms.delivery()

    found = tell(sms, "delivered")

    assert (found.state, found.outcome) == (State.SENT, DELIVERED)
    assert not InboundCallback.objects.exists()
    conserved()


def test_a_repeated_receipt_is_one_event(sms: Sms) -> None:
    sms.delivery()
    for _ in range(3):
        tell(sms, "delivered")

    event = Event.objects.get()
    assert (str(event.delivery_id), event.kind, event.attempt) == (sms.id, "delivered", 1)
    conserved()


def test_the_same_callback_twice_in_one_batch_is_one_event(sms: Sms) -> None:
    sms.delivery()
    post(*status_of(sms, "delivered"))

    assert tell(sms, "delivered").outcome == DELIVERED
    assert Event.objects.count() == 1


def test_a_late_sent_does_not_overwrite_delivered(sms: Sms) -> None:
    sms.delivery()
    tell(sms, "delivered")

    assert tell(sms, "sent").outcome == DELIVERED
    assert Event.objects.count() == 2


def test_a_bounce_after_delivered_counts(sms: Sms) -> None:
    sms.delivery()
    tell(sms, "delivered")

    found = tell(sms, "undelivered", ErrorCode="30005")

    assert (found.state, found.outcome) == (State.SENT, ProviderOutcome.BOUNCED)
    conserved()


@pytest.mark.parametrize("state", [LEASED, AWAITING, UNCERTAIN])
def test_a_receipt_settles_what_nobody_had_heard_of(sms: Sms, state: State) -> None:
    sms.delivery(state, lease_id=7, account_id=None, reason="no_answer", tries=state != LEASED)

    found = tell(sms, "sent")

    assert (found.state, found.outcome, found.reason) == (State.SENT, ProviderOutcome.SENT, "")
    assert (found.due_at, found.lease_id, found.account_id) == (None, None, sms.account.pk)
    assert found.settled_at is not None
    conserved()


def test_a_receipt_saves_a_person_from_the_second_message(sms: Sms) -> None:
    sms.delivery(State.WAITING, reason="resend")

    assert tell(sms, "delivered").state == State.SENT
    conserved()


@pytest.mark.parametrize("state", [AWAITING, UNCERTAIN])
def test_a_failure_settles_what_nobody_had_heard_of(sms: Sms, state: State) -> None:
    sms.delivery(state)

    found = tell(sms, "undelivered", ErrorCode="30008")

    assert (found.state, found.reason) == (State.FAILED, "30008")
    assert found.outcome == ProviderOutcome.BOUNCED_SOFT
    conserved()


def test_a_failure_of_the_first_try_says_nothing_of_the_second(sms: Sms) -> None:
    other = twilio_account("twilio-2")
    delivery = sms.delivery(tries=False, claims=2, account_id=other.pk)
    attempt(delivery, 1, sms.account.pk)
    attempt(delivery, 2, other.pk)

    assert tell(sms, "failed", attempt=1).outcome == ProviderOutcome.SENT
    assert Event.objects.get().kind == "failed"


def test_another_accounts_word_changes_nothing(sms: Sms) -> None:
    sms.delivery()
    sms.account = twilio_account("twilio-2")

    assert tell(sms, "delivered").outcome == ProviderOutcome.SENT


def test_bad_news_waits_until_the_try_is_written_down(sms: Sms) -> None:
    delivery = sms.delivery(LEASED, tries=False)
    early = tell(sms, "failed")
    assert (early.state, Event.objects.count()) == (LEASED, 0)
    attempt(delivery, 1, sms.account.pk)
    Delivery.objects.update(state=State.SENT, outcome=ProviderOutcome.SENT, due_at=None)

    InboundCallback.objects.update(due_at=now() - timedelta(minutes=1))
    fold_due()

    assert Delivery.objects.get().outcome == ProviderOutcome.FAILED
    assert not InboundCallback.objects.exists()


def test_what_names_no_delivery_is_kept_once(sms: Sms) -> None:
    path = f"/hooks/twilio/{sms.account.slug}"
    for _ in range(2):
        post(path, {"MessageSid": "SM5", "MessageStatus": "delivered"})
        fold_due()

    event = Event.objects.get()
    assert (event.kind, event.provider_id) == ("delivered", "SM5")


@pytest.mark.parametrize(
    "id_", ["97dfbb33-d838-4400-b4f1-22fcfd7d812e", "00000000-0000-7000-8000-000000000000"]
)
def test_an_id_that_no_log_can_have_is_kept_too(sms: Sms, id_: str) -> None:
    sms.id = id_
    post(*status_of(sms, "delivered"))

    fold_due()

    assert Event.objects.get().detail == id_


def test_a_status_nobody_knows_is_kept(sms: Sms) -> None:
    sms.delivery()

    assert tell(sms, "teleported").outcome == ProviderOutcome.SENT
    assert Event.objects.get().kind == EventKind.UNKNOWN


def test_what_cannot_be_read_is_kept_for_somebody_to_look(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    sms.delivery()
    post(*status_of(sms, "sent"))
    real = twilio.parse_events

    def broken(request: Any) -> Any:
        if b"MessageStatus=sent" in request.body:
            raise ValueError
        return real(request)

    monkeypatch.setattr(twilio, "parse_events", broken)

    assert tell(sms, "delivered").outcome == DELIVERED
    assert InboundCallback.objects.get().due_at is None


def test_one_that_breaks_the_batch_does_not_keep_the_others(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    sms.delivery()
    post(*message_from(sms, "poison"))
    real = apply.settle

    def broken(told: Any, locked: Any) -> Any:
        if any(one.event.text == "poison" for one in told):
            raise ZeroDivisionError
        return real(told, locked)

    monkeypatch.setattr(apply, "settle", broken)

    assert tell(sms, "delivered").outcome == DELIVERED
    assert InboundCallback.objects.get().due_at is None


def test_killed_before_the_end_it_is_folded_again(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a folder had written is gone with its transaction."""
    sms.delivery(UNCERTAIN)
    post(*status_of(sms, "delivered"))

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(process, "announce", killed)
        with pytest.raises(Killed):
            fold_due()
    assert (Delivery.objects.get().state, Event.objects.count()) == (UNCERTAIN, 0)

    fold_due()

    assert Delivery.objects.get().state == State.SENT
    conserved()


def test_a_batch_is_bounded_by_bytes_and_all_is_folded(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MOST_BYTES", 1)
    for n in range(5):
        sms.delivery()
        post(*status_of(sms, "delivered", MessageSid=f"SM{n}"))

    fold_due()

    assert set(Delivery.objects.values_list("outcome", flat=True)) == {DELIVERED}


def test_names_and_reasons_of_any_length_and_kind_are_kept(sms: Sms) -> None:
    sms.delivery()
    strange = "\x00\ud800'\"\\{},".encode("utf-8", "replace").decode() + "x" * 5_000
    tell(sms, "failed", ErrorCode=strange, MessageSid=strange)

    assert Event.objects.get().code.startswith("?'\"\\{},")
