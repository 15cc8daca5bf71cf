"""How often somebody may try to log in: by name and address together, by name, and by address.

Whoever has logged in from an address before is held to the first of them only there, so that
strangers who try a name, or many names behind the same proxy, lock nobody out. What is refused
says the same of names that exist and of those that do not.
"""

from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

import redis

from notifyproj.core.encryption import lookup_hash
from notifyproj.core.servers import redis_client
from notifyproj.core.servers.redis_client import quick_redis

KNOWN_SECONDS = 30 * 24 * 3600
NETWORK_BITS = 64  # of IPv6: whoever has one address has all of these


@dataclass(frozen=True, slots=True)
class Limit:
    """`at_once` attempts, and another one every `seconds`."""

    at_once: int
    seconds: float

    def take(self, key: str, units: int = 1) -> float:
        burst = self.at_once * self.seconds
        return redis_client.take_units(key, rate=1 / self.seconds, burst=burst, units=units)


PAIR = Limit(5, 60.0)
NAME = Limit(20, 20.0)
ADDRESS = Limit(50, 3.0)
NOTED = Limit(1, 600.0)  # how often a refusal is written to the audit log


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who says to be `name`, from `address`."""

    name: str
    address: str

    def wait(self) -> float:
        """Seconds until it may be made; 0.0 when it may, and is counted."""
        wait = PAIR.take(self._pair)
        if wait or self._is_known():
            return wait
        return NAME.take(self._name) or ADDRESS.take(self._address)

    def succeeded(self) -> None:
        redis_client.refill(self._pair)
        if not self._is_known():
            NAME.take(self._name, -1)
            ADDRESS.take(self._address, -1)
        with suppress(redis.RedisError):
            quick_redis().set(f"{self._pair}:known", 1, ex=KNOWN_SECONDS)

    def is_noted(self) -> bool:
        """Whether its refusal is one to write down: not each of thousands."""
        return NOTED.take(f"{self._pair}:noted") == 0.0

    def _is_known(self) -> bool:
        with suppress(redis.RedisError):
            return bool(quick_redis().exists(f"{self._pair}:known"))
        return False

    @property
    def _name(self) -> str:
        return f"login:name:{_hashed(self.name)}"

    @property
    def _address(self) -> str:
        return f"login:address:{_hashed(network(self.address))}"

    @property
    def _pair(self) -> str:
        return f"login:pair:{_hashed(self.name, network(self.address))}"


def network(address: str) -> str:
    """An IPv4 address, or the network that an IPv6 address is one of."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> NETWORK_BITS << NETWORK_BITS))


def _hashed(*parts: str) -> str:
    return lookup_hash("login", "\n".join(part.strip().casefold() for part in parts)).hex()[:32]
