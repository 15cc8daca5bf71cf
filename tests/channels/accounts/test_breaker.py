"""Once a second: days, breakers, rates and averages from what workers saw."""

from datetime import timedelta

import pytest

from channels.accounts.breaker import fold_health
from channels.accounts.health import resume
from channels.accounts.rate_limit import Tally, record_health
from channels.models import AccountDay, AccountHealthDelta, ProviderAccount
from notifyproj.core.clock import now
from notifyproj.core.models import Alert

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> ProviderAccount:
    return ProviderAccount.objects.create(slug="first", channel="sms", kind="twilio")


def folded(account: ProviderAccount) -> ProviderAccount:
    fold_health()
    account.refresh_from_db()
    return account


def seen(account: ProviderAccount, seconds_ago: float = 0.0, **counts: int) -> None:
    at = now() - timedelta(seconds=seconds_ago)
    AccountHealthDelta.objects.create(account=account, at=at, **counts)


def set_(account: ProviderAccount, **fields: object) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(**fields)


def test_a_streak_of_failures_is_kept_however_slowly_they_come(account: ProviderAccount) -> None:
    for _ in range(3):
        seen(account, failed=1)
        folded(account)
        AccountHealthDelta.objects.update(at=now() - timedelta(minutes=5))
    folded(account)

    assert (account.failures, account.breaker) == (3, "closed")
    assert account.failing_since is not None
    assert account.failing_since < now()


def test_one_success_among_few_ends_a_streak(account: ProviderAccount) -> None:
    seen(account, failed=5)
    assert folded(account).failures == 5
    seen(account, throttled=3)  # being told to slow down is neither
    assert folded(account).failures == 5
    seen(account, ok=1, failed=4)
    assert folded(account).failures == 9
    seen(account, ok=1)
    assert (folded(account).failures, account.failing_since) == (0, None)


def test_an_account_in_use_again_begins_without_a_streak(account: ProviderAccount) -> None:
    seen(account, failed=4)
    folded(account)
    resume(account.pk)
    account.refresh_from_db()
    assert (account.failures, account.failing_since) == (0, None)


def test_what_was_seen_is_counted_into_its_day_once(account: ProviderAccount) -> None:
    record_health(
        {account.pk: Tally(ok=5, failed=1, throttled=2, dead=1, busy_ms=600, cost_micros=70)}
    )
    fold_health()
    record_health(
        {account.pk: Tally(ok=1, failed=0, throttled=0, dead=0, busy_ms=100, cost_micros=10)}
    )
    fold_health()
    fold_health()

    day = AccountDay.objects.get()
    assert (day.ok, day.failed, day.throttled, day.dead, day.cost_micros) == (6, 1, 2, 1, 80)


def test_a_day_ends_at_midnight_utc(account: ProviderAccount) -> None:
    seen(account, 86_400, ok=1)
    seen(account, ok=2)

    fold_health()

    assert sorted(AccountDay.objects.values_list("ok", flat=True)) == [1, 2]


def test_increments_are_forgotten_after_a_minute(account: ProviderAccount) -> None:
    seen(account, 61, ok=1)
    seen(account, 50, ok=1)

    fold_health()

    assert AccountHealthDelta.objects.count() == 1


def test_latency_and_success_are_those_of_the_last_minute(account: ProviderAccount) -> None:
    seen(account, 30, ok=8, failed=2, throttled=10, busy_ms=1_000)

    assert (folded(account).latency_ms, account.success_share) == (50.0, 0.8)


def test_an_account_that_sends_nothing_has_no_averages(account: ProviderAccount) -> None:
    set_(account, latency_ms=80, success_share=0.2)

    assert (folded(account).latency_ms, account.success_share) == (None, None)


def test_a_change_nobody_would_notice_is_not_written(account: ProviderAccount) -> None:
    set_(account, latency_ms=100, success_share=1.0)
    seen(account, ok=1_000, busy_ms=100_500)

    assert folded(account).latency_ms == 100


def test_refusals_slow_the_account_down_and_its_rate_grows_back(account: ProviderAccount) -> None:
    seen(account, 0.5, ok=100, throttled=400)
    assert folded(account).rate_now == pytest.approx(95)
    AccountHealthDelta.objects.update(at=now() - timedelta(seconds=2.5))
    before = 0.0

    for _ in range(3):
        assert folded(account).rate_now > before  # type: ignore[operator]
        before = account.rate_now or 0.0
    assert account.rate_now == pytest.approx(95 * 1.03**3)


def test_a_rate_back_at_the_configured_one_is_nobodys_concern(account: ProviderAccount) -> None:
    set_(account, rate_per_second=100, rate_now=99)

    assert folded(account).rate_now is None


def failing(account: ProviderAccount, n: int = 20) -> None:
    record_health({account.pk: Tally(failed=n)})


def test_a_breaker_forced_closed_never_opens(account: ProviderAccount) -> None:
    set_(account, breaker_forced="closed")
    failing(account)

    assert folded(account).breaker == "closed"


def test_an_open_breaker_is_told_of_until_it_closes(account: ProviderAccount) -> None:
    failing(account)
    fold_health()
    assert Alert.objects.get(key=f"breaker-open:{account.pk}").resolved_at is None

    probing(account)
    record_health({account.pk: Tally(ok=1)})
    fold_health()

    assert Alert.objects.get(key=f"breaker-open:{account.pk}").resolved_at is not None


def probing(account: ProviderAccount, since: float = 0.0) -> None:
    until = now() + timedelta(seconds=30 - since)
    set_(account, breaker="half_open", breaker_until=until, breaker_trips=1)


@pytest.mark.parametrize(
    ("tally", "breaker"),
    [
        (Tally(ok=1), "closed"),
        (Tally(throttled=1), "closed"),
        (Tally(failed=1), "open"),
        (Tally(cost_micros=1), "half_open"),
    ],
)
def test_a_probes_answer_decides(account: ProviderAccount, tally: Tally, breaker: str) -> None:
    probing(account)
    record_health({account.pk: tally})

    assert folded(account).breaker == breaker


def test_a_probes_answer_counts_however_late_this_looks(account: ProviderAccount) -> None:
    probing(account, since=15)
    seen(account, 12, ok=1)

    assert folded(account).breaker == "closed"


def test_what_was_seen_before_a_probe_does_not_decide(account: ProviderAccount) -> None:
    seen(account, 5, ok=1, failed=20)
    probing(account)

    assert folded(account).breaker == "half_open"


def test_an_account_whose_breaker_closed_begins_gently(account: ProviderAccount) -> None:
    probing(account)
    record_health({account.pk: Tally(ok=1)})

    assert folded(account).rate_now == pytest.approx(200, rel=0.5)
    for _ in range(8):
        fold_health()
    account.refresh_from_db()
    assert account.rate_now is None


def test_the_cool_down_grows_to_five_minutes(account: ProviderAccount) -> None:
    spans = []
    for trips in (0, 1, 3, 9, 4_000):
        set_(account, breaker="closed", breaker_trips=trips)
        AccountHealthDelta.objects.all().delete()
        failing(account)
        until = folded(account).breaker_until
        assert until is not None
        spans.append((until - now()).total_seconds())

    assert spans == pytest.approx([5, 10, 40, 300, 300], abs=3)
