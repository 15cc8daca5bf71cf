"""Holding an account and letting it go: once told, probed in growing steps."""

from datetime import timedelta

import pytest

from channels.accounts import health
from channels.accounts.probe import take_held_probe
from channels.models import ProviderAccount
from notifyproj.core.clock import now
from notifyproj.core.models import Alert

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> ProviderAccount:
    return ProviderAccount.objects.create(slug="first", channel="sms", kind="twilio")


def again(account: ProviderAccount) -> ProviderAccount:
    account.refresh_from_db()
    return account


def alerts() -> dict[str, bool]:
    """Key → whether it is open."""
    return {row.key: row.resolved_at is None for row in Alert.objects.all()}


def held_for(account: ProviderAccount, seconds: float) -> None:
    account.held_at = now() - timedelta(seconds=seconds)
    account.probe_at = now() - timedelta(seconds=1)
    account.save()


def test_a_held_account_is_told_of_once(account: ProviderAccount) -> None:
    assert health.hold(account.pk, "bad key")
    assert not health.hold(account.pk, "bad key")

    assert again(account).held_reason == "bad key"
    assert Alert.objects.get(key=f"account-held:{account.pk}").count == 1


def test_an_account_with_nothing_to_fail_over_to_is_told_of(account: ProviderAccount) -> None:
    ProviderAccount.objects.create(slug="mail", channel="email", kind="smtp")
    forced = {"breaker_forced": "open"}
    ProviderAccount.objects.create(slug="off", channel="sms", kind="twilio", **forced)

    health.hold(account.pk, "bad key")

    assert f"account-alone:{account.pk}" in alerts()


def test_one_with_another_beside_it_is_not_alone_until_that_is_held_too(
    account: ProviderAccount,
) -> None:
    other = ProviderAccount.objects.create(slug="other", channel="sms", kind="twilio")

    health.hold(account.pk, "bad key")
    assert not any(key.startswith("account-alone") for key in alerts())
    health.hold(other.pk, "bad key")
    assert alerts()[f"account-alone:{other.pk}"]
    health.resume(account.pk)

    assert not alerts()[f"account-alone:{other.pk}"]
    assert alerts()[f"account-held:{other.pk}"]


def test_an_operators_hold_is_theirs_to_end(account: ProviderAccount) -> None:
    health.hold(account.pk, "moving", by="grace")
    ProviderAccount.objects.update(probe_at=now() - timedelta(seconds=1))

    assert not take_held_probe(account.pk)
    assert not health.heal(account.pk)
    assert f"account-held:{account.pk}" not in alerts()
    assert (again(account).held_by, again(account).held_at is None) == ("grace", False)


def test_an_operator_takes_over_what_the_platform_held(account: ProviderAccount) -> None:
    health.hold(account.pk, "bad key")

    assert health.hold(account.pk, "moving", by="grace")
    assert (again(account).held_by, again(account).probe_at) == ("grace", None)
    assert not health.hold(account.pk, "mine", by="joan")


def test_a_healed_account_is_in_use_and_its_alerts_are_over(account: ProviderAccount) -> None:
    health.hold(account.pk, "bad key")

    assert health.heal(account.pk)

    assert (again(account).held_at, again(account).probe_at) == (None, None)
    assert set(alerts().values()) == {False}
    assert not health.heal(account.pk)


@pytest.mark.parametrize(("held", "next_"), [(5, 30), (60, 60), (240, 240), (7_200, 600)])
def test_the_time_between_probes_doubles(
    account: ProviderAccount, held: float, next_: float
) -> None:
    held_for(account, held)

    assert take_held_probe(account.pk)

    probe_at = again(account).probe_at
    assert probe_at is not None
    assert (probe_at - now()).total_seconds() == pytest.approx(next_, abs=5)


def test_one_of_all_who_try_gets_the_probe(account: ProviderAccount) -> None:
    held_for(account, 60)

    assert [take_held_probe(account.pk) for _ in range(3)] == [True, False, False]
