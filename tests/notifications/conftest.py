from collections.abc import Iterator
from typing import Any

import pytest

from tests.committed import committed_rows


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with committed_rows(django_db_blocker):
        yield
