"""`manage.py check_rollups`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from notifications.counters import table as counters
from notifications.models import CounterDelta
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.steps import conserved, send, settled
from tests.world import World

pytestmark = pytest.mark.usefixtures("sent")


@pytest.fixture
def sent(world: World) -> None:
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")
    settled()


def check(*args: str) -> str:
    out = StringIO()
    call_command("check_rollups", *args, stdout=out)
    return out.getvalue()


def spoil() -> None:
    CounterDelta.objects.filter(measure=State.SENT).update(n=3)
    counters.fold()


def test_where_nothing_differs_it_says_so() -> None:
    assert check() == "The counters say what the log says.\n"


def test_what_differs_is_named_and_the_exit_code_says_it(world: World) -> None:
    spoil()

    out = StringIO()
    with pytest.raises(CommandError, match="1 counters differ from the log") as error:
        call_command("check_rollups", stdout=out)

    assert error.value.returncode == 1
    hour = f"{now():%Y-%m-%d %H}h"
    assert out.getvalue() == f"{hour} order push account {world.account.pk}: sent: 2 too many\n"


def test_asked_to_repair_it_repairs() -> None:
    spoil()

    assert check("--repair").endswith("1 counters put right.\n")

    conserved()


def test_a_day_or_an_arm_may_be_asked_for() -> None:
    spoil()

    assert check("--day", f"{now():%Y-%m-%d}", "--arm", "7") == check("--arm", "7")


def test_a_day_the_log_does_not_have_cannot_be_checked() -> None:
    with pytest.raises(CommandError, match="The log has no 2020-01-01"):
        check("--day", "2020-01-01")
