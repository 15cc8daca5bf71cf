"""Who holds back a delivery that waits: the text in its column `held_by`. Pure."""

PAUSED = "notification:"  # with its id: a notification that is paused


def by_account(account_id: int) -> str:
    """A provider account that sends nothing until somebody mends it."""
    return f"account:{account_id}"


def by_notification(notification_id: object) -> str:
    """A notification that was paused; its deliveries wait until it goes on."""
    return f"{PAUSED}{notification_id}"
