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
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> bytes:
        """The body of the answer. Raises BenchProblem unless it was accepted."""
        self._socket.sendall(data)
        head, body = self._head()
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        while len(body) < length:
            body += self._receive()
        if b" 202" not in head[:16]:
            raise BenchProblem(f"The API says {head[:40]!r}: {body[:300].decode()}")
        return body

    def close(self) -> None:
        self._socket.close()

    def _head(self) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, body = data.partition(b"\r\n\r\n")
        return head, body

    def _receive(self) -> bytes:
        data = self._socket.recv(262_144)
        if not data:
            raise BenchProblem("The web process closed a connection.")
        return data
