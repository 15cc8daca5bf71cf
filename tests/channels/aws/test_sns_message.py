"""Messages of Amazon SNS, signed here as AWS describes it."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from channels.aws import sns_message
from tests.channels.samples import NOW, account
from tests.channels.sns import TOPIC, certificate, confirmation, notification, signed


def genuine(message: dict[str, str], **changes: Any) -> bool:
    return sns_message.is_genuine(message, changes.get("pem", certificate()), NOW)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("make", [notification, confirmation])
def test_what_the_certificates_owner_signed_is_genuine(make: Any, version: str) -> None:
    assert genuine(signed(make(), version))


def test_a_subject_is_signed_where_there_is_one() -> None:
    message = signed(notification(Subject="Amazon SES Email Event"))
    assert genuine(message)
    assert not genuine({**message, "Subject": "another"})


def test_the_end_of_a_subscription_is_signed_with_its_token() -> None:
    message = signed(confirmation(Type="UnsubscribeConfirmation"))
    assert genuine(message)
    assert not genuine({**message, "Token": "another"})


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "TopicArn", "Type"])
def test_a_changed_field_is_noticed(name: str) -> None:
    message = signed(notification())
    assert not genuine({**message, name: message[name] + "x"})


@pytest.mark.parametrize("version", ["", "0", "3", "SHA256"])
def test_an_unknown_version_is_not_believed(version: str) -> None:
    assert not genuine({**signed(notification()), "SignatureVersion": version})


@pytest.mark.parametrize("signature", ["", "!!", "AAAA"])
def test_a_broken_signature_is_not_believed(signature: str) -> None:
    assert not genuine({**signed(notification()), "Signature": signature})


@pytest.mark.parametrize("pem", ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!"])
def test_without_a_certificate_nothing_is_believed(pem: str) -> None:
    assert not genuine(signed(notification()), pem=pem)


def test_a_certificate_may_have_lost_its_line_breaks() -> None:
    assert genuine(signed(notification()), pem=certificate().replace("\n", ""))


def test_an_expired_certificate_is_not_believed() -> None:
    later = NOW + timedelta(days=4_000)
    assert not sns_message.is_genuine(signed(notification()), certificate(), later)


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0.pem",
        "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-0.pem",
    ],
)
def test_a_certificate_comes_from_amazon(url: str) -> None:
    assert sns_message.certificate_url({"SigningCertURL": url}) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
        "https://evil@sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com:8443/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.txt",
        "https://s3.us-east-1.amazonaws.com/a.pem",
        "https://[broken/a.pem",
        "https://sns.us-east-1.amazonaws.com:no/a.pem",
    ],
)
def test_a_certificate_from_elsewhere_is_not_fetched(url: str) -> None:
    assert sns_message.certificate_url({"SigningCertURL": url}) is None


def test_a_topic_is_confirmed_through_the_api() -> None:
    request = sns_message.confirm(confirmation(), account("ses"), NOW)
    assert request
    assert request.url == "https://sns.eu-west-1.amazonaws.com/"
    assert parse_qs(request.body.decode()) == {
        "Action": ["ConfirmSubscription"],
        "AuthenticateOnUnsubscribe": ["true"],
        "Token": ["2336412f37"],
        "TopicArn": [TOPIC],
        "Version": ["2010-03-31"],
    }
    assert "/eu-west-1/sns/aws4_request" in request.headers["authorization"]


@pytest.mark.parametrize(
    "changes", [{"Type": "Notification"}, {"TopicArn": "arn:aws:sns:x@evil:1"}]
)
def test_nothing_else_is_confirmed(changes: dict[str, str]) -> None:
    assert sns_message.confirm(confirmation(**changes), account("ses"), NOW) is None


def test_only_an_object_is_read() -> None:
    assert sns_message.read(b"[1]") == {}
    assert sns_message.read(json.dumps({"Type": "x", "Token": 5}).encode()) == {"Type": "x"}
