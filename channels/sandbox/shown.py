"""A request as it may be shown and stored: without what would let anybody in."""

from collections.abc import Iterable

from channels.sandbox.kit.values import Request
from channels.sandbox.providers.push.fcm_token import without_assertion

SECRET = frozenset({"authorization", "cookie", "proxy-authorization", "x-amz-security-token"})


def raw_request(request: Request) -> str:
    target = request.path + (f"?{request.query}" if request.query else "")
    lines = [f"{request.method} {target}"]
    secrets = request.account.credentials.values()
    lines += [f"{name}: {_shown(name, value, secrets)}" for name, value in request.headers]
    if request.header("content-encoding") == "aes128gcm":
        return "\n".join([*lines, "", f"({len(request.body)} bytes, encrypted)"])
    body = request.body.decode("utf-8", "replace")
    return "\n".join([*lines, "", without_assertion(body) if request.path == "/token" else body])


def _shown(name: str, value: str, secrets: Iterable[str]) -> str:
    if name not in SECRET and value not in secrets:
        return value
    scheme, space, _ = value.partition(" ")
    return f"{scheme} (hidden)" if space else "(hidden)"
