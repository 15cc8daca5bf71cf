"""A message to several people, by a provider that takes several in one request."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from channels.accounts.credentials import account_upsert
from channels.accounts.routes import routes
from channels.sandbox.models import Fault, Received
from channels.transport import loop as transport
from notifications.deliver import worker
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from templates.versions.services import template_create, version_draft, version_publish
from tests.channels.sandbox.conftest import Sandbox, running, values_of
from tests.flows.conftest import settle
from tests.flows.steps import conserved, go_on, send
from tests.world import World, contact_point, forget_all

LETTER = {"subject": "For {{ order_id }}", "text": "Yours", "html": "<p>{{ order_id }}</p>"}
NAMES = ("ada", "bob", "eve", "joe")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as started:
        yield started


@pytest.fixture
def mail(world: World, sandbox: Sandbox) -> Iterator[Callable[[str], str]]:
    """Four people with a mailbox, and an account of the kind that is asked for: its slug."""
    template = template_create(slug="letter", name="Letter")
    version_publish(version=version_draft(template=template, parts={"email": {"default": LETTER}}))
    for name in NAMES:
        contact_point(world.person(name), "email", f"{name}@example.org")

    def through(kind: str) -> str:
        slug = f"{kind}-{uuid4().hex[:8]}"  # the simulator remembers accounts for two seconds
        account_upsert(slug=slug, endpoint=f"{sandbox.url}/{slug}", **values_of(kind, slug))
        routes.forget()
        forget_all()
        return slug

    yield through
    worker.drain()
    worker.forget()
    transport.forget()
    Received.objects.all().delete()
    Fault.objects.all().delete()


def post(world: World, **fields: Any) -> None:
    letter = {"user_ids": list(NAMES), "channels": ["email"], "template_id": "letter"}
    assert send(world, **{**letter, **fields}).error is None


def sent(n: int) -> bool:
    return Delivery.objects.filter(state=State.SENT).count() == n


def arrived(n: int) -> list[Received]:
    settle(lambda: Received.objects.filter(accepted=True).count() >= n)
    return list(Received.objects.order_by("pk"))


@pytest.mark.parametrize("kind", ["ses", "mailgun"])
def test_all_of_them_go_in_one_request_and_each_gets_their_own(
    world: World, mail: Callable[[str], str], kind: str
) -> None:
    mail(kind)
    post(world)
    settle(lambda: sent(4))
    rows = arrived(4)
    assert sorted(row.recipient for row in rows) == [f"{name}@example.org" for name in NAMES]
    assert sum(row.raw.startswith("POST") for row in rows) == 1
    assert {row.delivery_id for row in rows} == {str(d.pk) for d in Delivery.objects.all()}
    assert Attempt.objects.count() == 4
    conserved()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("sendgrid", {}), ("ses", {"priority": "high"}), ("ses", {"user_ids": ["ada"]})],
)
def test_what_may_not_share_goes_by_itself(
    world: World, mail: Callable[[str], str], kind: str, fields: dict[str, Any]
) -> None:
    mail(kind)
    post(world, **fields)
    settle(lambda: not Delivery.objects.filter(settled_at=None).exists())
    rows = arrived(Delivery.objects.count())
    assert all(row.raw.startswith("POST") for row in rows)
    assert all("bulk" not in row.raw.partition("\n")[0] for row in rows)


def test_an_address_that_spoils_a_batch_fails_alone(
    world: World, mail: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mailgun finds an address wrong that we thought right."""
    mail("mailgun")
    monkeypatch.setattr(
        "channels.sandbox.providers.email.mailgun_form.is_address", lambda a: "eve@" not in a
    )
    post(world)
    settle(lambda: not Delivery.objects.filter(settled_at=None).exists())
    states = Delivery.objects.order_by("state").values_list("state", flat=True)
    assert sorted(states) == sorted([State.SENT] * 3 + [State.FAILED])
    assert "eve@example.org" not in {row.recipient for row in arrived(3) if row.accepted}
    assert [a.number for a in Attempt.objects.all()] == [1] * 4


def test_after_trouble_of_the_provider_each_goes_alone(
    world: World, mail: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.sandbox.kit.accounts.FRESH", 0.0)
    Fault.objects.create(account=mail("ses"), kind="error", status=500)
    post(world)
    settle(lambda: Attempt.objects.count() == 4)
    settle(lambda: set(Delivery.objects.values_list("state", "attempts")) == {(State.WAITING, 1)})
    Fault.objects.all().delete()
    go_on()
    settle(lambda: sent(4))
    paths = [row.raw.partition("\n")[0] for row in arrived(4) if row.accepted]
    assert len(paths) == 4
    assert not [path for path in paths if "bulk" in path]
    conserved()
