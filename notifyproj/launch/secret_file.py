"""The secrets of an installation: made once, kept in `var/secrets.env`, readable by us alone."""

import base64
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from dotenv import dotenv_values

from notifyproj.launch.system.folders import write_private
from notifyproj.launch.system.problems import LaunchProblem

NAME = "secrets.env"


def random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


GENERATORS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "FIELD_ENCRYPTION_KEYS": lambda: f"1:{random_key()}",
    "LOOKUP_HASH_KEY": random_key,
    "FLOWER_PASSWORD": lambda: secrets.token_urlsafe(12),
    "DEMO_API_KEY": lambda: f"nk_{secrets.token_urlsafe(32)}",
    "DEMO_ADMIN_PASSWORD": lambda: secrets.token_urlsafe(12),
}
IRREPLACEABLE = ("FIELD_ENCRYPTION_KEYS", "LOOKUP_HASH_KEY")


def load_secrets(var: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Those of the file, missing ones made; what `environment` has wins.

    A LaunchProblem when there is data but its keys are gone: new ones could not read it.
    """
    stored = read_env(var / NAME)
    known = {**stored, **{name: environment[name] for name in GENERATORS if name in environment}}
    if (var / "postgres").exists() and not all(name in known for name in IRREPLACEABLE):
        raise LaunchProblem(
            f"{var / NAME} is missing, and without it the data in {var / 'postgres'} cannot be "
            "read. Put it back, or remove both to start afresh."
        )
    missing = {name: make() for name, make in GENERATORS.items() if name not in known}
    if missing:
        write_env(var / NAME, {**stored, **missing})
    return {**known, **missing}


def read_env(path: Path) -> dict[str, str]:
    """Empty when there is no such file."""
    return {key: value or "" for key, value in dotenv_values(path, interpolate=False).items()}


def write_env(path: Path, values: Mapping[str, str]) -> None:
    """KEY=value lines that only we can read."""
    write_private(path, "".join(f"{key}={value}\n" for key, value in values.items()))
