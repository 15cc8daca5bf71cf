"""The address that mailbox providers report complaints to."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from channels.addresses.signed import Feedback
from notifications.inbound_mail.signed_addresses import verify
from notifyproj.core.clock import now
from tests.notifications.inbound_mail.conftest import Letter


def printed(slug: str) -> str:
    out = StringIO()
    call_command("feedback_address", slug, stdout=out)
    return out.getvalue().strip()


def test_it_is_of_one_account(letter: Letter) -> None:
    assert verify(printed("mail-1"), now()) == Feedback(letter.account.pk)


@pytest.mark.parametrize(("slug", "base"), [("nobody", "bounces.example"), ("mail-1", "")])
def test_without_account_or_address_it_says_what_is_missing(
    letter: Letter, settings: Settings, slug: str, base: str
) -> None:
    settings.BOUNCE_ADDRESS = base

    with pytest.raises(CommandError, match=r"no e-mail account|BOUNCE_ADDRESS"):
        printed(slug)
