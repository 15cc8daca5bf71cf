"""Which simulator stands for which kind of provider: the module with the name of the kind, wherever
in `providers/` it is."""

from functools import cache
from importlib import import_module
from pkgutil import walk_packages

from channels import registry
from channels.sandbox import providers
from channels.sandbox.kit.values import Simulator


@cache
def simulators() -> dict[str, Simulator]:
    """Those that speak HTTP, by kind."""
    found = {}
    for module in walk_packages(providers.__path__, f"{providers.__name__}."):
        kind = module.name.rpartition(".")[2]
        if kind in registry.kinds() and not module.ispkg:
            simulator = getattr(import_module(module.name), "SIMULATOR", None)
            found.update({kind: simulator} if simulator else {})
    return found


def simulated() -> tuple[str, ...]:
    """The kinds that have one, by HTTP or as a mail server."""
    return tuple(kind for kind in registry.kinds() if kind == "smtp" or kind in simulators())
