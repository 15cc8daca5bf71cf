"""Whether a person could answer: the reply address that a request's variables make.

Checked here by the rule that sends, so that nobody learns of it by failed deliveries.
"""

from collections.abc import Collection

from channels.base import Channel
from notifications.accept.requests import SendRequest
from notifyproj.core.api.errors import InvalidFields
from templates.versions.published import (
    RenderFailed,
    VersionValue,
    reply_address,
    reply_addresses,
)


def check_reply_address(
    request: SendRequest,
    version: VersionValue,
    channels: Collection[str],
    given_later: Collection[str] = (),
) -> None:
    """Raises InvalidFields. `channels`: all it may go to."""
    if Channel.EMAIL not in channels:
        return
    for locale, names in reply_addresses(version.id):
        if not set(names).isdisjoint(given_later):
            continue
        try:
            reply_address(version.id, locale, request.variables)
        except RenderFailed as error:
            raise _refused(version, names, error.message) from None


def _refused(version: VersionValue, names: Collection[str], why: str) -> InvalidFields:
    """At the variables it is made of; without any, no request can make it better."""
    text = f"The reply address of {version.name} cannot be used. {why}"
    fields = {f"variables.{name}": text for name in names} or {"template_id": text}
    return InvalidFields(fields, "invalid_variable" if names else "invalid")
