"""Sends that wait together are told what each would have been told alone."""

import json
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from pytest_django.fixtures import Settings

from notifications.accept import accept
from notifications.accept.accept import accept_together, backlog
from notifications.api import group_send
from notifications.models import Notification
from notifyproj.core.api import authentication
from notifyproj.core.api.authentication import caller_of
from notifyproj.core.api.keys import api_key_create, api_key_revoke, service_create
from notifyproj.core.models import ApiKey
from notifyproj.gateway.group import Asked
from preferences.models import NotificationType
from tests.api.notifications.conftest import PATH, client_of, order
from tests.world import World, forget_all

OWN = ("id", "expires_at")  # of each notification


def a_key(shop: World, *scopes: str) -> str:
    """One that was good a moment ago."""
    _, secret = api_key_create(service=shop.service, scopes=scopes or ("send", "read"))
    assert caller_of(secret)
    return secret


def asked(key: str, body: Any, **environ: str) -> Asked:
    said = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": PATH,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/json",
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
    }
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Asked(said | environ, raw)


def told(response: Any) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body, without what is each notification's own."""
    body = json.loads(response.content)
    for name in OWN:
        body.pop(name, None)
    headers = dict(response.headers.items())
    return response.status_code, headers, body


def alone(shop: World, body: Any, headers: dict[str, str] | None = None) -> Any:
    """What the view says to it."""
    client = client_of(shop.service)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(PATH, raw, content_type="application/json", headers=headers)


def test_each_is_told_its_own(shop: World) -> None:
    key = a_key(shop)
    bodies = [order(), order(user_id="nobody"), order(type="nothing"), order(priority="low")]

    answers = group_send.serve([asked(key, body) for body in bodies])

    assert [answer and answer.status_code for answer in answers] == [202, 422, 400, 202]
    assert Notification.objects.count() == 2


BODIES: dict[str, Any] = {
    "a good one": order(),
    "for later": order(ttl_seconds=60),
    "lowered": order(priority="low"),
    "an unknown person": order(user_id="nobody"),
    "an unknown type": order(type="nothing"),
    "an unknown field": order() | {"colour": "red"},
    "a variable too few": order(variables={}),
    "a wrong channel": order(channels=["pigeon"]),
    "no JSON": b"{",
    "NUL": b'{"type": "\\u0000"}',
    "a list": b"[]",
    "nothing": b"",
    "deep": b"[" * 100 + b"]" * 100,
}


@pytest.mark.parametrize("kind", BODIES)
def test_it_is_the_same_as_the_view_says(shop: World, kind: str) -> None:
    (answer,) = group_send.serve([asked(a_key(shop), BODIES[kind])])

    assert told(answer) == told(alone(shop, BODIES[kind]))


@pytest.mark.parametrize("key", ["k" * 191, "a\tb"])
def test_a_bad_key_is_refused_as_by_the_view(shop: World, key: str) -> None:
    (answer,) = group_send.serve([asked(a_key(shop), order(), HTTP_IDEMPOTENCY_KEY=key)])

    assert told(answer) == told(alone(shop, order(), {"Idempotency-Key": key}))


def test_a_full_backlog_is_said_as_by_the_view(shop: World, settings: Settings) -> None:
    settings.BACKLOG_LIMIT = 0
    NotificationType.objects.filter(slug="order").update(max_priority="normal")
    forget_all()
    backlog.forget()
    low = order(type="order", template_id="order", variables={"order_id": "1"})

    (answer,) = group_send.serve([asked(a_key(shop), low)])

    assert answer is not None
    assert answer.status_code == 503
    assert told(answer) == told(alone(shop, low))


