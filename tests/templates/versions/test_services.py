"""The one draft of a template, and what is published of it."""

import pytest

from preferences.models import NotificationType
from templates.models import MessageTemplate, TemplateVersion
from templates.versions.services import (
    CannotPublish,
    Content,
    DraftChanged,
    InUse,
    draft_discard,
    draft_of,
    draft_save,
    template_create,
    template_delete,
    version_publish,
    version_rollback,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> MessageTemplate:
    return template_create(slug="order", name="Order")


def words(body: str) -> Content:
    return Content({"sms": {"default": {"body": body}}}, note=body)


def publish(template: MessageTemplate, body: str) -> TemplateVersion:
    return version_publish(version=draft_save(template=template, content=words(body)), by="maria")


def test_a_template_has_one_draft(order: MessageTemplate) -> None:
    draft_save(template=order, content=words("one"), by="maria")
    second = draft_save(template=order, content=words("two"), by="ada")
    assert (second.number, second.changed_by) == (1, "ada")
    assert order.versions.count() == 1


def test_nobody_overwrites_what_they_have_not_seen(order: MessageTemplate) -> None:
    seen = draft_save(template=order, content=words("one"), by="maria").changed_at
    draft_save(template=order, content=words("two"), by="ada", seen=seen)
    with pytest.raises(DraftChanged, match="ada changed this draft"):
        draft_save(template=order, content=words("three"), by="maria", seen=seen)


def test_who_published_what_and_when_is_known(order: MessageTemplate) -> None:
    version = publish(order, "one")
    assert (version.published_by, version.note) == ("maria", "one")
    assert version.published_at


def test_an_old_version_comes_back_as_a_new_one_and_the_draft_stays(order: MessageTemplate) -> None:
    first = publish(order, "one")
    publish(order, "two")
    draft = draft_save(template=order, content=words("three"))
    back = version_rollback(version=first, by="ada")
    assert (back.number, back.parts, back.published_by) == (4, first.parts, "ada")
    assert draft_of(order) == draft


def test_what_is_published_last_is_the_newest(order: MessageTemplate) -> None:
    publish(order, "one")
    draft_save(template=order, content=words("two"))
    version_rollback(version=order.versions.get(number=1))
    draft = draft_of(order)
    assert draft
    assert version_publish(version=draft).number == 4


def test_what_marketing_has_come_to_require_also_keeps_an_old_version_back(
    order: MessageTemplate,
) -> None:
    first = publish(order, "Offers!")
    NotificationType.objects.create(
        slug="offers", name="Offers", channels=["sms"], legal_class="marketing", template="order"
    )
    with pytest.raises(CannotPublish, match="how to end it"):
        version_rollback(version=first)


def test_a_draft_is_discarded_and_a_published_version_is_not(order: MessageTemplate) -> None:
    publish(order, "one")
    draft_save(template=order, content=words("two"))
    assert draft_discard(template=order)
    assert not draft_discard(template=order)
    assert order.versions.count() == 1


def test_a_template_goes_with_its_drafts_unless_something_was_published(
    order: MessageTemplate,
) -> None:
    other = template_create(slug="other", name="Other")
    draft_save(template=other, content=words("one"))
    template_delete(template=other)
    publish(order, "one")
    with pytest.raises(InUse, match="order has published versions"):
        template_delete(template=order)
    assert MessageTemplate.objects.get() == order
