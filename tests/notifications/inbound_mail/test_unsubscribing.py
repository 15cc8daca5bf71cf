"""`List-Unsubscribe` by mail."""

import pytest

from notifications.callbacks.fold.process import fold_due
from notifications.callbacks.receive import store
from notifications.inbound_mail.received import received
from notifications.inbound_mail.signed_addresses import verify
from notifications.models import Event, InboundCallback
from notifyproj.core.clock import now
from preferences.addresses.addresses import hash_of
from preferences.consent.choices import Proof, choice_set
from preferences.models import ConsentEvent, Preference
from tests.notifications.inbound_mail.conftest import ADA, Letter

MAIL = b"From: ada@example.org\r\nSubject: unsubscribe\r\nMessage-ID: <1@x>\r\n\r\n"


def choice(letter: Letter) -> bool | None:
    found = Preference.objects.filter(recipient=letter.person, type=letter.type, channel="email")
    return found.values_list("enabled", flat=True).first()


def test_a_mail_says_no_to_the_type_as_one_click_does(letter: Letter) -> None:
    letter.comes(MAIL, letter.unsubscribe, ADA)

    assert choice(letter) is False
    consent = ConsentEvent.objects.get()
    assert (consent.action, consent.source) == ("withdrawn", "unsubscribe_mail")
    assert consent.evidence == {"delivery_id": letter.id}
    assert bytes(consent.address_hash or b"") == hash_of("email", ADA)
    assert Event.objects.get().kind == "unsubscribed"


def test_again_is_harmless(letter: Letter) -> None:
    for number in (b"1", b"2"):
        letter.comes(MAIL.replace(b"<1@x>", b"<%s@x>" % number), letter.unsubscribe, ADA)

    assert ConsentEvent.objects.count() == 1
    assert Event.objects.count() == 1


def test_who_came_back_may_go_again_by_the_same_address(letter: Letter) -> None:
    letter.comes(MAIL, letter.unsubscribe, ADA)
    person, type_ = letter.person.pk, letter.type.pk
    proof = Proof("page", now())
    choice_set(recipient_id=person, type_id=type_, channel="email", enabled=True, proof=proof)

    letter.comes(MAIL, letter.unsubscribe, ADA)

    assert choice(letter) is False


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        (b"", ""),
        (b"Auto-Submitted: auto-replied\r\n", ADA),
        (b"Subject: Out of Office: your mail\r\n", ADA),
        (b"X-Autoreply: yes\r\n", ADA),
        (b"Content-Type: multipart/report; report-type=delivery-status\r\n", ADA),
    ],
)
def test_a_program_that_answers_unsubscribes_nobody(
    letter: Letter, head: bytes, sender: str
) -> None:
    letter.comes(head + MAIL, letter.unsubscribe, sender)

    assert choice(letter) is None
    assert not InboundCallback.objects.exists()


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"\r\n" * 10, "موضوع: لغو\r\n\r\n".encode()])
def test_whatever_it_says_the_address_is_enough(letter: Letter, raw: bytes) -> None:
    letter.comes(raw, letter.unsubscribe, ADA)

    assert choice(letter) is False


def test_of_a_type_that_was_removed_nothing_is_left_to_say(letter: Letter) -> None:
    to = letter.unsubscribe
    letter.type.delete()

    letter.comes(MAIL, to, ADA)

    assert not Preference.objects.exists()
    assert not InboundCallback.objects.exists()


def test_many_at_once_are_each_counted(letter: Letter) -> None:
    to = letter.unsubscribe
    row = received(verify(to, now()), to, ADA, MAIL, now())
    store.insert([row, row, row])
    fold_due()

    assert Event.objects.count() == 1
