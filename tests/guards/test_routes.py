"""Every route is behind a key, a token or a login, or is public on purpose, here and why."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny

from notifyproj.core.api.authentication import HasScope, scope_for

PUBLIC = {
    "": "the front page: links only",
    "favicon.ico": "an icon",
    "health/live": "asked by supervisors, says nothing else",
    "health/ready": "asked by load balancers, says what is up or down",
    "api/schema/": "the API's description holds no data",
    "api/docs/": "the same, as a page",
    "hooks/<slug:kind>/<slug:slug>": "providers sign what they send; else 403",
    "t/c/<str:token>": "a link in a message: leads only where the signed token says, and counts",
    "t/o/<str:token>.gif": "a message's pixel: counts an open of the delivery in the signed token",
    "u/<str:token>": "unsubscribing must need no login (RFC 8058); the signed token says whom",
    "w/<str:token>": "why a message was sent, to whoever holds its signed link; changes nothing",
    "p/theme.css": "the accent of the pages people see",
    "p/<str:token>": "a person's settings need no login; the signed token says whose, for 30 days",
    "p/<str:token>/copy": "a copy of their data, by the same token; addresses masked",
}
PUBLIC_IN_SANDBOX = {
    "inbox/demo/": "a demo shop for trying the component",
    "inbox/demo/token": "what the back end of the shop would do",
    "web-push/demo/": "a demo shop that asks for web push",
    "web-push/demo/worker.js": "its service worker, to be copied",
    "web-push/demo/register": "what the back end of the shop would do",
    "sandbox/": "what the simulators received; there is no sandbox in production",
    "sandbox/received.json": "the same, as data",
    "sandbox/mail/<int:pk>/": "the same, one mail",
    "sandbox/faults/<slug:account>/": "faults of the simulators",
}
ADMIN = "admin/"
ADMIN_OPEN = {"admin/login/", "admin/logout/"}
SAMPLES = {"<path:object_id>": "1", "<int:content_type_id>": "1", "<path:object_id>/": "1/"}
METHODS = ("get", "post", "put", "patch", "delete")


def routes() -> Iterator[tuple[str, Callable[..., Any]]]:
    return _under("", get_resolver().url_patterns)


def _under(
    prefix: str, patterns: list[URLPattern | URLResolver]
) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _under(path, pattern.url_patterns)
        else:
            yield path, pattern.callback


def missing(view: Any) -> str:
    """Why this view is not closed; "" when it is."""
    cls = getattr(view, "cls", None)
    if cls is None:
        return "a plain view that nothing says is public"
    permissions = cls.permission_classes
    if not permissions or AllowAny in permissions or not cls.authentication_classes:
        return "anybody may call it"
    if HasScope not in permissions:
        return ""
    open_methods = [m for m in METHODS if hasattr(cls, m) and not scope_for(cls, m.upper())]
    return f"no scope for {', '.join(open_methods)}" if open_methods else ""


def test_every_route_is_closed_or_public_on_purpose() -> None:
    public = PUBLIC.keys() | PUBLIC_IN_SANDBOX.keys()
    wrong = {
        path: reason
        for path, view in routes()
        if not path.startswith(ADMIN) and path not in public and (reason := missing(view))
    }
    assert wrong == {}


def test_every_public_route_still_exists() -> None:
    """A name left behind would open whatever takes its place."""
    assert (PUBLIC.keys() | PUBLIC_IN_SANDBOX.keys()) - {path for path, _ in routes()} == set()


def test_every_route_under_api_asks_for_a_scope() -> None:
    views = [view for path, view in routes() if path.startswith("api/v1/")]
    assert len(views) > 5
    assert all(HasScope in view.cls.permission_classes for view in views)  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_every_page_of_the_admin_asks_for_a_login() -> None:
    paths = {path for path, _ in routes() if path.startswith(ADMIN)} - ADMIN_OPEN
    client = Client()
    wrong = {}
    for path in paths:
        url = path
        for parameter, sample in SAMPLES.items():
            url = url.replace(parameter, sample)
        response = client.get(f"/{url}")
        if not (response.status_code == 302 and "/admin/login/" in response["Location"]):
            wrong[url] = response.status_code
    assert wrong == {}
