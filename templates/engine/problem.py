"""Something wrong with a template, and where. Pure."""

from dataclasses import dataclass

from templates.engine.tokens import NotAllowed, TooHeavy


@dataclass(frozen=True, slots=True)
class Problem:
    """Empty `locale` or `field`: it is about the whole of the level above.

    `warning`: worth knowing, and no reason not to publish. `heavy`: more than can be read safely,
    so it is not even stored.
    """

    channel: str
    locale: str
    field: str
    message: str
    line: int | None = None
    warning: bool = False
    heavy: bool = False

    @property
    def path(self) -> str:
        """As the API names it: `parts.sms.default.body`."""
        place = ".".join(filter(None, (self.channel, self.locale, self.field))) or "parts"
        return f"parts.{place}" if self.channel else place

    def __str__(self) -> str:
        place = " / ".join(filter(None, (self.channel, self.locale, self.field)))
        line = f", line {self.line}" if self.line else ""
        return f"{place}{line}: {self.message}" if place else self.message


def refused(channel: str, locale: str, field: str, error: NotAllowed) -> Problem:
    """Returns a mistake in a template's language as a problem of its field."""
    heavy = isinstance(error, TooHeavy)
    return Problem(
        channel=channel,
        locale=locale,
        field=field,
        message=str(error),
        line=error.line,
        heavy=heavy,
    )


def errors(problems: list[Problem]) -> list[Problem]:
    """Returns the problems that keep a text from being published."""
    return [problem for problem in problems if not problem.warning]
