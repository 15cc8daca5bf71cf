"""The frame around every page of the admin: sidebar, policy, and a word for those who may not."""

import re

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client, override_settings
from django.urls import reverse

pytestmark = pytest.mark.django_db


def logged_in(role: str = "") -> Client:
    user = User.objects.create_user("somebody", is_staff=True)
    if role:
        user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


def test_the_sidebar_holds_what_a_role_may_see() -> None:
    page = logged_in("viewer").get("/admin/").content.decode()
    assert reverse("admin:notifications_delivery_changelist") in page
    assert reverse("admin:core_apikey_changelist") not in page


def test_a_page_for_another_role_says_whom_to_ask() -> None:
    response = logged_in("viewer").get(reverse("admin:core_apikey_changelist"))
    assert response.status_code == 403
    assert "You are: <b>viewer</b>" in response.content.decode()


def test_a_login_without_a_role_sees_that_it_has_none() -> None:
    page = logged_in().get(reverse("admin:notifications_delivery_changelist"))
    assert page.status_code == 403
    assert "no role yet" in page.content.decode()


def test_no_page_of_the_admin_runs_a_script_that_is_within_it() -> None:
    policy = logged_in("viewer").get("/admin/")["Content-Security-Policy"]
    scripts = policy.partition("script-src")[2].partition(";")[0]
    assert "unsafe-inline" not in scripts
    assert "http" not in scripts


@override_settings(BRAND_NAME="Acme", ENVIRONMENT_NAME="staging")
def test_the_customers_name_and_the_environment_are_on_every_page() -> None:
    page = logged_in("viewer").get("/admin/").content.decode()
    assert "Acme" in page
    assert "staging" in page


def test_browsers_find_an_icon_where_they_look_for_one() -> None:
    response = Client().get("/favicon.ico", follow=True)
    assert response["Content-Type"] == "image/svg+xml"


def test_the_sidebar_marks_one_page_as_the_one_that_is_open() -> None:
    page = (
        logged_in("viewer").get(reverse("admin:notifications_delivery_attempts")).content.decode()
    )
    marked = re.findall(r'<a href="([^"]+)"[^>]*\bactive"', page)
    assert marked == [reverse("admin:notifications_delivery_attempts")]
