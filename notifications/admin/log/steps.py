"""The story of a delivery, step by step, each with the time since the one before. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.base import EventKind, OutcomeKind

NOTICEABLE = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime
    title: str
    tone: str = "none"
    lines: Sequence[str] = ()  # in words
    technical: Sequence[str] = ()  # what a provider said, verbatim
    after: float | None = None  # seconds since the step before


@dataclass(frozen=True, slots=True)
class Try:
    number: int
    started_at: datetime
    duration_ms: int
    outcome: OutcomeKind
    account: str
    code: str = ""
    reason: str = ""
    provider_id: str = ""
    status: int | None = None
    excerpt: str = ""
    cost: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a provider or a link of ours said later."""

    kind: str
    at: datetime
    account: str = ""
    is_bot: bool = False
    code: str = ""
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    created_at: datetime
    why: Sequence[str]
    ready_at: datetime | None
    attempts: Sequence[Try]
    heard: Sequence[Heard]
    ended: Step | None  # how it was settled, or what it waits for


BECAME = {
    OutcomeKind.ACCEPTED: ("Accepted", "good"),
    OutcomeKind.DELIVERED: ("Delivered", "good"),
    OutcomeKind.RETRY: ("Temporary failure", "warn"),
    OutcomeKind.THROTTLED: ("Throttled", "warn"),
    OutcomeKind.BAD_RECIPIENT: ("Address rejected", "bad"),
    OutcomeKind.REJECTED: ("Message rejected", "bad"),
    OutcomeKind.MISCONFIGURED: ("Account rejected", "bad"),
    OutcomeKind.UNCERTAIN: ("No response", "warn"),
}
SAID: dict[str, tuple[str, str]] = {
    "retried": ("Resent by an operator", "busy"),
    EventKind.BOUNCED_SOFT: ("Soft bounce", "warn"),
    EventKind.BOUNCED_HARD: ("Bounced", "bad"),
    EventKind.COMPLAINED: ("Spam complaint", "bad"),
    EventKind.SUPPRESSED: ("Suppressed by the provider", "bad"),
}


def steps(story: Story) -> list[Step]:
    """In the order in which they happened."""
    found = [Step(story.created_at, "Created", lines=story.why)]
    if story.ready_at is not None and story.ready_at - story.created_at > NOTICEABLE:
        found.append(Step(story.ready_at, "Ready to send"))
    found += [_of_try(one) for one in story.attempts]
    found += [_of_event(one) for one in story.heard]
    if story.ended is not None:
        found.append(story.ended)
    ordered = sorted(found, key=lambda step: step.at)
    return list(_apart(ordered))


def _of_try(one: Try) -> Step:
    became, tone = BECAME[one.outcome]
    through = f" through {one.account}" if one.account else ""
    lines = [line for line in (one.reason, f"Cost: {one.cost}" if one.cost else "") if line]
    said = (
        f"HTTP {one.status}" if one.status else "",
        one.code,
        f"id {one.provider_id}" if one.provider_id else "",
        one.excerpt,
    )
    title = f"Attempt {one.number}{through}: {became.lower()}, after {one.duration_ms:,} ms"
    return Step(
        at=one.started_at,
        title=title,
        tone=tone,
        lines=lines,
        technical=[text for text in said if text],
    )


def _of_event(one: Heard) -> Step:
    title, tone = SAID.get(one.kind, (one.kind.replace("_", " ").capitalize(), "good"))
    if one.is_bot:
        title, tone = f"{title} by a bot", "none"
    source = f"Reported by {one.account}" if one.account else ""
    lines = [line for line in (source, one.reason, one.detail) if line]
    return Step(
        at=one.at, title=title, tone=tone, lines=lines, technical=[one.code] if one.code else []
    )


def _apart(ordered: Iterable[Step]) -> Iterator[Step]:
    before: datetime | None = None
    for step in ordered:
        after = None if before is None else (step.at - before).total_seconds()
        yield Step(
            at=step.at,
            title=step.title,
            tone=step.tone,
            lines=step.lines,
            technical=step.technical,
            after=after,
        )
        before = step.at
