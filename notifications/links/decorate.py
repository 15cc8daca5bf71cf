"""What a message of ours carries besides its text: how to stop it, and what counts its opens."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from channels.base import Channel
from channels.messages import EmailMessage
from channels.way_out import WayOut
from notifications.dispatch.claim import Claimed
from notifications.inbound_mail import signed_addresses
from notifications.links import our_urls as ours
from notifications.links.rewrite_html import rewrite
from preferences.centre.links import preferences_url
from preferences.centre.texts import LANGUAGES, language_of
from preferences.facts.types import TypeValue
from templates.fields import PREFERENCES_URL, UNSUBSCRIBE_URL, WHY_URL

SAY_IT = frozenset({Channel.EMAIL, Channel.SMS})
AUTOMATIC = {"Auto-Submitted": "auto-generated"}  # RFC 3834: nobody answers with a holiday
LISTED = {"Auto-Submitted": ""}  # not besides List-Id, which says as much


def unsubscribe_url(row: Claimed, type_: TypeValue) -> str:
    """Empty for what cannot be switched off."""
    if type_.rules.mandatory:
        return ""
    return ours.unsubscribe_url(
        row.id, row.recipient_id, row.type_id, row.contact_point_id, row.channel
    )


def supplied(
    names: Collection[str], row: Claimed, type_: TypeValue, now: datetime
) -> dict[str, str]:
    """Those of our own variables that a text uses."""
    found = {}
    if UNSUBSCRIBE_URL in names:
        found[UNSUBSCRIBE_URL] = unsubscribe_url(row, type_)
    if PREFERENCES_URL in names:
        found[PREFERENCES_URL] = preferences_url(row.recipient_id, now)
    if WHY_URL in names:
        found[WHY_URL] = ours.why_url(row.id, now)
    return found


def way_out(row: Claimed, type_: TypeValue, locale: str, now: datetime) -> WayOut | None:
    """Of marketing. None where it is in the text: that of an e-mail and an SMS was checked."""
    if row.channel in SAY_IT:
        return None
    texts = LANGUAGES[language_of(locale)]
    return WayOut(
        unsubscribe_url(row, type_),
        preferences_url(row.recipient_id, now),
        texts["stop_button"],
        texts["why_settings"],
    )


def dressed(message: EmailMessage, row: Claimed, type_: TypeValue, now: datetime) -> EmailMessage:
    """Returns the mail with its unsubscribe headers, tracked links and signed bounce address."""
    return replace(
        message,
        headers={**message.headers, **_headers(row, type_)},
        html=_counted(message.html, row, type_, now),
        return_path=signed_addresses.signer(),
    )


def _headers(row: Claimed, type_: TypeValue) -> dict[str, str]:
    """RFC 2369, RFC 2919, RFC 8058."""
    if type_.rules.mandatory:
        return AUTOMATIC
    url = unsubscribe_url(row, type_)
    ways = f"<{url}>"
    if address := signed_addresses.unsubscribe(row.id, row.recipient_id, row.type_id):
        ways += f", <mailto:{address}?subject=unsubscribe>"
    headers = {"List-Unsubscribe": ways, "List-Id": f"<{type_.slug}.{ours.host()}>", **LISTED}
    if ours.promises_one_click():
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _counted(html: str, row: Claimed, type_: TypeValue, now: datetime) -> str:
    """Only where the type asks for it, and never in what is secret or has to be sent."""
    counts = type_.track_clicks or type_.track_opens
    if not (html and counts) or type_.sensitive or type_.rules.mandatory:
        return html

    def link(url: str) -> str:
        return ours.click_url(row.id, now, url)

    pixel = ours.open_url(row.id, now) if type_.track_opens else ""
    return rewrite(html, link if type_.track_clicks else None, pixel)
