"""The number an SMS goes to, in its one form. Pure."""

from channels.addresses.phone import InvalidPhone, sendable
from channels.base import BuildError, Outcome, OutcomeKind
from channels.messages import SmsMessage


def number_of(message: SmsMessage) -> str:
    """Raises BuildError for what is no number of any country."""
    try:
        return sendable(message.envelope.address)
    except InvalidPhone:
        reason = "The number is not valid"
        raise BuildError(Outcome(OutcomeKind.BAD_RECIPIENT, reason, "bad_address")) from None
