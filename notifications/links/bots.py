"""Was it a person who opened or clicked, or a scanner, a proxy, a browser reading ahead? Pure.

An open through a proxy says that the mail arrived, not that somebody read it: the proxies of
Apple and Yahoo load images of mail nobody opens. What it was is kept with the event, so that
whoever counts differently can.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

SOON = timedelta(seconds=2)  # after sending: links are followed by what checks them on the way
LONGEST = 500  # characters of a user agent that are looked at

# What a user agent contains, in lower case, and what it is. First match wins. Read 2026-11:
# https://developers.google.com/search/docs/crawling-indexing/google-common-crawlers
# https://senders.yahooinc.com/ (YahooMailProxy), https://support.google.com/a/answer/3299041
AGENTS: tuple[tuple[str, str], ...] = (
    ("googleimageproxy", "gmail_proxy"),
    ("ggpht.com", "gmail_proxy"),
    ("yahoomailproxy", "yahoo_proxy"),
    ("yahoocachesystem", "yahoo_proxy"),
    ("duckduckgo", "duckduckgo_proxy"),
    ("safelinks", "outlook_safelinks"),
    ("outlook-iossafe", "outlook_safelinks"),
    ("microsoft office existence discovery", "outlook_scanner"),
    ("bingpreview", "outlook_scanner"),
    ("skypeuripreview", "link_preview"),
    ("barracuda", "barracuda"),
    ("proofpoint", "proofpoint"),
    ("mimecast", "mimecast"),
    ("trendmicro", "trend_micro"),
    ("trend micro", "trend_micro"),
    ("symantec", "symantec"),
    ("messagelabs", "symantec"),
    ("forcepoint", "forcepoint"),
    ("websense", "forcepoint"),
    ("sophos", "sophos"),
    ("fortinet", "fortinet"),
    ("fireeye", "fireeye"),
    ("zscaler", "zscaler"),
    ("cloudmark", "cloudmark"),
    ("virustotal", "scanner"),
    ("urlscan", "scanner"),
    ("facebookexternalhit", "link_preview"),
    ("whatsapp/", "link_preview"),
    ("telegrambot", "link_preview"),
    ("slack-imgproxy", "link_preview"),
    ("headlesschrome", "program"),
    ("phantomjs", "program"),
    ("python", "program"),
    ("curl/", "program"),
    ("wget/", "program"),
    ("go-http-client", "program"),
    ("java/", "program"),
    ("libwww", "program"),
    ("httpclient", "program"),
    ("node-fetch", "program"),
    ("axios/", "program"),
)
# Cubot makes telephones.
BOT = re.compile(r"(?<!cu)bot\b|\bbot|crawl|spider|scanner|monitor|preview")
# Apple's Mail Privacy Protection: nothing but this.
APPLE = "mozilla/5.0"
PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")
READ_AHEAD = frozenset({"prefetch", "prefetch;prerender", "prerender"})


def bot_code(
    agent: str, headers: Mapping[str, str], sent_at: datetime, now: datetime, *, click: bool
) -> str:
    """What did it, as a stable code; "" for a person. `headers` are by lower-case name."""
    purposes = [headers.get(name, "").replace(" ", "").lower() for name in PURPOSES]
    if not READ_AHEAD.isdisjoint(purposes):
        return "prefetch"
    name = agent[:LONGEST].strip().lower()
    if not name:
        return "no_agent"
    if name == APPLE:
        return "apple_privacy"
    for part, code in AGENTS:
        if part in name:
            return code
    if BOT.search(name):
        return "bot"
    return "too_soon" if click and now - sent_at <= SOON else ""
