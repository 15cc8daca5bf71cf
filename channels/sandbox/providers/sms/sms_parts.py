"""How many SMS a text takes (3GPP TS 23.038): what a carrier bills."""

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # two septets each
SEPTETS = (160, 153)  # in a single message, in each of several
UNITS = (70, 67)  # of UTF-16


def encoding(text: str) -> str:
    return "GSM-7" if all(char in GSM7 or char in EXTENSION for char in text) else "UCS-2"


def parts(text: str) -> int:
    if encoding(text) == "GSM-7":
        return _packed([2 if char in EXTENSION else 1 for char in text], *SEPTETS)
    return _packed([2 if ord(char) > 0xFFFF else 1 for char in text], *UNITS)


def _packed(sizes: list[int], single: int, each: int) -> int:
    """Messages it takes when no character is split between two."""
    if sum(sizes) <= single:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > each:
            count, used = count + 1, 0
        used += size
    return count
