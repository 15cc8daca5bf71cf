"""A BOUNCE_ADDRESS that no message could leave with is told when the platform starts."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core.checks import Tags, run_checks
from pytest_django.fixtures import Settings

from channels.addresses.signed import Signer

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def ids(settings: Settings, base: str) -> list[str]:
    settings.BOUNCE_ADDRESS = base
    found = [str(message.id) for message in run_checks(tags=[Tags.compatibility])]
    return [id_ for id_ in found if id_ == "notify.E007"]


@pytest.mark.parametrize(
    "base",
    [
        "",
        "bounces.example.com",
        "xn--bcher-kva.example",
        "localhost",
        "bounces@example.com",
        " bounces@example.com ",
        "a" * 12 + "@example.com",
        "a" * 12 + "+@example.com",
    ],
)
def test_a_domain_or_a_short_mailbox_passes(settings: Settings, base: str) -> None:
    assert ids(settings, base) == []
    if base:
        signed = Signer(base.strip(), b"k").bounce(str(UUID(int=1)), 2**20, 20, NOW)
        assert len(signed.partition("@")[0]) <= 64


@pytest.mark.parametrize(
    "base",
    [
        "a" * 13 + "@example.com",
        "a" * 13 + "+@example.com",
        "a" * 64 + "@example.com",
        "bounces@",
        "@example.com",
        "bounces@shop@example.com",
        "Bounces <bounces@example.com>",
        "bounces @example.com",
        "bounces@example..com",
        "برگشت@example.com",
        "bounces@بازار.example",
        "bounces@example.com\nBcc: x@y.example",
    ],
)
def test_what_is_too_long_or_no_address_is_an_error(settings: Settings, base: str) -> None:
    assert ids(settings, base) == ["notify.E007"]
