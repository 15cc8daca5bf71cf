"""What an e-mail carries besides its text, as the mail server gets it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from channels.accounts.credentials import account_upsert
from channels.accounts.routes import routes
from channels.addresses.signed import Bounce, Unsubscribe
from channels.sandbox.models import Received
from channels.transport import loop as transport
from notifications.accept.accept import accept
from notifications.attachments import memory_budget
from notifications.attachments import store as attachments
from notifications.attachments.store import attachment_add, attachment_remove, delete_expired
from notifications.deliver import worker
from notifications.inbound_mail.signed_addresses import verify
from notifications.links import buffer
from notifications.models import Attachment, Attempt, Delivery, Event, Notification
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from preferences.models import NotificationType, Preference, Recipient
from templates.versions.services import template_create, version_draft, version_publish
from tests.channels.sandbox.conftest import running
from tests.flows.conftest import Published, settle
from tests.flows.steps import go_on, run, send, settled
from tests.world import World, contact_point, forget_all

HTML = (
    '<p>Hi</p><a href="https://shop.example/orders/1?a=1&amp;b=2">Your order</a>'
    '<a href="{{ unsubscribe_url }}">Stop</a>'
)
LETTER = {"subject": "Order {{ order_id }}", "html": HTML, "text": "Stop: {{ unsubscribe_url }}"}
ONE_CLICK = ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")


@pytest.fixture
def ada(world: World, settings: Settings) -> Iterator[Recipient]:
    """With a mailbox at the simulator of a mail server."""
    settings.PUBLIC_URL = "https://notify.example"
    settings.ALLOWED_HOSTS = ["*"]
    template = template_create(slug="letter", name="Letter")
    version_publish(version=version_draft(template=template, parts={"email": {"default": LETTER}}))
    ada = world.person("ada")
    contact_point(ada, "email", "ada@example.org")
    with running() as sandbox:
        account_upsert(
            slug="mail",
            channel="email",
            kind="smtp",
            endpoint=f"smtp://127.0.0.1:{sandbox.smtp_port}",
            settings={"from": "shop@example.com"},
        )
        routes.forget()
        forget_all()
        yield ada
        worker.drain()
        worker.forget()
        transport.forget()
    Received.objects.all().delete()


def post(world: World, **fields: Any) -> None:
    letter = {"user_id": "ada", "channels": ["email"], "template_id": "letter"}
    answer = send(world, **{**letter, **fields})
    assert answer.error is None


def mail() -> EmailMessage:
    """The only one that arrived; it is written down within 0.1 s."""
    settle(lambda: Received.objects.count() == 1)
    raw = Received.objects.get().raw.partition("DATA\n")[2]
    message = message_from_bytes(raw.encode(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    return str(body.get_content()) if body else ""


def has_sent(n: int) -> bool:
    return Delivery.objects.filter(state=State.SENT).count() == n


def file(world: World, content: bytes = b"%PDF-1.7 ...", name: str = "invoice.pdf") -> str:
    stored = attachment_add(
        service_id=world.service.pk,
        name=name,
        content_type="application/pdf",
        content=content,
        now=now(),
    )
    return str(stored.id)


def test_news_can_be_stopped_by_its_headers_and_its_links(world: World, ada: Recipient) -> None:
    post(world)

    message = mail()
    link = str(message["List-Unsubscribe"]).strip("<>")
    assert link.startswith("https://notify.example/u/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<order.notify.example>"
    assert message["Auto-Submitted"] is None
    assert f'<a href="{link}">Stop</a>' in unescape(html_of(message))
    body, content_type = ONE_CLICK
    Client().post(link.removeprefix("https://notify.example"), body, content_type=content_type)
    assert Preference.objects.get().enabled is False
    post(world)
    assert Delivery.objects.get(state=State.SKIPPED).reason == "opted_out"


def test_where_we_take_mail_its_bounces_and_its_unsubscriptions_come_to_us(
    world: World, ada: Recipient, settings: Settings
) -> None:
    settings.BOUNCE_ADDRESS = "bounces@shop.example"
    post(world)

    ways = str(mail()["List-Unsubscribe"]).split(", ")
    to = ways[1].removeprefix("<mailto:").removesuffix("?subject=unsubscribe>")
    settle(lambda: has_sent(1))
    delivery = Delivery.objects.get()
    assert verify(to, now()) == Unsubscribe(delivery.pk, ada.pk, delivery.type_id)
    sender = Received.objects.get().raw.partition("MAIL FROM:<")[2].partition(">")[0]
    bounce = verify(sender, now())
    assert isinstance(bounce, Bounce)
    assert bounce[:3] == (delivery.pk, delivery.account_id, 1)
    assert mail()["From"] == "shop@example.com"


def test_it_leads_to_the_persons_settings_and_to_why_it_was_sent(
    world: World, ada: Recipient, settings: Settings
) -> None:
    NotificationType.objects.update(track_clicks=True)
    forget_all()
    text = "{{ preferences_url }} {{ why_url }}"
    html = '<a href="{{ preferences_url }}">Settings</a><a href="{{ why_url }}">Why</a>'
    template = template_create(slug="footer", name="Footer")
    parts = {"email": {"default": {"subject": "Hi", "html": html, "text": text}}}
    version_publish(version=version_draft(template=template, parts=parts))
    forget_all()
    post(world, template_id="footer")

    message = mail()
    body = message.get_body(("plain",))
    mine, why = str(body.get_content()).split() if body else ("", "")
    written = unescape(html_of(message))
    assert f'<a href="{mine}">' in written  # our own links are not counted
    assert f'<a href="{why}">' in written
    client, origin = Client(), settings.PUBLIC_URL
    assert "Order news" in client.get(why.removeprefix(origin)).content.decode()
    copy = client.get(mine.removeprefix(origin) + "/copy").json()
    (last,) = copy["messages"]
    assert (last["kind"], last["address"]) == ("Order news", "a***@example.org")
    assert client.get(last["why"].removeprefix(origin)).status_code == 200


def test_what_has_to_be_sent_has_nothing_to_stop_it(world: World, ada: Recipient) -> None:
    NotificationType.objects.update(mandatory=True, track_clicks=True, track_opens=True)
    forget_all()
    post(world)

    message = mail()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert '<a href="">Stop</a>' in html_of(message)
    assert "/t/" not in html_of(message)


def test_one_click_is_not_promised_without_https(
    world: World, ada: Recipient, settings: Settings
) -> None:
    settings.PUBLIC_URL, settings.SANDBOX = "http://notify.example", False
    post(world)
    assert mail()["List-Unsubscribe-Post"] is None


def test_nothing_is_counted_unless_the_type_asks(world: World, ada: Recipient) -> None:
    post(world)
    assert 'href="https://shop.example/orders/1?a=1&amp;b=2"' in html_of(mail())
    assert "/t/" not in html_of(mail())


def test_opens_and_clicks_are_counted_where_the_type_asks(
    world: World, ada: Recipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buffer, "IDLE", 0.2)
    buffer.writer.cache_clear()
    NotificationType.objects.update(track_clicks=True, track_opens=True)
    forget_all()
    post(world)
    html = html_of(mail())
    settled()

    browser = Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux) Firefox/133.0"})
    [pixel] = re.findall(r'src="https://notify.example(/t/o/[^"]+)"', html)
    [link] = re.findall(r'href="https://notify.example(/t/c/[^"]+)"', html)
    assert browser.get(pixel).status_code == 200
    assert browser.get(link)["Location"] == "https://shop.example/orders/1?a=1&b=2"
    settle(lambda: Event.objects.count() == 2)  # written by the thread of its own
    settle(lambda: Delivery.objects.get().outcome >= ProviderOutcome.OPENED)
    assert 'href="https://notify.example/u/' in unescape(html)  # stays as it is
    settle(lambda: buffer.writer()._thread is None)
    buffer.writer.cache_clear()


def test_a_message_carries_the_files_it_names(world: World, ada: Recipient) -> None:
    ids = [file(world), file(world, b"hello", "März.txt")]
    post(world, attachments=ids)

    found = list(mail().iter_attachments())
    assert [part.get_filename() for part in found] == ["invoice.pdf", "März.txt"]
    assert found[0].get_content() == b"%PDF-1.7 ..."
    assert [str(id_) for id_ in Notification.objects.get().attachment_ids] == ids
    assert b"%PDF" not in bytes(Attachment.objects.order_by("id")[0].content)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"attachments": [str(UUID(int=1))]}, "attachments[0]"),
        ({"attachments": ["theirs"]}, "attachments[0]"),
        ({"attachments": ["mine"], "channels": ["push"], "template_id": "order"}, "attachments"),
        ({"attachments": ["large", "mine"]}, "attachments"),
    ],
)
def test_a_request_for_a_file_that_cannot_be_sent_says_which(
    world: World, ada: Recipient, monkeypatch: pytest.MonkeyPatch, fields: Any, wrong: str
) -> None:
    monkeypatch.setattr("notifications.accept.checks.LARGEST", 1_000)
    named = {"mine": file(world), "large": file(world, b"x" * 995), "theirs": file(world)}
    Attachment.objects.filter(pk=named["theirs"]).update(service_id=world.service.pk + 1)
    fields = {**fields, "attachments": [named.get(id_, id_) for id_ in fields["attachments"]]}

    answer = send(
        world, **{"user_id": "ada", "channels": ["email"], "template_id": "letter"} | fields
    )

    assert answer.error is not None
    assert list(answer.error.fields) == [wrong]
    assert not Notification.objects.exists()


def test_a_file_is_kept_as_long_as_its_message_may_be_sent(
    world: World, ada: Recipient, hints: list[Published]
) -> None:
    in_a_month = now() + timedelta(days=30)
    id_ = file(world)
    post(world, attachments=[id_], scheduled_at=in_a_month.isoformat())
    forgotten = file(world)

    assert delete_expired(now() + timedelta(days=8)) == 1
    assert not Attachment.objects.filter(pk=forgotten).exists()
    assert Attachment.objects.get().expires_at == Notification.objects.get().expires_at


def test_a_message_whose_file_was_deleted_fails_and_says_so(
    world: World, ada: Recipient, hints: list[Published]
) -> None:
    id_ = file(world)
    post(world, attachments=[id_])
    attachment_remove(service_id=world.service.pk, attachment_id=UUID(id_))

    run(hints)

    assert settled().reason == "attachment_missing"
    assert Attempt.objects.get().reason == "An attachment was deleted"


def test_large_messages_are_not_all_built_at_once(
    world: World, ada: Recipient, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST_LOADED", 1_000)
    monkeypatch.setattr(memory_budget, "ROOM", 1_000)
    letter = {"user_id": "ada", "channels": ["email"], "template_id": "letter"}
    files = [file(world, bytes([n]) * 700) for n in range(3)]
    requests = [world.request(**letter, attachments=[id_]) for id_ in files]
    accept(world.service.pk, requests, now())
    assert len(hints) == 1

    run(hints)
    settle(partial(has_sent, 1))
    settle(lambda: Delivery.objects.filter(state=State.WAITING, reason="no_room").count() == 2)

    for n in (2, 3):
        go_on()
        run(hints)
        settle(partial(has_sent, n))
