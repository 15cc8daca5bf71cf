"""Mail to us out of a mailbox."""

from collections.abc import Sequence
from urllib.parse import quote

import pytest
from django.db import OperationalError

from notifications.callbacks.fold.process import fold_due
from notifications.callbacks.receive import store
from notifications.callbacks.receive.store import Inbound
from notifications.inbound_mail.mailbox import Place, place, rows_of
from notifications.inbound_mail.poller import ALARMING, Poller, look
from notifications.inbound_mail.received import KEPT
from notifications.models import Event, InboundCallback
from notifications.statuses import ProviderOutcome
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from preferences.models import Preference
from tests.notifications.inbound_mail.conftest import Letter
from tests.notifications.inbound_mail.mail_servers import PASSWORD, Mails, running

SPAM = b"Delivered-To: bounces@shop.example\r\nSubject: Buy now\r\n\r\nBuy\r\n"


def at(protocol: str, port: int, password: str = PASSWORD) -> Place:
    return place(f"{protocol}://bounces:{quote(password, safe='')}@127.0.0.1:{port}")


def delivered(letter: Letter, name: str = "postfix_unknown") -> bytes:
    return f"Delivered-To: {letter.return_path}\r\n".encode() + letter.written(name)


@pytest.fixture(params=["pop3", "imap"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_bounce_is_taken_and_deleted(letter: Letter, protocol: str) -> None:
    mails = Mails(delivered(letter))

    with running(protocol, mails) as port:
        assert look(at(protocol, port)) == 1
    fold_due()

    assert letter.outcome()[1] == ProviderOutcome.BOUNCED
    assert not mails


def test_what_cannot_be_stored_stays_and_is_taken_next_time(
    letter: Letter, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = Mails(delivered(letter))

    def fails(rows: Sequence[Inbound]) -> None:
        raise OperationalError

    with running(protocol, mails) as port:
        with monkeypatch.context() as patch:
            patch.setattr(store, "insert", fails)
            with pytest.raises(OperationalError):
                look(at(protocol, port))
        assert len(mails) == 1
        assert look(at(protocol, port)) == 1
    assert not mails


def test_one_killed_between_storing_and_deleting_counts_once(letter: Letter) -> None:
    raw = delivered(letter)
    for _ in range(2):
        with running("imap", Mails(raw)) as port:
            look(at("imap", port))
    assert InboundCallback.objects.count() == 2

    fold_due()

    assert Event.objects.count() == 1


def test_what_is_not_ours_is_left_alone_but_looked_at_once(letter: Letter) -> None:
    mails = Mails(SPAM, delivered(letter), SPAM)

    with running("imap", mails) as port:
        assert look(at("imap", port)) == 1
        assert look(at("imap", port)) == 0

    assert list(mails) == [1, 3]
    assert mails.seen >= {1, 3}


def test_by_pop3_all_that_was_read_is_deleted(letter: Letter) -> None:
    mails = Mails(SPAM, delivered(letter))

    with running("pop3", mails) as port:
        look(at("pop3", port))

    assert not mails


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 500_000,
        b"X: y\r\n" * 100_000,
        b"Subject: x\r\n\r\n" + b"y" * 10_000_000,
        b"To: " + b"a@b, " * 100_000,
        "Delivered-To: آدا@مثال.example\r\n\r\n".encode(),
    ],
    ids=["empty", "zeros", "headers", "ten_megabytes", "recipients", "arabic"],
)
def test_a_hostile_mail_does_not_keep_the_others(letter: Letter, protocol: str, raw: bytes) -> None:
    mails = Mails(raw, delivered(letter))

    with running(protocol, mails) as port:
        assert look(at(protocol, port)) == 1


def test_of_a_long_bounce_the_beginning_is_kept(letter: Letter, protocol: str) -> None:
    mails = Mails(delivered(letter) + b"z" * 2_000_000)

    with running(protocol, mails) as port:
        look(at(protocol, port))

    assert len(store.read([InboundCallback.objects.get().pk])[0].body()) == KEPT


def test_a_mail_to_unsubscribe_does_so(letter: Letter, protocol: str) -> None:
    raw = f"Return-Path: <ada@example.org>\r\nTo: <{letter.unsubscribe}>\r\n\r\n".encode()

    with running(protocol, Mails(raw)) as port:
        look(at(protocol, port))
    fold_due()

    assert Preference.objects.get().enabled is False


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"])
def test_whom_it_came_to_is_said_by_different_headers(letter: Letter, name: str) -> None:
    raw = f"Return-Path: <>\r\n{name}: Bounces <{letter.return_path.upper()}>\r\n\r\n".encode()

    (row,) = rows_of(raw, now())

    assert row.account_id == letter.account.pk


def test_one_address_in_several_headers_is_one_mail(letter: Letter) -> None:
    to = letter.return_path
    raw = f"Delivered-To: {to}\r\nX-Original-To: {to.upper()}\r\nTo: {to}\r\n\r\n".encode()

    assert len(rows_of(raw, now())) == 1


def test_a_mailbox_that_stays_away_is_an_alert_until_it_is_back(
    letter: Letter, protocol: str
) -> None:
    mails = Mails()
    with running(protocol, mails) as port:
        poller = Poller(at(protocol, port), 1.0)
    pauses = [poller.once() for _ in range(ALARMING + 1)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]
    assert Alert.objects.get(resolved_at=None).key == "mailbox-away"

    with running(protocol, mails) as port:
        back = Poller(at(protocol, port), 1.0)
        assert back.once() == 1.0
    assert not Alert.objects.filter(resolved_at=None).exists()


def test_a_wrong_password_is_said_without_it(
    letter: Letter, caplog: pytest.LogCaptureFixture
) -> None:
    with running("pop3", Mails()) as port:
        Poller(at("pop3", port, "wrong-one"), 1.0).once()

    assert "mailbox cannot be read" in caplog.text
    assert "wrong-one" not in caplog.text + str([vars(record) for record in caplog.records])


def test_a_place_is_read_with_its_escapes() -> None:
    found = place("imaps://a%40b:p%2Fw%3A@mail.example.com/Bounces/In")

    assert found == Place(
        protocol="imap",
        security="tls",
        host="mail.example.com",
        port=993,
        user="a@b",
        password="p/w:",
        folder="Bounces/In",
    )
    assert "p/w:" not in repr(found)


UNUSABLE = (
    *("", "imaps://mail.example.com", "http://u:p@h", "pop3://u:secret@mail.example.com"),
    *("imap+tls://u:secret@h", "imaps://u:secret@h:99999", "imaps://[u:secret@h"),
)


@pytest.mark.parametrize("url", UNUSABLE)
def test_one_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="must be imaps") as refused:
        place(url)
    assert "secret" not in str(refused.value)
