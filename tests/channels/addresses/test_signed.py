"""Addresses of ours that say which message they are about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from channels.addresses.signed import (
    GOOD_FOR,
    BadAddress,
    Bounce,
    Feedback,
    Signed,
    Signer,
    Unsubscribe,
    read,
)

KEY = b"key"
NOW = datetime(2026, 11, 28, 10, tzinfo=UTC)
DAY = (NOW - datetime(1970, 1, 1, tzinfo=UTC)).days
DELIVERY = UUID("019ab3f0-0000-7000-8000-000000000001")
DOMAIN, MAILBOX = Signer("bounces.shop.example", KEY), Signer("bounces@shop.example", KEY)
EACH: list[Signed] = [
    Bounce(DELIVERY, 7, 2, DAY),
    Bounce(UUID(int=2**128 - 1), 2_000_000, 16_000, DAY),
    Unsubscribe(DELIVERY, 3, 4),
    Unsubscribe(DELIVERY, 30_000_000_000, 2_000_000),
    Feedback(7),
    Feedback(0),
]


@pytest.mark.parametrize("signer", [DOMAIN, MAILBOX])
@pytest.mark.parametrize("what", EACH)
def test_it_says_what_was_put_into_it(signer: Signer, what: Signed) -> None:
    address = signer.address(what)

    assert read([b"newer", KEY], address, NOW) == what
    assert len(address.partition("@")[0]) <= 64


@pytest.mark.parametrize("what", EACH)
def test_servers_that_change_its_case_do_no_harm(what: Signed) -> None:
    assert read([KEY], DOMAIN.address(what).upper(), NOW) == what


@pytest.mark.parametrize("prefix", ["SRS0=Hh1=TT=shop.example=", "prvs=1234abcdef=", "bounces-"])
def test_what_forwarders_put_in_front_is_passed_over(prefix: str) -> None:
    assert read([KEY], prefix + DOMAIN.address(EACH[0]), NOW) == EACH[0]


@pytest.mark.parametrize("what", EACH)
def test_no_character_of_it_can_be_changed(what: Signed) -> None:
    local, _, domain = DOMAIN.address(what).partition("@")
    for at, character in enumerate(local[:-1]):  # of the last one, some bits are padding
        other = "a" if character != "a" else "c"
        with pytest.raises(BadAddress):
            read([KEY], f"{local[:at]}{other}{local[at + 1 :]}@{domain}", NOW)


REFUSED = (
    *("", "@", "<>", "b@x", "bounces+@x", "postmaster@bounces.shop.example", "مرحبا@x"),
    *("bounces@shop.example", "b" * 64 + "@x", "\udc80@x", "b+" + "a" * 5_000 + "@x"),
)


@pytest.mark.parametrize("address", REFUSED)
def test_others_are_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        read([KEY], address, NOW)


def test_another_key_makes_no_address_of_ours() -> None:
    with pytest.raises(BadAddress):
        read([b"other"], DOMAIN.address(EACH[0]), NOW)


def test_a_return_path_is_good_for_two_weeks() -> None:
    address = DOMAIN.address(Bounce(DELIVERY, 7, 2, DAY))

    assert read([KEY], address, NOW + GOOD_FOR - timedelta(days=1))
    with pytest.raises(BadAddress):
        read([KEY], address, NOW + GOOD_FOR + timedelta(days=1))


def test_unsubscribing_by_mail_is_good_for_ever() -> None:
    what = Unsubscribe(DELIVERY, 3, 4)

    assert read([KEY], DOMAIN.address(what), NOW + timedelta(days=3_650)) == what


def test_one_that_no_mail_server_would_take_is_not_made() -> None:
    assert Signer("a-very-long-mailbox-name@shop.example", KEY).address(EACH[1]) == ""
