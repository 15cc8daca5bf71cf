"""Who gets which page of the admin, and which act: written down here a second time, so that
neither a new page nor a slip in the table of roles opens anything unseen."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import UUIDField
from django.template.response import SimpleTemplateResponse
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver

from notifyproj.admin_site.audited_models import watched_lines
from notifyproj.admin_site.roles import ROLES, granted

pytestmark = pytest.mark.django_db

# The initials of the roles that may: viewer, marketer, operator, admin.
PAGES = """
                                      see   add  change  delete
  auth_user                           a     a    a       -
  campaigns_campaign                  vmoa  ma   ma      ma
  channels_app                        vmoa  oa   oa      a
  channels_provideraccount            vmoa  oa   oa      a
  core_alert                          vmoa  -    oa      -
  core_apikey                         oa    a    a       -
  core_auditentry                     oa    -    -       -
  core_service                        oa    a    a       -
  digests_digest                      vmoa  -    -       -
  message_templates_messagetemplate   vmoa  ma   ma      a
  message_templates_templateversion   vmoa  -    -       -
  notifications_deadcandidate         vmoa  -    -       oa
  notifications_delivery              vmoa  -    -       -
  notifications_inboundcallback       vmoa  -    -       oa
  notifications_notification          vmoa  -    -       -
  preferences_cap                     vmoa  a    a       a
  preferences_category                vmoa  a    a       a
  preferences_consentevent            vmoa  -    -       -
  preferences_notificationtype        vmoa  a    a       a
  preferences_recipient               vmoa  -    oa      -
  preferences_suppression             vmoa  -    -       oa
  segments_segment                    vmoa  ma   ma      ma
  status_events_statusendpoint        oa    oa   oa      a
  status_events_statusevent           oa    -    -       -
