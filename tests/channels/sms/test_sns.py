from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from channels.base import BuildError, HttpResponse, Lane, MessageTooLarge, OutcomeKind
from channels.sms import sns
from tests.channels.samples import DELIVERY, NOW, account, envelope, recorded, sms


def form(settings: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    chosen = account("sns", settings={"region": "eu-central-1", **(settings or {})})
    request = sns.build(sms(**changes), chosen, NOW)
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def attributes(settings: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    sent = form(settings, **changes)
    found = {}
    for number in range(1, 11):
        entry = f"MessageAttributes.entry.{number}"
        if f"{entry}.Name" in sent:
            found[sent[f"{entry}.Name"]] = sent[f"{entry}.Value.StringValue"]
    return found


@pytest.mark.parametrize("row", recorded("sns/answers.json"), ids=lambda row: row["about"])
def test_recorded_answers_mean_what_the_table_says(row: dict[str, Any]) -> None:
    outcome = sns.classify(HttpResponse(row["status"], row["headers"], row["body"].encode()))
    assert (outcome.kind.name, outcome.code) == (row["kind"], row["code"])
    assert outcome.after == row.get("after")
    assert outcome.provider_id == row.get("provider_id", "")


def test_every_code_of_the_table_was_recorded() -> None:
    assert set(sns.CODES) <= {row["code"] for row in recorded("sns/answers.json")}


def test_who_opted_out_is_not_dead() -> None:
    row = next(row for row in recorded("sns/answers.json") if row["code"] == "OptedOut")
    assert sns.classify(HttpResponse(row["status"], {}, row["body"].encode())).opted_out


def test_the_request_is_a_signed_publish() -> None:
    request = sns.build(sms(), account("sns"), NOW)
    assert request.url == "https://sns.eu-central-1.amazonaws.com/"
    assert "Credential=AKIDEXAMPLE/20261122/eu-central-1/sns/" in request.headers["authorization"]
    sent = form()
    assert (sent["Action"], sent["Version"]) == ("Publish", "2010-03-31")
    assert (sent["PhoneNumber"], sent["Message"]) == ("+15558675310", "Your code is 123456")


def test_each_try_is_signed_anew() -> None:
    one, two = (sns.build(sms(), account("sns"), NOW + timedelta(seconds=n)) for n in range(2))
    assert one.headers["authorization"] != two.headers["authorization"]


@pytest.mark.parametrize(
    ("lane", "kind"),
    [
        (Lane.URGENT, "Transactional"),
        (Lane.NORMAL, "Transactional"),
        (Lane.BULK, "Promotional"),
    ],
)
def test_only_campaigns_are_promotional(lane: Lane, kind: str) -> None:
    found = attributes(envelope=envelope("+14155550123", lane=lane))
    assert found == {"AWS.SNS.SMS.SMSType": kind, "delivery_id": str(DELIVERY)}


@pytest.mark.parametrize(
    ("chosen", "name", "value"),
    [
        ("Shop", "AWS.SNS.SMS.SenderID", "Shop"),
        ("24-7", "AWS.SNS.SMS.SenderID", None),
        ("7ELEVEN", "AWS.SNS.SMS.SenderID", "7ELEVEN"),
        ("+14155550100", "AWS.MM.SMS.OriginationNumber", "+14155550100"),
        ("24765", "AWS.MM.SMS.OriginationNumber", "24765"),
    ],
)
def test_a_sender_is_a_name_or_a_number(chosen: str, name: str, value: str | None) -> None:
    if value is None:
        with pytest.raises(BuildError):
            attributes({"from": chosen})
    else:
        assert attributes({"from": chosen})[name] == value


def test_the_country_chooses_the_sender() -> None:
    settings = {"from": "Shop", "senders": "US=+14155550100"}
    found = attributes(settings, envelope=envelope("+14155550123", area="US"))
    assert found["AWS.MM.SMS.OriginationNumber"] == "+14155550100"
    assert "AWS.SNS.SMS.SenderID" not in found


def test_a_price_is_a_number_and_sent_as_one() -> None:
    sent = form({"max_price": "0.5", "entity_id": "E", "template_id": "T"})
    entry = next(name[:-5] for name, value in sent.items() if value == "AWS.SNS.SMS.MaxPrice")
    assert sent[f"{entry}.Value.DataType"] == "Number"
    assert sent[f"{entry}.Value.StringValue"] == "0.5"
    assert {"AWS.MM.SMS.EntityId", "AWS.MM.SMS.TemplateId"} <= set(sent.values())


@pytest.mark.parametrize("settings", [{"max_price": "much"}, {"from": "A name too long"}])
def test_settings_that_aws_would_refuse_are_a_misconfiguration(settings: dict[str, str]) -> None:
    with pytest.raises(BuildError) as caught:
        form(settings)
    assert caught.value.outcome.kind is OutcomeKind.MISCONFIGURED


@pytest.mark.parametrize("region", ["", "eu-central-1.evil.example/", "eu central 1"])
def test_a_region_is_no_way_to_another_host(region: str) -> None:
    with pytest.raises(BuildError):
        form({"region": region})


def test_china_has_its_own_domain() -> None:
    request = sns.build(sms(), account("sns", settings={"region": "cn-north-1"}), NOW)
    assert request.url == "https://sns.cn-north-1.amazonaws.com.cn/"


def test_1600_bytes_are_sent_and_counted_in_parts() -> None:
    assert sns.build(sms(body="x" * 1600), account("sns"), NOW).units == 11


def test_1601_bytes_are_refused() -> None:
    with pytest.raises(MessageTooLarge):
        form(body="é" * 800 + "x")
