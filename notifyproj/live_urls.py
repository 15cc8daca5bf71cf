"""Routes of the `live` process: streams, and whether it is alive."""

from importlib.util import find_spec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.module_loading import import_string

from channels.inbox.stream import stream


async def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [path("inbox/stream", stream), path("health/live", alive)]
if settings.SANDBOX and find_spec("channels.sandbox.stream"):
    urlpatterns.append(path("sandbox/stream", import_string("channels.sandbox.stream.stream")))
