"""What an SMS to one of our numbers means: STOP, START, HELP or just words. Pure.

Carriers and the FCC name the words; a whole message must match one, as
https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out says (read 2026-10). "Any
reasonable wording" counts as well: phrases that can hardly mean anything else.
"""

import re
import unicodedata
from enum import Enum
from typing import NamedTuple

STOP = frozenset(
    "stop,stopall,stop all,unsubscribe,end,quit,cancel,revoke,optout,opt out,arret,arrêt,td,remove"
    ",alto,baja".split(",")
)
START = frozenset({"start", "unstop", "yes"})
HELP = frozenset({"help", "info"})
PHRASE = re.compile(
    r"(?<!\bdont )(?<!\bdo not )(?<!\bnever )"
    r"(\bstop (texting|messaging|sending|contacting|calling|spamming|bothering|please|pls|now)\b"
    r"|\b(please|pls|plz) stop\b"
    r"|\b(remove|unsubscribe|delete) me\b"
    r"|\btake me off\b"
    r"|\bopt me out\b|\bopt out\b"
    r"|\bleave me alone\b"
    r"|\b(dont|do not) (text|message|contact|sms) me\b"
    r"|\bno more (texts|messages|sms)\b)"
)
MOST = 1_600  # characters of a message that are read


class Kind(Enum):
    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"


class Meaning(NamedTuple):
    kind: Kind
    keyword: str = ""
    is_sure: bool = True  # False: a phrase; somebody should look


def meaning(text: str, said_by_provider: str = "") -> Meaning:
    """`said_by_provider`: the provider's own reading (STOP, START, HELP) goes first."""
    word = said_by_provider.strip().lower()
    if word in (Kind.STOP.value, Kind.START.value, Kind.HELP.value):
        return Meaning(Kind(word), normalise(text)[:40] or word)
    plain = normalise(text)
    for kind, words in ((Kind.STOP, STOP), (Kind.START, START), (Kind.HELP, HELP)):
        if plain in words:
            return Meaning(kind, plain)
    if found := PHRASE.search(plain):
        return Meaning(Kind.STOP, found[0], is_sure=False)
    return Meaning(Kind.OTHER)


def normalise(text: str) -> str:
    """Compatible forms made one, no punctuation, emoji or accents on their own, one space."""
    folded = unicodedata.normalize("NFKC", text[:MOST]).casefold()
    return " ".join("".join(map(_plain, folded)).split())


def _plain(character: str) -> str:
    if character in "'\u2019\u2018`":
        return ""
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return ""
    return " " if category[0] in "PSCZ" else character
