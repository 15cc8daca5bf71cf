"""What an explanation says, declared once: shown in the OpenAPI."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Struct, UnsetType

from notifications.accept.requests import Warned
from notifyproj.core.api.former_names import Renamed, former_name

DecisionKind = Literal["send", "defer", "skip", "digest"]
State = Literal["in_use", "spare", "held", "broken", "over_daily_cap", "serves_elsewhere"]


class RuleView(Struct):
    """One rule that was evaluated, with its input. The last rule with a decision decides."""

    rule: str
    input: str
    decision: DecisionKind | None  # null: it let the message pass
    reason: str = ""


class AccountView(Struct):
    """A provider account that serves the contact point. `share`: its share of such messages."""

    account: str
    state: State
    share: float


class Choosing(Struct):
    """The account most likely to be used now, and why; "" if there is none."""

    account: str
    why: str
    accounts: list[AccountView]


class FallbackView(Struct):
    """Sent in addition, unless `source` is accepted (or delivered) within `after_seconds`."""

    source: str
    unless: Literal["accepted", "delivered"]
    after_seconds: float


class WayView(Renamed, kw_only=True):
    """One message to one contact point, or the reason why there is none. `basis`: why it may be
    sent."""

    user_id: str
    channel: str
    to: str  # masked
    decision: DecisionKind
    reason: str  # a stable code
    reason_text: str
    at: datetime | None  # when it would go, a digest at the latest; null: not at all
    basis: str  # why it may be sent
    ground: Annotated[str | UnsetType, former_name("basis")] = UNSET
    rules: list[RuleView]
    fallback: FallbackView | None = None
    routing: Choosing | None = None
    message: str = ""  # its key in `messages`
    problem: str = ""  # why it could not be written or built
    units: int = 0  # what the provider bills for: parts of an SMS
    cost: float | None = None  # in the currency of the account's prices; null: nobody said


class Explanation(Struct):
    """What a send with the same body would do now. Nothing was stored, counted or sent."""

    type: str
    template: str
    priority: Literal["high", "normal", "low"]
    asked_at: datetime  # the instant the rules were asked for: now, or when it is scheduled
    expires_at: datetime
    limits: str
    warnings: list[Warned]
    deliveries: list[WayView]
    messages: dict[str, dict[str, str]]  # the text of each channel and language, by part
