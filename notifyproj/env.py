"""Strict readers of environment variables: a wrong value stops the start, with its name."""

import os
import re
import socket
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})+")  # fully qualified
NOWHERE = "[127.0.0.1]"


def env_str(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set")
    return value


def env_bool(name: str, default: bool) -> bool:
    """Accepts 1/0, true/false, yes/no, on/off in any case; anything else is an error."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1/0, true/false, yes/no, on/off")


def env_count(name: str, default: int) -> int:
    """A number from 0 on; true is 1 and false 0, which is what it once was."""
    value = os.environ.get(name, "").lower()
    if value.isdecimal() and len(value) < 4:
        return int(value)
    return int(env_bool(name, bool(default)))


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number") from error


def env_host(name: str, default: str) -> str:
    """A fully qualified name, or an address in brackets (RFC 5321, 4.1.3)."""
    value = env_str(name, default).strip()
    named = HOST.fullmatch(value) and not _literal(value)
    literal = value[:1] == "[" and _literal(value[1:-1].removeprefix("IPv6:")) == value
    if named or literal:
        return value
    raise ImproperlyConfigured(f"{name} must be like mail.example.com, or like [192.0.2.1]")


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


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_secret(name: str, default: str | None = None) -> str:
    """The variable itself, or the content of the file that NAME_FILE names (a mounted secret)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return env_str(name, default)


def load_env_file(path: Path) -> None:
    """Take variables that are not set yet from a KEY=value file; a missing file is no error."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        key, separator, value = line.partition("=")
        if separator and not key.startswith("#"):
            os.environ.setdefault(key, value)
