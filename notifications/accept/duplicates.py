"""What two requests share that say the same: their collapse key, or their words.

Keyed, so that nobody without the key can try what the words were.
"""

import msgspec

from notifications.accept.requests import SendRequest
from notifyproj.core.encryption import lookup_hash
from preferences.facts.types import TypeValue

LENGTH = 12  # bytes


def content_hash(request: SendRequest, type_: TypeValue, template_version_id: int) -> bytes:
    """b"" where the type lets the same be sent again."""
    if not type_.duplicate_seconds:
        return b""
    if request.collapse_key:
        return lookup_hash("collapse", request.collapse_key)[:LENGTH]
    words = msgspec.json.encode(request.variables, order="deterministic").decode()
    return lookup_hash("content", f"{template_version_id}:{words}")[:LENGTH]
