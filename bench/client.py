"""A keep-alive HTTP/1.1 client that costs next to nothing: requests are bytes made beforehand."""

import json
import socket

from bench.stand_in.problems import BenchProblem

PATH = "/api/v1/notifications"


def request(path: str, api_key: str, body: object) -> bytes:
    payload = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    return head.encode() + payload


class Connection:
    EXPECTED = b" 202"  # in the first line of an answer

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._came = b""

    def send(self, data: bytes) -> bytes:
        """The body of the answer. Raises BenchProblem unless it was accepted."""
        self.begin(data)
        while (body := self.answer()) is None:
            pass
        return body

    def begin(self, data: bytes) -> None:
        self._came = b""
        self._socket.sendall(data)

    def answer(self) -> bytes | None:
        """The body, once all of it came; waits for what comes next. Raises BenchProblem for
        any but the expected."""
        self._came += self._receive()
        head, found, body = self._came.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return None
        if self.EXPECTED not in head[:16]:
            raise BenchProblem(f"The answer was {head[:40]!r}: {body[:300].decode()}")
        return body

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> bytes:
        data = self._socket.recv(262_144)
        if not data:
            raise BenchProblem("The web process closed a connection.")
        return data


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