"""
# What is done to the rows of a list.
ACTS = {
    "channels_provideraccount": (
        "oa",
        "pause resume_sending breaker_open breaker_closed breaker_automatic",
    ),
    "core_alert": ("oa", "resolve"),
    "core_apikey": ("a", "revoke"),
    "notifications_deadcandidate": ("oa", "release"),
    "notifications_delivery": ("oa", "resend_selected"),
    "notifications_inboundcallback": ("oa", "read_again"),
    "notifications_notification": ("oa", "cancel_selected"),
    "preferences_recipient": ("oa", "erase"),
    "segments_segment": ("vmoa", "count_again"),
    "status_events_statusendpoint": ("oa", "resume send_test replay_day rotate_secret"),
    "status_events_statusevent": ("oa", "send_again"),
}
CAMPAIGN = "campaigns_campaign"
TEMPLATE = "message_templates_messagetemplate"
# Pages of our own, by the name of their route.
OTHERS = {
    "home-panels": "vmoa",
    "notifications_delivery_resend": "oa",
    "notifications_delivery_attempts": "vmoa",
    "channels_provideraccount_send_test": "oa",
    "segments_segment_look": "vmoa",
    "segments_people": "vmoa",
    "segments_upload": "ma",
    "segments_undo": "ma",
    "segments_upload_state": "vmoa",
    "segments_uploaded": "vmoa",
    **{f"{TEMPLATE}_{name}": "vmoa" for name in ("preview", "versions", "compare")},
    **{f"{TEMPLATE}_{name}": "ma" for name in ("save", "test", "discard", "publish", "rollback")},
    **{
        f"{CAMPAIGN}_{name}": "ma"
        for name in ("approve", "copy", "launch", "past", "preview", "test", "unschedule")
    },
    **{f"{CAMPAIGN}_{name}": "moa" for name in ("cancel", "pause", "rate", "resume")},
    **{f"{CAMPAIGN}_{name}": "vmoa" for name in ("preflight", "preflight_found", "held_out")},
    **{f"{CAMPAIGN}_{name}": "vmoa" for name in ("progress", "progress_json")},
    **{f"{CAMPAIGN}_{name}": "vmoa" for name in ("report", "report_csv")},
}
# Those of Django and Unfold that are everybody's with a login; they show what one may see.
EVERYBODYS = {
    *("index", "login", "logout", "password_change", "password_change_done", "jsi18n"),
    *("autocomplete", "search", "view_on_site", "app_list", "auth_user_password_change"),
}
# Nothing is there; who may look is sent away.
# What people want is in the record of consent.
PROVEN_OTHERWISE = {"preferences.preference", "preferences.quiethours"}
SAMPLE, SAMPLE_UUID = "0", "01900000-0000-7000-8000-000000000000"
VERBS = {"changelist": "see", "add": "add", "change": "see", "delete": "delete"}


def table() -> dict[str, dict[str, str]]:
    heads, *lines = [line.split() for line in PAGES.splitlines() if line.strip()]
    return {name: dict(zip(heads, cells, strict=True)) for name, *cells in lines}


@pytest.fixture(autouse=True)
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on the pages is tested elsewhere; here there are hundreds."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


def somebody(role: str) -> User:
    user = User.objects.create_user(f"a-{role or 'nobody'}", is_staff=True)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def routes() -> dict[str, str]:
    """Of the admin, by name."""
    uuids = {
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model in admin.site._registry
        if isinstance(model._meta.pk, UUIDField)
    }
    return {
        name: path.replace("<path:object_id>", SAMPLE_UUID if _of(name) in uuids else SAMPLE)
        for name, path in _under("", get_resolver().url_patterns)
        if name
    }


def _of(name: str) -> str:
    """The model of a route."""
    return name.rpartition("_")[0]


def _under(prefix: str, patterns: Any) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        path = f"{prefix}{pattern.pattern}"
        if not path.startswith("admin/"):
            continue
        if isinstance(pattern, URLResolver):
            yield from _under(path, pattern.url_patterns)
        else:
            yield pattern.name, f"/{path}"


def expected(name: str) -> str | None:
    """The initials of those who may open it; None: not in the tables."""
    if name in OTHERS:
        return OTHERS[name]
    verb = name.rpartition("_")[2]
    row = table().get(_of(name))
    return row[VERBS[verb]] if row and verb in VERBS else None


def test_every_page_is_in_the_tables() -> None:
    missing = [
        name
        for name in routes()
        if expected(name) is None and name not in EVERYBODYS and not name.endswith("_history")
    ]
    assert missing == []


def test_the_tables_name_no_page_that_is_gone() -> None:
    models = {name.removesuffix("_changelist") for name in routes() if "changelist" in name}
    assert table().keys() - models == set()
    assert OTHERS.keys() - routes().keys() == set()


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_role_opens_its_pages_and_no_other(role: str) -> None:
    client = Client()
    client.force_login(somebody(role))
    wrong = {}
    for name, path in routes().items():
        who = expected(name)
        if who is None:
            continue
        status = client.get(path).status_code
        if (status != 403) is not bool(role and role[0] in who):
            wrong[name] = status
    assert wrong == {}


@pytest.mark.parametrize("role", [*ROLES, ""])
def test_a_role_changes_what_the_table_says_and_nothing_else(role: str) -> None:
    client = Client()
    client.force_login(somebody(role))
    paths = routes()
    wrong = {}
    for model, row in table().items():
        status = client.post(paths[f"{model}_change"]).status_code
        if (status != 403) is not bool(role and role[0] in row["change"]):
            wrong[model] = status
    assert wrong == {}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_to_rows_what_the_table_says_and_nothing_else(role: str) -> None:
    request = RequestFactory().get("/")
    request.user = somebody(role)
    found = {}
    for model, page in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        acts = page.get_actions(request).keys() - {"delete_selected"}
        if acts:
            found[name] = acts
    assert found == {n: set(acts.split()) for n, (who, acts) in ACTS.items() if role[0] in who}


def test_whatever_may_be_made_in_the_admin_is_in_the_audit_log() -> None:
    made = {permission for _, permission in granted() if ".add_" in permission}
    watched = {label for label, _ in watched_lines()} | PROVEN_OTHERWISE
    assert {permission.replace("add_", "") for permission in made} - watched == set()


def test_the_tables_of_roles_and_of_the_audit_log_name_what_there_is() -> None:
    labels = {
        permission.replace("view_", "") for _, permission in granted() if "view_" in permission
    }
    for label in labels | {label for label, _ in watched_lines()}:
        apps.get_model(label)


def test_every_act_on_a_page_asks_for_a_permission() -> None:
    open_acts = [
        f"{model._meta.label_lower}: {act}"
        for model, page in admin.site._registry.items()
        for kind in ("submit_line", "detail", "list", "row")
        for act in getattr(page, f"actions_{kind}", ())
        if isinstance(act, str) and not getattr(getattr(page, act), "allowed_permissions", ())
    ]
    assert open_acts == []
