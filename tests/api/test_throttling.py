import dataclasses
from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from notifyproj.core.api import authentication
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.errors import ApiError
from notifyproj.core.models import Service
from notifyproj.core.servers import redis_client
from notifyproj.core.servers.redis_client import quick_redis

CALLER = Caller(987, "bench", 1, frozenset({"send"}), rate_per_second=10)
DEAD_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _fresh_buckets() -> None:
    redis_client.forget_buckets()
    quick_redis().delete(f"api-rate:{CALLER.service_id}")


def refused(caller: Caller, units: int) -> ApiError | None:
    try:
        authentication.charge(caller, units)
    except ApiError as error:
        return error
    return None


@pytest.fixture(params=["redis", "local"])
def where(request: pytest.FixtureRequest, settings: Settings) -> str:
    if request.param == "local":
        settings.REDIS_URL = DEAD_REDIS
    return str(request.param)


@pytest.mark.usefixtures("where")
def test_a_burst_of_twice_the_rate_passes() -> None:
    assert [refused(CALLER, 1) for _ in range(20)] == [None] * 20


@pytest.mark.usefixtures("where")
def test_what_comes_after_the_burst_is_429_with_the_time_to_wait() -> None:
    refused(CALLER, 20)
    error = refused(CALLER, 5)
    assert error is not None
    assert error.status == 429
    assert error.retry_after == pytest.approx(0.5, abs=0.2)


@pytest.mark.usefixtures("where")
def test_a_batch_counts_as_its_items() -> None:
    assert refused(CALLER, 15) is None
    assert refused(CALLER, 15) is not None


@pytest.mark.usefixtures("where")
def test_a_batch_larger_than_the_burst_passes_once_and_leaves_a_debt() -> None:
    assert refused(CALLER, 1_000) is None
    error = refused(CALLER, 1)
    assert error is not None
    assert error.retry_after == pytest.approx(98.1, abs=1)


@pytest.mark.usefixtures("where")
def test_the_rest_of_a_large_batch_passes_only_where_it_began_with_a_full_burst() -> None:
    slow = dataclasses.replace(CALLER, rate_per_second=1)
    authentication.charge(slow, 1)
    authentication.charge_rest(slow, 1_000)
    assert refused(slow, 1) is not None
    redis_client.forget_buckets()
    redis_client.refill(f"api-rate:{slow.service_id}")
    authentication.charge(slow, 1)
    authentication.charge(slow, 1)
    with pytest.raises(ApiError):
        authentication.charge_rest(slow, 1_000)


@pytest.mark.usefixtures("where")
def test_services_do_not_share_an_allowance() -> None:
    refused(CALLER, 20)
    other = dataclasses.replace(CALLER, service_id=988)
    quick = refused(other, 20)
    assert quick is None


def test_two_processes_share_an_allowance() -> None:
    refused(CALLER, 20)
    redis_client.forget_buckets()  # as another process: nothing in memory
    assert refused(CALLER, 20) is not None


@pytest.mark.django_db
@pytest.mark.urls("tests.api.probe_urls")
def test_a_service_has_a_rate_of_its_own(
    service: Service, client_with: Callable[..., APIClient]
) -> None:
    Service.objects.filter(pk=service.pk).update(rate_per_second=1)
    client = client_with("send")
    answers = [client.get("/api/v1/probe") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "1"
    assert answers[-1].json()["error"]["code"] == "rate_limited"


@pytest.mark.django_db
@pytest.mark.urls("tests.api.probe_urls")
def test_requests_are_served_while_redis_is_away(api: APIClient, settings: Settings) -> None:
    settings.REDIS_URL = DEAD_REDIS
    assert api.get("/api/v1/probe").status_code == 200
