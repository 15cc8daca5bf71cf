"""Found by the admin: the pages are in `pages`."""

from notifications.campaigns.pages import admin as pages_admin  # noqa: F401 - registers itself
