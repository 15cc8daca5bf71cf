"""The table that ends the start."""

from typing import Any

import pytest

from notifyproj.launch.demo import show_demo
from notifyproj.launch.environment import Ports
from notifyproj.launch.welcome import curl, deliveries_table


def notification(**changes: Any) -> dict[str, Any]:
    delivery = {
        "channel": "sms",
        "to": "+14…23",
        "status": "sent",
        "reason_text": "",
        "settled_at": "2026-11-22T05:00:00.250000Z",
        "attempts": [{"account": "demo-twilio"}],
    }
    return {"created_at": "2026-11-22T05:00:00Z", "deliveries": [delivery | changes]}


def test_a_delivery_is_a_line_with_how_long_it_took() -> None:
    assert list(deliveries_table(notification())) == [
        "  channel   to       through       status   took",
        "  SMS       +14…23   demo-twilio   sent     250 ms",
    ]


def test_one_that_was_not_sent_says_why() -> None:
    skipped = notification(status="skipped", reason_text="Quiet hours", attempts=[])
    assert "skipped: Quiet hours" in list(deliveries_table(skipped))[1]


def test_one_that_is_not_settled_has_no_time() -> None:
    waiting = notification(status="waiting", settled_at=None)
    assert list(deliveries_table(waiting))[1].endswith("-")


def test_the_curl_line_survives_the_shell() -> None:
    assert "'" not in curl("http://x", "key", {"total": "$142.50"}).split("-d '")[1][:-1]


def test_without_a_sandbox_no_secret_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("DEMO_API_KEY", "DEMO_ADMIN_PASSWORD", "FLOWER_PASSWORD")
    environment = {"SANDBOX": "0", "PUBLIC_URL": "http://x"} | dict.fromkeys(names, "hunter2")
    show_demo(environment, Ports(8000), lambda: None)
    shown = capsys.readouterr()
    assert "hunter2" not in shown.out + shown.err
    assert "http://x/admin/" in shown.out + shown.err
