"""The first notification: the order confirmation, sent through the API, and what became of it."""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from notifyproj.launch.environment import Ports, has_sandbox
from notifyproj.launch.system.terminal import complain, say
from notifyproj.launch.welcome import deliveries_table, show_addresses, show_places

ORDER = {
    "type": "order_confirmed",
    "user_id": "user-123",
    "template_id": "order-confirmation-v2",
    "variables": {
        "order_id": "ORD-98765",
        "total": "$142.50",
        "estimated_delivery": "June 27",
    },
    "priority": "high",
    "scheduled_at": None,
}
PATH = "/api/v1/notifications"
WAIT_SECONDS = 20.0
OPEN = {"waiting", "sending", "awaiting receipt"}  # what may still change by itself


def show_demo(environment: Mapping[str, str], ports: Ports, meanwhile: Callable[[], None]) -> None:
    """Send ORDER and print how each delivery went, then where to look. Calls `meanwhile` often."""
    if not has_sandbox(environment):
        show_places(environment, ports)
        return
    key = environment["DEMO_API_KEY"]
    try:
        started = time.monotonic()
        created = call(ports, key, "POST", PATH, ORDER)
        say("\n  The order confirmation for user-123, sent through the API:\n")
        say("\n".join(deliveries_table(wait(ports, key, created["id"], started, meanwhile))))
    except DemoProblem as problem:
        complain(f"The first order confirmation could not be sent: {problem}")
    show_addresses(environment, ports, ORDER, PATH)


class DemoProblem(Exception):
    """Why there is nothing to show, in words."""


def call(ports: Ports, key: str, method: str, path: str, body: object = None) -> dict[str, Any]:
    """The API's answer. DemoProblem when it is not a success."""
    connection = http.client.HTTPConnection("127.0.0.1", ports.web, timeout=10)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise DemoProblem(f"the web process does not answer ({error})") from error
    finally:
        connection.close()
    if response.status >= http.HTTPStatus.BAD_REQUEST:
        raise DemoProblem(f"the API answered {response.status} {excerpt(text)}")
    return decode(text)


def decode(text: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except ValueError as error:
        raise DemoProblem(f"the API's answer is no JSON: {excerpt(text)}") from error


def excerpt(text: bytes) -> str:
    return text.decode(errors="replace")[:200].replace("\n", " ")


def wait(
    ports: Ports, key: str, identifier: str, started: float, meanwhile: Callable[[], None]
) -> dict[str, Any]:
    """The notification once all its deliveries are settled, or as it is after WAIT_SECONDS."""
    while True:
        shown = call(ports, key, "GET", f"{PATH}/{identifier}")
        states = {str(delivery["status"]) for delivery in shown.get("deliveries", [])}
        if (states and not states & OPEN) or time.monotonic() - started > WAIT_SECONDS:
            return shown
        meanwhile()
        time.sleep(0.05)
