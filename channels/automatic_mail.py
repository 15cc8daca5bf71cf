"""Mail that a program wrote by itself: out of office, "we got your message", read receipts. Pure.

RFC 3834 names the header, and few keep to it.
"""

import re
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

SUBJECT = re.compile(
    r"^\W*(auto(matic|matische|matique|mated|m[aá]tica)?[\s:.-]*(reply|antwort|response|r[ée]ponse"
    r"|respuesta|resposta|svar|odpowied[źz]|antwoord)|auto-?reply|autoreply|auto:"
    r"|out of (the )?office"
    r"|out of town|on vacation|vacation (reply|response)|away from (my|the) (mail|office|desk)"
    r"|abwesen|au(ß|ss)er haus|nicht im (b[uü]ro|haus)|urlaub|r[ée]ponse automatique|absen[ct]e?\b"
    r"|absence|respuesta autom|fuera de (la )?oficina|risposta automatica|fuori (sede|ufficio)"
    r"|resposta autom|fora do escrit|afwezig|automatisch antwoord|automatiskt svar"
    r"|autom[aá]tick[aá] odpov|автоответ|автоматический ответ|自動返信|自动回复|不在|자동 ?회신"
    r"|الرد التلقائي|رد تلقائي|پاسخ خودکار|read:|gelesen:|lu ?:|le[ií]do:|letto:"
    r"|(we|i)('ve| have)? received your (message|e-?mail|request)|thank you for (your|contacting))",
    re.IGNORECASE,
)
HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-ms-exchange-inbox-rules-loop",
)
PRECEDENCE = frozenset({"auto_reply", "auto-reply"})


def is_reply(mail: Message) -> bool:
    """A program's answer to a message, which says nothing about whether it can be delivered."""
    return bool(
        header(mail, "auto-submitted").lower().startswith("auto-replied") or is_out_of_office(mail)
    )


def is_out_of_office(mail: Message) -> bool:
    """More than that it was sent by a program, as mail servers say of bounces, too."""
    return bool(
        any(header(mail, name) for name in HEADERS)
        or header(mail, "precedence").lower() in PRECEDENCE
        or "disposition-notification" in header(mail, "content-type").lower()
        or SUBJECT.search(subject(mail))
    )


def subject(mail: Message) -> str:
    return header(mail, "subject")


def header(mail: Message, name: str, longest: int = 500) -> str:
    """In one line, decoded as far as it can be, also where it is plain UTF-8; "" when there is
    none."""
    found = next((value for key, value in mail.raw_items() if key.lower() == name), None)
    if found is None:
        return ""
    return " ".join(_decoded(_utf8(str(found)[:longest])).split())


def _utf8(text: str) -> str:
    """The library keeps bytes outside ASCII as surrogates."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()


def _decoded(text: str) -> str:
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text
