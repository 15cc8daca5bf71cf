"""What an account's fields may hold, for whoever makes or replaces one."""

from typing import Any

import pytest

from channels.accounts.credentials import account_upsert
from channels.accounts.fields import field_problems
from channels.models import ProviderAccount
from channels.registry import adapter, kinds

pytestmark = pytest.mark.django_db


def save(kind: str, settings: dict[str, Any]) -> ProviderAccount:
    channel = adapter(kind).CHANNEL.value
    return account_upsert(slug="one", channel=channel, kind=kind, settings=settings)


@pytest.mark.parametrize(
    "contact",
    [
        "push@shop.example",
        "",
        None,
        "mailto: x@y",
        "mailto:x@localhost",
        "mailto://x@shop.example",
        "mailto:x@سلام",
        7,
    ],
)
def test_a_contact_that_push_services_refuse_is_refused_by_every_way_in(contact: object) -> None:
    with pytest.raises(ValueError, match=r"account one .*subject: Write "):
        save("vapid", {"subject": contact})
    assert not ProviderAccount.objects.exists()


def test_what_is_refused_leaves_the_account_as_it_was() -> None:
    save("vapid", {"subject": "mailto:push@shop.example"})
    with pytest.raises(ValueError, match="subject"):
        save("vapid", {"subject": "x" * 100_000})
    assert ProviderAccount.objects.get().settings == {"subject": "mailto:push@shop.example"}


@pytest.mark.parametrize("kind", ["smtp", "sendgrid", "ses", "mailgun"])
@pytest.mark.parametrize("wrong", [{"from": "nobody"}, {"from_name": "Shop\r\nBcc: x@y.example"}])
def test_a_sender_that_no_mail_can_have_is_refused_for_every_mail_provider(
    kind: str, wrong: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}: "):
        save(kind, {"from": "shop@example.com", **wrong})


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(ValueError, match=r"from: .* from_name: "):
        save("smtp", {"from": "nobody", "from_name": "a\nb"})


def test_names_of_any_script_and_an_empty_optional_one_are_taken() -> None:
    for name in ("Bücher & Söhne", "فروشگاه", "متجر", ""):
        save("smtp", {"from": "laden@bücher.example", "from_name": name})


@pytest.mark.parametrize("kind", kinds())
def test_no_check_of_a_field_fails_on_what_nobody_expects(kind: str) -> None:
    hostile = ("", "\0", "\ud800", "é" * 10_000, "[", "mailto:[", "https://[")
    for value in hostile:
        fields = adapter(kind).FIELDS
        problems = field_problems(fields, {field.name: value for field in fields})
        assert all(len(problem) <= 300 for problem in problems.values())
