import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from channels.base import (
    Account,
    BuildError,
    HttpRequest,
    HttpResponse,
    Lane,
    MessageTooLarge,
    OutcomeKind,
)
from channels.sandbox.providers.web_push.browser import decoded, decrypt, private_key
from channels.signatures import base64url, p256_private
from channels.web_push import vapid
from channels.web_push.contact import contact_problem
from channels.web_push.encryption import Keys, encrypt
from channels.web_push.payload import MAX_PAYLOAD
from channels.web_push.subscription import NotASubscription, is_allowed, parse, stored
from tests.channels.samples import (
    NOW,
    UA_AUTH,
    UA_PRIVATE,
    UA_PUBLIC,
    account,
    browser,
    envelope,
    p8,
    pem,
    recorded,
    web_push,
)

ACCOUNT = account("vapid")


def build(
    changes: dict[str, Any] | None = None, of: Account = ACCOUNT, **shown: Any
) -> HttpRequest:
    """`changes` are the envelope's."""
    message = web_push(envelope=replace(envelope(browser()), **(changes or {})), **shown)
    return vapid.build(message, of, NOW)


def read(request: HttpRequest) -> dict[str, Any]:
    text = decrypt(request.body, private_key(decoded(UA_PRIVATE)), decoded(UA_AUTH))
    found: dict[str, Any] = json.loads(text)
    return found


def claims(request: HttpRequest) -> dict[str, Any]:
    token = request.headers["authorization"].removeprefix("vapid t=").partition(",")[0]
    key = p256_private(p8()).public_key()
    found: dict[str, Any] = jwt.decode(
        token, key, ["ES256"], options={"verify_aud": False, "verify_exp": False}
    )
    return found


def refusal(**changes: Any) -> OutcomeKind:
    with pytest.raises(BuildError) as refused:
        build(**changes)
    return refused.value.outcome.kind


def test_encryption_gives_the_example_of_the_rfc() -> None:
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        Keys(decoded(UA_PUBLIC), decoded(UA_AUTH)),
        private_key(decoded("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")),
        decoded("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert base64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWA"
        "mS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj"
        "_Qulcy4a-fN"
    )


@pytest.mark.parametrize("answer", recorded("vapid/answers.json"), ids=lambda row: row["about"])
def test_a_recorded_answer_means(answer: dict[str, Any]) -> None:
    response = HttpResponse(answer["status"], answer["headers"], answer["body"].encode())
    outcome = vapid.classify(response)
    assert (outcome.kind.name, outcome.code) == (answer["kind"], answer["code"])
    assert outcome.provider_id == answer.get("provider_id", "")
    assert outcome.after == answer.get("after")


def test_the_request_says_how_long_how_soon_and_what_it_replaces() -> None:
    request = build({"lane": Lane.URGENT, "collapse_key": "order-1"})
    headers = request.headers
    assert (headers["ttl"], headers["urgency"]) == ("3600", "high")
    assert headers["content-encoding"] == "aes128gcm"
    assert len(headers["topic"]) == 32


@pytest.mark.parametrize(("days", "ttl"), [(60, "2419200"), (-1, "0")])
def test_the_time_to_live_stays_in_its_bounds(days: int, ttl: str) -> None:
    assert build({"expires_at": NOW + timedelta(days=days)}).headers["ttl"] == ttl


def test_the_token_is_for_the_push_service_and_for_less_than_a_day() -> None:
    found = claims(build())
    assert found["aud"] == "https://fcm.googleapis.com"
    assert found["sub"] == "mailto:push@example.com"
    assert 0 < found["exp"] - NOW.timestamp() < 86_400


def test_messages_of_half_a_day_share_their_token() -> None:
    assert build().headers["authorization"] == build(title="Other").headers["authorization"]


def test_the_public_key_goes_along_as_pages_subscribe_with_it() -> None:
    assert build().headers["authorization"].endswith(f", k={vapid.public_key(ACCOUNT)}")


def test_the_service_worker_gets_what_it_shows() -> None:
    shown = read(build({"collapse_key": "order-1"}, image_url="https://x.example/a.png"))
    assert shown["title"] == "Order shipped"
    assert (shown["url"], shown["tag"]) == ("/orders/1", "order-1")
    assert shown["image"] == "https://x.example/a.png"


@pytest.mark.parametrize(
    "changes",
    [{"delivery_id": "019ab3f0-0000-7000-8000-0123456789ac"}, {"attempt": 3}],
    ids=["another message", "another attempt"],
)
def test_no_two_messages_share_key_or_salt(changes: dict[str, Any]) -> None:
    one, other = build().body, build(changes).body
    assert one[:16] != other[:16]
    assert one[21:86] != other[21:86]


def test_another_text_or_browser_takes_another_key() -> None:
    keys = {
        build().body[21:86],
        build(title="Other").body[21:86],
        build({"address": browser("https://fcm.googleapis.com/other")}).body[21:86],
    }
    assert len(keys) == 3


def test_a_long_text_is_shortened_to_what_services_take() -> None:
    shown = read(build(body="Grüße 👩‍👩‍👧 " * 1000))
    assert shown["body"].endswith("…")
    assert not shown["body"].removesuffix("…").rstrip().endswith("\u200d")
    assert len(json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()) <= MAX_PAYLOAD


