"""The table of roles, as it is in the database."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from notifyproj.admin_site.roles import ROLES, roles_sync

pytestmark = pytest.mark.django_db


def somebody(role: str) -> User:
    user = User.objects.create_user(f"a-{role}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_the_roles_are_there_after_a_migrate() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


@pytest.mark.parametrize(
    ("role", "permission", "may"),
    [
        ("viewer", "notifications.view_delivery", True),
        ("viewer", "notifications.change_delivery", False),
        ("viewer", "core.view_apikey", False),
        ("marketer", "message_templates.add_templateversion", True),
        ("marketer", "channels.change_provideraccount", False),
        ("operator", "channels.change_provideraccount", True),
        ("operator", "preferences.change_notificationtype", False),
        ("admin", "preferences.change_notificationtype", True),
        ("admin", "auth.change_user", True),
    ],
)
def test_a_role_may_what_the_table_says(role: str, permission: str, may: bool) -> None:
    assert somebody(role).has_perm(permission) is may


def test_what_somebody_added_by_hand_is_taken_back() -> None:
    viewer = Group.objects.get(name="viewer")
    viewer.permissions.add(Permission.objects.get(codename="change_delivery"))
    roles_sync()
    assert not somebody("viewer").has_perm("notifications.change_delivery")


def test_what_somebody_took_away_by_hand_is_given_back() -> None:
    Group.objects.get(name="viewer").permissions.clear()
    roles_sync()
    assert somebody("viewer").has_perm("notifications.view_delivery")
