import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from channels.aws.sigv4 import sigv4_headers
from channels.base import Account
from tests.channels.sandbox.calls import Reply, call
from tests.channels.sandbox.conftest import Sandbox, received

pytestmark = pytest.mark.django_db

ARN = "arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/shop/5f2c-11"
PAYLOAD = json.dumps({"aps": {"alert": {"title": "Hi", "subtitle": "there", "body": "World"}}})
SMS = {"PhoneNumber": "+14155550100", "Message": "Hello €"}
PUSH = {
    "TargetArn": ARN,
    "MessageStructure": "json",
    "Message": json.dumps({"default": "World", "APNS": PAYLOAD}),
}


def publish(
    account: Account,
    form: Mapping[str, str | None],
    *,
    attributes: dict[str, str] | None = None,
    secret: str = "sns-secret",
    key: str = "AKIDEXAMPLE",
    region: str = "eu-central-1",
    age: float = 0,
    changed: bytes = b"",
    headers: dict[str, str] | None = None,
) -> Reply:
    """A good Publish but for what is given; a field that is None is left out."""
    fields = {"Action": "Publish", "Version": "2010-03-31", **form}
    for number, (name, value) in enumerate((attributes or {}).items(), 1):
        entry = f"MessageAttributes.entry.{number}"
        fields |= {f"{entry}.Name": name, f"{entry}.Value.StringValue": value}
    body = urlencode({name: value for name, value in fields.items() if value is not None}).encode()
    url, now = f"{account.endpoint}/", datetime.now(UTC) - timedelta(seconds=age)
    signed = sigv4_headers(
        "POST",
        url=url,
        body=body,
        service="sns",
        region=region,
        access_key=key,
        secret_key=secret,
        now=now,
    )
    return call("POST", url, signed if headers is None else headers, body + changed)


def code(reply: Reply) -> tuple[int, str]:
    found = re.search(r"<Code>(\w+)</Code>", reply[2].decode())
    return reply[0], found[1] if found else ""


def test_an_sms_is_published_and_shown(sandbox: Sandbox) -> None:
    account = sandbox.account("sns")
    status, _, body = publish(account, SMS, attributes={"AWS.SNS.SMS.SenderID": "Shop"})
    assert status == 200
    assert b"<PublishResponse" in body
    assert b"<MessageId>" in body
    row = received(account)
    assert (row.accepted, row.recipient) == (True, "+14155550100")
    assert row.message == {
        "kind": "sms",
        "from": "Shop",
        "body": "Hello €",
        "parts": 1,
        "encoding": "GSM-7",
    }


def test_a_push_is_published_and_shown(sandbox: Sandbox) -> None:
    account = sandbox.account("sns_push")
    assert publish(account, PUSH)[0] == 200
    message = received(account).message
    assert (message["kind"], message["platform"]) == ("push", "ios")
    assert (message["title"], message["subtitle"], message["body"]) == ("Hi", "there", "World")


BAD: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"secret": "wrong"}, (403, "SignatureDoesNotMatch")),
    ({"key": "AKIDOTHER"}, (403, "InvalidClientTokenId")),
    ({"region": "us-east-1"}, (403, "SignatureDoesNotMatch")),
    ({"age": 360}, (400, "RequestExpired")),
    ({"age": -360}, (400, "RequestExpired")),
    ({"changed": b"&Subject=x"}, (403, "SignatureDoesNotMatch")),
    ({"headers": {}}, (403, "MissingAuthenticationToken")),
    ({"headers": {"authorization": "Basic x"}}, (400, "IncompleteSignature")),
]


@pytest.mark.parametrize(("changes", "expected"), BAD, ids=range(len(BAD)))
def test_a_wrong_signature_has_its_code(
    sandbox: Sandbox, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert code(publish(sandbox.account("sns"), SMS, **changes)) == expected


BAD_FIELDS = [
    {"Action": "Subscribe"},
    {"PhoneNumber": None},
    {"PhoneNumber": "0660 123"},
    {"Message": ""},
    {"Message": "é" * 801},
]


@pytest.mark.parametrize("form", BAD_FIELDS, ids=range(len(BAD_FIELDS)))
def test_a_bad_sms_is_refused(sandbox: Sandbox, form: dict[str, str | None]) -> None:
    assert publish(sandbox.account("sns"), {**SMS, **form})[0] == 400


BAD_PUSHES = [
    {"TargetArn": "arn:aws:sns:eu-central-1:123456789012:shop"},
    {"MessageStructure": None},
    {"Message": "Hello"},
    {"Message": json.dumps({"APNS": PAYLOAD})},  # no default
    {"Message": json.dumps({"default": "x", "GCM": "{}"})},  # another platform's
    {"Message": json.dumps({"default": "x", "APNS": {"aps": {}}})},  # encoded once only
    {"Message": json.dumps({"default": "x", "APNS": PAYLOAD.replace("World", "x" * 4100)})},
]


@pytest.mark.parametrize("form", BAD_PUSHES, ids=range(len(BAD_PUSHES)))
def test_a_bad_push_is_refused(sandbox: Sandbox, form: dict[str, str | None]) -> None:
    reply = publish(sandbox.account("sns_push"), {**PUSH, **form})
    assert code(reply) == (400, "InvalidParameter")


def test_a_dead_recipient_is_named_as_sns_does(sandbox: Sandbox) -> None:
    for kind, form, expected in (("sns", SMS, "OptedOut"), ("sns_push", PUSH, "EndpointDisabled")):
        account = sandbox.account(kind)
        sandbox.fault(account, "dead_token")
        assert code(publish(account, form)) == (400, expected)
