"""Characters that nobody sees and that no address holds: pasted along from documents and chats."""

import re

# Default_Ignorable_Code_Point: https://www.unicode.org/Public/UCD/latest/ucd/
# DerivedCoreProperties.txt (Unicode 17)
RANGES = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),  # zero width, marks of direction
    (0x202A, 0x202E),  # embeddings and overrides
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),  # tags, more variation selectors
)
JOINERS = "\u200c\u200d"  # they tell words apart in some scripts, and so domains
ANY = re.compile("[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in RANGES) + "]")
ANY_BUT_JOINERS = re.compile(f"(?![{JOINERS}]){ANY.pattern}")


def without_invisible(text: str) -> str:
    """Returns the text without invisible characters and without space around it."""
    return (text if text.isascii() else ANY.sub("", text)).strip()


def without_joiners(text: str) -> str:
    return text.replace(JOINERS[0], "").replace(JOINERS[1], "")
