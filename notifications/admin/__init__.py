"""The log in the admin: what is imported here registers itself."""

from notifications.admin.log import deliveries as deliveries
from notifications.admin.log import notifications as notifications
from notifications.callbacks import admin as callbacks_admin  # noqa: F401 - registers itself
