"""What bounces and complaints of many mail servers tell."""

import time

import pytest

from channels.base import EventKind
from tests.channels.email.mail_reports import BOUNCE, DELIVERY, FEEDBACK, OTHER, read, written

HARD, SOFT, DEFERRED = EventKind.BOUNCED_HARD, EventKind.BOUNCED_SOFT, EventKind.DEFERRED

BOUNCES = [
    ("postfix_unknown", HARD, "5.1.1"),
    ("postfix_delayed", DEFERRED, "4.4.1"),
    ("postfix_no_domain", HARD, "5.4.4"),
    ("exchange_online_german", HARD, "5.1.10"),
    ("exchange_access_denied", HARD, "5.4.1"),
    ("exchange_2003", HARD, ""),
    ("gmail_full", SOFT, "5.2.2"),
    ("gmail_rate", SOFT, "5.2.1"),
    ("gmail_text", HARD, "5.1.0"),
    ("qmail_unknown", HARD, "5.1.1"),
    ("qmail_gone_quiet", SOFT, ""),
    ("exim_unrouteable", HARD, ""),
    ("exim_spam", SOFT, "550"),
    ("exim_warning", DEFERRED, ""),
    ("yahoo_text", HARD, "554"),
    ("japanese", HARD, ""),
    ("persian_dsn", HARD, "5.0.0"),
    ("relay_denied", SOFT, "5.7.1"),
    ("delivered", EventKind.DELIVERED, "2.1.5"),
]


@pytest.mark.parametrize(("name", "kind", "code"), BOUNCES)
def test_a_bounce_tells_of_its_delivery_and_whether_the_address_is_dead(
    name: str, kind: EventKind, code: str
) -> None:
    (event,) = read(written(name))

    assert (event.kind, event.code) == (kind, code)
    assert (event.delivery_id, event.attempt) == (DELIVERY, 2)


@pytest.mark.parametrize("name", ["out_of_office", "abwesenheit", "read_receipt", "person"])
def test_what_people_and_their_programs_write_back_is_no_bounce(name: str) -> None:
    sender = "ada@example.org" if name == "person" else ""

    assert read(written(name), sender=sender) == []


@pytest.mark.parametrize("name", ["postfix_unknown", "exchange_online_german", "gmail_full"])
def test_a_bounce_of_another_message_of_ours_is_not_believed(name: str) -> None:
    assert read(written(name, delivery=OTHER)) == []


def test_the_message_that_came_back_does_not_say_why() -> None:
    """Its subject is about a full mailbox."""
    (event,) = read(written("qmail_unknown"))

    assert event.reason == "The address does not exist"


def test_the_same_bounce_has_the_same_key_whoever_sends_it_again() -> None:
    again = written("postfix_unknown").replace(b"20261128100102", b"20261128100103")

    assert read(written("postfix_unknown"))[0].dedupe_key == read(again)[0].dedupe_key


@pytest.mark.parametrize("name", ["arf_yahoo", "arf_headers_only", "jmrp_plain"])
def test_a_complaint_names_its_delivery_by_what_the_message_carried(name: str) -> None:
    (event,) = read(written(name, to=FEEDBACK), to=FEEDBACK, sender="fbl@example.net")

    assert (event.kind, event.delivery_id) == (EventKind.COMPLAINED, DELIVERY)


def test_a_complaint_at_a_return_path_is_about_its_delivery() -> None:
    (event,) = read(written("arf_yahoo"))

    assert (event.kind, event.delivery_id) == (EventKind.COMPLAINED, DELIVERY)


@pytest.mark.parametrize("to", [FEEDBACK, BOUNCE])
def test_that_a_message_is_no_spam_is_no_complaint(to: str) -> None:
    assert read(written("arf_not_spam", to=to), to=to) == []


def test_a_complaint_that_names_no_message_of_ours_is_about_nobody() -> None:
    raw = written("jmrp_plain", to=FEEDBACK).replace(str(DELIVERY).encode(), b"somebody-else")

    assert read(raw, to=FEEDBACK) == []


@pytest.mark.parametrize(
    ("status", "said", "kind"),
    [
        ("5.1.1", "550 5.1.1 mailbox is full", SOFT),
        ("5.0.0", "550 5.1.1 <a@b.example>: user unknown", HARD),
        ("5.7.1", "550 5.7.1 No such user!", HARD),
        (
            "5.7.1",
            "554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org",
            SOFT,
        ),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable", HARD),
        ("4.4.7", "delivery time expired", SOFT),
        ("4.2.2", "452 4.2.2 over quota", SOFT),
        ("5.2.1", "554 5.2.1 mailbox disabled, not accepting messages", HARD),
        ("5.2.1", "550 5.2.1 mailbox temporarily disabled", SOFT),
        ("5.3.4", "552 5.3.4 Message too large", SOFT),
        (
            "5.7.26",
            "550 5.7.26 This mail has been blocked because the sender is unauthenticated",
            SOFT,
        ),
        ("5.0.0", "550 Benutzer ada@example.de ist unbekannt", HARD),
        ("5.0.0", "550 utilisateur inconnu", HARD),
        ("5.0.0", "550 пользователь не найден", HARD),
        ("5.0.0", "550 المستخدم غير موجود", HARD),
        ("5.0.0", "550 邮箱不存在", HARD),
        ("", "", SOFT),
        ("nonsense", "\ud800\x00 5.1.1.2", SOFT),
    ],
)
def test_the_code_and_else_the_words_tell_hard_from_soft(
    status: str, said: str, kind: EventKind
) -> None:
    raw = written("relay_denied").decode()
    raw = raw.replace("5.7.1 (policy)", status)
    raw = raw.replace("smtp; 554 5.7.1 <ada@example.org>: Relay access denied", f"smtp; {said}")

    (event,) = read(raw.encode("utf-8", "surrogatepass"))

    assert event.kind == kind


NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(5_000)
)
HOSTILE = {
    "empty": b"",
    "only_line_ends": b"\r\n" * 50_000,
    "deep_multiparts": NESTED,
    "deep_messages": b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "ten_megabytes": b"Subject: failure notice\r\n\r\n" + b"x@y " * 2_500_000,
    "one_long_line": b"Subject: failure notice\r\nFrom: MAILER-DAEMON@x\r\n\r\n" + b"a" * 1_000_000,
    "many_headers": b"X: y\r\n" * 50_000 + b"\r\n",
    "bad_charset": b"Subject: failure\r\nContent-Type: text/plain; charset=\xff\xfe\r\n\r\n\xff",
    "unknown_charset": b"Subject: =?x-no?b?////?=\r\nContent-Type: text/plain; charset=no\r\n\r\nx",
    "bad_base64": b"Content-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\n\r\n=A=A=A=!",
    "zeros": b"\0" * 10_000,
    "half_a_report": written("postfix_unknown")[:1_400],
    "rfc2231_bomb": b"Content-Type: text/plain; "
    + b"; ".join(b"x*%d*=%%41" % i for i in range(9_999)),
    "status_of_many": written("relay_denied").replace(
        b"Final-Recipient",
        b"Final-Recipient: rfc822; x@y\r\nAction: delayed\r\n\r\n" * 9_999 + b"Final-Recipient",
    ),
    "spaces": b"From: MAILER-DAEMON@x\r\nSubject: failure notice\r\n\r\nuser " + b"user " * 20_000,
    "colons": b"From:" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("to", [BOUNCE, FEEDBACK])
def test_a_hostile_mail_takes_no_time_and_breaks_nothing(name: str, to: str) -> None:
    began = time.process_time()

    read(HOSTILE[name], to=to)

    assert time.process_time() - began < 2
