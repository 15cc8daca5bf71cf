"""Which tables are configuration: every change of them goes into the audit log, by a trigger.

The columns named here are not: health, counts and times that the platform moves by itself.
"""

from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from django.apps import apps
from django.db import connection, models
from psycopg2 import sql

WATCHED = """
  core.service
  core.apikey                        last_used_at
  channels.app
  channels.provideraccount           held_reason held_at held_by probe_at breaker breaker_until
                                     breaker_trips rate_now latency_ms success_share failures
                                     failing_since
  preferences.notificationtype
  preferences.category
  preferences.cap
  message_templates.messagetemplate
  message_templates.templateversion  accepts built pins variables changed_at
  segments.segment                   last_count last_count_exact counted_at updated_at
  campaigns.campaign                 next_on next_at runs_begun updated_at
  campaigns.variant
  campaigns.run                      audience gate_at per_minute paced_since paced_visited seed
                                     expires_at brake_from leftovers ended_at rules stage
                                     skipped skipped_zones
  status_events.statusendpoint       failures failing_since rest_until suspended_at full_since
                                     reason tell_owner
  auth.user                          last_login
  auth.user_groups
"""
# Whose change a row of these is.
OBJECTS = {
    "auth.user_groups": ("auth.user", "user_id"),
    "campaigns.variant": ("campaigns.campaign", "campaign_id"),
}
SECRET = ("password", "secret", "token", "hash")  # in a column's name; and all binary ones


class Watch(NamedTuple):
    table: str
    arguments: tuple[str, str, str, str]  # model, its id's column, columns, those that are secret

    @property
    def name(self) -> str:
        """Tells whether a trigger is still as this list says."""
        return f"audit_{crc32(repr(self.arguments).encode()):08x}"


def watches() -> Iterator[Watch]:
    for label, unwatched in watched_lines():
        app, _, name = label.partition(".")
        try:
            model = apps.get_model(app, name)
        except LookupError:  # an app that is not installed
            continue
        yield _watch(label, model, unwatched)


def _watch(label: str, model: type[models.Model], unwatched: set[str]) -> Watch:
    fields = [(str(f.column), f) for f in model._meta.concrete_fields if f.column not in unwatched]
    secret = [column for column, field in fields if _is_secret(column, field)]
    about, id_column = OBJECTS.get(label, (label, str(model._meta.pk.column)))
    columns = ",".join(column for column, _ in fields)
    return Watch(model._meta.db_table, (about, id_column, columns, ",".join(secret)))


def _is_secret(column: str, field: object) -> bool:
    return isinstance(field, models.BinaryField) or any(word in column for word in SECRET)


def watched_lines() -> Iterator[tuple[str, set[str]]]:
    words: list[str] = []
    for word in WATCHED.split():
        if "." in word and words:
            yield words[0], set(words[1:])
            words = []
        words.append(word)
    yield words[0], set(words[1:])


CREATE = sql.SQL("""
CREATE TRIGGER {name} AFTER INSERT OR DELETE OR UPDATE OF {columns} ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit_row({arguments})
""")
DROP = sql.SQL("DROP TRIGGER {name} ON {table}")
FOUND = """
SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
WHERE NOT tgisinternal AND tgname ~ '^audit_[0-9a-f]{8}$'
    AND relnamespace = current_schema()::regnamespace
"""


def watch_sync() -> None:
    """Makes the triggers that are missing, and those anew of which a column has changed."""
    wanted = {(each.table, each.name): each for each in watches()}
    with connection.cursor() as cursor:
        cursor.execute(FOUND)
        found = set(cursor.fetchall())
        for table, name in found - wanted.keys():
            cursor.execute(DROP.format(name=sql.Identifier(name), table=sql.Identifier(table)))
        for key in wanted.keys() - found:
            cursor.execute(_created(wanted[key]))


def _created(watch: Watch) -> sql.Composed:
    _, _, columns, _ = watch.arguments
    return CREATE.format(
        name=sql.Identifier(watch.name),
        table=sql.Identifier(watch.table),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns.split(","))),
        arguments=sql.SQL(", ").join(map(sql.Literal, watch.arguments)),
    )
