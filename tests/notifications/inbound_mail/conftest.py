"""An e-mail on its way through a mail server, and what comes back of it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from channels.accounts.credentials import account_upsert
from channels.addresses.signed import Signer
from notifications.callbacks.fold.parse import known_days
from notifications.callbacks.fold.process import fold_due
from notifications.callbacks.receive import store
from notifications.callbacks.receive.accounts import callers
from notifications.inbound_mail import signed_addresses
from notifications.inbound_mail.received import received
from notifications.models import Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.channels.email.mail_reports import FIXTURES
from tests.notifications.callbacks.conftest import Sms, new_delivery
from tests.world import contact_point, forget_all

ADA = "ada@example.org"


class Letter(Sms):
    """One delivery of an e-mail through an SMTP account, as the log has it."""

    def __init__(self) -> None:
        super().__init__()
        self.account = account_upsert(
            slug="mail-1",
            channel="email",
            kind="smtp",
            settings={"from": "shop@shop.example", "host": "mail.shop.example"},
        )
        self.type.channels = ["email"]
        self.type.save()
        self.point = contact_point(self.person, "email", ADA)
        self.made = new_delivery(self, State.SENT, channel="email")
        self.id = str(self.made.pk)
        callers.forget()
        forget_all()

    @property
    def signer(self) -> Signer:
        found = signed_addresses.signer()
        assert found
        return found

    @property
    def return_path(self) -> str:
        return self.signer.bounce(self.id, self.account.pk, 1, now())

    @property
    def unsubscribe(self) -> str:
        return signed_addresses.unsubscribe(self.id, self.person.pk, self.type.pk)

    @property
    def feedback(self) -> str:
        return signed_addresses.feedback(self.account.pk)

    def written(self, name: str, to: str = "", **values: str) -> bytes:
        text = (FIXTURES / f"{name}.eml").read_text("utf-8")
        base = {"to": to or self.return_path, "delivery": self.id, "bounce": self.return_path}
        for key, value in (base | {"unsubscribe": self.unsubscribe} | values).items():
            text = text.replace("{" + key + "}", value)
        return text.replace("\n", "\r\n").encode()

    def comes(self, raw: bytes, to: str = "", sender: str = "") -> None:
        """A mail, taken in and read."""
        address = to or self.return_path
        signed = signed_addresses.verify(address, now())
        store.insert([received(signed, address, sender, raw, now())])
        fold_due()

    def outcome(self) -> tuple[Any, Any]:
        found = Delivery.objects.get(pk=UUID(self.id))
        return found.state, found.outcome


@pytest.fixture
def letter(db: None, settings: Settings) -> Iterator[Letter]:
    settings.BOUNCE_ADDRESS = "bounces.shop.example"
    for snapshot in (callers, known_days):
        snapshot.forget()
    yield Letter()
    callers.forget()
    forget_all()
