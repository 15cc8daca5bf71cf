"""How large a body may be, before it is read: by its route, and by who sends it."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.urls import Resolver404, resolve

from notifyproj.core.api.authentication import caller_of, presented_secret
from notifyproj.core.api.bodies import BodyLimit, limit_of
from notifyproj.gateway.environ import Environ


@dataclass(frozen=True, slots=True)
class Admission:
    """`streamed`: given to the view while it comes in; else it is held in memory."""

    most: int
    streamed: bool = False


REFUSED = Admission(0)


def admission_of(environ: Environ) -> Admission:
    """Asks the database who it is: not for the event loop."""
    limit = _limit(environ["PATH_INFO"])
    if limit is None:
        return REFUSED
    if limit.of_strangers:
        return Admission(limit.most)
    return Admission(limit.most, streamed=True) if _is_known(environ) else REFUSED


def _limit(path: str) -> BodyLimit | None:
    try:
        return limit_of(resolve(path).func)
    except (Resolver404, UnicodeError):
        return None


def _is_known(environ: Environ) -> bool:
    secret = presented_secret(environ)
    if secret is not None:
        return caller_of(secret) is not None
    return environ["PATH_INFO"].startswith("/admin/") and _is_logged_in(environ)


def _is_logged_in(environ: Environ) -> bool:
    """As Django's session and authentication middleware find it."""
    request: Any = HttpRequest()
    request.META = environ
    cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
    engine = import_module(settings.SESSION_ENGINE)
    request.session = engine.SessionStore(cookies.get(settings.SESSION_COOKIE_NAME))
    user = get_user(request)
    return bool(user.is_active and user.is_staff)
