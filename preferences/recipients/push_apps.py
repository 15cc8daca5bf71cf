"""Which app a device registers with: the one it names, or the only one of its platform."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from django.contrib.postgres.aggregates import ArrayAgg

from channels.base import Channel
from channels.models import App
from channels.protocols import WithAddress
from channels.registry import adapter, kinds
from notifyproj.core.api.errors import InvalidFields
from preferences.addresses import addresses
from preferences.recipients.schemas import Device


class PushApp(NamedTuple):
    id: int
    slug: str
    channel: str
    platform: str  # "": any
    kinds: frozenset[str] = frozenset()  # of its accounts


class Registration(NamedTuple):
    """A device that can be stored: its token in the one form, its app known."""

    device: Device
    app: PushApp


def load_apps() -> list[PushApp]:
    rows = App.objects.filter(channel=Channel.PUSH).order_by("id")
    rows = rows.annotate(kinds=ArrayAgg("accounts__kind", distinct=True))
    return [
        PushApp(
            id=app.pk,
            slug=app.slug,
            channel=app.channel,
            platform=app.platform,
            kinds=frozenset(app.kinds) - {None},
        )
        for app in rows
    ]


def registration(device: Device, apps: Sequence[PushApp], prefix: str = "") -> Registration:
    """Raises InvalidFields; `prefix` goes before the names of fields."""
    app = _app_of(device, apps, prefix)
    try:
        token = addresses.normalise(app.channel, device.token)
    except addresses.InvalidAddress as error:
        raise InvalidFields({f"{prefix}token": str(error)}) from None
    if problem := _problem(app, token):
        raise InvalidFields({f"{prefix}token": problem})
    return Registration(msgspec.structs.replace(device, token=token), app)


def _problem(app: PushApp, token: str) -> str:
    """A token that every provider of the app would refuse is one mistake early, not many late."""
    known = [adapter(kind) for kind in app.kinds if kind in kinds()]
    problems = [a.address_problem(token) for a in known if isinstance(a, WithAddress)]
    return problems[0] if problems and len(problems) == len(known) and all(problems) else ""


def _app_of(device: Device, apps: Sequence[PushApp], prefix: str) -> PushApp:
    if device.app is not None:
        named = next((app for app in apps if app.slug == device.app), None)
        if named is None:
            raise InvalidFields({f"{prefix}app": "Push app not found."})
        if named.platform not in ("", device.platform):
            message = f"The push app {named.slug} is for {named.platform}."
            raise InvalidFields({f"{prefix}platform": message})
        return named
    fitting = [app for app in apps if app.platform == device.platform]
    if len(fitting) == 1:
        return fitting[0]
    many = "`app` is required: several apps have this platform." if fitting else None
    raise InvalidFields({f"{prefix}app": many or "No push app has this platform."})
