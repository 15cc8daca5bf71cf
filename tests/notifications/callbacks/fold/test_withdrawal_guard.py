"""Who unsubscribes at a provider, or writes STOP, gets no more; but not everybody, because of one
wrong list. Their own signed links need no such guard."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from channels.accounts.health import hold
from channels.base import Event, EventKind
from notifications.callback_models import Withdrawal
from notifications.callbacks.fold import effects
from notifications.callbacks.fold.parse import Told, told_of
from notifications.models import DeadCandidate
from notifications.record import dead_addresses
from notifications.record.candidates import Candidate, note
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from preferences.addresses.addresses import hash_of
from preferences.models import BounceStrike, ConsentEvent, Preference, Suppression
from tests.notifications.callbacks.conftest import NUMBER, Sms
from tests.notifications.callbacks.fold.test_complaint_guard import is_held, sent
from tests.world import contact_point

Say = Callable[[Sms, range], None]


def told(sms: Sms, kind: EventKind, channel: str, address: str, key: str, text: str = "") -> Told:
    event = Event(key, kind, None, address=address, text=text)
    return told_of(event, received_at=now(), account_id=sms.account.pk, channel=channel)


def mail(kind: EventKind) -> Say:
    def say(sms: Sms, people: range) -> None:
        each = [told(sms, kind, "email", f"person{n}@example.org", f"{kind}:{n}") for n in people]
        effects.apply(each, {})

    return say


def stop(sms: Sms, people: range) -> None:
    inbound = EventKind.INBOUND
    each = [told(sms, inbound, "sms", number(n), f"s{n}", text="STOP") for n in people]
    effects.apply(each, {})


def refused(sms: Sms, people: range) -> None:
    """By the answer to a send, as the recorder notes and counts it."""
    for n in people:
        point = contact_point(sms.person, "sms", number(n))
        note(
            [
                Candidate(
                    account_id=sms.account.pk,
                    contact_point_id=point.pk,
                    channel="sms",
                    reason="Opted out",
                    dead_since=now(),
                    withdrawal=Withdrawal.REFUSED,
                    recipient_id=sms.person.pk,
                    evidence={"code": "21610"},
                )
            ]
        )
    health(sms, sends=len(people), dead=len(people))


def bounced_often(sms: Sms, people: range) -> None:
    """For the fifth day in a month."""
    for n in people:
        hash_ = hash_of("email", f"person{n}@example.org")
        for days in range(1, 5):
            day = (now() - timedelta(days=days)).date()
            BounceStrike.objects.create(channel="email", address_hash=hash_, day=day)
    mail(EventKind.BOUNCED_SOFT)(sms, people)


def health(sms: Sms, sends: int, dead: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO account_health_delta (account_id, at, ok, failed, throttled, dead)"
            " VALUES (%s, now(), %s, 0, 0, %s)",
            [sms.account.pk, sends, dead],
        )


def number(n: int) -> str:
    return f"+4366012345{n:02}"


def seconds_pass() -> None:
    dead_addresses.fold(now() + timedelta(minutes=1))


WAYS: dict[str, Say] = {
    "unsubscribed": mail(EventKind.UNSUBSCRIBED),
    "on_the_providers_list": mail(EventKind.SUPPRESSED),
    "stop": stop,
    "refused": refused,
    "bounced_often": bounced_often,
}
ways = pytest.mark.parametrize("say", WAYS.values(), ids=WAYS)


@ways
def test_when_everybody_is_taken_back_at_once_nobody_is_and_the_account_is_held(
    sms: Sms, say: Say
) -> None:
    say(sms, range(12))
    seconds_pass()

    assert not Suppression.objects.exists()
    assert not Preference.objects.exists()
    assert not ConsentEvent.objects.exists()
    assert is_held(sms)
    assert Alert.objects.filter(key=f"account-held:{sms.account.pk}").count() == 1
    assert DeadCandidate.objects.exclude(spared_at=None).count() == 12


@ways
def test_a_few_are_believed_within_seconds(sms: Sms, say: Say) -> None:
    say(sms, range(9))
    seconds_pass()

    assert Suppression.objects.count() == 9
    assert not is_held(sms)
    assert not DeadCandidate.objects.exists()


@ways
def test_an_operator_lets_through_what_the_guard_spared(
    sms: Sms, admin_client: Client, say: Say
) -> None:
    say(sms, range(12))
    seconds_pass()
    ids = list(DeadCandidate.objects.values_list("pk", flat=True))[:2]

    page = "/admin/notifications/deadcandidate/"
    admin_client.post(page, {"action": "release", "_selected_action": ids})

    assert Suppression.objects.count() == 2
    assert DeadCandidate.objects.count() == 10


@pytest.mark.parametrize("say", [mail(EventKind.UNSUBSCRIBED), stop], ids=["unsubscribed", "stop"])
def test_many_after_a_large_blast_are_believed(sms: Sms, say: Say) -> None:
    sent(sms, 10_000, days_ago=3)
    say(sms, range(30))
    seconds_pass()

    assert Suppression.objects.count() == 30
    assert not is_held(sms)


def test_one_person_who_writes_stop_again_and_again_holds_no_account(sms: Sms) -> None:
    for n in range(30):
        said = told(sms, EventKind.INBOUND, "sms", NUMBER, f"s{n}", text="STOP")
        effects.apply([said], {})
        if n % 10 == 9:
            seconds_pass()

    assert not is_held(sms)
    assert Suppression.objects.count() == 1


def test_a_stop_to_an_account_that_somebody_holds_counts_all_the_same(sms: Sms) -> None:
    hold(sms.account.pk, "Paused", by="op")
    stop(sms, range(1))
    seconds_pass()

    assert Suppression.objects.count() == 1


def test_the_last_word_counts_however_fast_one_follows_the_other(sms: Sms) -> None:
    for words, expected in (("START STOP", 1), ("STOP START", 0), ("STOP START STOP", 1)):
        each = [
            told(sms, EventKind.INBOUND, "sms", NUMBER, f"{words}{n}", text=word)
            for n, word in enumerate(words.split())
        ]
        effects.apply(each, {})
        seconds_pass()
        assert Suppression.objects.count() == expected, words


def test_a_start_takes_back_a_stop_that_the_guard_spared(sms: Sms) -> None:
    stop(sms, range(12))
    seconds_pass()

    started = told(sms, EventKind.INBOUND, "sms", number(3), "start", text="START")
    effects.apply([started], {})

    assert DeadCandidate.objects.count() == 11
    assert not Suppression.objects.exists()
    actions = ConsentEvent.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["withdrawn", "granted"]


def test_whoever_is_known_loses_the_channel_and_no_more(sms: Sms) -> None:
    contact_point(sms.person, "email", "person1@example.org")
    mail(EventKind.UNSUBSCRIBED)(sms, range(3))
    seconds_pass()

    assert Preference.objects.get().channel == "email"
    assert Suppression.objects.count() == 2
    assert ConsentEvent.objects.count() == 3
