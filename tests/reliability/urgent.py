"""Login codes through the API, and how long each takes to be taken by a provider."""

import http.client
import json
import threading
import time
from contextlib import suppress

from django.db import connection

from notifyproj.core.clock import now as clock_now
from preferences.models import NotificationType
from tests.reliability.providers import Providers
from tests.survival.running import poll
from tests.world import World, forget_all

A_SECOND = 5
SENDERS = 4  # a slow answer does not hold up the next send


class Codes:
    """`with codes:` sends; then `latencies()`."""

    def __init__(self, port: int, key: str, world: World, providers: Providers) -> None:
        self._port, self._key, self._providers = port, key, providers
        self._world = world
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._slot, self._began = 0, 0.0
        self._threads: list[threading.Thread] = []
        self.sent: dict[str, float] = {}
        self.refused: list[str] = []

    def __enter__(self) -> "Codes":
        NotificationType.objects.get_or_create(
            slug="code",
            defaults={
                "name": "Login code",
                "channels": ["push"],
                "max_priority": "high",
                "mandatory": True,
                "on_uncertain": "resend",
            },
        )
        forget_all()
        time.sleep(2.5)  # the platform's processes look at the types every two seconds
        self._mark, self._began = self._providers.mark(), time.time()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def latencies(self) -> list[float]:
        """Seconds from just before the request to the provider's taking it, in order."""
        assert not self.refused, self.refused[:3]
        deliveries = self._deliveries()
        arrived: dict[str, float] = {}

        def all_there() -> bool:
            for arrival in self._providers.since(self._mark):
                if arrival.taken and arrival.id in deliveries:
                    arrived.setdefault(arrival.id, arrival.at)
            return len(arrived) >= len(deliveries)

        poll(all_there, 30, "every code was taken", every=0.5)
        return sorted(arrived[id_] - self.sent[deliveries[id_]] for id_ in arrived)

    def _deliveries(self) -> dict[str, str]:
        """The notification of each delivery."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id::text, notification_id::text FROM delivery"
                " WHERE notification_id = ANY(%s::uuid[])",
                [list(self.sent)],
            )
            return dict(cursor.fetchall())

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                self._slot += 1
                slot = self._slot
            if self._stop.wait(max(0.0, self._began + slot / A_SECOND - time.time())):
                return
            self._send(slot)

    def _send(self, slot: int) -> None:
        body = {"type": "code", "template_id": "order", "variables": {"order_id": "1"}}
        body |= {"user_id": f"person-{slot % 1000}", "channels": ["push"], "priority": "high"}
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        server = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        before = clock_now().timestamp()
        try:
            server.request("POST", "/api/v1/notifications", json.dumps(body), headers)
            response = server.getresponse()
            answer = json.loads(response.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.refused.append(repr(error))
            return
        finally:
            with suppress(OSError):
                server.close()
        if response.status == 202:
            self.sent[answer["id"]] = before
        else:
            self.refused.append(f"{response.status} {answer}")
