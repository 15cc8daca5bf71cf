from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from notifications.links import our_urls as ours
from notifications.links import tokens
from notifications.links.tokens import BadToken, Click, Open, Unsubscribe
from preferences.signed_tokens import seal

KEY, OTHER = b"k" * 32, b"o" * 32
DELIVERY = UUID("019ab3f0-0000-7000-8000-0123456789ab")
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CLICK = Click(DELIVERY, AT, "https://shop.example/ö?a=1&b=2")
WHOM = Unsubscribe(
    delivery_id=DELIVERY, recipient_id=7, type_id=8, contact_point_id=9, channel="email"
)


def test_a_token_says_what_it_was_made_of() -> None:
    assert tokens.read_click([KEY], tokens.mint_click(KEY, CLICK)) == CLICK
    assert tokens.read_open([KEY], tokens.mint_open(KEY, Open(*CLICK[:2]))) == Open(DELIVERY, AT)
    assert tokens.read_unsubscribe([KEY], tokens.mint_unsubscribe(KEY, WHOM)) == WHOM


def test_a_token_made_with_an_earlier_key_is_good() -> None:
    assert tokens.read_click([OTHER, KEY], tokens.mint_click(KEY, CLICK)) == CLICK


def test_a_token_is_good_for_one_purpose_only() -> None:
    for read in (tokens.read_open, tokens.read_unsubscribe):
        with pytest.raises(BadToken):
            read([KEY], tokens.mint_click(KEY, CLICK))
    with pytest.raises(BadToken):
        tokens.read_click([KEY], tokens.mint_open(KEY, Open(DELIVERY, AT)))


@pytest.mark.parametrize("at", [0, 20, 30, -1])
def test_a_changed_token_is_bad(at: int) -> None:
    token = tokens.mint_click(KEY, CLICK)
    changed = bytearray(token.encode())
    changed[at] = ord("A" if changed[at] != ord("A") else "Q")
    with pytest.raises(BadToken):
        tokens.read_click([KEY], changed.decode())


@given(st.text(max_size=80) | st.text("AZaz09-_", max_size=80))
def test_anything_else_is_a_bad_token(text: str) -> None:
    for read in (tokens.read_open, tokens.read_click, tokens.read_unsubscribe):
        with pytest.raises(BadToken):
            read([KEY], text)


def test_a_signature_alone_is_a_bad_token() -> None:
    """An empty payload, rightly signed, as nobody can make it but us."""
    for purpose, read in ((tokens.OPENED, tokens.read_open), (tokens.CLICKED, tokens.read_click)):
        with pytest.raises(BadToken):
            read([KEY], seal(KEY, purpose, b"x"))


def test_links_outlive_a_new_secret_key(settings: Settings) -> None:
    url = ours.unsubscribe_url(str(DELIVERY), 7, 8, None, "email")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert tokens.read_unsubscribe(ours.keys(), url.rpartition("/")[2]).recipient_id == 7
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(BadToken):
        tokens.read_unsubscribe(ours.keys(), url.rpartition("/")[2])
