"""A multipart form, read by the standard library."""

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

from channels.base import HttpRequest


def parts_of(request: HttpRequest) -> list[Message]:
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    assert message.is_multipart()
    return [part for part in message.walk() if not part.is_multipart()]


def form_of(request: HttpRequest) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in parts_of(request):
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        found.setdefault(name, []).append(content.decode())
    return found
