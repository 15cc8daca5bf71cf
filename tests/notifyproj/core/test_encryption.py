import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from notifyproj.core.encryption import (
    KeyRing,
    Undecryptable,
    decrypt,
    encrypt,
    lookup_hash,
    new_key,
)
from notifyproj.core.encryption import ring as configured_ring

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLACE = b"table.column:1"
KEY = new_key()


def ring(*keys: tuple[int, bytes]) -> KeyRing:
    return KeyRing(dict(keys))


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_was_sealed_opens_in_its_place(value: bytes, place: bytes) -> None:
    assert decrypt(KEY, encrypt(KEY, value, place), place) == value


@given(st.binary(max_size=50), st.data())
def test_a_changed_bit_is_noticed(value: bytes, data: st.DataObject) -> None:
    sealed = bytearray(encrypt(KEY, value, PLACE))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Undecryptable):
        decrypt(KEY, bytes(sealed), PLACE)


@pytest.mark.parametrize("length", [0, 5, 12, 20])
def test_a_value_cut_short_is_noticed(length: int) -> None:
    with pytest.raises(Undecryptable):
        decrypt(KEY, encrypt(KEY, b"secret", PLACE)[:length], PLACE)


def test_a_value_moved_to_another_row_does_not_open() -> None:
    with pytest.raises(Undecryptable):
        decrypt(KEY, encrypt(KEY, b"secret", PLACE), b"table.column:2")


def test_another_persons_key_does_not_open_it() -> None:
    with pytest.raises(Undecryptable):
        decrypt(new_key(), encrypt(KEY, b"secret", PLACE), PLACE)


def test_the_same_value_never_looks_the_same() -> None:
    assert encrypt(KEY, b"secret", PLACE) != encrypt(KEY, b"secret", PLACE)


def test_an_older_key_of_the_ring_still_opens() -> None:
    wrapped = ring((1, OLD)).wrap(KEY, PLACE)
    assert ring((2, NEW), (1, OLD)).unwrap(wrapped, PLACE) == KEY


def test_the_newest_key_of_the_ring_wraps() -> None:
    wrapped = ring((2, NEW), (1, OLD)).wrap(KEY, PLACE)
    assert ring((2, NEW)).unwrap(wrapped, PLACE) == KEY


def test_what_the_newest_key_did_not_wrap_is_to_be_wrapped_anew() -> None:
    both = ring((2, NEW), (1, OLD))
    assert both.is_current(both.wrap(KEY, PLACE))
    assert not both.is_current(ring((1, OLD)).wrap(KEY, PLACE))


def test_a_key_taken_out_of_the_ring_opens_nothing() -> None:
    with pytest.raises(Undecryptable):
        ring((2, NEW)).unwrap(ring((1, OLD)).wrap(KEY, PLACE), PLACE)


def test_a_wrapped_key_does_not_open_for_another_person() -> None:
    with pytest.raises(Undecryptable):
        ring((1, OLD)).unwrap(ring((1, OLD)).wrap(KEY, PLACE), b"somebody else")


@given(st.binary(max_size=80))
def test_anything_else_is_undecryptable_and_nothing_worse(value: bytes) -> None:
    with pytest.raises(Undecryptable):
        ring((1, OLD)).unwrap(value, PLACE)


def test_what_was_wrapped_of_a_day_opens_in_its_place_only() -> None:
    wrapped = ring((1, OLD)).wrap_of_day(KEY, PLACE, 20_000)

    assert ring((2, NEW), (1, OLD)).unwrap(wrapped, PLACE) == KEY
    with pytest.raises(Undecryptable):
        ring((1, OLD)).unwrap(wrapped, b"somebody else")
    with pytest.raises(Undecryptable):
        ring((2, NEW)).unwrap(wrapped, PLACE)


def test_no_two_days_share_a_key() -> None:
    one = bytearray(ring((1, OLD)).wrap_of_day(KEY, PLACE, 20_000))
    assert one[2:4] == (20_000).to_bytes(2, "big")
    one[3] ^= 1  # the next day, with the same nonce and text

    with pytest.raises(Undecryptable):
        ring((1, OLD)).unwrap(bytes(one), PLACE)


@pytest.mark.parametrize("day", [-1, 0, 65_535, 65_536, 10**9])
def test_any_day_opens_again(day: int) -> None:
    assert ring((1, OLD)).unwrap(ring((1, OLD)).wrap_of_day(KEY, PLACE, day), PLACE) == KEY


def test_of_a_day_too_the_newest_key_is_known() -> None:
    both = ring((2, NEW), (1, OLD))
    assert both.is_current(both.wrap_of_day(KEY, PLACE, 1)[:2])
    assert not both.is_current(ring((1, OLD)).wrap_of_day(KEY, PLACE, 1)[:2])


@given(st.binary(max_size=80))
def test_nothing_that_claims_to_be_of_a_day_is_worse_than_undecryptable(value: bytes) -> None:
    with pytest.raises(Undecryptable):
        ring((1, OLD)).unwrap(b"\0" + value, PLACE)


def test_the_error_carries_nothing_of_the_value() -> None:
    with pytest.raises(Undecryptable) as caught:
        decrypt(KEY, b"0" * 12 + b"personal", PLACE)
    assert str(caught.value) == ""


def key_text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_a_ring_is_read_newest_first() -> None:
    parsed = KeyRing.parse(f"2:{key_text(NEW)},1:{key_text(OLD)}")
    assert parsed.is_current(ring((2, NEW)).wrap(KEY, PLACE))
    assert parsed.unwrap(ring((1, OLD)).wrap(KEY, PLACE), PLACE) == KEY


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "1:short", f"0:{key_text(OLD)}", f"256:{key_text(OLD)}", f"x:{key_text(OLD)}"],
)
def test_a_wrong_ring_is_said_at_start(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS"):
        KeyRing.parse(text)


def test_a_wrong_ring_is_said_without_the_keys() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        KeyRing.parse(f"0:{key_text(OLD)}")
    assert key_text(OLD) not in str(caught.value)


def test_a_changed_setting_is_a_changed_ring(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEYS = f"7:{key_text(NEW)}"
    assert configured_ring().wrap(KEY, PLACE)[0] == 7


def test_an_address_is_found_again_by_its_hash_and_only_in_its_channel() -> None:
    assert lookup_hash("sms", "+4366412") == lookup_hash("sms", "+4366412")
    assert lookup_hash("sms", "+4366412") != lookup_hash("email", "+4366412")


def test_the_hash_of_an_address_needs_the_key(settings: Settings) -> None:
    before = lookup_hash("sms", "+4366412")
    settings.LOOKUP_HASH_KEY = key_text(NEW)
    assert lookup_hash("sms", "+4366412") != before
