"""Addresses that were stored before they had one form: reported, hashed anew, made one."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from channels.models import App
from notifyproj.core.clock import now
from notifyproj.core.encryption import lookup_hash
from preferences.addresses import addresses
from preferences.consent import verify, withdrawals
from preferences.facts.facts import load_points_of
from preferences.models import BounceStrike, ContactPoint, Recipient, Suppression
from preferences.recipients import rehash_all, services
from preferences.recipients.schemas import ImportLine
from tests.preferences.opening import opened

pytestmark = pytest.mark.django_db

HEX = "0a1b2c3d4e5f6071" * 4


def person(name: str = "maria") -> Recipient:
    services.recipients_upsert_bulk([ImportLine(external_id=name)])
    return Recipient.objects.get(external_id=name)


def stored(who: Recipient, channel: str, text: str, days: int = 0, app: App | None = None) -> int:
    """As it was written, `days` ago, by the first version of the hash."""
    hash_ = lookup_hash(channel, text)
    key = addresses.open_data_key(bytes(who.data_key or b""), who.external_id)
    at = now() - timedelta(days=days)
    point = ContactPoint.objects.create(
        recipient=who,
        channel=channel,
        app=app,
        address=addresses.seal(key, who.pk, hash_, text),
        address_hash=hash_,
        hash_version=1,
        hint=addresses.mask(channel, text),
        registered_at=at,
        last_seen_at=at,
    )
    return int(point.pk)


def run(*options: str) -> str:
    out = StringIO()
    call_command("rehash_addresses", *options, stdout=out)
    return out.getvalue()


def kept() -> dict[int, str]:
    return {point.pk: opened(point) for point in ContactPoint.objects.all()}


def suppress(channel: str, text: str) -> None:
    word = withdrawals.Statement(channel, lookup_hash(channel, text), now())
    withdrawals.suppress([withdrawals.Stopped(word, "x")], "api")


def is_suppressed(who: Recipient, channel: str) -> bool:
    [point] = load_points_of([who.pk], [channel])[who.pk, channel]
    return point.suppressed


def test_an_address_opens_and_is_found_in_its_new_form() -> None:
    maria = person()
    mail = stored(maria, "email", "Kunde@faß.de")
    number = stored(maria, "sms", "+4407700900456")

    run("--apply")

    assert kept() == {mail: "Kunde@xn--fa-hia.de", number: "+447700900456"}
    found = ContactPoint.objects.filter(
        address_hash__in=[
            addresses.hash_of("email", "kunde@faß.de"),
            addresses.hash_of("sms", "+44 7700 900456"),
        ]
    )
    assert set(found.values_list("hash_version", flat=True)) == {2}
    assert found.count() == 2


def test_spellings_of_one_mailbox_become_the_one_registered_last() -> None:
    maria = person()
    spellings = ["maria@müller.example", "Maria@xn--mller-kva.example", "MARIA@müller.example"]
    _, _, last = [stored(maria, "email", text, 3 - at) for at, text in enumerate(spellings)]

    assert "2 merged" in run("--apply")
    assert kept() == {last: "MARIA@xn--mller-kva.example"}


def test_one_that_is_alive_stays_before_one_found_dead() -> None:
    maria = person()
    alive = stored(maria, "sms", "+447700900456", 2)
    dead = stored(maria, "sms", "+4407700900456", 1)
    ContactPoint.objects.filter(pk=dead).update(active=False)

    run("--apply")

    assert list(kept()) == [alive]


def test_two_people_with_one_mailbox_stay_two() -> None:
    stored(person("maria"), "email", "Office@example.com")
    stored(person("jan"), "email", "office@example.com")

    assert "0 merged" in run("--apply")


def test_a_device_is_of_whom_registered_it_last() -> None:
    ios_app = App.objects.create(slug="shop-ios", name="Shop", channel="push", platform="ios")
    stored(person("maria"), "push", HEX, 2, ios_app)
    last = stored(person("jan"), "push", HEX.upper(), 1, ios_app)

    run("--apply")

    assert kept() == {last: HEX}
    assert ContactPoint.objects.get().recipient.external_id == "jan"


@pytest.mark.parametrize("suppressed", ["Maria@example.com", "MARIA@example.com"])
def test_what_was_suppressed_in_one_spelling_is_suppressed_when_merged(suppressed: str) -> None:
    maria = person()
    stored(maria, "email", "Maria@example.com", 2)
    stored(maria, "email", "MARIA@example.com", 1)
    suppress("email", suppressed)

    run("--apply")

    assert is_suppressed(maria, "email")
    assert verify.addresses_sent_to() == []


def test_a_suppression_in_another_spelling_reaches_everybody_who_has_the_address() -> None:
    stored(person("maria"), "email", "Office@example.com")
    jan = person("jan")
    stored(jan, "email", "office@example.com")
    suppress("email", "Office@example.com")

    run("--apply")

    assert is_suppressed(jan, "email")


def test_who_registers_one_spelling_has_the_others_hashed_anew() -> None:
    maria = person()
    stored(maria, "email", "MaRia@example.com", 2)
    other = stored(maria, "email", "Shop@example.com", 1)
    stranger = stored(person("jan"), "email", "JaN@example.com")

    services.contact_point_register(
        external_id="maria", channel="email", address="maria@example.com"
    )

    assert sorted(kept().values()) == ["JaN@example.com", "Shop@example.com", "maria@example.com"]
    versions = dict(ContactPoint.objects.values_list("pk", "hash_version"))
    assert (versions[other], versions[stranger]) == (2, 1)


def test_days_of_bounces_go_along() -> None:
    stored(person(), "email", "Maria@example.com")
    hash_ = lookup_hash("email", "Maria@example.com")
    BounceStrike.objects.create(channel="email", address_hash=hash_, day=now().date())

    run("--apply")

    new = addresses.hash_of("email", "maria@example.com")
    assert BounceStrike.objects.filter(address_hash=new).count() == 1


def test_it_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehash_all, "BATCH", 2)
    maria = person()
    for number in range(5):
        stored(maria, "email", f"Maria{number}@example.com")
    next(rehash_all.rehash_all())

    assert ContactPoint.objects.filter(hash_version=2).count() == 2
    assert run("--apply").startswith("3 looked at")
    assert run("--apply").startswith("0 looked at")


def test_the_report_names_what_is_refused_and_changes_nothing() -> None:
    maria = person()
    for text in ("jörg@example.com", "a..b@example.com", "fine@example.com"):
        stored(maria, "email", text)
    stored(maria, "sms", "+999123456789")
    Recipient.objects.filter(pk=maria.pk).update(locale="iw-IL")
    before = set(ContactPoint.objects.values_list("address_hash", "hash_version"))

    told = run()

    assert "3 addresses cannot be sent to" in told
    assert "maria: sms +99…89" in told
    assert "iw-IL (1 people, maria …): is read as he-IL" in told
    assert "jörg" not in told
    assert set(ContactPoint.objects.values_list("address_hash", "hash_version")) == before


def test_what_is_refused_stays_and_is_known_again() -> None:
    point = stored(person(), "email", "Jörg@example.com")

    run("--apply")

    assert kept() == {point: "Jörg@example.com"}
    assert addresses.hash_of("email", "jo\u0308rg@example.com") == bytes(
        ContactPoint.objects.get().address_hash
    )


def test_an_address_that_no_key_opens_is_told_and_left() -> None:
    point = stored(person(), "email", "Maria@example.com")
    ContactPoint.objects.filter(pk=point).update(address=b"x" * 40)

    with pytest.raises(SystemExit):
        run("--apply")

    assert ContactPoint.objects.get().hash_version == 1


@pytest.mark.parametrize(
    ("field", "channel", "former", "text"),
    [
        ("phone", "sms", "+4407700900456", "+44 7700 900456"),
        ("email", "email", "Maria@müller.example", "Maria@müller.example"),
    ],
)
def test_registering_anew_before_that_makes_no_second_one(
    field: str, channel: str, former: str, text: str
) -> None:
    point = stored(person(), channel, former)
    ContactPoint.objects.update(active=False)

    said: dict[str, Any] = {field: text}
    services.recipients_upsert_bulk([ImportLine(external_id="maria", **said)])

    [only] = ContactPoint.objects.all()
    assert (only.pk, only.hash_version, only.active) == (point, 2, False)


def test_a_person_who_wrote_the_suppression_off_is_sent_to_again() -> None:
    maria = person()
    stored(maria, "sms", "+4407700900456")
    said = withdrawals.Statement("sms", lookup_hash("sms", "+4407700900456"), now())
    withdrawals.stop([withdrawals.Stopped(said, "Asked to stop")])
    run("--apply")
    text = "+447700900456"
    word = withdrawals.Statement(
        "sms",
        addresses.hash_of("sms", text),
        now(),
        former=addresses.former_hashes_of("sms", text),
    )

    assert withdrawals.start(word)
    assert not Suppression.objects.exists()
    assert verify.addresses_sent_to() == []
