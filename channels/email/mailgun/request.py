"""What every request to Mailgun shares: fields, limits, address, login."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence

from channels.base import (
    Account,
    BuildError,
    HttpRequest,
    MessageTooLarge,
    Outcome,
    OutcomeKind,
)
from channels.email.fields import reply_to
from channels.email.mailgun.multipart import Part, multipart
from channels.messages import EmailMessage

API = {"": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,253}")
MAX_SIZE = 25_000_000  # bytes of a message
MAX_OPTIONS = 16_384  # bytes of all parameters that begin with h:, o: or v:
TEXTS = {"text/plain": "text", "text/html": "html"}
# We count opens and clicks ourselves.
UNTRACKED = {"o:tracking": "no", "o:tracking-clicks": "no", "o:tracking-opens": "no"}


def answered_to(message: EmailMessage) -> dict[str, str]:
    found = reply_to(message)
    return {"h:Reply-To": found.header()} if found else {}


def posted(
    account: Account, first: Sequence[Part], fields: Mapping[str, str], files: Sequence[Part] = ()
) -> HttpRequest:
    """Raises BuildError for settings without a domain, and for what is too large."""
    settings, key = account.settings, account.credentials.get("api_key", "")
    domain = str(settings.get("domain") or "")
    if not (key and DOMAIN.fullmatch(domain)):
        reason = "The API key or the domain is missing"
        raise BuildError(Outcome(OutcomeKind.MISCONFIGURED, reason, "key"))
    sent = {**fields, **UNTRACKED}
    if sum(len(n) + len(v.encode()) for n, v in sent.items() if n[1:2] == ":") > MAX_OPTIONS:
        raise MessageTooLarge("16 KB of headers")
    texts = [Part(name, value.encode("utf-8", "replace")) for name, value in sent.items()]
    kind, body = multipart([*first, *texts, *files])
    if len(body) > MAX_SIZE:
        raise MessageTooLarge("25 MB")
    host = API.get(str(settings.get("region") or "").lower(), API[""])
    login = b64encode(f"api:{key}".encode()).decode()
    names = {"authorization": f"Basic {login}", "content-type": kind}
    return HttpRequest("POST", f"{account.endpoint or host}/v3/{domain}/messages", names, body)
