import json

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from templates import services
from templates.models import MessageTemplate, TemplateVersion

pytestmark = pytest.mark.django_db

GOOD = {"sms": {"default": {"body": "Hi {{ name }}"}}}
BAD = {"sms": {"default": {"body": "Hi\n{{ name"}}}
LIST = "admin:message_templates_templateversion_changelist"
ADD = "admin:message_templates_templateversion_add"
CHANGE = "admin:message_templates_templateversion_change"
PUBLISH = "message_templates_templateversion_publish"
DRAFT_FROM = "message_templates_templateversion_draft_from"


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


@pytest.fixture
def template() -> MessageTemplate:
    return services.template_create(slug="order", name="Order")


def draft(template: MessageTemplate) -> TemplateVersion:
    return services.version_draft(template=template, parts=GOOD)


def save(browser: Client, version: TemplateVersion, parts: object, **buttons: str) -> str:
    page = reverse(CHANGE, args=[version.pk])
    answer = browser.post(page, {"parts": json.dumps(parts), **buttons}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_draft_is_numbered_when_it_is_made(browser: Client, template: MessageTemplate) -> None:
    draft(template)
    browser.post(reverse(ADD), {"template": template.pk, "parts": json.dumps(GOOD)})
    assert TemplateVersion.objects.get(number=2).parts == GOOD


def test_a_draft_with_problems_is_kept_and_they_are_told(
    browser: Client, template: MessageTemplate
) -> None:
    version = draft(template)
    assert "sms / default / body, line 2" in save(browser, version, BAD)
    version.refresh_from_db()
    assert version.parts == BAD


def test_a_draft_with_problems_is_not_published(browser: Client, template: MessageTemplate) -> None:
    version = draft(template)
    assert "sms / default / body, line 2" in save(browser, version, BAD, **{PUBLISH: "1"})
    version.refresh_from_db()
    assert (version.published_at, version.parts) == (None, GOOD)


@pytest.mark.parametrize("parts", ["{", "[]", '"x"', ""])
def test_what_is_no_object_is_not_saved(
    browser: Client, template: MessageTemplate, parts: str
) -> None:
    version = draft(template)
    browser.post(reverse(CHANGE, args=[version.pk]), {"parts": parts})
    version.refresh_from_db()
    assert version.parts == GOOD


def test_publishing_saves_what_was_written(browser: Client, template: MessageTemplate) -> None:
    version = draft(template)
    parts = {"sms": {"default": {"body": "Hello {{ whom }}"}}}
    save(browser, version, parts, **{PUBLISH: "1"})
    version.refresh_from_db()
    assert version.published_at
    assert (version.variables, version.parts) == (["whom"], parts)


def test_a_published_version_cannot_be_changed(browser: Client, template: MessageTemplate) -> None:
    version = services.version_publish(version=draft(template))
    assert "Hi {{ name }}" in save(browser, version, BAD, _continue="1")
    version.refresh_from_db()
    assert version.parts == GOOD


def test_a_published_version_cannot_be_deleted(browser: Client, template: MessageTemplate) -> None:
    version = services.version_publish(version=draft(template))
    page = reverse("admin:message_templates_templateversion_delete", args=[version.pk])
    assert browser.post(page, {"post": "yes"}).status_code == 403


def test_the_next_draft_starts_from_a_published_version(
    browser: Client, template: MessageTemplate
) -> None:
    version = services.version_publish(version=draft(template))
    page = save(browser, version, GOOD, **{DRAFT_FROM: "1"})
    assert "order-v2" in page
    assert TemplateVersion.objects.get(number=2).parts == GOOD


def test_the_lists_open(browser: Client, template: MessageTemplate) -> None:
    draft(template)
    pages = (LIST, "admin:message_templates_messagetemplate_changelist")
    assert [browser.get(reverse(page)).status_code for page in pages] == [200, 200]
