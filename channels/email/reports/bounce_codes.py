"""Whether a bounce speaks of the address (hard) or of this message, this day or us (soft).

By the enhanced status code (RFC 3463), else the SMTP code, else by what servers write.
"""

import re
from typing import NamedTuple

from channels.base import EventKind

HARD, SOFT, DEFERRED = EventKind.BOUNCED_HARD, EventKind.BOUNCED_SOFT, EventKind.DEFERRED

NO_ADDRESS = "The address does not exist"
NO_DOMAIN = "The domain does not exist, or takes no mail"
DISABLED = "The mailbox is disabled"
MOVED = "The mailbox or the domain has another owner now"
FULL = "The mailbox is full"
REFUSED = "The mail server refused the message; the address may be good"
LATER = "The mail server could not be reached, or asked to try later, for too long"
DELAYED = "The mail server is still trying"

# https://www.iana.org/assignments/smtp-enhanced-status-codes (read 2026-11). RFC 7293 for 5.7.17;
# 5.1.10 and 5.4.310 are Exchange Online's as well.
CODES: dict[str, tuple[EventKind, str]] = {
    **dict.fromkeys(("5.1.1", "5.1.3", "5.1.6"), (HARD, NO_ADDRESS)),
    **dict.fromkeys(("5.1.2", "5.1.10", "5.4.310"), (HARD, NO_DOMAIN)),
    "5.2.1": (HARD, DISABLED),
    **dict.fromkeys(("5.7.17", "5.7.18"), (HARD, MOVED)),
    **dict.fromkeys(("5.2.2", "4.2.2"), (SOFT, FULL)),
}
# Servers say these of anything, so what they write decides.
VAGUE = re.compile(r"5\.\d\.0|5\.1\.4|5\.4\.[14]|5\.5\.1|5\.7\.[01]|5\d\d")

ENHANCED = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?!\d|\.\d)")
BASIC = re.compile(
    r"(?:said:|error:?|after [A-Z][A-Z ]{3,30}:|response:|remote host said:|smtp;|host \S+:|^)"
    r"\s*<?([45]\d\d)[ :-]",
    re.IGNORECASE | re.MULTILINE,
)

