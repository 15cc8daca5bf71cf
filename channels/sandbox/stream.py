"""`/sandbox/stream`: word of new arrivals as server-sent events, in the `live` process.

Events: `received` ({"last": id of the newest row}); what it is, the page asks of the web process.
"""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase

from channels.sandbox.kit.recorder import TOPIC
from notifyproj.core.live import sse
from notifyproj.core.live.readers import Signal, hub


async def stream(request: HttpRequest) -> HttpResponseBase:
    if not settings.SANDBOX:
        raise Http404
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    response = StreamingHttpResponse(_events(), content_type=sse.CONTENT_TYPE, headers=sse.HEADERS)
    page = urlsplit(settings.PUBLIC_URL)
    response["Access-Control-Allow-Origin"] = f"{page.scheme}://{page.netloc}"
    return response


async def _events() -> AsyncIterator[bytes]:
    yield sse.HEARTBEAT  # at once, so that the browser knows it is connected
    with hub().join(TOPIC) as subscriber:
        while (event := await subscriber.next(sse.BEAT_SECONDS)) is not Signal.CUT_OFF:
            if event is Signal.LISTENING:
                yield sse.frame("received", {})  # something may have been missed
            else:
                yield event if isinstance(event, bytes) else sse.HEARTBEAT
