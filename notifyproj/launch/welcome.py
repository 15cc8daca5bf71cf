"""The short table and the addresses that end the start of `make run`."""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from notifyproj.launch.environment import Ports
from notifyproj.launch.system.terminal import coloured, say

HEADINGS = ("channel", "to", "through", "status", "took")
STATUS = HEADINGS.index("status")
GREEN, YELLOW, RED, BOLD, FAINT = 32, 33, 31, 1, 2
GAP = "   "
GOOD = ("sent", "delivered")
COLOURS = {"sent": GREEN, "delivered": GREEN, "failed": RED, "uncertain": RED, "expired": RED}
NAMES = {"web_push": "web push", "sms": "SMS", "inbox": "in-app inbox", "slack": "Slack"}


def deliveries_table(notification: Mapping[str, Any]) -> Iterable[str]:
    """One line a delivery, of a notification as the API shows it."""
    deliveries: Sequence[Mapping[str, Any]] = notification.get("deliveries", [])
    rows = [row(delivery, str(notification["created_at"])) for delivery in deliveries]
    widths = [max(len(line[i]) for line in (HEADINGS, *rows)) for i in range(len(HEADINGS))]
    yield "  " + coloured(aligned(HEADINGS, widths), FAINT)
    for delivery, cells in zip(deliveries, rows, strict=True):
        padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
        padded[STATUS] = coloured(padded[STATUS], COLOURS.get(str(delivery["status"]), YELLOW))
        yield ("  " + GAP.join(padded)).rstrip()


def row(delivery: Mapping[str, Any], created: str) -> tuple[str, ...]:
    channel, state = str(delivery["channel"]), str(delivery["status"])
    attempts = delivery.get("attempts") or [{}]
    reason = delivery.get("reason_text")
    return (
        NAMES.get(channel, channel),
        str(delivery.get("to") or "-"),
        str(attempts[-1].get("account") or "-"),
        f"{state}: {reason}" if reason and state not in GOOD else state,
        took(created, delivery.get("settled_at")),
    )


def took(start: str, end: object) -> str:
    """Between two ISO 8601 instants, in milliseconds; "-" while there is no end."""
    if not isinstance(end, str):
        return "-"
    elapsed = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return f"{elapsed.total_seconds() * 1000:.0f} ms"


def aligned(cells: Iterable[str], widths: Iterable[int]) -> str:
    return "   ".join(
        f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)
    ).rstrip()


def show_addresses(
    environment: Mapping[str, str], ports: Ports, order: Mapping[str, object], path: str
) -> None:
    web = environment["PUBLIC_URL"].rstrip("/")
    admin = f"admin / {environment['DEMO_ADMIN_PASSWORD']}"
    rule = coloured("─" * min(78, shutil.get_terminal_size().columns - 4), FAINT)
    say(f"\n  {rule}")
    for name, url, login in (
        ("API documentation", f"{web}/api/docs/", ""),
        ("Admin", f"{web}/admin/", admin),
        ("Sandbox: what arrived", f"{web}/sandbox/", ""),
        ("Inbox on a web page", f"{web}/inbox/demo/", ""),
        ("Web push on a web page", f"{web}/web-push/demo/", ""),
        (
            "Queues (Flower)",
            f"http://127.0.0.1:{ports.flower}/",
            f"admin / {environment['FLOWER_PASSWORD']}",
        ),
        ("Demo API key", environment["DEMO_API_KEY"], ""),
    ):
        say(f"  {name:<24}{coloured(url, BOLD)}{'   ' + login if login else ''}")
    say(f"\n  Send another one:\n\n{curl(web + path, environment['DEMO_API_KEY'], order)}")
    say(f"\n  {rule}\n  Ctrl-C stops everything. The log of every process follows.\n")


def show_places(environment: Mapping[str, str], ports: Ports) -> None:
    """Without a sandbox there is no demo, and no secret belongs on a screen."""
    web = environment["PUBLIC_URL"].rstrip("/")
    for name, url in (
        ("API documentation", f"{web}/api/docs/"),
        ("Admin", f"{web}/admin/"),
        ("Queues (Flower)", f"http://127.0.0.1:{ports.flower}/"),
    ):
        say(f"  {name:<24}{coloured(url, BOLD)}")
    say("\n  Ctrl-C stops everything. The log of every process follows.\n")


def curl(url: str, key: str, body: Mapping[str, object]) -> str:
    """A command line to paste; single quotes hold the JSON, which has none."""
    return (
        f"  curl -X POST {url} \\\n"
        f"    -H 'Authorization: Bearer {key}' \\\n"
        f"    -H 'Content-Type: application/json' \\\n"
        f"    -d '{json.dumps(body)}'"
    )
