"""Put the files into an e-mail that its notification names."""

from collections.abc import Sequence
from dataclasses import replace

from channels.base import BuildError, Outcome, OutcomeKind
from channels.messages import Attachment, EmailMessage
from notifications.attachments import memory_budget
from notifications.attachments.store import Files

GONE = Outcome(OutcomeKind.REJECTED, "An attachment was deleted", "attachment_missing")


class NoRoom(Exception):
    """Too much is on the way already: it goes later."""


def enclosed(message: EmailMessage, ids: Sequence[str], files: Files) -> EmailMessage:
    """Raises BuildError when one is gone, NoRoom when it has to wait."""
    if not ids:
        return message
    if not all(id_ in files for id_ in ids):
        raise BuildError(GONE)
    found: list[Attachment] = [file for id_ in ids if (file := files[id_]) is not None]
    if len(found) < len(ids):
        raise NoRoom
    if not memory_budget.take(
        message.envelope.delivery_id, sum(len(file.content) for file in found)
    ):
        raise NoRoom
    return replace(message, attachments=tuple(found))
