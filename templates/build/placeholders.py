"""Keep `{{ … }}` and `{% … %}` out of the way of a program that reads HTML or MJML. Pure.

Each is replaced by a word no text has, and put back into what came out.
"""

import re
from dataclasses import dataclass

from templates.engine.tokens import TAG, TEXT, NotAllowed, Segment, segments

WORD = re.compile(r"qz(\d+)zq")


@dataclass(frozen=True, slots=True)
class Held:
    text: str
    blocks: tuple[Segment, ...]

    def back_in(self, text: str) -> str:
        return WORD.sub(lambda found: self._written(int(found[1])), text)

    def missing_from(self, text: str) -> list[Segment]:
        """Those that did not come through."""
        there = {int(number) for number in WORD.findall(text)}
        return [block for at, block in enumerate(self.blocks) if at not in there]

    def tags(self) -> frozenset[str]:
        """The words that stand for `if`, `for` and their ends."""
        return frozenset(f"qz{at}zq" for at, b in enumerate(self.blocks) if b.kind == TAG)

    def _written(self, at: int) -> str:
        return self.blocks[at].text if at < len(self.blocks) else ""


def held(source: str) -> Held:
    """Raises NotAllowed. What looks like one of our words already goes."""
    pieces: list[str] = []
    blocks: list[Segment] = []
    for segment in segments(source):
        if segment.kind == TEXT:
            pieces.append(WORD.sub("", segment.text))
        elif segment.tokens:
            pieces.append(f"qz{len(blocks)}zq")
            blocks.append(segment)
        else:
            pieces.append(
                "\n" * segment.text.count("\n")
            )  # comments: the lines stay where they are
    text = "".join(pieces)
    if len(WORD.findall(text)) != len(blocks):  # what went has left another one: `qzqz1zq1zq`
        raise NotAllowed("Words like `qz1zq` are not allowed", 1)
    return Held(text, tuple(blocks))
