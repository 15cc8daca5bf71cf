from datetime import UTC, datetime, timedelta

import pytest

from notifications.links.bots import bot_code

SENT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LATER = SENT + timedelta(minutes=5)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
OUTLOOK = "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Microsoft Outlook 16.0.17328)"
CUBOT = "Mozilla/5.0 (Linux; Android 13; CUBOT P80) AppleWebKit/537.36 Chrome/130.0 Mobile"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
BING = "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize("agent", [SAFARI, OUTLOOK, CUBOT])
def test_a_person_is_a_person(agent: str) -> None:
    assert bot_code(agent, {}, SENT, LATER, click=True) == ""


@pytest.mark.parametrize(
    ("agent", "code"),
    [
        (GMAIL, "gmail_proxy"),
        (YAHOO, "yahoo_proxy"),
        ("Mozilla/5.0", "apple_privacy"),
        (BING, "outlook_scanner"),
        ("Barracuda Sentinel (EE)", "barracuda"),
        ("Mimecast/1.0", "mimecast"),
        ("python-requests/2.32.3", "program"),
        (GOOGLEBOT, "bot"),
        ("x" * 600 + "bot", ""),
        ("", "no_agent"),
    ],
)
def test_a_bot_is_known_by_its_name(agent: str, code: str) -> None:
    assert bot_code(agent, {}, SENT, LATER, click=False) == code


@pytest.mark.parametrize("name", ["sec-purpose", "purpose", "x-moz"])
def test_a_browser_that_reads_ahead_is_a_bot(name: str) -> None:
    value = "prefetch; prerender" if name == "sec-purpose" else "Prefetch"
    assert bot_code(SAFARI, {name: value}, SENT, LATER, click=True) == "prefetch"


def test_nobody_clicks_within_two_seconds() -> None:
    for seconds, code in ((0, "too_soon"), (2, "too_soon"), (3, "")):
        now = SENT + timedelta(seconds=seconds)
        assert bot_code(SAFARI, {}, SENT, now, click=True) == code
    assert bot_code(SAFARI, {}, SENT, SENT, click=False) == ""
