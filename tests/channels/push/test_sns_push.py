import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from channels.base import BuildError, HttpResponse, Lane, OutcomeKind
from channels.messages import PushMessage
from channels.push import fcm, sns_push
from channels.push import payload as apple
from channels.registry import adapter
from tests.channels.samples import ENDPOINT_ARN, NOW, account, envelope, push, recorded

ANDROID_ARN = ENDPOINT_ARN.replace("/APNS/", "/GCM/")
SANDBOX_ARN = ENDPOINT_ARN.replace("/APNS/", "/APNS_SANDBOX/")


def sent(message: PushMessage) -> tuple[dict[str, Any], dict[str, str]]:
    """The message by platform, and its attributes."""
    request = sns_push.build(message, account("sns_push"), NOW)
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    assert (form["Action"], form["MessageStructure"]) == ("Publish", "json")
    assert form["TargetArn"] == message.envelope.address
    entries = [f"MessageAttributes.entry.{n}" for n in range(1, 11)]
    attributes = {
        form[f"{entry}.Name"]: form[f"{entry}.Value.StringValue"]
        for entry in entries
        if f"{entry}.Name" in form
    }
    return json.loads(form["Message"]), attributes


@pytest.mark.parametrize("row", recorded("sns/answers.json"), ids=lambda row: row["about"])
def test_an_answer_means_what_it_does_for_sms(row: dict[str, Any]) -> None:
    outcome = sns_push.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])


@pytest.mark.parametrize("arn", [ENDPOINT_ARN, SANDBOX_ARN])
def test_an_iphone_gets_what_apple_would_get_from_us(arn: str) -> None:
    message = push(arn, badge=3, link="/orders/1")
    texts, _ = sent(message)
    platform = arn.split("/")[1]
    assert texts == {"default": "It is on its way", platform: apple.payload(message).decode()}


def test_apples_headers_are_attributes() -> None:
    message = push(envelope=envelope(SANDBOX_ARN, collapse_key="k" * 65, lane=Lane.BULK))
    _, attributes = sent(message)
    assert len(attributes.pop("AWS.SNS.MOBILE.APNS.COLLAPSE_ID")) == 64
    assert attributes == {
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert",
        "AWS.SNS.MOBILE.APNS.PRIORITY": "5",
        "AWS.SNS.MOBILE.APNS_SANDBOX.TTL": "3600",
        "AWS.SNS.MOBILE.APNS.TOPIC": "com.example.shop",
    }


def test_a_silent_push_is_in_the_background() -> None:
    texts, attributes = sent(push(ENDPOINT_ARN, title="", body="", silent=True))
    assert texts["default"] == ""
    assert attributes["AWS.SNS.MOBILE.APNS.PUSH_TYPE"] == "background"
    assert attributes["AWS.SNS.MOBILE.APNS.PRIORITY"] == "5"


def test_an_android_phone_gets_what_firebase_would_get_from_us() -> None:
    message = push(ANDROID_ARN, badge=3, data={"order": "1"})
    texts, attributes = sent(message)
    value = json.loads(texts["GCM"])["fcmV1Message"]
    direct = json.loads(fcm.payload(replace(message, envelope=envelope("tok")), NOW))["message"]
    assert value["validate_only"] is False
    assert value["message"] == {name: direct[name] for name in ("data", "android", "notification")}
    assert attributes == {"AWS.SNS.MOBILE.FCM.TTL": "3600"}


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("ab12" * 16, "bad_address"),
        (ENDPOINT_ARN.replace("/APNS/", "/WNS/"), "bad_address"),
        (ENDPOINT_ARN.replace("eu-central-1", "us-east-1"), "other_region"),
    ],
)
def test_an_address_we_cannot_use_is_kept(address: str, code: str) -> None:
    """It may be another provider's, or ours after a mistake in the settings."""
    with pytest.raises(BuildError) as caught:
        sns_push.build(push(address), account("sns_push"), NOW)
    assert caught.value.outcome.kind is OutcomeKind.REJECTED
    assert caught.value.outcome.code == code


def test_an_address_is_looked_at_when_it_is_registered() -> None:
    assert sns_push.address_problem(ENDPOINT_ARN) == ""
    assert "endpoint" in sns_push.address_problem("ab12" * 16)
    assert adapter("sns_push") is sns_push
