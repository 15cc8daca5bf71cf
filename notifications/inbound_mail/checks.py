"""The system check of BOUNCE_ADDRESS. Ids go on from preferences/checks.py."""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from channels.addresses.signed import Signer, Unsubscribe

# A domain, or one mailbox of it, as they stand in an envelope (RFC 5321): no name, no brackets.
FORM = re.compile(
    r"(?:[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)
# The longest address an installation may come to need: ids are counted up, never chosen.
LARGEST = Unsubscribe(UUID(int=0), recipient_id=2**35 - 1, type_id=2**14 - 1)


@register(Tags.compatibility)
def check_bounce_address(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """One that is too long would be passed over without a word: no bounce would come back."""
    base = str(settings.BOUNCE_ADDRESS).strip()
    if not base:
        return []
    if not FORM.fullmatch(base) or ".." in base:
        text = "BOUNCE_ADDRESS must be a domain, or one mailbox such as bounces@example.com"
        return [Error(text, id="notify.E007")]
    if Signer(base, b"").address(LARGEST):
        return []
    text = "BOUNCE_ADDRESS leaves no room for a signature: a local part has 64 characters"
    return [Error(text, "Use a mailbox of at most 12 characters, or a domain.", id="notify.E007")]
