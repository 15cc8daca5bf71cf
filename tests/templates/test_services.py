from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from templates import services
from templates.models import MessageTemplate, TemplateVersion
from templates.render import render

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_memory() -> None:
    services.forget_names()
    services.compiled.cache_clear()


def template(slug: str = "order") -> MessageTemplate:
    return services.template_create(slug=slug, name=slug)


def draft(of: MessageTemplate, body: str = "Hi {{ name }}") -> TemplateVersion:
    return services.version_draft(template=of, parts={"sms": {"default": {"body": body}}})


def published(of: MessageTemplate, body: str = "Hi {{ name }}") -> TemplateVersion:
    return services.version_publish(version=draft(of, body))


def test_versions_count_up() -> None:
    order = template()
    assert [draft(order).number, draft(order).number] == [1, 2]


def test_publishing_finds_the_variables() -> None:
    assert published(template()).variables == ["name"]


def test_a_version_with_problems_is_not_published() -> None:
    with pytest.raises(services.CannotPublish, match="sms / default / body, line 1"):
        published(template(), "{{ name")


def test_a_version_is_published_once() -> None:
    version = published(template())
    with pytest.raises(services.CannotPublish, match="already"):
        services.version_publish(version=version)


@pytest.mark.parametrize("change", [{"parts": {}}, {"number": 9}, {"published_at": None}])
def test_the_database_refuses_to_change_a_published_version(change: dict[str, Any]) -> None:
    version = published(template())
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        TemplateVersion.objects.filter(pk=version.pk).update(**change)


def test_the_database_refuses_to_delete_a_published_version() -> None:
    version = published(template())
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        version.delete()


def test_a_draft_can_be_changed() -> None:
    version = draft(template())
    assert TemplateVersion.objects.filter(pk=version.pk).update(parts={}) == 1


def test_a_slug_means_its_newest_published_version() -> None:
    order = template()
    published(order)
    newest = published(order)
    draft(order)
    found = services.find_version("order")
    assert found is not None
    assert (found.id, found.number, found.channels) == (newest.pk, 2, frozenset({"sms"}))


def test_a_number_names_a_version() -> None:
    order = template()
    first = published(order)
    published(order)
    found = services.find_version("order-v1")
    assert found is not None
    assert found.id == first.pk


def test_a_template_of_exactly_that_name_wins() -> None:
    order, other = template(), template("order-v1")
    published(order)
    exact = published(other)
    found = services.find_version("order-v1")
    assert found is not None
    assert found.id == exact.pk


@pytest.mark.parametrize(
    "name", ["order", "order-v1", "order-v2", "nothing", "order-v01", "", "-v1"]
)
def test_what_is_not_published_is_not_found(name: str) -> None:
    draft(template())
    assert services.find_version(name) is None


def test_many_names_take_one_query_and_then_none() -> None:
    published(template())
    published(template("login"))
    names = {"order", "order-v1", "login", "nothing"}
    with CaptureQueriesContext(
        connection,
    ) as first:
        found = services.find_versions(names)
    with CaptureQueriesContext(connection) as second:
        services.find_versions(names)
    assert (set(found), len(first), len(second)) == ({"order", "order-v1", "login"}, 1, 0)


def test_a_compiled_version_renders_and_is_remembered() -> None:
    version = published(template())
    one = services.compiled(version.pk)
    assert render(one, "sms", "", {"name": "Ada"}) == {"body": "Hi Ada"}
    assert services.compiled(version.pk) is one


def test_a_draft_is_not_compiled() -> None:
    with pytest.raises(TemplateVersion.DoesNotExist):
        services.compiled(draft(template()).pk)
