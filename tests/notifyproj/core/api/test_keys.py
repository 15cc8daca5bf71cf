import io

import pytest
from django.core.management import CommandError, call_command

from notifyproj.core.api.authentication import caller_of
from notifyproj.core.api.keys import api_key_create, service_create
from notifyproj.core.models import Service

pytestmark = pytest.mark.django_db


def create_api_key(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_command_prints_a_key_that_works() -> None:
    caller = caller_of(create_api_key("shop", "--scopes", "send,read"))
    assert caller is not None
    assert (caller.service, caller.scopes) == ("shop", frozenset({"send", "read"}))


def test_the_command_adds_a_key_to_a_service_that_exists() -> None:
    create_api_key("shop")
    create_api_key("shop")
    assert Service.objects.get().api_keys.count() == 2


def test_the_command_refuses_a_scope_that_does_not_exist() -> None:
    with pytest.raises(CommandError, match="everything"):
        create_api_key("shop", "--scopes", "everything")


def test_a_key_without_scopes_is_refused() -> None:
    with pytest.raises(ValueError, match="Scopes"):
        api_key_create(service=service_create(slug="shop"), scopes=[])


def test_a_slug_with_a_space_is_refused() -> None:
    with pytest.raises(ValueError, match="slug"):
        service_create(slug="my shop")
