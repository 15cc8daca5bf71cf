"""Errors to Sentry, where SENTRY_DSN says so; nothing personal goes along."""

from typing import Any

from notifyproj.core.logs import without_links


def start(dsn: str, **options: Any) -> None:
    """Local variables and request bodies stay here: they hold addresses, codes and keys."""
    import sentry_sdk  # 15 MB that a process without Sentry does not need

    options.setdefault("before_send", masked)
    options.setdefault("before_send_transaction", masked)
    options.setdefault("before_breadcrumb", masked)
    sentry_sdk.init(
        dsn=dsn,
        include_local_variables=False,
        max_request_body_size="never",
        **options,
    )


def masked(event: Any, hint: Any = None) -> Any:
    """Without the tokens of people's links, wherever they stand."""
    if isinstance(event, str):
        return without_links(event)
    if isinstance(event, dict):
        return {key: masked(value) for key, value in event.items()}
    return [masked(value) for value in event] if isinstance(event, list) else event
