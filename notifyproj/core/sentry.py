"""Errors to Sentry, where SENTRY_DSN says so; nothing personal goes along."""

from typing import Any


def start(dsn: str, **options: Any) -> None:
    """Local variables and request bodies stay here: they hold addresses, codes and keys."""
    import sentry_sdk  # 15 MB that a process without Sentry does not need

    sentry_sdk.init(
        dsn=dsn,
        include_local_variables=False,
        max_request_body_size="never",
        **options,
    )
