"""An address that is not hashed anew yet, in capitals nobody gives again: what is suppressed today
holds for it."""

from collections.abc import Iterator

import pytest

from channels.accounts.credentials import account_upsert
from channels.accounts.routes import routes
from notifications.statuses import State
from notifyproj.core.encryption import lookup_hash
from preferences.addresses import addresses
from preferences.consent.suppress_address import suppression_add
from preferences.models import ContactPoint, Recipient
from templates.versions.services import template_create, version_draft, version_publish
from tests.channels.transport.test_smtp import Mailbox, server
from tests.flows.conftest import Published
from tests.flows.steps import run, send, settled
from tests.world import World, contact_point, forget_all

WRITTEN = "SG-Upper@example.com"


@pytest.fixture
def mailbox(world: World) -> Iterator[Mailbox]:
    template = template_create(slug="letter", name="Letter")
    parts = {"email": {"default": {"subject": "s", "text": "t"}}}
    version_publish(version=version_draft(template=template, parts=parts))
    box = Mailbox()
    with server(box) as port:
        account_upsert(
            slug="mail",
            channel="email",
            kind="smtp",
            endpoint=f"smtp://127.0.0.1:{port}",
            settings={"from": "shop@example.com"},
        )
        routes.forget()
        forget_all()
        yield box


def stored_before(person: Recipient) -> None:
    """By the first version of the hash, which told capitals apart."""
    point = contact_point(person, "email", WRITTEN)
    key = addresses.open_data_key(bytes(person.data_key or b""), person.external_id)
    hash_ = lookup_hash("email", WRITTEN)
    sealed = addresses.seal(key, person.pk, hash_, WRITTEN)
    ContactPoint.objects.filter(pk=point.pk).update(
        address_hash=hash_, hash_version=1, address=sealed
    )


def post(world: World, hints: list[Published]) -> None:
    send(world, user_id="ada", channels=["email"], template_id="letter")
    run(hints)


def test_an_address_suppressed_in_small_letters_gets_nothing(
    world: World, mailbox: Mailbox, hints: list[Published]
) -> None:
    stored_before(world.person("ada"))
    suppression_add(
        channel="email", address=WRITTEN.lower(), reason="Bounced", source="api", evidence={}
    )

    post(world, hints)

    delivery = settled()
    assert (delivery.state, delivery.reason) == (State.SKIPPED, "suppressed")
    assert mailbox.received == []


def test_one_that_is_not_suppressed_is_sent_to_as_it_is_written(
    world: World, mailbox: Mailbox, hints: list[Published]
) -> None:
    stored_before(world.person("ada"))
    suppression_add(
        channel="email", address="other@example.com", reason="Bounced", source="api", evidence={}
    )

    post(world, hints)

    assert settled().state == State.SENT
    assert f"To: {WRITTEN}".encode() in mailbox.received[0]
