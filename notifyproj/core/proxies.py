"""The address of whoever asks, behind a counted number of proxies.

Each proxy adds the address it saw to the end of `X-Forwarded-For`; what stands before those of ours
is anybody's to write.
"""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class ClientAddress:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer, said = request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR")
        if settings.PROXIES and said:
            request.META["REMOTE_ADDR"] = client_address(peer, said, settings.PROXIES)
        return self.get_response(request)


def client_address(peer: str, forwarded_for: str, proxies: int) -> str:
    """`peer` when the header is not what so many proxies write."""
    addresses = forwarded_for.rsplit(",", proxies)[-proxies:]
    return _address(addresses[0].rpartition(",")[2].strip()) or peer


def _address(text: str) -> str:
    """Also of `192.0.2.1:443` and `[2001:db8::1]:443`; empty for what is none."""
    bare = text.partition("]")[0][1:] if text.startswith("[") else text
    bare = bare.partition(":")[0] if bare.count(":") == 1 else bare
    try:
        return str(ip_address(bare))
    except ValueError:
        return ""