WHILE = re.compile(
    r"(mail ?box|quota|storage|inbox|speicher\w*|postfach)[^.\n]{0,40}\b(full|exceed\w*|voll"
    r"|überschritten|erschöpft|insufficient)|over ?quota|exceeded[^.\n]{0,40}(quota|storage|size)"
    r"|insufficient (system )?(storage|disk)|out of (storage|disk) space|boîte [^.\n]{0,20}pleine"
    r"|buz[óo]n [^.\n]{0,20}lleno|casella [^.\n]{0,20}piena"
    r"|(メールボックス|容量)[^\n]{0,20}(いっぱい|超)"
    r"|(почтовый )?ящик[^\n]{0,20}переполнен|邮箱[^\n]{0,10}(已满|满)|صندوق[^\n]{0,20}پر",
    re.IGNORECASE,
)
PASSING = re.compile(
    r"temporar|vorübergehend|temporairement|receiving mail at a rate|try (again|later)|greylist"
    r"|too many (connections|messages|recipients)|rate limit",
    re.IGNORECASE,
)
OUR_FAULT = re.compile(
    r"\bspam\b|spamhaus|\bblack ?list|\bblock ?list|\bdnsbl\b|\bblocked\b|reputation|\bpolicy\b"
    r"|\bdmarc\b|\bspf\b|\bdkim\b|virus|malware|relay(ing)? (access )?denied|not permitted to relay"
    r"|too (large|big)|sender (address )?(rejected|denied|unknown|verify)|authenticat",
    re.IGNORECASE,
)
NAMED = r"(user|recipient|mailbox|account|address|e-?mail( account| address)?|addressee)"
UNKNOWN = re.compile(
    rf"{NAMED} (\S{{1,100}} )?((is |was )?(not found|unknown|invalid|nonexistent|not known)"
    r"|(does(n't| not)|couldn't be|could not be|wasn't|cannot be|is not|isn't) (exist|found|valid)"
    r"|unavailable|isn't listed|not listed|no longer (exists|available|valid))"
    rf"|(unknown|no such|invalid|nonexistent|unrouteable|unroutable|not an? valid|bad"
    rf"|undeliverable)"
    rf" (local |destination |e-?mail )?({NAMED}|local[- ]part|here)"
    r"|that you tried to reach does not exist|(doesn't|does not) have an? [\w.-]{1,60} account"
    r"|no (mailbox|user|account|such user|such person)( here)? by that name"
    r"|no longer (on|with) (server|us)"
    r"|user (doesn't|does not) exist|unknown to address|recipient address rejected: access denied"
    r"|(benutzer|empf(ä|ae)nger|teilnehmer)(adresse)? (\S{1,100} )?(ist )?(unbekannt"
    r"|nicht (gefunden|bekannt)"
    r"|existiert nicht)|unbekannte[rn]? (benutzer|empf(ä|ae)nger|adresse)"
    r"|(adresse|postfach|e-?mail-adresse) (\S{1,100} )?(existiert nicht|ist unbekannt|gibt es nicht"
    r"|konnte nicht gefunden|wurde nicht gefunden)"
    r"|(utilisateur|destinataire|adresse[^.\n]{0,40}|compte|bo[îi]te[^.\n]{0,40})"
    r" (est )?(inconnue?|inexistante?|introuvable|n'existe pas)"
    r"|(usuario|destinatario|cuenta|direcci[óo]n|buz[óo]n)[^.\n]{0,60}(desconocid[oa]|no existe"
    r"|no (se )?(ha sido )?encontrad[oa]|no se encontr)"
    r"|(utente|destinatario|indirizzo|casella)[^.\n]{0,60}(sconosciut[oa]|inesistente|non esiste)"
    r"|(usu[áa]rio|destinat[áa]rio|endere[çc]o|conta)[^.\n]{0,60}(desconhecid[oa]"
    r"|n[ãa]o existe|inexistente)"
    r"|(gebruiker|ontvanger|adres|mailbox)[^.\n]{0,40}(onbekend|bestaat niet)"
    r"|(użytkownik|odbiorca|adres|skrzynka)[^.\n]{0,40}(nieznany|nie istnieje)"
    r"|(пользовател|адресат|получател|ящик|адрес)[^.\n]{0,60}(не найден|не существует"
    r"|неизвест|не зарегистр)"
    r"|(ユーザー?|宛先|メールアドレス|受信者|アドレス)[^\n]{0,30}(存在しま|見つかりま|不明|存在しな)"
    r"|(用户|收件人|邮箱|地址|帐号|账号)[^\n]{0,20}(不存在|未找到|无效|不正确)"
    r"|(المستخدم|العنوان|صندوق البريد|عنوان البريد)[^\n]{0,40}(غير موجود|غير معروف|لا وجود)"
    r"|(کاربر|نشانی|آدرس|گیرنده|صندوق پستی)[^\n]{0,40}(وجود ندارد|یافت نشد|پیدا نشد|ناشناخته)",
    re.IGNORECASE,
)
GONE = re.compile(
    rf"{NAMED} (\S{{1,100}} )?(is |has been |was |that you tried to reach is )?(currently )?"
    r"(disabled|deactivated|inactive|closed|discontinued|locked)"
    r"|(postfach|konto)[^.\n]{0,30}(deaktiviert|gesperrt|geschlossen|gelöscht)|mailbox disabled"
    r"|compte [^.\n]{0,30}(désactivé|fermé)|cuenta [^.\n]{0,30}(desactivada|cerrada|inhabilitada)",
    re.IGNORECASE,
)
NOWHERE = re.compile(
    r"domain( name)?( \S{1,100})? (does(n't| not) exist|isn't|not found|unknown|couldn't be found"
    r"|could not be found|does not accept mail|is invalid)|host (or domain name )?not found"
    r"|unrouteable mail domain|unroutable mail domain|no such domain|nxdomain|non-?existent domain"
    r"|unknown (domain|host)|couldn't find any host named|name or service not known"
    r"|domain not found"
    r"|no mx (record|host)[^.\n]{0,40}|null ?mx|domain does not exist",
    re.IGNORECASE,
)


class Meaning(NamedTuple):
    kind: EventKind
    reason: str
    code: str


def meaning(status: str, said: str) -> Meaning:
    """Of a message that was given up. `status`: the code a report names, if it does; `said`: what
    the server that refused it wrote."""
    code = _code(status, said)
    if WHILE.search(said):
        return Meaning(SOFT, FULL, code)
    if code[:1] == "4":
        return Meaning(SOFT, CODES.get(code, (SOFT, LATER))[1], code)
    if PASSING.search(said):
        return Meaning(SOFT, REFUSED, code)
    if code in CODES:
        return Meaning(*CODES[code], code)
    if code and not VAGUE.fullmatch(code):
        return Meaning(SOFT, REFUSED, code)
    return Meaning(*_by_text(said), code)


def knows(said: str) -> bool:
    """Whether there is anything in it that `meaning` goes by."""
    found = (UNKNOWN, GONE, NOWHERE, WHILE)
    return bool(_code("", said) or any(pattern.search(said) for pattern in found))


def _by_text(said: str) -> tuple[EventKind, str]:
    if OUR_FAULT.search(said):
        return SOFT, REFUSED
    for pattern, reason in ((GONE, DISABLED), (UNKNOWN, NO_ADDRESS), (NOWHERE, NO_DOMAIN)):
        if pattern.search(said):
            return HARD, reason
    return SOFT, REFUSED


def _code(status: str, said: str) -> str:
    """The most particular one: a report may say 5.0.0 of what the server called 5.1.1."""
    reported = ENHANCED.search(status)
    named = ENHANCED.search(said)
    best = [found[1] for found in (reported, named) if found and found[1][0] in "45"]
    particular = [code for code in best if not code.endswith(".0")]
    if particular or best:
        return (particular or best)[0]
    basic = BASIC.search(said)
    return basic[1] if basic else ""
