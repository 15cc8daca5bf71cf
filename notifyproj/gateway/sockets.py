"""Connections as the kernel has them. Linux only; elsewhere none is found, and nothing is limited.

granian takes any number of bytes of an answer at once, ends an answer that breaks off as if it
were whole, and has no setting for either. What is set on a listening socket holds for all it
accepts; and how much the other end has taken, the kernel says.
"""

import os
import socket
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

UNREAD_SECONDS = 30  # after which the kernel ends a connection whose other end takes nothing
AT_ONCE = struct.pack("ii", 1, 0)  # a linger: what is not sent is thrown away, the other end told
BYTES_TAKEN = struct.Struct("120xQ")  # `tcpi_bytes_acked` of `struct tcp_info`, since Linux 4.1
OPEN = "/proc/self/fd"
_limited = False


class Connection:
    """One of this process, held open until it is closed here as well."""

    def __init__(self, held: socket.socket) -> None:
        self._held = held

    def taken(self) -> int:
        """The bytes that have reached the other end so far."""
        with suppress(OSError, struct.error):
            told = self._held.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, BYTES_TAKEN.size)
            return int(BYTES_TAKEN.unpack(told)[0])
        return 0

    def is_over(self) -> bool:
        """Whether nothing can reach the other end any more."""
        try:
            self._held.getpeername()
        except OSError:
            return True
        return False

    def break_off(self) -> None:
        with suppress(OSError):
            self._held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            self._held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._held.close()


def find(client: str) -> Connection | None:
    """The connection of `192.0.2.1:1234`. Looks at all that are open: 10 ms where 4,000 are."""
    host, _, port = client.rpartition(":")
    peer = host.strip("[]"), int(port)
    found = (one for one in _of_each_socket(lambda each: _held_if(each, peer)) if one)
    return next(found, None)


def _held_if(found: socket.socket, peer: tuple[str, int]) -> Connection | None:
    if found.type != socket.SOCK_STREAM or found.getpeername()[:2] != peer:
        return None
    return Connection(found.dup())


def limit_once() -> None:
    """Called with a request, since granian listens only after the application is loaded."""
    global _limited
    if not _limited:
        _limited = True
        limit(UNREAD_SECONDS)


def limit(seconds: int) -> int:
    """Returns how many listening sockets of this process it holds for."""
    if not hasattr(socket, "TCP_USER_TIMEOUT"):
        return 0
    return sum(_of_each_socket(lambda found: _limit(found, seconds)))


def _limit(found: socket.socket, seconds: int) -> bool:
    if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return False
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, seconds * 1000)
    return True


def _of_each_socket(action: Callable[[socket.socket], T]) -> Iterator[T]:
    for number in map(int, os.listdir(OPEN) if os.path.isdir(OPEN) else ()):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                with socket.socket(fileno=os.dup(number)) as found:
                    yield action(found)
