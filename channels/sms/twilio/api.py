"""Where an account's messages live at Twilio, and what opens them.

https://www.twilio.com/docs/usage/requests-to-twilio (read 2026-10)
"""

from base64 import b64encode

from channels.base import Account, BuildError, Outcome, OutcomeKind

API = "https://api.twilio.com"
NO_KEY = Outcome(OutcomeKind.MISCONFIGURED, "The account SID or auth token is missing", "key")


def messages_url(account: Account) -> str:
    sid = account.credentials.get("account_sid", "")
    return f"{account.endpoint or API}/2010-04-01/Accounts/{sid}/Messages.json"


def authorization(account: Account) -> str:
    """By API key where there is one, as Twilio prefers. Raises BuildError."""
    keys = account.credentials
    user, secret = keys.get("api_key_sid"), keys.get("api_key_secret")
    if not (user and secret):
        user, secret = keys.get("account_sid"), keys.get("auth_token")
    if not (user and secret and keys.get("account_sid")):
        raise BuildError(NO_KEY)
    return "Basic " + b64encode(f"{user}:{secret}".encode()).decode()
