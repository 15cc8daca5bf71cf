"""Connections whose other end takes nothing any more are ended by the kernel.

granian has no setting for it, but what is set on a listening socket holds for all it accepts.
"""

import os
import socket
from contextlib import suppress

UNREAD_SECONDS = 30
_limited = False


def limit_once() -> None:
    """Called with a request, since granian listens only after the application is loaded."""
    global _limited
    if not _limited:
        _limited = True
        limit(UNREAD_SECONDS)


def limit(seconds: int) -> int:
    """Returns how many listening sockets of this process it holds for. Linux only."""
    if not hasattr(socket, "TCP_USER_TIMEOUT") or not os.path.isdir("/proc/self/fd"):
        return 0
    return sum(_limit(int(name), seconds) for name in os.listdir("/proc/self/fd"))


def _limit(number: int, seconds: int) -> bool:
    with suppress(OSError), socket.socket(fileno=os.dup(number)) as found:
        if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            return False
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, seconds * 1000)
        return True
    return False