def test_what_cannot_be_shortened_is_refused_with_the_limit() -> None:
    with pytest.raises(MessageTooLarge, match="2500 bytes"):
        build(data={"key": "x" * 3000})


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc",
    ],
)
def test_every_browsers_push_service_is_known(endpoint: str) -> None:
    assert build({"address": browser(endpoint)}).url == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com.evil.example/",
        "https://evilpush.apple.com/",
        "https://push.apple.com/",
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com@evil.example/",
        "http://127.0.0.1:8002/demo/push/1",
    ],
)
def test_no_other_server_is_sent_to(endpoint: str) -> None:
    assert refusal(changes={"address": browser(endpoint)}) is OutcomeKind.BAD_RECIPIENT


def test_an_account_with_an_endpoint_sends_there_and_nowhere_else() -> None:
    base = "http://127.0.0.1:8002/demo"
    ours = replace(ACCOUNT, endpoint=base)
    assert build({"address": browser(f"{base}/push/1")}, of=ours).url == f"{base}/push/1"
    assert refusal(of=ours) is OutcomeKind.BAD_RECIPIENT
    assert not is_allowed("http://127.0.0.1:8002/demo-2/push/1", base)


def test_somebody_elses_url_is_guarded() -> None:
    request = build()
    assert request.guarded
    assert "fcm.googleapis.com" not in repr(request)


@pytest.mark.parametrize(
    "changes",
    [
        {"p256dh": "AAAA"},
        {"p256dh": base64url(b"\x04" + b"\x01" * 64)},
        {"auth": "AAAA"},
        {"auth": 5},
        {"endpoint": ""},
        {"endpoint": "https://fcm.googleapis.com/" + "x" * 3000},
        {"p256dh": "x" * 100_000},
        {"p256dh": "ü"},
    ],
)
def test_what_no_browser_gives_is_no_subscription(changes: dict[str, Any]) -> None:
    address = json.dumps({**json.loads(browser()), **changes})
    assert refusal(changes={"address": address}) is OutcomeKind.BAD_RECIPIENT


def test_a_subscription_has_one_form_whatever_its_padding() -> None:
    one = stored("https://fcm.googleapis.com/a", UA_PUBLIC, UA_AUTH)
    assert one == stored("https://fcm.googleapis.com/a", UA_PUBLIC + "=", UA_AUTH + "==")
    assert parse(one).endpoint == "https://fcm.googleapis.com/a"


@pytest.mark.parametrize("address", ["", "[]", "{", "https://fcm.googleapis.com/x"])
def test_anything_else_is_no_subscription(address: str) -> None:
    with pytest.raises(NotASubscription):
        parse(address)


@pytest.mark.parametrize("key", ["", "AAAA", "-----BEGIN PRIVATE KEY-----\nno", "ü" * 43])
def test_a_key_that_is_none_holds_the_account(key: str) -> None:
    broken = replace(ACCOUNT, credentials={"private_key": key})
    assert refusal(of=broken) is OutcomeKind.MISCONFIGURED


def test_a_key_may_be_32_bytes_as_other_tools_write_it() -> None:
    raw = p256_private(p8()).private_numbers().private_value.to_bytes(32)
    plain = replace(ACCOUNT, credentials={"private_key": base64url(raw)})
    assert vapid.public_key(plain) == vapid.public_key(ACCOUNT)


def test_a_curve_of_another_size_is_no_vapid_key() -> None:
    with pytest.raises(ValueError, match="P-256"):
        p256_private(pem(ec.generate_private_key(ec.SECP384R1())))


@pytest.mark.parametrize(
    "contact",
    [
        *("", "push@shop.example", "mailto: x@shop.example", "mailto:x@localhost", "mailto:"),
        *("mailto:x@y", "mailto:a..b@shop.example", "mailto:x@shop.local", "https://localhost/a"),
        *(
            "mailto:x@shop.test",
            "https://push.corp/",
            "https://router.home.arpa/",
            "mailto:x@a.onion",
        ),
        *("http://shop.example", "https://127.0.0.1", "mailto:x@shop.example?a=b c", "x" * 1000),
    ],
)
def test_a_contact_that_apple_refuses_is_refused_before_it_is_sent(contact: str) -> None:
    broken = replace(ACCOUNT, settings={"subject": contact})
    assert refusal(of=broken) is OutcomeKind.MISCONFIGURED
    assert contact_problem(contact)


@pytest.mark.parametrize(
    "contact",
    ["mailto:Push.Team@shop.example", "https://shop.example/contact", "https://a.example"],
)
def test_a_contact_that_can_be_reached_is_taken(contact: str) -> None:
    assert not contact_problem(contact)


@pytest.mark.parametrize("status", [401, 403])
def test_what_one_push_service_refuses_is_no_matter_of_the_others(status: int) -> None:
    outcome = vapid.classify(HttpResponse(status, {}, b'{"reason":"BadJwtToken"}'))
    assert (outcome.kind, outcome.peer_refused) == (OutcomeKind.RETRY, True)
