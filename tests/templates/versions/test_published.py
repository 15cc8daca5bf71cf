from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from preferences.models import NotificationType
from templates.engine.render import render
from templates.models import MessageTemplate, TemplateVersion
from templates.versions import published as versions
from templates.versions import services

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_memory() -> None:
    versions.forget_names()
    versions.compiled.cache_clear()
    versions.needs.cache_clear()


def template(slug: str = "order") -> MessageTemplate:
    return services.template_create(slug=slug, name=slug)


def draft(of: MessageTemplate, body: str = "Hi {{ name }}") -> TemplateVersion:
    return services.version_draft(template=of, parts={"sms": {"default": {"body": body}}})


def publish_partial(of: MessageTemplate, text: str) -> TemplateVersion:
    parts = {"partial": {"default": {"text": text}}}
    return services.version_publish(version=services.version_draft(template=of, parts=parts))


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


def test_a_version_keeps_the_partials_it_was_published_with() -> None:
    footer = services.template_create(slug="footer", name="Footer", kind="partial")
    publish_partial(footer, "one {{ name }}")
    first = published(template(), "Hi. {% include 'footer' %}")
    publish_partial(footer, "two")
    versions.compiled.cache_clear()
    assert render(versions.compiled(first.pk), "sms", "", {"name": "Ada"}) == {
        "body": "Hi. one Ada"
    }
    assert (first.pins, first.variables) == ({"footer": 1}, ["name"])


def test_a_text_may_ask_for_one_version_of_a_partial() -> None:
    footer = services.template_create(slug="footer", name="Footer", kind="partial")
    publish_partial(footer, "one")
    publish_partial(footer, "two")
    version = published(template(), "{% include 'footer-v1' %} {% include 'footer' %}")
    assert render(versions.compiled(version.pk), "sms", "", {}) == {"body": "one two"}


def test_a_partial_cannot_come_to_include_itself() -> None:
    one = services.template_create(slug="one", name="One", kind="partial")
    other = services.template_create(slug="other", name="Other", kind="partial")
    publish_partial(one, "x")
    publish_partial(other, "{% include 'one' %}")
    with pytest.raises(services.CannotPublish, match="include itself"):
        publish_partial(one, "{% include 'other' %}")


def test_a_dead_partial_is_named_with_its_line() -> None:
    with pytest.raises(
        services.CannotPublish, match="line 2: No published partial is called `foot"
    ):
        published(template(), "Hi\n{% include 'footer' %}")


def test_what_a_partial_opens_the_text_cannot_leave_open() -> None:
    footer = services.template_create(slug="footer", name="Footer", kind="partial")
    publish_partial(footer, "{% if name %}Bye{% endif %}")
    with pytest.raises(services.CannotPublish, match="body"):
        published(template(), "{% include 'footer' %}{% endif %}")


def test_a_partial_is_no_message() -> None:
    publish_partial(services.template_create(slug="foot", name="Foot", kind="partial"), "x")
    assert versions.find_version("foot") is None


def test_the_schema_of_the_text_is_kept_with_its_version() -> None:
    version = published(template(), "{% for i in items %}{{ i.price }}{% endfor %}")
    assert versions.needs(version.pk).wrong_variables({"items": [{}]}) == {
        "items[0].price": "This field is required."
    }


def test_what_a_schema_does_not_have_is_named_with_its_line() -> None:
    version = services.version_draft(
        template=template(),
        parts={"sms": {"default": {"body": "Hi\n{{ nmae }}"}}},
        schema={"type": "object", "properties": {"name": {"type": "string"}}},
    )
    with pytest.raises(services.CannotPublish, match="body, line 2: The schema has no `nmae`"):
        services.version_publish(version=version)


def test_a_problem_of_what_was_made_is_told_where_it_was_written() -> None:
    NotificationType.objects.create(
        slug="offers", name="Offers", channels=["email"], legal_class="marketing", template="order"
    )
    text = "<mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section>"
    mjml = f"<mjml><mj-body>{text}</mj-body></mjml>"
    part = {"subject": "Offers", "mjml": mjml}
    row = services.version_draft(template=template(), parts={"email": {"default": part}})
    with pytest.raises(services.CannotPublish, match="email / default / mjml: Marketing must say"):
        services.version_publish(version=row)


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
    found = versions.find_version("order")
    assert found is not None
    assert (found.id, found.number, found.channels) == (newest.pk, 2, frozenset({"sms"}))


def test_a_number_names_a_version() -> None:
    order = template()
    first = published(order)
    published(order)
    found = versions.find_version("order-v1")
    assert found is not None
    assert found.id == first.pk


def test_a_template_of_exactly_that_name_wins() -> None:
    order, other = template(), template("order-v1")
    published(order)
    exact = published(other)
    found = versions.find_version("order-v1")
    assert found is not None
    assert found.id == exact.pk


@pytest.mark.parametrize(
    "name", ["order", "order-v1", "order-v2", "nothing", "order-v01", "", "-v1"]
)
def test_what_is_not_published_is_not_found(name: str) -> None:
    draft(template())
    assert versions.find_version(name) is None


def test_many_names_take_one_query_and_then_none() -> None:
    published(template())
    published(template("login"))
    names = {"order", "order-v1", "login", "nothing"}
    with CaptureQueriesContext(
        connection,
    ) as first:
        found = versions.find_versions(names)
    with CaptureQueriesContext(connection) as second:
        versions.find_versions(names)
    assert (set(found), len(first), len(second)) == ({"order", "order-v1", "login"}, 1, 0)


def test_a_compiled_version_renders_and_is_remembered() -> None:
    version = published(template())
    one = versions.compiled(version.pk)
    assert render(one, "sms", "", {"name": "Ada"}) == {"body": "Hi Ada"}
    assert versions.compiled(version.pk) is one


def test_a_draft_is_not_compiled() -> None:
    with pytest.raises(TemplateVersion.DoesNotExist):
        versions.compiled(draft(template()).pk)
