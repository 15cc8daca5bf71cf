"""Callbacks: what an adapter reads of them, and what `web` answers to forged ones."""

import random
import time

import pytest

from channels import registry
from channels.base import Event
from tests.fuzz.callbacks import requests
from tests.fuzz.web import Web

LONGEST = 2.0  # seconds that reading one callback may take


@pytest.mark.parametrize("kind", registry.kinds())
def test_an_adapter_reads_events_or_nothing(kind: str, seconds: float, seed: int) -> None:
    adapter, end = registry.adapter(kind), time.monotonic() + seconds
    for request in requests(kind, random.Random(f"{kind} {seed}")):
        started = time.monotonic()
        events = adapter.parse_events(request)
        assert all(isinstance(event, Event) for event in events)
        assert time.monotonic() - started < LONGEST, request.body[:500]
        if started > end:
            return


@pytest.mark.share(2)
def test_a_forged_callback_is_refused(web: Web, seconds: float, seed: int) -> None:
    chance, end = random.Random(seed), time.monotonic() + seconds
    made = [requests(kind, chance) for kind in registry.kinds()]
    while time.monotonic() < end:
        kind, request = chance.choice(registry.kinds()), next(chance.choice(made))
        headers = {name: text for name, text in request.headers.items() if text}
        status, _ = web.send("POST", f"/hooks/{kind}/apns", request.body, **headers)
        assert 400 <= status < 500
        web.check()
