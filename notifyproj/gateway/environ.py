"""A request as WSGI says it (PEP 3333)."""

import sys
from typing import Any

from notifyproj.gateway.rsgi import Scope

Environ = dict[str, Any]

BASE: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
CLIENT = "gateway.client"  # the other end of the connection, whatever a proxy says of itself
MOST_NAMES = 1_000  # of headers that are remembered: they are a stranger's to choose

_names = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def environ_of(scope: Scope) -> Environ:
    """Without the body. What came twice is joined, as RFC 9110 5.3 says."""
    host, _, port = scope.server.rpartition(":")
    environ = BASE.copy()
    environ["REQUEST_METHOD"] = scope.method
    environ["PATH_INFO"] = scope.path.encode().decode("latin-1")
    environ["QUERY_STRING"] = scope.query_string.encode().decode("latin-1")
    environ["SERVER_PROTOCOL"] = f"HTTP/{scope.http_version}"
    environ["SERVER_NAME"] = host or "localhost"
    environ["SERVER_PORT"] = port if port.isdecimal() else "80"
    environ[CLIENT] = scope.client
    environ["REMOTE_ADDR"] = address_of(scope.client)
    environ["wsgi.url_scheme"] = scope.scheme
    for name, value in scope.headers.items():
        key = _names.get(name) or _key(name)
        if key and key in environ:
            environ[key] += ("; " if key == "HTTP_COOKIE" else ",") + value
        elif key:
            environ[key] = value
    return environ


def address_of(client: str) -> str:
    """`192.0.2.1:1234` and `[2001:db8::1]:1234` without the port."""
    return client.rpartition(":")[0].strip("[]")


def _key(name: str) -> str:
    """Empty for a name with `_`, which would pass for the header with `-` that a proxy made."""
    key = "" if "_" in name else "HTTP_" + name.upper().replace("-", "_")
    if len(_names) < MOST_NAMES:
        _names[name] = key
    return key
