"""Our side of what simulators tell later."""

import queue
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from channels.base import Account, Event, EventKind, InboundRequest
from channels.registry import adapter


class Listener:
    """Hears callbacks, until it is shut down."""

    def __init__(self) -> None:
        self.got: queue.Queue[InboundRequest] = queue.Queue()
        heard = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                names = {name.lower(): value for name, value in self.headers.items()}
                url = f"http://{self.headers['host']}{self.path}"
                heard.put(InboundRequest("POST", url, names, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def events(self, account: Account, last: EventKind) -> list[Event]:
        """Up to the `last`; every request has to be a genuine one."""
        found: list[Event] = []
        while not found or found[-1].kind is not last:
            request = self.got.get(timeout=5)
            spoken = adapter(account.kind)
            assert spoken.verify(request, account, datetime.now(UTC))
            found += spoken.parse_events(request)
        return found


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()
