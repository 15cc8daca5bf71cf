"""Is it all right now, and if not, where? The worst first. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.base import Lane
from notifications.admin.home.numbers import AccountLine, Numbers
from notifications.queues import PERIODIC
from notifyproj.core.humanize import lasting

LATE = timedelta(seconds=60)  # for something that is due
ENOUGH = 20  # messages before a share means something
MANY_FAIL = 0.05
MOST_NAMED = 5  # queues


@dataclass(frozen=True, slots=True)
class Problem:
    tone: str  # bad or warn
    title: str
    detail: str
    page: str  # the name of a route of the admin
    query: dict[str, str]  # of its address
    row: int | None = None


def problems(numbers: Numbers) -> list[Problem]:
    found = [
        *_silent(numbers),
        *_ended(numbers),
        *_late(numbers),
        *_accounts(numbers),
        *_failing(numbers),
        *_alerts(numbers),
    ]
    return sorted(found, key=lambda problem: problem.tone != "bad")


def verdict(found: list[Problem]) -> tuple[str, str]:
    """Returns the overall state as a word, with its tone."""
    if not found:
        return "All systems operational", "good"
    worst = found[0].tone
    return ("Needs attention", "bad") if worst == "bad" else ("Warnings", "warn")


def _silent(numbers: Numbers) -> Iterator[Problem]:
    """Whatever the cause: no worker, one that keeps ending, a broker that refuses it."""
    page, query = "notifications_delivery_changelist", {"state": "waiting"}
    if numbers.silent is None:
        detail = "The state of the workers is unknown until it does."
        yield Problem(
            tone="warn", title="Redis does not respond", detail=detail, page=page, query=query
        )
    elif numbers.silent:
        some, names = len(numbers.silent), ", ".join(numbers.silent[:MOST_NAMED])
        more = f" and {some - MOST_NAMED} more" if some > MOST_NAMED else ""
        # It sends the tasks that show whether the others are consumed.
        beat = " Check that Beat and `periodic` are running." if PERIODIC in numbers.silent else ""
        detail = f"{names}{more}: nothing was processed for 30 seconds. See the workers' logs."
        noun = "queue" if some == 1 else "queues"
        yield Problem(
            tone="bad",
            title=f"No worker is processing {some} {noun}",
            detail=detail + beat,
            page=page,
            query=query,
        )


def _ended(numbers: Numbers) -> Iterator[Problem]:
    """Others may take from its queues: slower, and nobody is left if they end as well."""
    if not numbers.ended:
        return
    names = ", ".join(numbers.ended[:MOST_NAMED])
    more = len(numbers.ended) - MOST_NAMED
    detail = f"{names}{f' and {more} more' if more > 0 else ''}: see the logs."
    title = "A worker has ended" if len(numbers.ended) == 1 else "Some workers have ended"
    query = {"state": "waiting"}
    yield Problem(
        tone="warn",
        title=title,
        detail=detail,
        page="notifications_delivery_changelist",
        query=query,
    )


def _late(numbers: Numbers) -> Iterator[Problem]:
    """Whatever is due goes within seconds, if workers are there and keep up."""
    late: dict[Lane, datetime] = {}
    for one in numbers.due:
        late[one.lane] = min(one.first, late.get(one.lane, one.first))
    for lane, first in late.items():
        if numbers.at - first > LATE:
            yield _behind(lane, lasting(numbers.at - first), numbers.rates.get(lane, 0))


def _behind(lane: Lane, since: str, rate: int) -> Problem:
    name = lane.name.lower()
    page, query = "notifications_delivery_changelist", {"lane": name, "state": "waiting"}
    oldest = f"Its oldest message has been due for {since}"
    if rate:
        detail = f"{oldest}; workers process {rate:,} per second."
        return Problem(
            tone="warn", title=f"The {name} queue is behind", detail=detail, page=page, query=query
        )
    detail = f"{oldest}. Check that a worker is running."
    return Problem(
        tone="bad",
        title=f"No worker is processing the {name} queue",
        detail=detail,
        page=page,
        query=query,
    )


def _accounts(numbers: Numbers) -> Iterator[Problem]:
    for line in numbers.accounts:
        tone = account_tone(line)
        if tone in ("bad", "warn"):
            title, detail = f"{line.account.slug}: {line.state}", _minute(line)
            yield Problem(
                tone=tone,
                title=title,
                detail=detail,
                page="channels_provideraccount_change",
                query={},
                row=line.account.pk,
            )


def worst_first(lines: list[AccountLine]) -> list[tuple[AccountLine, str]]:
    """Each with its tone; those that send most before others, those not in use at the end."""
    ranks = {"bad": 0, "warn": 1, "good": 2, "none": 3}
    toned = [(line, account_tone(line)) for line in lines]
    return sorted(toned, key=lambda pair: (ranks[pair[1]], -pair[0].sent_today))


def account_tone(line: AccountLine) -> str:
    """Returns the tone in which an account's state is shown."""
    if not line.account.enabled:
        return "none"
    if line.state.startswith(("suspended", "breaker open", "failing", "daily cap")):
        return "bad" if not line.state.startswith("daily cap") else "warn"
    return "warn" if line.state.startswith(("breaker", "slowed")) else "good"


def _minute(line: AccountLine) -> str:
    tries = line.ok_minute + line.bad_minute
    return f"{line.bad_minute:,} of {tries:,} attempts failed in the last minute" if tries else ""


def _failing(numbers: Numbers) -> Iterator[Problem]:
    """In this hour and the one before."""
    for line in numbers.channels:
        failed, sent = (sum(getattr(h, n) for h in line.hours[-2:]) for n in ("failed", "sent"))
        tries = failed + sent
        if tries >= ENOUGH and failed / tries >= MANY_FAIL:
            yield Problem(
                tone="bad" if failed * 2 >= tries else "warn",
                title=f"{failed / tries:.0%} of {line.channel.replace('_', ' ')} deliveries fail",
                detail=f"{failed:,} of {tries:,} in the last two hours",
                page="notifications_delivery_changelist",
                query={"channel": line.channel, "state": "failed", "since": "2h"},
            )


def _alerts(numbers: Numbers) -> Iterator[Problem]:
    for alert in numbers.alerts:
        yield Problem(
            tone="warn",
            title=alert.title,
            detail=alert.detail[:200],
            page="core_alert_change",
            query={},
            row=alert.pk,
        )