def test_https_is_told_to_stay_so(shop: World, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    group_send._headers.cache_clear()

    (answer,) = group_send.serve([asked(a_key(shop), order(), **{"wsgi.url_scheme": "https"})])
    group_send._headers.cache_clear()

    assert answer is not None
    assert answer.headers["Strict-Transport-Security"] == "max-age=60"


def test_one_key_twice_is_one_notification(shop: World) -> None:
    one = asked(a_key(shop), order(), HTTP_IDEMPOTENCY_KEY="order-1")

    first, second = group_send.serve([one, one])

    assert first
    assert second
    assert first.content == second.content
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert Notification.objects.count() == 1


def test_one_key_with_two_bodies_is_409_for_the_second(shop: World) -> None:
    key = a_key(shop)
    bodies = order(), order(priority="low")

    first, second = group_send.serve(
        [asked(key, body, HTTP_IDEMPOTENCY_KEY="order-1") for body in bodies]
    )

    assert first
    assert second
    assert (first.status_code, second.status_code) == (202, 409)


def test_two_services_may_use_one_key(shop: World) -> None:
    _, other = api_key_create(service=service_create(slug="other"), scopes=["send"])
    assert caller_of(other)

    answers = group_send.serve(
        [asked(key, order(), HTTP_IDEMPOTENCY_KEY="order-1") for key in (a_key(shop), other)]
    )

    assert [answer and answer.status_code for answer in answers] == [202, 202]
    assert len(set(Notification.objects.values_list("service_id", flat=True))) == 2


def test_beyond_the_rate_each_is_429_and_the_first_pass(shop: World) -> None:
    shop.service.rate_per_second = 2
    shop.service.save()
    authentication.forget()
    key = a_key(shop)

    answers = group_send.serve([asked(key, order()) for _ in range(6)])

    assert [answer and answer.status_code for answer in answers] == [202] * 4 + [429] * 2
    assert answers[-1]
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_one_that_spoils_it_for_all_is_an_error_of_its_own(shop: World) -> None:
    key = a_key(shop)

    def fragile(calls: Any, now: Any) -> Any:
        if any(call.requests[0].priority == "low" for call in calls):
            raise ZeroDivisionError
        return accept_together(calls, now)

    with mock.patch.object(group_send, "accept_together", fragile):
        answers = group_send.serve(
            [asked(key, body) for body in (order(), order(priority="low"), order())]
        )

    assert [answer and answer.status_code for answer in answers] == [202, 500, 202]


def test_what_fails_after_the_commit_is_not_sent_again(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = a_key(shop)
    monkeypatch.setattr(accept, "publish", mock.Mock(side_effect=ZeroDivisionError))

    answers = group_send.serve([asked(key, order()), asked(key, order())])

    assert [answer and answer.status_code for answer in answers] == [202, 202]
    assert Notification.objects.count() == 2


def test_without_a_database_all_are_told_to_try_again(shop: World) -> None:
    key = a_key(shop)
    with mock.patch.object(group_send, "accept_together", side_effect=OperationalError) as tried:
        answers = group_send.serve([asked(key, order())] * 3)

    assert [answer and answer.status_code for answer in answers] == [503] * 3
    assert tried.call_count == 1


def test_a_key_that_was_revoked_goes_to_the_view(shop: World) -> None:
    key = a_key(shop)
    api_key_revoke(key=ApiKey.objects.latest("pk"))
    authentication.forget()

    assert group_send.serve([asked(key, order())]) == [None]


def test_a_key_that_may_not_send_goes_to_the_view(shop: World) -> None:
    assert group_send.serve([asked(a_key(shop, "read"), order())]) == [None]
    assert Notification.objects.count() == 0


ODD = {
    "another method": {"REQUEST_METHOD": "GET"},
    "another path": {"PATH_INFO": f"{PATH}/batch"},
    "a query": {"QUERY_STRING": "a=1"},
    "a form": {"CONTENT_TYPE": "text/plain"},
    "XML wanted": {"HTTP_ACCEPT": "application/xml"},
    "a browser": {"HTTP_ORIGIN": "https://shop.example"},
    "another host": {"HTTP_HOST": "evil.example"},
    "no host": {"HTTP_HOST": ""},
    "an unknown key": {"HTTP_AUTHORIZATION": "Bearer nk_unknown"},
    "no key": {"HTTP_AUTHORIZATION": ""},
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_not_ordinary_goes_to_the_view(shop: World, kind: str) -> None:
    key = a_key(shop)

    assert group_send.takes(asked(key, order()).environ)
    assert not group_send.takes(asked(key, order(), **ODD[kind]).environ)


def test_what_is_published_goes_together(shop: World, published: list[Any]) -> None:
    key = a_key(shop)
    answers: list[HttpResponse | None] = group_send.serve([asked(key, order())] * 5)

    assert all(answer and answer.status_code == 202 for answer in answers)
    pushes = [arguments[0] for queue, arguments in published if "push" in queue]
    assert [len(ids) for ids in pushes] == [5]
