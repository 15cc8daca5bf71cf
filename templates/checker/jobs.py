"""The jobs of the checker, and their results. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from templates.build.files import Folder, NotReadable, from_files
from templates.build.flatten import Partial
from templates.review import preview
from templates.review.diff import Line, lines_of
from templates.review.examine import Draft, Review, examine


class Examine(Struct, tag=True):
    draft: Draft
    partials: dict[str, Partial]

    def run(self) -> Review:
        return examine(self.draft, self.partials)


class Preview(Struct, tag=True):
    built: dict[str, dict[str, dict[str, Any]]]
    variables: dict[str, Any]
    locale: str
    zone: str
    channels: list[str]

    def run(self) -> list[preview.Shown]:
        return preview.shown(
            self.built,
            self.variables,
            locale=self.locale,
            zone=self.zone,
            channels=self.channels,
        )


class Read(Struct, tag=True):
    files: dict[str, str]

    def run(self) -> "Folders":
        try:
            return Folders(from_files(self.files))
        except NotReadable as error:
            return Folders([], str(error))


class Compare(Struct, tag=True):
    texts: list[tuple[str, str]]

    def run(self) -> list[list[Line]]:
        return [lines_of(before, after) for before, after in self.texts]


class Folders(Struct):
    folders: list[Folder]
    problem: str = ""


Job = Examine | Preview | Read | Compare
RESULTS: Mapping[type, Any] = {
    Examine: Review,
    Preview: list[preview.Shown],
    Read: Folders,
    Compare: list[list[Line]],
}
decode: Callable[[bytes], Job] = msgspec.json.Decoder(Job).decode
encode: Callable[[object], bytes] = msgspec.json.Encoder(decimal_format="number").encode
