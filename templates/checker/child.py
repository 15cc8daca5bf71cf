"""The checker itself: one job after another, in a process that may crash without harm.

What passes here passes in every thread that sends, for the stack is no larger than theirs.
"""

import resource
import socket
import struct
import sys
import threading

from templates import place
from templates.checker import jobs

MEMORY = 768 * 1024**2  # bytes of addresses, the interpreter's own included
CPU_SECONDS = 3  # of one job
IDLE_SECONDS = 60.0  # then it ends, and its memory is free
STACK = 1024**2  # bytes: granian's threads have 2 MB
HEAD = struct.Struct(">cI")
READY, PLACE, RESULT = b"!", b"@", b"="


def main() -> None:
    with socket.socket(fileno=0) as parent:
        parent.settimeout(IDLE_SECONDS)
        place.tell = lambda *names: _send(parent, PLACE, "\n".join(names).encode())
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        threading.stack_size(STACK)
        sys.setrecursionlimit(500)
        worker = threading.Thread(target=_serve, args=(parent,), daemon=True)
        worker.start()
        worker.join()


def _serve(parent: socket.socket) -> None:
    _send(parent, READY, b"")
    while job := _received(parent):
        _limit_cpu()
        _send(parent, RESULT, jobs.encode(jobs.decode(job).run()))


def _received(parent: socket.socket) -> bytes:
    """Empty when nobody is there any more, or nobody has asked for long."""
    try:
        size = int.from_bytes(_exactly(parent, 4), "big")
        return _exactly(parent, size)
    except (EOFError, OSError):
        return b""


def _exactly(parent: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        piece = parent.recv(min(size - len(found), 1 << 20))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)


def _send(parent: socket.socket, kind: bytes, content: bytes) -> None:
    parent.sendall(HEAD.pack(kind, len(content)) + content)


def _limit_cpu() -> None:
    """Counted from now; the system ends the process that takes more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + CPU_SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
