"""A client for HTTP, and one exchange over it. Nothing here retries or follows redirects."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import cast

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestError
from pyreqwest.request import ConsumedRequest
from pyreqwest.response import Response

from channels.base import HttpRequest, HttpResponse, Outcome, OutcomeKind, TransportFailure

# What came back; why nothing did; or what is wrong with the request or the account itself.
Answer = HttpResponse | TransportFailure | Outcome

Pinned = tuple[str, str]  # a host, and the address it has; no other is looked up for it
NOT_PINNED: Pinned = ("", "")

MAX_BODY = 65_536  # bytes of an answer that are read
# In the chain of causes, hyper's word for "no connection, so nothing was written". The class of the
# exception does not tell: a peer that reads the request and resets or hangs is reported as
# ConnectError and ConnectTimeoutError too (pyreqwest 0.15.1, 2026-11).
NEVER_LEFT = "client error (Connect)"
MALFORMED = Outcome(OutcomeKind.REJECTED, "The request could not be formed", "bad_request")
NO_HTTP2 = Outcome(OutcomeKind.MISCONFIGURED, "The provider did not speak HTTP/2", "no_http2")


def make_client(
    ca_certificate: str, timeout: float, *, pinned: Pinned = NOT_PINNED, only_http2: bool = False
) -> Client:
    """A client for requests of `timeout` seconds; connecting may take three quarters of it, so
    that "could not connect" is told apart from "no answer"."""
    builder = (
        ClientBuilder()
        .http2(True)
        .connect_timeout(_span(min(5.0, timeout * 0.75)))
        .pool_idle_timeout(timedelta(minutes=10))
        .follow_redirects(False)
        .referer(False)
        .no_proxy()
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .user_agent("notify")
        # One thread: as fast as several for the CPU it costs, and 40 MB smaller (2026-11).
        .runtime_multithreaded(False)
    )
    if only_http2:
        builder = (
            builder.http2_prior_knowledge()
            .http2_keep_alive_interval(timedelta(seconds=15))  # only while something is in flight
            .http2_keep_alive_timeout(timedelta(seconds=5))
        )
    if pinned[0]:
        builder = builder.resolve(*pinned, 0)  # 0: the URL's own port
    if ca_certificate:
        builder = builder.add_root_certificate_pem(ca_certificate.encode())
    return builder.build()


async def exchange(client: Client, request: HttpRequest, token: str) -> Answer:
    try:
        builder = client.request(request.method, request.url).headers(request.headers)
        if token:
            builder = builder.bearer_auth(token)
        builder = builder.body_bytes(request.body).timeout(_span(request.timeout))
        if request.http2:
            return await _whole(builder.build())
        async with builder.build_streamed() as response:
            body = await _read(response)
            return HttpResponse(response.status, cast(Mapping[str, str], response.headers), body)
    except ValueError:
        return MALFORMED
    except PyreqwestError as error:
        return _failure(error)


async def _whole(request: ConsumedRequest) -> Answer:
    """In one step, which costs a third less; for the push services, whose answers are a line."""
    response = await request.send()
    if response.version != "HTTP/2.0":
        return NO_HTTP2
    length = response.get_header("content-length")
    body = b"" if length == "0" else bytes(await response.bytes())[:MAX_BODY]
    return HttpResponse(response.status, cast(Mapping[str, str], response.headers), body)


async def _read(response: Response) -> bytes:
    """At most MAX_BODY bytes of the body; most answers come in one piece."""
    if response.get_header("content-length") == "0":
        return b""
    pieces: list[bytes] = []
    left = MAX_BODY
    while left > 0 and (piece := await response.body_reader.read(left)) is not None:
        pieces.append(bytes(piece))
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _failure(error: PyreqwestError) -> Answer:
    details = error.details.get("causes") if isinstance(error, RequestError) else None
    causes = [cause["message"] for cause in details or ()]
    # Never the first cause or the error's own text: they name the URL, and that the address.
    reason = f"{type(error).__name__}: {causes[-1]}" if causes[1:] else type(error).__name__
    return TransportFailure(
        sent=NEVER_LEFT not in causes,
        reason=reason[:200],
        timed_out=isinstance(error, TimeoutError),
    )


@cache
def _span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
