"""The log in the admin: what is imported here registers itself."""

from notifications import person_page as person_page
from notifications.callbacks import admin as callbacks_admin  # noqa: F401
from notifications.log import deliveries, notifications  # noqa: F401
