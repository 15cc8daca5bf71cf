"""A field that was renamed has both names, in what is decoded and in what is made."""

from typing import Annotated

import msgspec
import pytest
from msgspec import UNSET, UnsetType

from notifyproj.core.api.bodies import decode
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.api.former_names import Renamed, former_name


class Car(Renamed, forbid_unknown_fields=True, kw_only=True):
    colour: str | UnsetType = UNSET
    paint: Annotated[str | UnsetType, former_name("colour")] = UNSET
    wheels: int = 4


@pytest.mark.parametrize(
    "body", [b'{"paint": "red"}', b'{"colour": "red"}', b'{"colour": "red", "paint": "red"}']
)
def test_a_request_may_use_either_name(body: bytes) -> None:
    assert decode(body, Car) == Car(colour="red", paint="red")


def test_two_values_are_refused_and_the_former_name_is_named() -> None:
    with pytest.raises(InvalidFields) as refused:
        decode(b'{"colour": "red", "paint": "blue"}', Car)
    assert refused.value.fields.keys() == {"paint"}
    assert "`colour`" in refused.value.fields["paint"]


def test_two_values_in_a_list_are_named_by_their_place() -> None:
    with pytest.raises(InvalidFields) as refused:
        decode(b'[{}, {"colour": "red", "paint": "blue"}]', list[Car])
    assert refused.value.fields.keys() == {"[1].paint"}


def test_neither_name_stays_neither() -> None:
    assert msgspec.json.encode(decode(b"{}", Car)) == b'{"wheels":4}'


def test_what_is_returned_has_both_names() -> None:
    assert msgspec.to_builtins(Car(colour="red")) == {"colour": "red", "paint": "red", "wheels": 4}
