import asyncio
import socket
import threading
from typing import Any

import pytest

from channels.transport import dns
from channels.transport.dns import Names, look_up


def test_the_system_knows_this_machine() -> None:
    assert "127.0.0.1" in asyncio.run(Names(look_up).find("localhost"))


@pytest.mark.parametrize("host", ["nothing.invalid", "a" * 70 + ".example", "a..b"])
def test_what_is_no_name_is_an_os_error(host: str) -> None:
    with pytest.raises(OSError, match="looked up"):
        asyncio.run(Names(look_up).find(host))


def test_that_there_is_no_answer_is_believed_for_a_while() -> None:
    asked: list[str] = []

    async def unknown(host: str) -> list[str]:
        asked.append(host)
        raise OSError

    async def twice() -> None:
        found = Names(unknown)
        for _ in range(2):
            with pytest.raises(OSError, match="looked up"):
                await found.find("x.example")

    asyncio.run(twice())
    assert asked == ["x.example"]


def test_names_that_hang_stop_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than the loop has threads."""
    monkeypatch.setattr(dns, "PATIENCE", 0.3)
    release, real = threading.Event(), socket.getaddrinfo

    def slow(host: str, *args: Any, **kwargs: Any) -> Any:
        if host.startswith("slow"):
            release.wait(10)
        return real("localhost", *args, **kwargs)

    async def ask() -> list[Any]:
        found = Names(look_up)
        hosts = [*(f"slow{n}.example" for n in range(20)), "quick.example"]
        return await asyncio.gather(*map(found.find, hosts), return_exceptions=True)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    try:
        *late, quick = asyncio.run(ask())
    finally:
        release.set()
    assert "127.0.0.1" in quick
    assert all(isinstance(answer, OSError) for answer in late)


def test_there_is_an_end_to_the_threads_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "_turns", threading.BoundedSemaphore(1))
    assert dns._turns.acquire()
    with pytest.raises(OSError, match="too many"):
        asyncio.run(look_up("localhost"))


def test_few_names_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns, "MOST", 3)

    async def anything(host: str) -> list[str]:
        return ["8.8.8.8"]

    async def many() -> Names:
        found = Names(anything)
        for n in range(10):
            await found.find(f"{n}.example")
        return found

    assert len(asyncio.run(many())._known) == 3
