"""Bad manners on purpose."""

import asyncio
import socket
import struct

HANG = 600.0  # seconds: longer than any client waits
LINGER_NONE = struct.pack("ii", 1, 0)


def reset(transport: asyncio.BaseTransport | None) -> None:
    """Close with a TCP RST, so that the client sees "connection reset by peer"."""
    if not isinstance(transport, asyncio.Transport):
        return
    found = transport.get_extra_info("socket")
    if found is not None:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
    transport.abort()
