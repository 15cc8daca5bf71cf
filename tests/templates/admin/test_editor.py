"""The pages of a template, as forms and JSON; the editor itself is in test_editor_browser."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from notifications.models import Delivery
from preferences.models import Recipient
from templates.models import MessageTemplate, TemplateVersion
from templates.versions.services import (
    Content,
    draft_of,
    draft_save,
    template_create,
    version_publish,
)
from tests.world import World, forget_all, make_world

pytestmark = pytest.mark.django_db

GOOD = {"sms": {"default": {"body": "Hi {{ name }}"}}}
BAD = {"sms": {"default": {"body": "Hi\n{{ name"}}}


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


@pytest.fixture
def world_in_db(db: None) -> Iterator[World]:
    yield make_world("https://127.0.0.1:1")
    forget_all()


@pytest.fixture
def template() -> MessageTemplate:
    return template_create(slug="order", name="Order")


def url(template: MessageTemplate, name: str = "change") -> str:
    return reverse(f"admin:message_templates_messagetemplate_{name}", args=[template.pk])


def post(browser: Client, template: MessageTemplate, name: str, **body: Any) -> Any:
    return browser.post(url(template, name), json.dumps(body), content_type="application/json")


def publish(template: MessageTemplate, parts: dict[str, Any] = GOOD) -> TemplateVersion:
    return version_publish(version=draft_save(template=template, content=Content(parts)))


def test_a_new_template_opens_in_the_editor(browser: Client) -> None:
    add = reverse("admin:message_templates_messagetemplate_add")
    made = browser.post(add, {"name": "Order", "slug": "order", "kind": "message"}, follow=True)
    assert 'id="editor"' in made.content.decode()
    assert browser.post(add, {"name": "x", "slug": "import", "kind": "message"}).status_code == 200
    assert MessageTemplate.objects.count() == 1


def test_a_draft_is_saved_with_its_problems_named(
    browser: Client, template: MessageTemplate
) -> None:
    told = post(browser, template, "save", parts=BAD).json()
    assert (told["problems"][0]["field"], told["problems"][0]["line"]) == ("body", 2)
    draft = draft_of(template)
    assert draft
    assert (draft.parts, draft.changed_by) == (BAD, "root")
    assert "Saved the draft" in LogEntry.objects.get().change_message


def test_lines_end_alike_and_what_is_empty_is_left_out(
    browser: Client, template: MessageTemplate
) -> None:
    parts = {"push": {"default": {"title": "a", "body": "b\r\nc", "link": "", "data": {}}}}
    post(browser, template, "save", parts=parts)
    draft = draft_of(template)
    assert draft
    assert draft.parts == {"push": {"default": {"title": "a", "body": "b\nc"}}}


@pytest.mark.parametrize(
    "parts", [{"sms": 1}, {"sms": {"default": []}}, {"push": {"default": {"data": 1}}}, {"x": {}}]
)
def test_a_draft_of_any_shape_is_kept_and_shown(
    browser: Client, template: MessageTemplate, parts: dict[str, Any]
) -> None:
    publish(template)
    assert post(browser, template, "save", parts=parts).json()["problems"]
    assert browser.get(url(template, "publish")).status_code == 200
    assert browser.get(url(template)).status_code == 200


def test_two_writers_do_not_overwrite_each_other(
    browser: Client, template: MessageTemplate
) -> None:
    seen = post(browser, template, "save", parts=GOOD).json()["seen"]
    assert post(browser, template, "save", parts=GOOD, seen=seen).status_code == 200
    late = post(browser, template, "save", parts=GOOD, seen=seen)
    assert (late.status_code, "changed this draft" in late.json()["error"]) == (409, True)
    assert post(browser, template, "save", parts=GOOD, seen=None).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b'{"parts": []}', b""),
        b'{"parts": {"sms": {"default": {"body": "\\u0000"}}}}',
        b'{"parts": {"a": ' + b"[" * 9_000 + b"]" * 9_000 + b"}}",
    ],
)
def test_what_is_no_text_is_refused(
    browser: Client, template: MessageTemplate, body: bytes
) -> None:
    saved = browser.post(url(template, "save"), body, content_type="application/json")
    assert (saved.status_code, draft_of(template)) == (400, None)


def test_a_preview_is_written_for_a_person_and_saves_nothing(
    browser: Client, template: MessageTemplate
) -> None:
    Recipient.objects.create(external_id="maria", attributes={"plan": "gold"})
    parts = {"sms": {"default": {"body": "{{ name }} {{ person.plan|default('-') }}"}}}
    told = post(browser, template, "preview", parts=parts, person="maria").json()
    assert told["shown"][0]["fields"]["body"] == "name gold"
    assert post(browser, template, "preview", parts=parts, person="x").json()["person_problem"]
    assert not TemplateVersion.objects.exists()


def test_what_is_well_is_shown_beside_what_is_not(
    browser: Client, template: MessageTemplate
) -> None:
    parts = {**BAD, "inbox": {"default": {"title": "Hi {{ name }}"}}}
    told = post(browser, template, "preview", parts=parts).json()
    assert [(one["channel"], one["fields"]["title"]) for one in told["shown"]] == [
        ("inbox", "Hi name")
    ]
    assert [problem["channel"] for problem in told["problems"]] == ["sms"]


def test_publishing_shows_what_changes_and_what_to_know(
    browser: Client, template: MessageTemplate
) -> None:
    publish(template)
    parts = {**GOOD, "inbox": {"default": {"title": "Hello"}, "de": {"title": "Hallo"}}}
    draft_save(template=template, content=Content(parts, note="Inbox"))
    page = browser.get(url(template, "publish")).content.decode()
    assert "inbox / default / title" in page
    assert "Missing translation: `de`" in page


def test_publishing_keeps_who_and_why(browser: Client, template: MessageTemplate) -> None:
    draft = draft_save(template=template, content=Content(GOOD))
    seen = draft.changed_at.isoformat() if draft.changed_at else ""
    answer = browser.post(url(template, "publish"), {"note": "First", "seen": seen}, follow=True)
    assert "Published order-v1." in answer.content.decode()
    row = TemplateVersion.objects.get()
    assert (row.published_by, row.note) == ("root", "First")
    assert "Published order-v1. First" in LogEntry.objects.get().change_message


def test_what_somebody_has_not_seen_is_not_published(
    browser: Client, template: MessageTemplate
) -> None:
    draft_save(template=template, content=Content(GOOD))
    answer = browser.post(url(template, "publish"), {"seen": "2026-01-01T00:00:00+00:00"})
    assert "changed the draft meanwhile" in answer.content.decode()
    assert TemplateVersion.objects.get().published_at is None


def test_a_draft_with_problems_has_no_button(browser: Client, template: MessageTemplate) -> None:
    draft_save(template=template, content=Content(BAD))
    page = browser.get(url(template, "publish")).content.decode()
    assert "sms / default / body, line 2" in page
    assert ">Publish</button>" not in page


def test_an_old_version_is_brought_back_after_its_changes_were_seen(
    browser: Client, template: MessageTemplate
) -> None:
    publish(template)
    publish(template, {"sms": {"default": {"body": "Hello {{ name }}"}}})
    back = f"{url(template, 'rollback')}?version=1"
    assert "Hello {{ name }}" in browser.get(back).content.decode()
    browser.post(back)
    newest = template.versions.get(number=3)
    assert (newest.parts, newest.note) == (GOOD, "Back to version 1")


def test_the_versions_lead_to_what_changed(browser: Client, template: MessageTemplate) -> None:
    first = publish(template)
    publish(template, {"sms": {"default": {"body": "Hello"}}})
    page = browser.get(url(template, "versions")).content.decode()
    assert "?from=1&amp;to=2" in page
    changed = browser.get(f"{url(template, 'compare')}?from=1&to=2").content.decode()
    assert changed.index("Hi {{ name }}") < changed.index("Hello")
    shown = reverse("admin:message_templates_templateversion_change", args=[first.pk])
    assert browser.get(shown)["Location"] == url(template, "versions")


@pytest.mark.parametrize("query", ["", "?from=1&to=99", "?from=x&to=draft"])
def test_versions_that_are_not_there_lead_back(
    browser: Client, template: MessageTemplate, query: str
) -> None:
    assert browser.get(url(template, "compare") + query).status_code == 302


def test_a_draft_is_discarded(browser: Client, template: MessageTemplate) -> None:
    draft_save(template=template, content=Content(GOOD))
    browser.post(url(template, "discard"))
    assert draft_of(template) is None


def test_a_viewer_reads_and_previews_and_writes_nothing(
    client: Client, template: MessageTemplate
) -> None:
    viewer = get_user_model().objects.create_user("vera", is_staff=True)
    viewer.groups.add(Group.objects.get(name="viewer"))
    client.force_login(viewer)
    draft_save(template=template, content=Content(GOOD))
    assert 'id="save"' not in client.get(url(template)).content.decode()
    assert post(client, template, "preview", parts=GOOD).status_code == 200
    acts = ("save", "test", "publish", "rollback", "discard")
    assert {post(client, template, act, parts=BAD).status_code for act in acts} == {403}


def test_the_lists_open_without_the_templates_of_tests(
    browser: Client, template: MessageTemplate
) -> None:
    publish(template)
    template_create(slug="order--test", name="Tests of Order", kind="trial")
    page = browser.get(reverse("admin:message_templates_messagetemplate_changelist"))
    assert "Tests of Order" not in page.content.decode()
    assert (
        browser.get(reverse("admin:message_templates_templateversion_changelist")).status_code
        == 200
    )


def test_a_test_says_whom_it_reaches_before_it_is_sent(browser: Client, world_in_db: World) -> None:
    template = MessageTemplate.objects.get(slug="order")
    ada = world_in_db.person("ada", token="a" * 64)
    parts = {"push": {"default": {"title": "Hi {{ name }}"}}}
    asked = {
        "parts": parts,
        "person": "ada",
        "type": "order",
        "channels": ["push"],
        "variables": {"name": "you"},
    }
    assert post(browser, template, "test", **asked).json() == {
        "reaches": [{"channel": "push", "label": "Push", "to": "…aaaa"}]
    }
    sent = post(browser, template, "test", **asked, confirmed=True).json()
    delivery = Delivery.objects.get()
    assert (str(delivery.notification_id), delivery.recipient_id) == (sent["sent"], ada.pk)
    again = post(browser, template, "test", **asked, confirmed=True)
    assert again.status_code == 200
    assert MessageTemplate.objects.get(kind="trial").versions.count() == 1
    assert "Sent a test to ada" in LogEntry.objects.latest("pk").change_message


def test_a_text_with_problems_is_not_sent_as_a_test(browser: Client, world_in_db: World) -> None:
    template = MessageTemplate.objects.get(slug="order")
    world_in_db.person("ada")
    asked = {"parts": BAD, "person": "ada", "type": "order", "channels": ["sms"]}
    answer = post(browser, template, "test", **asked, confirmed=True)
    assert (answer.status_code, "cannot be sent yet" in answer.json()["error"]) == (400, True)
    assert post(browser, template, "test", **{**asked, "person": "x"}).status_code == 400
    assert not Delivery.objects.exists()
