"""What providers tell us about contact points."""

from datetime import datetime

from preferences.models import ContactPoint


def deactivate(
    *, contact_point_id: int, reason: str, registered_before: datetime | None = None
) -> bool:
    """Send nothing more there; unless it was registered anew after the provider saw it die."""
    points = ContactPoint.objects.filter(pk=contact_point_id, active=True)
    if registered_before is not None:
        points = points.filter(registered_at__lte=registered_before)
    return bool(points.update(active=False, inactive_reason=reason[:200]))
