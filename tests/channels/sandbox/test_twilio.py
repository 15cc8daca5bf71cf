import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from twilio.request_validator import RequestValidator

from channels.models import ProviderAccount
from channels.sandbox.kit.callbacks import is_local
from channels.sandbox.providers.sms.sms_parts import parts
from tests.channels.sandbox.calls import basic, call, text
from tests.channels.sandbox.conftest import SECRET, SENDER, SID, Sandbox, received

pytestmark = pytest.mark.django_db


def test_a_good_message_is_queued(sandbox: Sandbox) -> None:
    status, _, body = text(sandbox.account("twilio"))
    answer = json.loads(body)
    assert (status, answer["status"], answer["to"]) == (201, "queued", "+14155550100")
    assert answer["sid"].startswith("SM")


def test_a_messaging_service_accepts(sandbox: Sandbox) -> None:
    form = {"From": None, "MessagingServiceSid": "MG" + "0" * 32}
    assert json.loads(text(sandbox.account("twilio"), form)[2])["status"] == "accepted"


def test_the_delivery_is_known_by_its_callback(sandbox: Sandbox) -> None:
    account = sandbox.account("twilio")
    ours = "0192f0c1-2b3c-7d4e-8f50-112233445566"
    text(account, {"StatusCallback": f"https://example.com/cb?delivery={ours}&attempt=1"})
    row = received(account)
    assert (row.delivery_id, row.message["body"], row.accepted) == (ours, "Hello", True)


BAD = [
    ({"To": None}, 21604),
    ({"To": "555-0100"}, 21211),
    ({"To": "+15005550001"}, 21211),
    ({"To": "+15005550002"}, 21612),
    ({"To": "+15005550003"}, 21408),
    ({"To": "+15005550004"}, 21610),
    ({"To": "+15005550009"}, 21614),
    ({"From": None}, 21603),
    ({"From": "not!a!number"}, 21212),
    ({"From": "+15005550001"}, 21212),
    ({"From": "+15005550007"}, 21606),
    ({"From": "+15005550008"}, 21611),
    ({"From": "+14155550199"}, 21606),
    ({"Body": None}, 21602),
    ({"Body": "x" * 1601}, 21617),
    ({"ValidityPeriod": "36001"}, 21624),
    ({"ValidityPeriod": "soon"}, 21625),
    ({"StatusCallback": "https://a_b.example/"}, 21609),
]


@pytest.mark.parametrize(("form", "code"), BAD, ids=range(len(BAD)))
def test_a_bad_field_has_its_code(sandbox: Sandbox, form: dict[str, str | None], code: int) -> None:
    status, _, body = text(sandbox.account("twilio"), form)
    answer = json.loads(body)
    assert (status, answer["code"], answer["status"]) == (400, code, 400)
    assert answer["more_info"].endswith(f"/{code}")


@pytest.mark.parametrize("headers", [basic(secret="wrong"), basic("AC0"), {"authorization": "x"}])
def test_wrong_credentials_are_20003(sandbox: Sandbox, headers: dict[str, str]) -> None:
    status, _, body = text(sandbox.account("twilio"), headers=headers)
    assert (status, json.loads(body)["code"]) == (401, 20003)


def test_the_account_of_the_path_must_be_ours(sandbox: Sandbox) -> None:
    assert text(sandbox.account("twilio"), sid="AC" + "2" * 32)[0] == 401


def test_a_message_can_be_looked_up_by_number_and_day(sandbox: Sandbox) -> None:
    account = sandbox.account("twilio")
    text(account, {"To": "+14155550107", "Body": "found"})
    text(account, {"To": "+14155550108"})
    url = f"{account.endpoint}/2010-04-01/Accounts/{SID}/Messages.json"
    query = urlencode({"To": "+14155550107", "DateSent>": time.strftime("%Y-%m-%d", time.gmtime())})
    answer = json.loads(call("GET", f"{url}?{query}", basic())[2])
    assert [message["body"] for message in answer["messages"]] == ["found"]


def test_a_message_can_be_looked_up_by_its_sid(sandbox: Sandbox) -> None:
    account = sandbox.account("twilio")
    sid = json.loads(text(account)[2])["sid"]
    url = f"{account.endpoint}/2010-04-01/Accounts/{SID}/Messages/{sid}.json"
    assert json.loads(call("GET", url, basic())[2])["sid"] == sid


class Listener:
    """Our own side of status callbacks."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], str]] = []
        heard = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                heard.append((dict(parse_qsl(body)), self.headers["x-twilio-signature"]))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callbacks?delivery=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count: int) -> list[tuple[dict[str, str], str]]:
        until = time.monotonic() + 5
        while len(self.got) < count and time.monotonic() < until:
            time.sleep(0.05)
        return self.got


def test_callbacks_tell_sent_then_delivered(sandbox: Sandbox) -> None:
    listener = Listener()
    text(sandbox.account("twilio"), {"StatusCallback": listener.url})
    assert [form["MessageStatus"] for form, _ in listener.wait(2)] == ["sent", "delivered"]


def test_callbacks_are_signed_with_the_auth_token(sandbox: Sandbox) -> None:
    listener = Listener()
    text(sandbox.account("twilio"), {"StatusCallback": listener.url})
    form, signature = listener.wait(1)[0]
    assert RequestValidator(SECRET).validate(listener.url, form, signature)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://[::1]/x", True),
        ("http://localhost/x", True),
        ("http://169.254.169.254/x", False),
        ("http://127.0.0.1@example.com/x", False),
        ("http://localhost.example.com/x", False),
    ],
)
def test_callbacks_go_to_this_machine_only(url: str, local: bool) -> None:
    assert is_local(url) is local


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 152 + "€" + "a" * 10, 2),
    ],
)
def test_parts_are_counted_as_carriers_do(body: str, count: int) -> None:
    assert parts(body) == count


def test_the_sender_is_shown(sandbox: Sandbox) -> None:
    account = sandbox.account("twilio")
    text(account)
    assert received(account).message["from"] == SENDER


def test_a_sender_of_one_country_is_ours_too(sandbox: Sandbox) -> None:
    account = sandbox.account("twilio")
    rows = ProviderAccount.objects.filter(slug=account.slug)
    sandbox.commit(rows.update, settings={"from": SENDER, "senders": "US=+14155550199, AT=SHOP"})
    assert text(account, {"From": "SHOP"})[0] == 201
    assert text(account, {"From": "LADEN"})[0] == 400
