"""The parts of granian's RSGI that are used here. https://github.com/emmett-framework/granian"""

from collections.abc import AsyncIterator
from typing import Protocol

from granian.rsgi import ProtocolClosed as ProtocolClosed  # type: ignore[attr-defined]  # its stubs lack it

Headers = list[tuple[str, str]]


class HeaderView(Protocol):
    def items(self) -> Headers: ...


class Scope(Protocol):
    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str

    @property
    def headers(self) -> HeaderView: ...


class Transport(Protocol):
    async def send_bytes(self, data: bytes) -> None: ...


class Exchange(Protocol):
    """A request whose body can be read, and its answer. Answers may be given from any thread."""

    async def __call__(self) -> bytes: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def response_empty(self, status: int, headers: Headers) -> None: ...

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...

    def response_file(self, status: int, headers: Headers, file: str) -> None: ...

    def response_file_range(
        self, status: int, headers: Headers, file: str, start: int, end: int
    ) -> None: ...

    def response_stream(self, status: int, headers: Headers) -> Transport: ...
