"""The parts of a run in their order. Imported once the settings can be read."""

import time
from collections.abc import Collection
from pathlib import Path

from bench import (
    accept,
    blast,
    callbacks,
    campaign,
    erasure,
    obvious_run,
    report,
    resolve,
    urgent,
    usage,
    world,
)
from bench.stack import Stack
from bench.stand_in.server import StandIn
from notifyproj.launch.system.terminal import Step, say

PARTS = (
    *("idle", "urgent", "killed", "blast", "slow", "callbacks", "resolve", "accept", "obvious"),
    *("campaign", "troubled", "erasure"),
)
URGENT_SENDS, URGENT_RATE = 200, 20.0
TIMES_KILLED = 4
CAMPAIGN_SIZE = 200_000  # a smaller run is for trying things, its figures are not kept
CALM = 2.0  # seconds between parts


def measure(
    stack: Stack, stand_in: StandIn, parts: Collection[str], recipients: int, file: Path
) -> None:
    """Raises BenchProblem when something does not add up."""
    with Step("People") as step:
        people = world.build(recipients, stand_in.ca.read_text(), stand_in.prompt.url)
        step.detail = f"{people.people:,}"
    with Step("Processes"):
        stack.start_processes()
    with Step("Warm-up"):
        blast.warm_up(people, stack.port)
    figures = report.Figures(report.machine(stand_in.name, people.people))
    peaks = usage.Peaks()
    for name in PARTS:
        if name in parts:
            time.sleep(CALM)
            with Step(name):
                _measure(name, figures, people, stack, stand_in)
            peaks.look(stack.pids() | stand_in.pids())
    figures.peak_mb = peaks.megabytes
    say("\n" + report.table(figures))
    if figures.complete and people.people >= CAMPAIGN_SIZE:
        report.write(figures, file)
        say(f"\n  Written to {file}")
    else:
        say(f"\n  Not a complete run of {CAMPAIGN_SIZE:,} people: {file} stays as it is")


def _measure(
    part: str, figures: report.Figures, people: world.World, stack: Stack, stand_in: StandIn
) -> None:
    match part:
        case "urgent":
            figures.urgent_idle_ms = urgent.idle(
                people, stack.port, stand_in.prompt, URGENT_SENDS, URGENT_RATE
            )
        case "killed":
            figures.urgent_killed_ms = urgent.killed(people, stack, stand_in.prompt, TIMES_KILLED)
        case "blast":
            figures.blast = blast.run(people, stack, stand_in, stand_in.prompt)
        case "slow":
            figures.slow = blast.run(people, stack, stand_in, stand_in.slow)
        case "callbacks":
            figures.callbacks = callbacks.run(people, stack, stand_in)
        case "campaign" | "troubled":
            troubled = part == "troubled"
            figures.campaigns.append(campaign.run(people, stack, stand_in, troubled=troubled))
        case _:
            _measure_ours(part, figures, people, stack, stand_in)


def _measure_ours(
    part: str, figures: report.Figures, people: world.World, stack: Stack, stand_in: StandIn
) -> None:
    """Parts in which no provider matters."""
    match part:
        case "resolve":
            figures.resolve = resolve.run(people, stack)
        case "accept":
            figures.accept = accept.run(people, stack)
        case "obvious":
            figures.obvious = obvious_run.run(stack, stand_in)
        case "erasure":
            figures.erasure = erasure.run(stack)
        case "idle":
            figures.idle = usage.idle(stack.pids())
