import json

import pytest

from tests.channels.sandbox.calls import ask_token, assertion, send_fcm
from tests.channels.sandbox.conftest import Sandbox, received

pytestmark = pytest.mark.django_db


def test_a_good_message_is_taken(sandbox: Sandbox) -> None:
    status, _, body = send_fcm(sandbox.account("fcm"))
    assert status == 200
    assert json.loads(body)["name"].startswith("projects/shop/messages/")


def test_a_dry_run_reaches_nobody(sandbox: Sandbox) -> None:
    account = sandbox.account("fcm")
    body = b'{"validateOnly":true,"message":{"token":"device-token-1"}}'
    assert json.loads(send_fcm(account, body=body)[2])["name"].endswith("/fake_message_id")
    assert not received(account).accepted


def test_the_message_is_seen_as_an_android_push(sandbox: Sandbox) -> None:
    account = sandbox.account("fcm")
    send_fcm(account, {"android": {"priority": "HIGH", "notification": {"tag": "order"}}})
    row = received(account)
    assert (row.message["platform"], row.message["title"]) == ("android", "Hello")
    assert row.message["collapse"] == "order"


def test_the_assertion_is_not_stored(sandbox: Sandbox) -> None:
    account, signed = sandbox.account("fcm"), assertion()
    ask_token(account, signed)
    assert signed not in received(account).raw


GRANTS = [
    ({"iss": "somebody@else.iam.gserviceaccount.com"}, "invalid_grant"),
    ({"aud": "https://example.com/token"}, "invalid_grant"),
    ({"scope": "https://www.googleapis.com/auth/drive"}, "invalid_scope"),
    ({"exp": 9_999_999_999}, "invalid_grant"),
    ({"iat": 1_000_000_000, "exp": 1_000_003_600}, "invalid_grant"),
]


@pytest.mark.parametrize(("claims", "error"), GRANTS, ids=range(len(GRANTS)))
def test_a_bad_claim_gets_no_token(sandbox: Sandbox, claims: dict[str, object], error: str) -> None:
    status, _, body = ask_token(sandbox.account("fcm"), assertion(**claims))
    assert (status, json.loads(body)["error"]) == (400, error)


def test_a_signature_by_another_key_gets_no_token(sandbox: Sandbox) -> None:
    head, claims, _ = assertion().split(".")
    status, _, body = ask_token(sandbox.account("fcm"), f"{head}.{claims}.AAAA")
    assert (status, json.loads(body)["error_description"]) == (400, "Invalid JWT Signature.")


def test_another_grant_gets_no_token(sandbox: Sandbox) -> None:
    _, _, body = ask_token(sandbox.account("fcm"), assertion(), grant="password")
    assert json.loads(body)["error"] == "unsupported_grant_type"


def test_a_made_up_access_token_is_refused(sandbox: Sandbox) -> None:
    status, _, body = send_fcm(sandbox.account("fcm"), token="ya29.made-up")
    assert (status, json.loads(body)["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_a_token_of_another_account_is_refused(sandbox: Sandbox) -> None:
    token = json.loads(ask_token(sandbox.account("fcm"), assertion())[2])["access_token"]
    assert send_fcm(sandbox.account("fcm"), token=token)[0] == 401


def test_another_project_is_not_found(sandbox: Sandbox) -> None:
    status, _, body = send_fcm(sandbox.account("fcm"), project="other")
    error = json.loads(body)["error"]
    assert (status, error["status"], error.get("details")) == (404, "NOT_FOUND", None)


BAD = [
    ({"token": "no spaces allowed"}, "message.token"),
    ({"topic": "news"}, "message"),
    ({"data": {"count": 1}}, "message.data"),
    ({"data": {"google.x": "1"}}, "message.data[google.x]"),
    ({"data": {"from": "1"}}, "message.data[from]"),
    ({"android": {"ttl": "4 weeks"}}, "message.android.ttl"),
    ({"android": {"ttl": "2419201s"}}, "message.android.ttl"),
    ({"android": {"priority": "URGENT"}}, "message.android.priority"),
    ({"android": {"notification": {"color": "red"}}}, "message.android.notification.color"),
    ({"android": {}, "androidV2": {}}, "message.android_v2"),
    ({"fcmOptions": {"analyticsLabel": "a b"}}, "message.fcm_options"),
]


@pytest.mark.parametrize(("message", "field"), BAD, ids=range(len(BAD)))
def test_a_bad_field_is_named(sandbox: Sandbox, message: dict[str, object], field: str) -> None:
    status, _, body = send_fcm(sandbox.account("fcm"), message)
    code, violation = json.loads(body)["error"]["details"]
    assert (status, code["errorCode"]) == (400, "INVALID_ARGUMENT")
    assert violation["fieldViolations"][0]["field"] == field


@pytest.mark.parametrize(
    "message", [{"data": {"k": "x" * 4097}}, {"surprise": 1}, {"android": {"surprise": 1}}]
)
def test_what_is_too_big_or_unknown_is_an_invalid_argument(
    sandbox: Sandbox, message: dict[str, object]
) -> None:
    status, _, body = send_fcm(sandbox.account("fcm"), message)
    assert (status, json.loads(body)["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_bad_json_is_an_invalid_argument(sandbox: Sandbox) -> None:
    assert send_fcm(sandbox.account("fcm"), body=b"{")[0] == 400
