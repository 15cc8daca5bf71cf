"""A simulator of Amazon SNS: `Publish` to a device's endpoint.

https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html
(read 2026-11)
"""

import re
from typing import Any

from channels.answers import json_object
from channels.sandbox.kit.values import Examination, Refused
from channels.sandbox.providers.push.fcm_message import seen as seen_on_android
from channels.sandbox.providers.sns_publish import Form, Target, invalid, simulator

ARN = re.compile(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:endpoint/"
    r"(?P<platform>APNS|APNS_SANDBOX|APNS_VOIP|GCM|ADM|BAIDU|WNS|MPNS)/[\w.-]{1,256}/[\w-]+"
)
APPLE = frozenset({"APNS", "APNS_SANDBOX"})
MAX_PAYLOAD = 4096  # bytes
TYPES = frozenset("alert background voip complication fileprovider mdm liveactivity".split())
TTL = re.compile(r"\d{1,10}")


def examine(form: Form, attributes: Form, exam: Examination) -> None:
    arn = ARN.fullmatch(form.get("TargetArn", ""))
    bad = invalid("TargetArn Reason: An ARN must have at least 6 elements")
    exam.require("TargetArn", arn, bad, form.get("TargetArn", ""))
    exam.require("MessageStructure", form.get("MessageStructure") == "json", invalid("Structure"))
    message = json_object(form.get("Message", "").encode())
    exam.require("Message is JSON", message, invalid("Message Reason: Invalid json"))
    default = isinstance(message.get("default"), str)
    exam.require("default given", default, invalid("Message Structure - No default entry"))
    texts = all(isinstance(value, str) for value in message.values())
    exam.require("each is a text of JSON", texts, invalid("Message Reason: not a string"))
    platform = arn["platform"] if arn else ""
    own = message.get(platform)
    exam.require("own payload", isinstance(own, str), invalid(f"no message for {platform}"))
    size = len(str(own).encode())
    big = invalid("Message too long")
    exam.require("size", size <= MAX_PAYLOAD, big, f"{size} of {MAX_PAYLOAD} bytes")
    payload = json_object(str(own).encode())
    exam.require("payload is JSON", payload, invalid("Message Reason: Invalid payload"))
    if platform in APPLE:
        _examine_apple(payload, attributes, exam)
    else:
        message_ = json_object(str(own).encode()).get("fcmV1Message")
        exam.require("fcmV1Message", isinstance(message_, dict), invalid("fcmV1Message"))


def seen(form: Form, attributes: Form) -> dict[str, Any]:
    arn = ARN.fullmatch(form.get("TargetArn", ""))
    platform = arn["platform"] if arn else ""
    message = json_object(form.get("Message", "").encode())
    payload = json_object(str(message.get(platform, "")).encode())
    if platform in APPLE:
        return _on_iphone(payload, attributes)
    value = payload.get("fcmV1Message")
    inner = value.get("message") if isinstance(value, dict) else None
    return seen_on_android(inner if isinstance(inner, dict) else {})


def _examine_apple(payload: dict[str, Any], attributes: Form, exam: Examination) -> None:
    exam.require("aps", isinstance(payload.get("aps"), dict), invalid("aps"))
    name = "AWS.SNS.MOBILE.APNS."
    kind = attributes.get(f"{name}PUSH_TYPE", "alert")
    exam.require("push type", kind in TYPES, invalid("PUSH_TYPE"), kind)
    priority = attributes.get(f"{name}PRIORITY", "10")
    allowed = priority in ("1", "5", "10") and not (kind == "background" and priority == "10")
    exam.require("priority", allowed, invalid("PRIORITY"), priority)
    ttl = attributes.get(f"{name}TTL", "0")
    exam.require("TTL", TTL.fullmatch(ttl), invalid("TTL"), ttl)
    collapse = len(attributes.get(f"{name}COLLAPSE_ID", "").encode())
    exam.require("collapse id", collapse <= 64, invalid("COLLAPSE_ID"), f"{collapse} of 64 bytes")


def _on_iphone(payload: dict[str, Any], attributes: Form) -> dict[str, Any]:
    aps = payload.get("aps")
    aps = aps if isinstance(aps, dict) else {}
    alert = aps.get("alert")
    texts = alert if isinstance(alert, dict) else {"body": alert or ""}
    return {
        "kind": "push",
        "platform": "ios",
        "app": attributes.get("AWS.SNS.MOBILE.APNS.TOPIC", ""),
        "title": str(texts.get("title", "")),
        "subtitle": str(texts.get("subtitle", "")),
        "body": str(texts.get("body", "")),
        "image": str(payload.get("image", "")),
        "link": str(payload.get("url", "")),
        "badge": aps.get("badge"),
        "silent": not alert,
        "collapse": attributes.get("AWS.SNS.MOBILE.APNS.COLLAPSE_ID", ""),
        "urgent": attributes.get("AWS.SNS.MOBILE.APNS.PRIORITY", "10") == "10",
    }


SIMULATOR = simulator(
    Target("TargetArn", examine, seen, Refused(400, "EndpointDisabled", "Endpoint is disabled"))
)
