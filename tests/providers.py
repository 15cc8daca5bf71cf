"""A provider in a thread: answers like the real one, remembers every request, fails on demand."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0  # seconds before the answer
    dropped: bool = False  # no answer: the connection ends


class StandIn:
    """Speaks enough APNs: POST /3/device/<token>, ids in `apns-id`."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.answers: list[Answer] = []  # taken first to last; then 200
        self.always = Answer()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.url = ""

    def take(self, request: dict[str, Any]) -> Answer:
        with self._lock:
            self.requests.append(request)
            return self.answers.pop(0) if self.answers else self.always

    def counts(self) -> Counter[str]:
        """How often each delivery arrived."""
        return Counter(request["headers"].get("apns-id", "") for request in self.requests)

    def wait(self, seconds: float) -> None:
        self._stop.wait(seconds)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # of five, a burst of connections waits a second for the sixth


@contextmanager
def stand_in() -> Iterator[StandIn]:
    provider = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = provider.take({"path": self.path, "headers": headers, "body": body})
            provider.wait(answer.hang)
            if answer.dropped:
                self.close_connection = True
                return
            payload = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *args: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield provider
    finally:
        provider._stop.set()
        server.shutdown()
        server.server_close()
