"""The stream, end to end: a real granian, Postgres and Valkey."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings

from channels.inbox import services, tokens, wire
from notifyproj.core import clock
from notifyproj.core.live.publish import publish
from notifyproj.core.servers import redis_client
from notifyproj.launch.servers.valkey import Valkey
from tests.channels.inbox.live_process import Stream, database_url, running
from tests.channels.inbox.written import a_write, new_id

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def port(django_db_setup: None) -> Iterator[int]:
    with running() as port:
        yield port


def token(
    recipient_id: int = 1, lifetime: timedelta = tokens.LIFETIME, service_id: int | None = None
) -> str:
    return tokens.mint(
        recipient_id=recipient_id, now=clock.now(), lifetime=lifetime, service_id=service_id
    ).value


@pytest.fixture(autouse=True)
def _well() -> None:
    """A test before this one may have found Redis away: then nothing is published for a second."""
    redis_client.forget()


def test_a_new_item_arrives_within_a_second(port: int) -> None:
    """The quickest of five: the machine may be busy."""
    took = []
    with Stream(port, token()) as stream:
        assert stream.event_named("count") == {"unread": 0}
        for _ in range(5):
            started = time.monotonic()
            services.store([a_write(title="Hello")])
            item = stream.event_named("item")
            took.append(time.monotonic() - started)
            assert item["title"] == "Hello"
    assert min(took) < 1


def test_an_event_has_the_id_of_its_item(port: int) -> None:
    with Stream(port, token()) as stream:
        stream.event_named("count")
        services.store([a_write(title="Hello")])
        name, item, event_id = stream.event()
    assert (name, event_id) == ("item", item["id"])


def test_an_item_announced_while_the_table_is_read_is_not_counted_twice(port: int) -> None:
    write = a_write()
    services.store([write])
    with Stream(port, token()) as stream:
        stream.event_named("count")
        publish([(wire.topic(1), wire.item_event({"id": str(write.delivery_id)}))])
        assert stream.event()[0] == "item"
        assert stream.event()[:2] == ("count", {"unread": 1})


def test_what_others_get_does_not_arrive(port: int) -> None:
    with Stream(port, token(1)) as stream:
        stream.event_named("count")
        services.store([a_write(2, "theirs")])
        services.store([a_write(1, "mine")])
        assert stream.event()[1]["title"] == "mine"


def test_what_other_services_send_does_not_arrive(port: int) -> None:
    with Stream(port, token(service_id=5)) as stream:
        assert stream.event_named("count") == {"unread": 0}
        services.store([a_write(title="another's", service_id=6)])
        services.store([a_write(title="own", service_id=5), a_write(title="nobody's")])
        assert {stream.event()[1]["title"] for _ in range(2)} == {"own", "nobody's"}


def test_a_stream_of_the_whole_inbox_has_what_every_service_sends(port: int) -> None:
    with Stream(port, token()) as stream:
        stream.event_named("count")
        services.store([a_write(title="five", service_id=5), a_write(title="six", service_id=6)])
        assert {stream.event()[1]["title"] for _ in range(2)} == {"five", "six"}


def test_a_count_told_to_a_service_is_of_its_own(port: int) -> None:
    own, anothers = a_write(service_id=5), [a_write(service_id=6) for _ in range(2)]
    services.store([own, *anothers])
    with Stream(port, token(service_id=5)) as stream:
        assert stream.event_named("count") == {"unread": 1}
        services.mark_read(recipient_id=1, ids=[anothers[0].delivery_id], now=clock.now())
        assert stream.event_named("count") == {"unread": 1}
        services.mark_read(recipient_id=1, ids=[own.delivery_id], now=clock.now(), service_id=5)
        assert stream.event_named("count") == {"unread": 0}


def test_what_was_missed_is_replayed_without_what_others_sent(port: int) -> None:
    seen, others = a_write(title="seen", service_id=6), a_write(title="another's", service_id=6)
    services.store([seen])
    services.store([others, a_write(title="missed", service_id=5)])
    last = str(seen.delivery_id)
    with Stream(port, token(service_id=5), last_event_id=last) as stream:
        assert stream.event()[1]["title"] == "missed"
        assert stream.event()[:2] == ("count", {"unread": 1})


def test_reading_in_one_window_lowers_the_count_in_the_other(port: int) -> None:
    write = a_write()
    services.store([write])
    with Stream(port, token()) as stream:
        assert stream.event_named("count") == {"unread": 1}
        services.mark_read(recipient_id=1, ids=[write.delivery_id], now=clock.now())
        assert stream.event_named("count") == {"unread": 0}


def test_what_was_missed_is_replayed_after_the_last_event_id(port: int) -> None:
    seen, missed = a_write(title="seen"), a_write(title="missed")
    services.store([seen])
    services.store([missed])
    with Stream(port, token(), last_event_id=str(seen.delivery_id)) as stream:
        name, item, _ = stream.event()
        assert (name, item["title"]) == ("item", "missed")
        assert stream.event()[0] == "count"


def test_an_item_with_an_older_id_is_replayed_too(port: int) -> None:
    old_id = new_id()
    seen = a_write(title="seen")
    services.store([seen])
    services.store([a_write(title="waited", delivery_id=old_id)])
    with Stream(port, token(), last_event_id=str(seen.delivery_id)) as stream:
        assert stream.event()[1]["title"] == "waited"


def test_a_replay_is_bounded(port: int) -> None:
    services.store([a_write(title=f"{n}") for n in range(120)])
    with Stream(port, token(), last_event_id=str(new_id())) as stream:
        names = [stream.event()[0] for _ in range(101)]
    assert names == ["item"] * 100 + ["count"]


def test_even_an_empty_inbox_gives_a_place_to_resume_from(port: int) -> None:
    with Stream(port, token()) as stream:
        _, _, last_id = stream.event()
    services.store([a_write(title="in between")])
    with Stream(port, token(), last_event_id=last_id) as stream:
        assert stream.event()[1]["title"] == "in between"


def test_an_expired_token_is_refused_so_that_the_page_can_read_it(port: int) -> None:
    with Stream(port, token(lifetime=timedelta(seconds=-1))) as stream:
        assert stream.response.status == 401
        assert stream.response.headers["Access-Control-Allow-Origin"] == "http://localhost:8000"
        assert b"token_expired" in stream.response.read()


def test_a_stream_ends_with_its_token(port: int) -> None:
    with Stream(port, token(lifetime=timedelta(seconds=2))) as stream:
        stream.event_named("expired")
        assert stream.response.read() == b""


def test_one_person_cannot_open_streams_without_end(port: int) -> None:
    streams = [Stream(port, token(7)) for _ in range(20)]
    for stream in streams:
        stream.event_named("count")
    with Stream(port, token(7)) as one_more:
        assert one_more.response.status == 429
    for stream in streams:
        stream.close()


def test_a_reader_who_leaves_makes_room(port: int) -> None:
    streams = [Stream(port, token(8)) for _ in range(20)]
    for stream in streams:
        stream.event_named("count")
    for stream in streams:
        stream.close()
    wait_until(lambda: _status(port, token(8)) == 200)


def _status(port: int, whose: str) -> int:
    with Stream(port, whose) as stream:
        return stream.response.status


def test_an_open_stream_holds_no_database_connection() -> None:
    """Of the process that has the stream: other tests leave processes of their own."""
    named = f"{database_url()}&application_name=a-stream"
    with running(DATABASE_URL=named) as port, Stream(port, token()) as stream:
        stream.event_named("count")
        wait_until(lambda: _connections("a-stream") == 0)


def _connections(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [name])
        return int(cursor.fetchone()[0])


def wait_until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_without_the_database_a_stream_ends_and_the_process_lives() -> None:
    away = "postgresql://nobody@127.0.0.1:1/nothing"
    with running(DATABASE_URL=away) as port:
        for _ in range(2):
            with Stream(port, token()) as stream:
                assert stream.response.read() == b":\n\n"


def test_a_restart_of_redis_loses_nothing(tmp_path: Path) -> None:
    valkey = Valkey(tmp_path / "valkey", tmp_path / "log")
    valkey.start()
    try:
        with (
            override_settings(REDIS_URL=valkey.url()),
            running() as port,
            Stream(port, token()) as stream,
        ):
            stream.event_named("count")
            valkey.stop()
            services.store([a_write(title="while it was away")])
            valkey.start()
            assert stream.event_named("item")["title"] == "while it was away"
            time.sleep(1.1)  # the publisher rests after a failure
            services.store([a_write(title="after it came back")])
            while stream.event_named("item")["title"] != "after it came back":
                pass
    finally:
        valkey.stop()
