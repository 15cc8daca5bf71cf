"""The servers of tests/conftest.py."""

import pytest
import redis
from django.conf import settings
from django.db import connection


@pytest.mark.django_db
def test_the_database_is_a_fresh_postgres_of_our_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_database()")
        version, name = cursor.fetchone()
    assert version >= 150000
    assert name.startswith("test_")


def test_the_broker_answers() -> None:
    assert redis.Redis.from_url(settings.REDIS_URL).ping()
