"""Environment variables, read by environs: a wrong value stops the start, with its name.

`env` reads the variables themselves; `secret` also the file that NAME_FILE names, as a secret is
mounted in a container. Below them are the three kinds of values that environs does not know.
"""

import re
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna
from environs import Env, FileAwareEnv, ValidationError

LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})+")  # fully qualified
NOWHERE = "[127.0.0.1]"

env = Env()
secret = FileAwareEnv(strip_whitespace=True)


def env_list(name: str, default: str = "") -> list[str]:
    """Its parts between commas, without spaces around them and without empty ones."""
    parts = env.str(name, default).split(",")
    return [part.strip() for part in parts if part.strip()]


def env_count(name: str, default: int) -> int:
    """A number from 0 on; true is 1 and false 0, which is what it once was."""
    value = env.str(name, "").lower()
    if value.isdecimal() and len(value) < 4:
        return int(value)
    return int(env.bool(name, bool(default)))


def env_host(name: str, default: str) -> str:
    """A fully qualified name, or an address in brackets (RFC 5321, 4.1.3)."""
    return env.str(name, default, validate=_check_host).strip()


def _check_host(text: str) -> None:
    value = text.strip()
    named = HOST.fullmatch(value) and not _literal(value)
    literal = value[:1] == "[" and _literal(value[1:-1].removeprefix("IPv6:")) == value
    if not (named or literal):
        raise ValidationError("must be like mail.example.com, or like [192.0.2.1]")


def origin_of(url: str) -> str:
    """As browsers name it: without a path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def own_name(url: str) -> str:
    """How this installation calls itself to mail servers: the host of its public URL, or else of
    the machine, as far as they are fully qualified. Nothing is looked up."""
    host = urlsplit(url).hostname or ""
    try:
        name = idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        name = ""
    found = (_literal(host), *filter(HOST.fullmatch, (name, socket.gethostname())))
    return next(filter(None, found), NOWHERE)


def _literal(host: str) -> str:
    """An address as EHLO wants it; "" for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"
