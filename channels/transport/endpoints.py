"""Which servers an account may name as its own: by an endpoint, or as its mail server.

An operator of the admin must reach nothing by it that only this machine may reach. So the servers
they name are vetted like the webhooks of strangers, but for hosts that whoever runs the platform
lists in PROVIDER_HOSTS, and but for the sandbox.
"""

from django.conf import settings

from channels.base import HttpRequest, Outcome, OutcomeKind, SmtpSend
from channels.transport import ssrf
from channels.transport.dns import Names

NOT_LISTED = "PROVIDER_HOSTS does not list it"


def is_trusted(host: str) -> bool:
    """Whether it needs no vetting; `host` in lower case."""
    if settings.SANDBOX or host in settings.PROVIDER_HOSTS:
        return True
    return bool(settings.ALLOW_PRIVATE_URLS) and host in ssrf.LOOPBACK  # as for webhooks


def is_trusted_url(url: str) -> bool:
    """The same of the host of a URL; not of one that another reader may take for another host, as
    of `https://10.0.0.1\\@relay.example`."""
    if settings.SANDBOX:
        return True
    return not ssrf.is_ambiguous(url) and is_trusted(ssrf.host_of(url))


def refuse_endpoint(url: str) -> str | None:
    """Why an account may not have this endpoint, for forms; None when it may."""
    if "@" in url or "#" in url or "?" in url:
        return "The URL must hold no user name, no query and no fragment"
    host = ssrf.host_of(url)
    if is_trusted_url(url):
        return None
    if url.startswith(("smtp://", "smtps://", "smtp+starttls://")):
        return refuse_mail_server(host)
    reason = ssrf.refuse_url(url)
    return f"{reason}, and {NOT_LISTED}" if reason else None


def refuse_mail_server(host: str) -> str | None:
    """The same for a mail server that is named by itself."""
    if is_trusted(host.lower()):
        return None
    reason = ssrf.refuse_host(host.lower())
    return f"{reason}, and {NOT_LISTED}" if reason else None


def misconfigured(refused: Outcome) -> Outcome:
    """A refusal of the guard as the account's fault: nothing is wrong with the person's address."""
    reason = f"The account's endpoint: {refused.reason}"
    return Outcome(OutcomeKind.MISCONFIGURED, reason, refused.code)


async def vetted_addresses(names: Names, host: str) -> list[str] | Outcome:
    """Where a mail server is, or why nothing may be sent there. Raises OSError.

    [] when the host is trusted: it may be looked up by whoever connects.
    """
    if is_trusted(host.lower()):
        return []
    reason = refuse_mail_server(host)
    if reason is None:
        found = await names.find(host)
        if all(map(ssrf.is_public, found)) and found:
            return found
        reason = f"The host is not on the public internet, and {NOT_LISTED}"
    return Outcome(OutcomeKind.MISCONFIGURED, f"The mail server: {reason}", "url_refused")


async def is_public_server(request: HttpRequest | SmtpSend, names: Names) -> bool:
    """Whether what it answers may be shown: not what a private address says."""
    host = request.host if isinstance(request, SmtpSend) else ssrf.host_of(request.url)
    if settings.SANDBOX and host in ssrf.LOOPBACK:
        return True  # the simulators
    try:
        found = await names.find(host)
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(map(ssrf.is_public, found))
