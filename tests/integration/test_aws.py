"""Our requests to Amazon against moto, an implementation of its APIs that nobody here wrote."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from channels import registry
from channels.base import Account, HttpRequest, HttpResponse, Outcome, OutcomeKind
from channels.messages import Message
from notifyproj.core.clock import now
from tests.channels.samples import account, email, envelope, push, sms

SECONDS = 10
KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}


@pytest.fixture
def aws() -> Iterator[str]:
    """Its address, with nothing in it."""
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    requests.post(f"{url}/moto-api/reset", timeout=SECONDS)
    yield url
    server.stop()


def client(aws: str, service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, endpoint_url=aws, **KEYS)


def sent_by(kind: str, message: Message, aws: str, **settings: Any) -> Outcome:
    """What the adapter makes of the answer to its own request."""
    made = account(kind)
    at = replace(made, endpoint=aws, settings={**made.settings, **settings})
    adapter = registry.adapter(kind)
    return adapter.classify(_exchange(_build(kind, message, at)))


def _build(kind: str, message: Message, at: Account) -> HttpRequest:
    request = registry.adapter(kind).build(message, at, now())
    assert isinstance(request, HttpRequest)
    return request


def _exchange(request: HttpRequest) -> HttpResponse:
    answer = requests.request(
        request.method,
        request.url,
        headers=dict(request.headers),
        data=request.body,
        timeout=SECONDS,
    )
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return HttpResponse(answer.status_code, headers, answer.content)


@pytest.mark.parametrize("name", ["The Shop", "Müller & Söhne", "می\u200cفروشیم", "株式会社" * 5])
def test_ses_takes_a_mail_with_any_sender_name(aws: str, name: str) -> None:
    ses = client(aws, "sesv2", "eu-west-1")
    ses.create_email_identity(EmailIdentity="shop@example.com")
    found = sent_by("ses", email(), aws, from_name=name)
    assert found.kind is OutcomeKind.ACCEPTED, found
    assert found.provider_id
    assert client(aws, "ses", "eu-west-1").get_send_quota()["SentLast24Hours"] == 1.0


def test_ses_refuses_a_sender_that_nobody_verified(aws: str) -> None:
    found = sent_by("ses", email(), aws)
    assert found.kind is not OutcomeKind.ACCEPTED


@pytest.mark.parametrize("body", ["Your code is 123456", "کد شما ۱۲۳۴۵۶ است", "🎉" * 60])
def test_sns_takes_a_text_message(aws: str, body: str) -> None:
    message = replace(sms(), envelope=envelope("+4915112345678"), body=body)
    found = sent_by("sns", message, aws)
    assert found.kind is OutcomeKind.ACCEPTED, found
    assert found.provider_id


def test_sns_takes_a_push_to_an_endpoint_it_keeps(aws: str) -> None:
    sns = client(aws, "sns", "eu-central-1")
    app = sns.create_platform_application(Name="shop", Platform="APNS", Attributes={})
    made = sns.create_platform_endpoint(
        PlatformApplicationArn=app["PlatformApplicationArn"], Token="ab12" * 16
    )
    found = sent_by("sns_push", push(made["EndpointArn"]), aws)
    assert found.kind is OutcomeKind.ACCEPTED, found


def test_a_disabled_endpoint_of_sns_is_a_dead_device(aws: str) -> None:
    sns = client(aws, "sns", "eu-central-1")
    app = sns.create_platform_application(Name="shop", Platform="APNS", Attributes={})
    made = sns.create_platform_endpoint(
        PlatformApplicationArn=app["PlatformApplicationArn"],
        Token="ab12" * 16,
        Attributes={"Enabled": "false"},
    )
    found = sent_by("sns_push", push(made["EndpointArn"]), aws)
    assert found.kind is OutcomeKind.BAD_RECIPIENT, found
