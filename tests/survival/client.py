"""An internal service that asks the platform to tell somebody something."""

import http.client
import json
import threading
import time
from concurrent.futures import Future

BODY = {"type": "order", "template_id": "order", "variables": {"order_id": "A-1"}}


class Client:
    def __init__(self, port: int, key: str) -> None:
        self._port, self._key = port, key

    def send(self, user_id: str) -> tuple[int, float]:
        """The status of the answer, and the seconds until it came."""
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            body = json.dumps({**BODY, "user_id": user_id, "channels": ["push"]})
            headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
            connection.request("POST", "/api/v1/notifications", body, headers)
            status = connection.getresponse().status
            return status, time.monotonic() - started
        finally:
            connection.close()

    def send_unheard(self, user_id: str) -> "Future[int | None]":
        """Sends in a thread; answers the status, or None when the connection broke before."""
        future: Future[int | None] = Future()

        def run() -> None:
            try:
                future.set_result(self.send(user_id)[0])
            except (OSError, http.client.HTTPException):
                future.set_result(None)

        threading.Thread(target=run, daemon=True).start()
        return future
