"""`/api/schema/`: the description of the API, made once in a process; it takes a second of CPU."""

import threading
from functools import lru_cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from notifyproj.core.api import openapi  # noqa: F401 - its classes register themselves

_one_at_a_time = threading.Lock()


class Schema(SpectacularAPIView):
    """As JSON or YAML, by `?format=` or what is accepted; the same for everybody."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer: BaseRenderer = request.accepted_renderer
        with _one_at_a_time:
            document = _document(type(renderer))  # type: ignore[arg-type]  # classes are hashable
        return HttpResponse(document, renderer.media_type, headers=HEADERS)


HEADERS = {
    "Content-Disposition": 'inline; filename="notifications.yaml"',
    "Cache-Control": "public, max-age=300",
}


@lru_cache(maxsize=8)
def _document(renderer: type[BaseRenderer]) -> bytes:
    made = Schema.generator_class().get_schema(  # type: ignore[no-untyped-call]  # the library has no types
        request=None, public=True
    )
    text = renderer().render(made)
    return text.encode() if isinstance(text, str) else bytes(text)
