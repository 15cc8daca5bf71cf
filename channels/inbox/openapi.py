"""What drf-spectacular has to be told; the class registers itself when it is imported."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class InboxTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library has no types
    target_class = "channels.inbox.authentication.InboxTokenAuthentication"
    name = "InboxToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The inbox token of a recipient, from `POST /api/v1/inbox/tokens`.",
        }
