"""Who changes the configuration. Triggers on the watched tables (`audited_models.py`) write down
every change with its before and after, whatever made it: a form, a service, a line of SQL. What
they cannot know, who asks and from where, the connection is told here.
"""

import json
from dataclasses import dataclass

from django.db import DatabaseError, connection

from notifyproj.core.encryption import lookup_hash
from notifyproj.core.models import AuditEntry

USER, KEY = AuditEntry.Kind.USER, AuditEntry.Kind.KEY


@dataclass(frozen=True, slots=True)
class Actor:
    kind: str
    name: str
    id: int | None
    ip: str = ""

    def told(self) -> str:
        hashed = lookup_hash("ip", self.ip).hex() if self.ip else None
        return json.dumps({"kind": self.kind, "name": self.name, "id": self.id, "ip": hashed})


def begin(actor: Actor) -> None:
    """What this connection writes from now on, until `end`, is this actor's."""
    _tell(actor.told())


def end() -> None:
    """A connection that cannot be told is given up, so that nobody acts in another's name."""
    try:
        _tell("")
    except DatabaseError:
        connection.close()


def note(*, model: str, object_id: object, label: str = "", text: str) -> None:
    """An act that is more than the columns it changes: a retry of thousands, a test message."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit_write('did', %s, %s, %s, '{}', %s)",
            [model, str(object_id), label[:200], text],
        )


def _tell(who: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('notify.actor', %s, false)", [who])
