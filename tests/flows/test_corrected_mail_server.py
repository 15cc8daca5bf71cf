"""A mail server whose password was wrong, once it is corrected."""

from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import AuthResult

from channels.accounts.credentials import account_upsert
from channels.accounts.routes import routes
from notifications.models import Delivery
from templates.versions.services import template_create, version_draft, version_publish
from tests.channels.transport.test_smtp import Mailbox, server
from tests.flows.conftest import settle
from tests.flows.steps import conserved, send
from tests.flows.test_corrected_accounts import SOON, sent_soon
from tests.world import World, contact_point, forget_all


def test_a_corrected_password_of_a_mail_server_sends_what_was_held_at_once(world: World) -> None:
    def letters(port: int, password: str) -> None:
        account_upsert(
            slug="mail",
            channel="email",
            kind="smtp",
            endpoint=f"smtp://127.0.0.1:{port}",
            credentials={"username": "shop", "password": password},
            settings={"from": "shop@example.com"},
        )
        routes.forget()

    template = template_create(slug="letter", name="Letter")
    parts = {"email": {"default": {"subject": "s", "text": "t"}}}
    version_publish(version=version_draft(template=template, parts=parts))
    contact_point(world.person("ada"), "email", "ada@example.org")
    mailbox = Mailbox()
    with server(mailbox, authenticator=_knows("new"), auth_require_tls=False) as port:
        letters(port, "old")
        forget_all()
        send(world, user_id="ada", channels=["email"], template_id="letter")
        settle(lambda: Delivery.objects.filter(held_by__isnull=False).exists())
        assert mailbox.received == []

        letters(port, "new")

        settle(sent_soon, seconds=SOON)
        assert len(mailbox.received) == 1
    conserved()


def _knows(password: str) -> Callable[..., AuthResult]:
    def check(_server: object, _session: object, _envelope: object, _how: str, data: Any) -> Any:
        return AuthResult(success=data.password == password.encode(), handled=False)

    return check
