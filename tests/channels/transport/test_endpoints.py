"""Servers that an operator names: where credentials go, and what may be read back."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from channels.base import Account, BuildError, HttpRequest, Outcome, OutcomeKind
from channels.email.ses import adapter as ses
from channels.email.smtp import adapter as smtp
from channels.models import ProviderAccount
from channels.transport import loop, ssrf
from channels.transport.dns import Names
from channels.transport.guarded import Guarded
from channels.transport.http_clients import Clients, refuse_endpoint, refuse_mail_server
from channels.transport.loop import Transport
from notifyproj.core.clock import now
from tests.channels.account_page import save
from tests.channels.conftest import Send
from tests.channels.samples import account, email
from tests.channels.transport.test_smtp import Mailbox, mail, server
from tests.providers import Answer, StandIn, stand_in

HIDDEN = "is not shown"


@pytest.fixture
def production(settings: Settings) -> None:
    settings.SANDBOX = settings.ALLOW_PRIVATE_URLS = False


@pytest.fixture
def inside() -> Iterator[StandIn]:
    """What only this machine may reach."""
    with stand_in() as made:
        made.always = Answer(403, {"reason": "internal-metadata-secret", "message": "s3cret"})
        yield made
    loop.forget()


INWARDS = [
    "https://127.0.0.1:8443",
    "https://[::1]",
    "https://[::ffff:127.0.0.1]",
    "https://[::ffff:7f00:1]:443",
    "https://169.254.169.254",
    "https://2130706433",
    "https://0x7f.1",
    "https://localhost",
    "https://db",
    "http://api.example",
    "https://api.example:6379",
    "https://user:word@api.example",
    "https://10.0.0.1\\@relay.internal",
    "https://api.example/#",
    "smtp://127.0.0.1:25",
    "smtp://localhost",
    "smtps://[::1]",
    "gopher://api.example",
]


@pytest.mark.parametrize("url", INWARDS)
def test_an_endpoint_that_leads_inwards_is_refused_at_once(
    production: None, settings: Settings, url: str
) -> None:
    settings.PROVIDER_HOSTS = frozenset({"relay.internal"})
    assert refuse_endpoint(url)


@pytest.mark.parametrize(
    "url", ["http://relay.internal:8080", "smtp://relay.internal", "https://api.example/base"]
)
def test_a_listed_host_and_a_public_one_may_be_named(
    production: None, settings: Settings, url: str
) -> None:
    settings.PROVIDER_HOSTS = frozenset({"relay.internal"})
    assert refuse_endpoint(url) is None


def test_the_form_says_what_to_do(
    production: None, operator: Client, texts: ProviderAccount
) -> None:
    again = {"credential_account_sid": "AC2", "credential_auth_token": "new"}
    page = save(operator, texts, endpoint="https://169.254.169.254", **again)

    assert "PROVIDER_HOSTS does not list it" in page
    assert texts.endpoint == ""


def test_a_mail_server_is_vetted_as_it_is_written(production: None) -> None:
    assert refuse_mail_server("LOCALHOST")
    assert refuse_mail_server("mail.example") is None


def fetched(sender: Account, addresses: list[str], url: str) -> Any:
    async def resolve(host: str) -> list[str]:
        return addresses

    async def ask() -> Any:
        clients = Clients(Guarded(resolve))
        request = HttpRequest("POST", url, {}, b"{}", timeout=1.0)
        return (await clients.fetch(sender, request, 1e12))[0]

    return asyncio.run(ask())


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:10.0.0.1", "fd00::1", "100.64.0.1"])
def test_a_name_that_leads_inwards_holds_the_account(production: None, address: str) -> None:
    sender = account("twilio", endpoint="https://api.example")

    answer = fetched(sender, [address], "https://api.example/send")

    assert isinstance(answer, Outcome)
    assert (answer.kind, answer.code) == (OutcomeKind.MISCONFIGURED, "url_refused")


def test_an_address_typed_in_holds_the_account_and_not_the_person(production: None) -> None:
    sender = account("twilio", endpoint="https://127.0.0.1")

    answer = fetched(sender, ["127.0.0.1"], "https://127.0.0.1/send")

    assert isinstance(answer, Outcome)
    assert answer.kind is OutcomeKind.MISCONFIGURED


def test_nothing_reaches_a_server_inside(
    production: None, inside: StandIn, operator: Client, texts: ProviderAccount
) -> None:
    ProviderAccount.objects.filter(pk=texts.pk).update(endpoint=inside.url)

    page = page_of_test(operator, texts)

    assert inside.requests == []
    assert "s3cret" not in page


def page_of_test(operator: Client, row: ProviderAccount) -> str:
    url = reverse("admin:channels_provideraccount_send_test", args=[row.pk])
    return operator.post(url, {"to": "+14155550123", "text": "Hello"}).content.decode()


def test_a_listed_server_inside_is_sent_to_and_not_read(
    production: None,
    settings: Settings,
    inside: StandIn,
    operator: Client,
    texts: ProviderAccount,
) -> None:
    settings.PROVIDER_HOSTS = frozenset({"127.0.0.1"})
    ProviderAccount.objects.filter(pk=texts.pk).update(endpoint=inside.url)

    page = page_of_test(operator, texts)

    assert len(inside.requests) == 1
    assert HIDDEN in page
    assert "s3cret" not in page
    assert "internal-metadata" not in page


def test_no_mail_server_inside_is_connected_to(production: None, send: Send) -> None:
    mailbox = Mailbox()
    with server(mailbox) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port))

    assert outcome.kind is OutcomeKind.MISCONFIGURED
    assert "PROVIDER_HOSTS" in outcome.reason
    assert mailbox.received == []


def test_a_listed_mail_server_gets_its_mail(
    production: None, settings: Settings, send: Send
) -> None:
    settings.PROVIDER_HOSTS = frozenset({"127.0.0.1"})
    mailbox = Mailbox()
    with server(mailbox) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port))

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert len(mailbox.received) == 1


def test_mail_goes_to_the_address_that_was_vetted(
    production: None, transport: Transport, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name means nothing to the system: nobody but us looked it up."""

    async def resolve(host: str) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(transport._sender, "_names", Names(resolve))
    monkeypatch.setattr(ssrf, "is_public", lambda address: True)
    mailbox = Mailbox()
    with server(mailbox) as port:
        outcome, _ = send(account("smtp"), smtp, mail(port, host="mail.shop.invalid"))

    assert outcome.kind is OutcomeKind.ACCEPTED
    assert len(mailbox.received) == 1


@pytest.mark.parametrize("region", ["x.evil.example/", "evil.example#", "eu-west-1@h", "..", "eu"])
def test_a_region_is_no_way_to_another_host(region: str) -> None:
    sender = account("ses", endpoint="", settings={"from": "a@shop.example", "region": region})

    with pytest.raises(BuildError):
        ses.build(email(), sender, now())
