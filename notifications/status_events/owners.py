"""Tell the owner of an endpoint by e-mail that its events have stopped; in no transaction."""

import logging
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail

from notifications.status_events.models import StatusEndpoint

log = logging.getLogger(__name__)

MOST = 50  # in one run: each may take as long as the mail server lets it
SUBJECT = "Status events to {name} have stopped"
TEXT = """\
Your endpoint {id} of {service} ({name}) has a problem:

{reason}.

What waits is kept for seven days. If the endpoint was suspended, resume it once it works again:

    POST {url}/api/v1/status-endpoints/{id}/resume

(or enable it, if it was disabled), and what waits is sent. What was given up before can be
sent again with /replay.
"""


def tell() -> None:
    """Twice, if killed between the mail and its note; never not at all."""
    rows = StatusEndpoint.objects.filter(tell_owner=True).select_related("service").defer("secrets")
    for row in rows.order_by("pk")[:MOST]:
        if row.owner_email and not _mail(row):
            continue
        StatusEndpoint.objects.filter(pk=row.pk, tell_owner=True).update(tell_owner=False)


def _mail(row: StatusEndpoint) -> bool:
    name = " ".join((row.description or f"endpoint {row.pk}").split())
    words = {"name": name, "service": row.service.name, "id": row.pk, "reason": row.reason}
    text = TEXT.format(**words, url=settings.PUBLIC_URL)
    try:
        send_mail(SUBJECT.format(name=name), text, settings.ALERT_FROM, [row.owner_email])
    except (OSError, SMTPException) as error:
        problem = type(error).__name__  # its text may hold the address
        log.warning("owner not told", extra={"endpoint_id": row.pk, "error": problem})
        return False
    return True
