import pytest
from django.core.checks import Tags, run_checks
from pytest_django.fixtures import Settings

OURS = [Tags.security, Tags.compatibility]


@pytest.mark.parametrize(
    ("name", "value", "id_"),
    [
        ("FIELD_ENCRYPTION_KEYS", "1", "notify.E001"),
        ("FIELD_ENCRYPTION_KEYS", "1:c2hvcnQ=", "notify.E001"),
        ("LOOKUP_HASH_KEY", "c2hvcnQ=", "notify.E002"),
        ("LOOKUP_HASH_KEY", "no base64!", "notify.E002"),
        ("PUBLIC_URL", "localhost:8000", "notify.E003"),
        ("RETENTION_DAYS", 0, "notify.E004"),
        ("REDIS_URL", "http://localhost", "notify.E005"),
    ],
)
def test_a_wrong_setting_is_named_by_its_check(
    settings: Settings, name: str, value: object, id_: str
) -> None:
    setattr(settings, name, value)
    assert id_ in [message.id for message in run_checks(tags=OURS)]


def test_the_settings_of_the_tests_pass() -> None:
    assert [m for m in run_checks(tags=OURS) if str(m.id).startswith("notify.")] == []


def test_a_sandbox_in_production_is_warned_of(settings: Settings) -> None:
    settings.SANDBOX = True
    found = run_checks(tags=OURS, include_deployment_checks=True)
    assert "notify.W001" in [message.id for message in found]


def test_one_click_unsubscribing_needs_https_in_production(settings: Settings) -> None:
    ids = {}
    for url in ("http://notify.example", "https://notify.example"):
        settings.PUBLIC_URL = url
        found = run_checks(tags=OURS, include_deployment_checks=True)
        ids[url] = "notify.W002" in [message.id for message in found]
    assert ids == {"http://notify.example": True, "https://notify.example": False}


def test_urls_that_reach_this_machine_are_warned_of_in_production(settings: Settings) -> None:
    settings.SANDBOX, settings.ALLOW_PRIVATE_URLS = False, True
    found = run_checks(tags=OURS, include_deployment_checks=True)
    assert "notify.W003" in [message.id for message in found]
