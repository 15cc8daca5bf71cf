"""Sends from many connections at once, at the process as it is run."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.notifications.conftest import ORDER
from tests.notifyproj.gateway.conftest import Served, body_of, request, status_of

pytestmark = pytest.mark.django_db
PATH = "/api/v1/notifications"
BAD = {**ORDER, "user_id": "nobody"}


def test_200_sends_at_once_are_each_told_their_own(web: Served) -> None:
    bodies = [json.dumps(BAD if n % 10 == 9 else ORDER).encode() for n in range(200)]
    sent = [request("POST", PATH, body, web.key) for body in bodies]
    with ThreadPoolExecutor(64) as many:
        answers = list(many.map(web.ask, sent))

    statuses = [status_of(each) for each in answers]
    assert statuses == ([202] * 9 + [422]) * 20
    ids = {json.loads(body_of(each))["id"] for each in answers if status_of(each) == 202}
    assert len(ids) == 180


def test_whoever_leaves_before_the_answer_disturbs_nobody(web: Served) -> None:
    for _ in range(50):
        web.connect(web.order()).close()

    assert web.send_order() == 202
