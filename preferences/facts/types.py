"""The notification types as values, and the caps they count towards; at most two seconds old."""

from dataclasses import dataclass
from typing import Literal

from channels.base import Lane
from channels.models import App
from notifyproj.core.clock import Snapshot
from preferences.decision.cap_codes import cap_code
from preferences.decision.digest_rule import DigestRule, digest_rule
from preferences.decision.values import TypeRules, category_key
from preferences.models import Cap, NotificationType

Priority = Literal["high", "normal", "low"]
LANE_OF: dict[str, Lane] = {"high": Lane.URGENT, "normal": Lane.NORMAL, "low": Lane.BULK}
PRIORITY_OF: dict[Lane, Priority] = {
    Lane.URGENT: "high",
    Lane.NORMAL: "normal",
    Lane.BULK: "low",
}
ALL = ""  # what a cap does not name


@dataclass(frozen=True, slots=True)
class Fallback:
    """`to` is tried too, unless `source` is accepted (or delivered) within `after` seconds."""

    source: str
    to: str
    unless: Literal["accepted", "delivered"]
    after: float
    app: int | None = None  # only its contact points, and these only so

    @property
    def place(self) -> str:
        """Where its contact points are among the facts."""
        return place_of(self.to, self.app)


def place_of(channel: str, app: int | None) -> str:
    """A channel; or one app of it, which a fallback names and nothing else reaches."""
    return channel if app is None else f"{channel}@{app}"


@dataclass(frozen=True, slots=True)
class TypeValue:
    id: int
    slug: str
    channels: tuple[str, ...]
    max_lane: Lane
    resend_uncertain: bool
    sensitive: bool
    ttl_seconds: int
    template: str
    rules: TypeRules
    routing: str = "reliable"
    fixed_account: int | None = None
    fallbacks: tuple[Fallback, ...] = ()
    track_opens: bool = False
    track_clicks: bool = False
    duplicate_seconds: int = 0
    over_cap: str = "drop"
    retry_late_failures: bool = False
    digest: DigestRule | None = None  # what of it is collected, and until when


@dataclass(frozen=True, slots=True)
class Catalogue:
    by_slug: dict[str, TypeValue]
    by_id: dict[int, TypeValue]
    apart: frozenset[int] = frozenset()  # apps that a fallback of any type names


@dataclass(frozen=True, slots=True)
class CapValue:
    """At most `most` a `per` to a person, of what the three others name."""

    id: int
    most: int
    per: str
    type_id: int | None = None
    category: str = ALL
    legal_class: str = ALL

    @property
    def text(self) -> str:
        return f"{self.most} {'an' if self.per == Cap.Per.HOUR else 'a'} {self.per}"

    @property
    def local(self) -> bool:
        return self.per != Cap.Per.HOUR

    def code(self, n: str) -> str:
        """What is kept of it: see `cap_codes.py`."""
        scope = "t" if self.type_id is not None else "c" if self.category else "a"
        return cap_code(scope, self.legal_class, self.most, self.per, n)

    def counts(self, type_: TypeValue) -> bool:
        return (
            self.type_id in (None, type_.id)
            and self.category in (ALL, type_.rules.category)
            and self.legal_class in (ALL, type_.rules.legal_class)
        )


def _load() -> Catalogue:
    """A disabled type takes no new requests; what was accepted still goes out."""
    rows = list(NotificationType.objects.all())
    apps = _apps({step["app"] for row in rows for step in row.fallbacks if "app" in step})
    values = {row: _value(row, apps) for row in rows}
    by_slug = {value.slug: value for row, value in values.items() if row.enabled}
    by_id = {value.id: value for value in values.values()}
    return Catalogue(by_slug, by_id, frozenset(apps.values()))


def _apps(slugs: set[str]) -> dict[str, int]:
    """Most installations name none, and are not asked."""
    return dict(App.objects.filter(slug__in=slugs).values_list("slug", "id")) if slugs else {}


def _fallbacks(row: NotificationType, apps: dict[str, int]) -> tuple[Fallback, ...]:
    """Without a step to an app that was removed."""
    return tuple(
        Fallback(
            source=step["from"],
            to=step["to"],
            unless=step["unless"],
            after=float(step["after"]),
            app=apps.get(step.get("app", "")),
        )
        for step in row.fallbacks
        if "app" not in step or step["app"] in apps
    )


def _value(row: NotificationType, apps: dict[str, int]) -> TypeValue:
    return TypeValue(
        id=row.pk,
        slug=row.slug,
        channels=tuple(row.channels),
        max_lane=LANE_OF[row.max_priority],
        resend_uncertain=row.on_uncertain == NotificationType.OnUncertain.RESEND,
        sensitive=row.sensitive,
        ttl_seconds=row.ttl_seconds,
        template=row.template,
        rules=TypeRules(
            id=row.pk,
            mandatory=row.mandatory,
            passes_quiet_hours=row.passes_quiet_hours,
            opt_in_channels=frozenset(row.opt_in_channels),
            category=category_key(row.category_id) if row.category_id else "",
            legal_class=row.legal_class,
            window=(row.send_from, row.send_until) if row.send_from and row.send_until else None,
        ),
        routing=row.routing,
        fixed_account=row.fixed_account_id,
        fallbacks=_fallbacks(row, apps),
        track_opens=row.track_opens,
        track_clicks=row.track_clicks,
        duplicate_seconds=row.duplicate_seconds,
        over_cap=row.over_cap,
        retry_late_failures=row.retry_late_failures,
        digest=_digest(row),
    )


def _digest(row: NotificationType) -> DigestRule | None:
    """Security and legal news never wait for company. One type that was written wrong must not
    stop the others: it goes one by one, but for what is over a cap."""
    folds = row.over_cap == NotificationType.OverCap.DIGEST
    if row.mandatory or not (row.digest or folds):
        return None
    try:
        return digest_rule(row.digest, folds=folds)
    except (AttributeError, TypeError, ValueError):
        return digest_rule({}, folds=folds)


catalogue = Snapshot(_load, seconds=2)


def type_of(type_id: int) -> TypeValue | None:
    """Looks again for one it does not know: another process may have accepted for a type that
    was made a moment ago. None when it was removed."""
    found = catalogue.get().by_id.get(type_id)
    if found is None:
        catalogue.forget()
        found = catalogue.get().by_id.get(type_id)
    return found


def _load_caps() -> tuple[CapValue, ...]:
    return tuple(sorted(map(_cap_value, Cap.objects.all()), key=_breadth))


def _cap_value(row: Cap) -> CapValue:
    category = category_key(row.category_id) if row.category_id else ALL
    return CapValue(
        id=row.pk,
        most=row.most,
        per=row.per,
        type_id=row.type_id,
        category=category,
        legal_class=row.legal_class,
    )


def _breadth(cap: CapValue) -> tuple[bool, bool, int]:
    return cap.type_id is None, cap.category == ALL, cap.id


caps = Snapshot(_load_caps, seconds=2)


def caps_of(type_: TypeValue) -> tuple[CapValue, ...]:
    """The narrowest first; none hold for what is mandatory."""
    known = caps.get()
    if not known or type_.rules.mandatory:
        return ()
    return tuple(cap for cap in known if cap.counts(type_))
