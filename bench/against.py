"""`make bench-against REV=4ad3050`: this revision beside another, in one run.

Each has a checkout and an environment of its own, and measures itself by its own `python -m bench`,
from outside: by HTTP, SQL and the kernel's counts. They take turns, since a machine drifts by a
fifth within an hour; what counts is the ratio of the medians, and how far the pairs lie apart.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

BASE = Path(__file__).resolve().parent.parent
HERE = "here"
PAIRS = 5
LONGEST = 1_800  # seconds of one run


class Row(NamedTuple):
    """A figure of the table that `python -m bench` prints."""

    name: str
    pattern: str
    more_is_better: bool = True


ROWS = (
    Row("deliveries/s, prompt", r"prompt provider +([\d,]+) deliveries/s"),
    Row("deliveries/s, slow provider", r"slow provider +([\d,]+) deliveries/s"),
    Row("CPU us a delivery, all processes", r"CPU µs a delivery +.*?total ([\d.]+)", False),
    Row("single accept/s", r"accepted a second +single ([\d,]+)"),
    Row("single accept/s, 64 connections, workers running", r"by 64 beside workers +([\d,]+)/s"),
    Row("batch accept/s", r"accepted a second +.*in batches ([\d,]+)"),
    Row("callbacks accepted/s", r"callbacks +([\d,]+) accepted/s"),
    Row("callbacks folded/s", r"callbacks +.*?([\d,]+) folded/s"),
    Row("idle CPU, % of a core", r"idle, % of a core +([\d.]+)", False),
    Row("urgent p99 in the blast, ms", r"urgent in the blast, ms.*?p99 ([\d.,]+)", False),
    Row("urgent p99 idle, ms", r"urgent, idle, ms.*?p99 ([\d.,]+)", False),
)

Figures = dict[str, float]


class Side(NamedTuple):
    """One of the two revisions."""

    name: str
    folder: Path

    def measure(self, only: str, recipients: int) -> Figures:
        command = [".venv/bin/python", "-m", "bench", "--only", only]
        done = subprocess.run(
            [*command, "--recipients", str(recipients)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{self.name}: {done.stdout[-2_000:]}{done.stderr[-2_000:]}")
        return figures_of(done.stdout)


def figures_of(table: str) -> Figures:
    """Returns the figures that a printed table has, by the names of ROWS."""
    found = ((row.name, re.search(row.pattern, table)) for row in ROWS)
    return {name: float(match[1].replace(",", "")) for name, match in found if match}


def main() -> None:
    given = arguments()
    sides = [checkout(given.revision), Side(HERE, BASE)]
    pairs: list[tuple[Figures, Figures]] = []
    for number in range(1, given.pairs + 1):
        old, new = [side.measure(given.only, given.recipients) for side in sides]
        pairs.append((old, new))
        print(f"pair {number} of {given.pairs}: {told(old, new)}", flush=True)
    print("\n" + "\n".join(table(given.revision, pairs)))
    file = BASE / "var" / "bench-against" / f"{given.revision}.json"
    file.write_text(json.dumps({"against": given.revision, "pairs": pairs}, indent=2) + "\n")
    print(f"\nWritten to {file}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.against", description=__doc__)
    parser.add_argument("revision", help="a commit, tag or branch")
    parser.add_argument("--only", default="blast", help="parts of `python -m bench`, by commas")
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    return parser.parse_args()


def checkout(revision: str) -> Side:
    """The other revision with an environment of its own, under `var`; kept for the next time."""
    commit = run(["git", "rev-parse", "--verify", f"{revision}^{{commit}}"], BASE).strip()
    folder = BASE / "var" / "bench-against" / commit[:12]
    if not folder.exists():
        run(["git", "clone", "--quiet", "--no-checkout", str(BASE), str(folder)], BASE)
        run(["git", "checkout", "--quiet", "--detach", commit], folder)
    run(["make", "install-dev"], folder)
    return Side(revision, folder)


def run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def told(old: Figures, new: Figures) -> str:
    return ", ".join(f"{name} {new[name] / old[name]:.2f}" for name in new if old.get(name))


def table(revision: str, pairs: Sequence[tuple[Figures, Figures]]) -> Iterator[str]:
    yield f"{'medians of ' + str(len(pairs)):34} {revision:>12} {HERE:>12}  ratio  pairs"
    for row in ROWS:
        name = row.name
        both = [(old[name], new[name]) for old, new in pairs if name in old and name in new]
        if not both:
            continue
        old, new = (statistics.median(column) for column in zip(*both, strict=True))
        apart = sorted(mine / theirs for theirs, mine in both if theirs)
        better = (new >= old) == row.more_is_better
        yield (
            f"{row.name:34} {old:12,.1f} {new:12,.1f} {new / old:6.2f}"
            f"  {apart[0]:.2f} to {apart[-1]:.2f}{'' if better else '  worse'}"
        )


if __name__ == "__main__":
    main()
