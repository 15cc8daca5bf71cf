"""Bounces that only a person could read: qmail, Exim, older Exchange, Yahoo, Gmail and others."""

import logging
import re
from contextlib import suppress
from email.message import Message

from flufl.bounce import all_failures

from channels.automatic_mail import header, is_out_of_office
from channels.email.reports.bounce_codes import (
    DEFERRED,
    DELAYED,
    REFUSED,
    SOFT,
    Meaning,
    knows,
    meaning,
)
from channels.email.reports.mail import text

log = logging.getLogger("flufl.bounce")
log.setLevel(logging.CRITICAL)  # it tells of every pattern it tries

MOST_LOOKED_AT = 6_000  # characters
LONGEST_LINE = 300
SENDERS = re.compile(
    r"mailer[-_ ]?daemon|post[-_ ]?master|mail[-_ ]?delivery|bounce|mdaemon|mail ?admin|microsoft"
    r"exchange|no-?reply|noreply",
    re.IGNORECASE,
)
SUBJECTS = re.compile(
    r"undeliver|failure notice|returned (e?-?mail|to sender)|delivery (status|fail"
    r"|problem|has failed|"
    r"unsuccessful|notification)|mail (delivery )?(failed|failure|system error)|not delivered|"
    r"non (remis|recapitat|entregad)|unzustellbar|nicht zugestellt|zustellung|no se pudo entregar|"
    r"message not|rejected|bounce|warning: message|mail could not be|can ?not be delivered|"
    r"配信|送信できません|не доставлен|невозможно доставить|退信|未送达|تحویل|تعذر",
    re.IGNORECASE,
)
QUOTED = re.compile(
    r"^(-{2,}|_{3,}|=+|>)? ?-{0,10} ?(below this line is a copy|this is a copy of|original message"
    r"|message header follows|message headers? follow|included is a copy|a copy of the original"
    r"|the (full )?text of (the )?message|returned message|unsent message below"
    r"|your original message"
    r"|forwarded message|urspr(ü|ue)ngliche nachricht|message d'origine|mensaje original"
    r"|return-path: <)",
    re.IGNORECASE | re.MULTILINE,
)
STILL = re.compile(
    r"(still|has not yet been|not been) (un)?deliver|will (be )?(re)?tr(y|ied)"
    r"|no action is required"
    r"|this is a warning|delayed|wird weiter versucht|delivery attempts will continue|keep trying",
    re.IGNORECASE,
)
GIVEN_UP = re.compile(
    r"permanent|giving up|gave up|given up|could not be delivered|failed"
    r"|i'm not going to try again",
    re.IGNORECASE,
)


def read(mail: Message, sender: str) -> Meaning | None:
    """None: it is no bounce. `sender`: of the envelope, "" as bounces have it."""
    if is_out_of_office(mail) or not _is_by_a_server(mail, sender):
        return None
    said = _without_quotes(text(mail))[:MOST_LOOKED_AT]
    if STILL.search(said) and not GIVEN_UP.search(said):
        return Meaning(DEFERRED, DELAYED, "")
    if knows(said):
        return meaning("", said)
    return _by_shape(mail)


def _is_by_a_server(mail: Message, sender: str) -> bool:
    """A person who writes back about a bounce has a sender, and so have most autoresponders."""
    written = header(mail, "from")
    by_daemon = bool(SENDERS.search(sender.partition("@")[0]) or SENDERS.search(written))
    says_so = bool(SUBJECTS.search(header(mail, "subject")) or mail.get("x-failed-recipients"))
    return (not sender.strip("<>") and (by_daemon or says_so)) or (by_daemon and says_so)


def _without_quotes(text: str) -> str:
    """Without the message that came back, which may say anything."""
    found = QUOTED.search(text, 20)
    return text[: found.start()] if found else text


def _by_shape(mail: Message) -> Meaning | None:
    """By the library's patterns, which tell that an address failed, not why. Some of them take
    the square of a line's length."""
    plain = Message()
    for name in ("From", "Subject", "X-Failed-Recipients"):
        plain[name] = header(mail, name.lower())
    lines = text(mail)[:MOST_LOOKED_AT].splitlines()
    plain.set_payload("\n".join(line[:LONGEST_LINE] for line in lines))
    with suppress(Exception):  # the library's own, on what nobody should send
        passing, failed = all_failures(plain)
        if failed:
            return Meaning(SOFT, REFUSED, "")
        if passing:
            return Meaning(DEFERRED, DELAYED, "")
    return None
