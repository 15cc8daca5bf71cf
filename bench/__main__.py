"""`python -m bench`: see docs/benchmark.md."""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from bench.stack import Stack
from bench.stand_in.problems import BenchProblem
from bench.stand_in.server import StandIn
from notifyproj.launch.system.problems import LaunchProblem
from notifyproj.launch.system.terminal import Step, complain, say

BASE = Path(__file__).resolve().parent.parent
PARTS = ("blast", "slow", "callbacks", "resolve", "urgent", "accept", "obvious")
ASKED_FOR = ("campaign", "troubled", "erasure", "idle", "killed")  # not in a run of everything
ALL = (*PARTS, *ASKED_FOR)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(ALL)}")
    parser.add_argument("--recipients", type=int, default=200_000)
    parser.add_argument("--keep", action="store_true", help="keep the people for the next run")
    given = parser.parse_args()
    given.only = set(given.only.split(","))
    if given.only - set(ALL):
        parser.error(f"--only takes {', '.join(ALL)}")
    return given


def main() -> int:
    given = arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    var = BASE / "var" / "bench"
    stack, stand_in = Stack(BASE, var, keep=given.keep), StandIn(var / "stand-in")
    try:
        with Step("Servers") as step:
            stack.start()
            stand_in.start()
            step.detail = stand_in.name
        measure(stack, stand_in, given)
    except (BenchProblem, LaunchProblem) as problem:
        complain(str(problem))
        return 1
    except KeyboardInterrupt:
        complain("Stopped before the end")
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        stand_in.stop()
        stack.stop()
        say("  Stopped, nothing is left running")
    return 0


def measure(stack: Stack, stand_in: StandIn, given: argparse.Namespace) -> None:
    os.environ |= stack.environment | {"DJANGO_SETTINGS_MODULE": "notifyproj.settings"}
    import django

    django.setup()
    from bench import run  # needs the settings

    run.measure(stack, stand_in, given.only, given.recipients, BASE / "var" / "bench.json")


def interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
