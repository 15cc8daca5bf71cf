"""Accounts in the admin: what they do is said in words, and acts are in the log."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.accounts.credentials import account_upsert
from channels.accounts.routes import routes
from channels.admin.account_state import money, state
from channels.models import AccountDay, ProviderAccount

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LIST = "admin:channels_provideraccount_changelist"
CHANGE = "admin:channels_provideraccount_change"


@pytest.fixture
def account(db: None) -> ProviderAccount:
    return text_account("texts")


def text_account(slug: str) -> ProviderAccount:
    routes.forget()
    return account_upsert(
        slug=slug,
        channel="sms",
        kind="twilio",
        credentials={"account_sid": "AC1", "auth_token": "secret"},
        settings={"from": "+15005550006"},
    )


def act(operator: Client, name: str, account: ProviderAccount, **fields: str) -> str:
    form = {"action": name, "_selected_action": [str(account.pk)], **fields}
    page = operator.post(reverse(LIST), form, follow=True).content.decode()
    account.refresh_from_db()
    return page


def save(operator: Client, account: ProviderAccount, **fields: str) -> str:
    form = {"weight": "100", "rate_per_second": "0", "daily_cap": "0", "enabled": "on"}
    form |= {"credential_from": "+15005550006", "costs": "{}", **fields}
    page = operator.post(reverse(CHANGE, args=[account.pk]), form, follow=True).content.decode()
    account.refresh_from_db()
    return page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "sending"),
        ({"enabled": False}, "not enabled"),
        (
            {"held_at": NOW, "held_reason": "key refused"},
            "suspended: key refused, by the platform, since 10:00:00 UTC",
        ),
        (
            {"held_at": NOW - timedelta(days=1), "held_reason": "audit", "held_by": "maria"},
            "suspended: audit, by maria, since 21 Nov 10:00 UTC",
        ),
        (
            {"breaker": "open", "breaker_until": NOW + timedelta(seconds=5)},
            "breaker open until 10:00:05 UTC",
        ),
        (
            {"breaker": "open", "breaker_until": NOW},
            "breaker open until the next test message",
        ),
        ({"breaker": "half_open"}, "breaker half-open: testing with one message"),
        ({"breaker_forced": "open"}, "breaker open, set manually"),
        (
            {"breaker": "open", "breaker_forced": "closed"},
            "sending, breaker kept closed manually",
        ),
        ({"daily_cap": 7}, "daily cap reached"),
        ({"failures": 2}, "sending"),
        (
            {"failures": 3, "failing_since": NOW, "rate_now": 43.2},
            "failing: the last 3 attempts mostly failed, since 10:00:00 UTC",
        ),
        ({"rate_now": 43.2}, "slowed to 43/s"),
    ],
)
def test_the_state_of_an_account_is_a_word(fields: dict[str, object], words: str) -> None:
    assert state(ProviderAccount(slug="texts", **fields), 7, NOW) == words


@pytest.mark.parametrize(
    ("micros", "text"), [(0, "0.00"), (7_500, "0.0075"), (1_234_500_000, "1,234.50")]
)
def test_money_is_readable(micros: int, text: str) -> None:
    assert money(micros) == text


def test_the_list_shows_what_accounts_did_today(operator: Client, account: ProviderAccount) -> None:
    ProviderAccount.objects.update(
        daily_cap=5_000, costs={"": 0.0075}, success_share=0.987, latency_ms=84.4
    )
    today = datetime.now(UTC).date()
    AccountDay.objects.create(
        account=account, day=today, ok=1_200, failed=34, cost_micros=9_000_000
    )
    AccountDay.objects.create(account=account, day=today - timedelta(days=1), ok=9)

    page = operator.get(reverse(LIST)).content.decode()

    for text in ("1,234 of 5,000", "9.00", "98.7 %", "84 ms", "sending"):
        assert text in page


def test_a_longer_list_costs_no_more_queries(operator: Client, account: ProviderAccount) -> None:
    operator.get(reverse(LIST))
    with CaptureQueriesContext(connection) as one:
        operator.get(reverse(LIST))
    for n in range(4):
        text_account(f"more-{n}")
    with CaptureQueriesContext(connection) as five:
        operator.get(reverse(LIST))

    assert len(five) == len(one)


def test_pausing_asks_for_a_reason_and_says_who_takes_over(
    operator: Client, account: ProviderAccount
) -> None:
    assert "no other account takes over" in act(operator, "pause", account)
    text_account("spare")
    assert "through spare where possible" in act(operator, "pause", account, reason="")
    assert account.held_at is None


def test_a_pause_tells_by_whom_and_why(operator: Client, account: ProviderAccount) -> None:
    act(operator, "pause", account, reason="invoice unpaid")

    assert account.held_at is not None
    assert (account.held_by, account.held_reason) == ("maria", "invoice unpaid")
    assert LogEntry.objects.get().change_message == "Suspended: invoice unpaid"


def test_a_paused_account_is_resumed(operator: Client, account: ProviderAccount) -> None:
    act(operator, "pause", account, reason="invoice unpaid")
    act(operator, "resume_sending", account)

    assert (account.held_at, account.held_by, account.held_reason) == (None, "", "")
    assert LogEntry.objects.order_by("-pk")[0].change_message == "Resumed."


@pytest.mark.parametrize(
    ("action", "forced"),
    [("breaker_open", "open"), ("breaker_closed", "closed"), ("breaker_automatic", "")],
)
def test_a_breaker_is_moved_by_hand(
    operator: Client, account: ProviderAccount, action: str, forced: str
) -> None:
    ProviderAccount.objects.update(breaker_forced="open" if action != "breaker_open" else "")

    act(operator, action, account)

    assert account.breaker_forced == forced
    assert LogEntry.objects.count() == 1


def test_whoever_may_only_look_cannot_pause(account: ProviderAccount, client: Client) -> None:
    client.force_login(User.objects.create_user("viewer", is_staff=True))

    act(client, "pause", account, reason="because")

    assert account.held_at is None


def test_countries_and_costs_are_kept_in_their_one_form(
    operator: Client, account: ProviderAccount
) -> None:
    save(operator, account, serves="at, ch", costs='{"": 0.0075, "at": 0.09}', daily_cap="900")

    assert account.serves == ["AT", "CH"]
    assert account.costs == {"": 0.0075, "AT": 0.09}
    assert account.daily_cap == 900


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("serves", "Austria", "AUSTRIA is no country"),
        ("costs", '{"AT": "cheap"}', "must be a number"),
        ("costs", "[1]", "Write costs as"),
    ],
)
def test_what_is_no_country_or_cost_is_refused(
    operator: Client, account: ProviderAccount, field: str, value: str, words: str
) -> None:
    assert words in save(operator, account, **{field: value})
    assert (account.serves, account.costs) == ([], {})


def test_saving_a_page_leaves_what_moved_meanwhile(
    operator: Client, account: ProviderAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The breaker opens between loading the row and saving it."""
    from channels.admin import provider_accounts as admin

    def meanwhile(row: ProviderAccount, given: dict[str, str]) -> None:
        ProviderAccount.objects.filter(pk=row.pk).update(breaker="open", rate_now=5.0)

    monkeypatch.setattr(admin, "keep_credentials", meanwhile)

    save(operator, account, weight="7")

    assert (account.weight, account.breaker, account.rate_now) == (7, "open", 5.0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"credential_from": "Shop <shop@shop.example>"}, "e-mail address"),
        ({"credential_from": "not an address"}, "e-mail address"),
        ({"credential_from_name": "a\u2028Bcc: x"}, "A name has no line breaks"),
        ({"credential_from_name": "x" * 201}, "A name has at most 200 characters."),
    ],
)
def test_a_sender_that_no_mail_can_have_is_not_saved(
    operator: Client, fields: dict[str, str], words: str
) -> None:
    mail = mail_account()
    assert words in save(operator, mail, **{"credential_from": "shop@shop.example", **fields})
    assert mail.settings["from"] == "old@shop.example"


def test_a_sender_of_any_script_is_saved(operator: Client) -> None:
    mail = mail_account()
    name = "فروشگاه می\u200cرسد"
    save(operator, mail, credential_from="laden@bücher.example", credential_from_name=name)
    assert mail.settings == {"from": "laden@bücher.example", "from_name": name}


def mail_account() -> ProviderAccount:
    routes.forget()
    return account_upsert(
        slug="mail",
        channel="email",
        kind="sendgrid",
        credentials={"api_key": "SG.x"},
        settings={"from": "old@shop.example"},
    )


@pytest.mark.parametrize("text", ["[" * 100_000, '{"DE": "\\u0000"}', '{"DE": NaN}', '"text"'])
def test_costs_that_cannot_be_read_change_nothing(
    operator: Client, account: ProviderAccount, text: str
) -> None:
    save(operator, account, costs=text)
    assert account.costs == {}
