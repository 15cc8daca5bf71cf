"""What a provider's module offers: what each must, and what some can besides."""

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from channels.base import (
    Account,
    Channel,
    Event,
    Field,
    HttpRequest,
    HttpResponse,
    InboundRequest,
    Outcome,
    Send,
    Token,
)


class Adapter(Protocol):
    CHANNEL: Channel
    FIELDS: tuple[Field, ...]

    def build(self, message: Any, account: Account, now: datetime) -> Send: ...
    def classify(self, response: Any) -> Outcome: ...
    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool: ...
    def parse_events(self, request: InboundRequest) -> list[Event]: ...


@runtime_checkable
class WithToken(Protocol):
    """A bearer token comes first."""

    def token_request(self, account: Account, now: datetime) -> HttpRequest: ...
    def parse_token(self, response: HttpResponse) -> Token | Outcome: ...


@runtime_checkable
class WithRepeat(Protocol):
    """A second time does no harm, for the receiver knows the message by its id: one that was not
    answered is a failure like others, whatever its type says about doubt."""

    REPEATABLE: bool


@runtime_checkable
class WithReceipts(Protocol):
    """The provider says later that a message arrived: one without an answer may wait for that."""

    def receipts(self, account: Account) -> bool:
        """Whether this account's callbacks are set up, so that they come and are believed."""


@runtime_checkable
class WithBatch(Protocol):
    """Up to BATCH messages go in one request."""

    BATCH: int

    def batch_key(self, message: Any) -> Hashable | None:
        """Messages with equal keys may share a request; None: this one goes alone."""

    def build_batch(
        self, messages: Sequence[Any], account: Account, now: datetime
    ) -> HttpRequest: ...

    def classify_batch(self, response: HttpResponse, n: int) -> list[Outcome] | None:
        """An outcome for each, in order; None: send each alone, one of them spoils the rest."""


@runtime_checkable
class WithBatchRefusal(Protocol):
    """Some accounts cannot send several messages in a request: they are not asked each time."""

    def refuses_batches(self, response: HttpResponse) -> bool:
        """Of an answer after which each goes alone: whether every other would end the same."""


@runtime_checkable
class WithLookUp(Protocol):
    """The provider can be asked whether it has a message, before it is sent once more."""

    def look_up(self, message: Any, account: Account, now: datetime) -> HttpRequest: ...

    def found(self, response: HttpResponse, message: Any) -> Outcome | None:
        """ACCEPTED if it has it, None if not, RETRY if that could not be learnt."""


@runtime_checkable
class WithAddress(Protocol):
    """Not every token or URL is an address here: asked when one is registered."""

    def address_problem(self, address: str) -> str:
        """ "" for none; else what is wrong, to be shown."""


@runtime_checkable
class WithPublicKey(Protocol):
    """Those who want to be reached need a key of ours first."""

    def public_key(self, account: Account) -> str:
        """Raises ValueError when the account's own key cannot be used."""


@runtime_checkable
class WithCertificate(Protocol):
    """Callbacks are signed with a certificate that has to be fetched."""

    def certificate_url(self, request: InboundRequest) -> str | None:
        """None: there is none, or not at the provider's own address."""

    def is_expected(self, request: InboundRequest, account: Account) -> bool:
        """Whether it says that it comes from where the account is told of; for others nothing is
        fetched."""


@runtime_checkable
class WithConfirmation(Protocol):
    """Callbacks start with a request that has to be answered by one of ours."""

    def confirmation(
        self, request: InboundRequest, account: Account, now: datetime
    ) -> HttpRequest | None: ...


@runtime_checkable
class WithReply(Protocol):
    """A callback is answered with more than "204 No Content"."""

    def reply(self, request: InboundRequest) -> HttpResponse: ...


@runtime_checkable
class WithNonce(Protocol):
    """The signature covers a value that is used once, and not the body: it must not come again."""

    def nonce(self, request: InboundRequest) -> str: ...
