"""Found by the admin: the pages are in `desk`."""

from notifications.campaigns.desk import lists as lists  # registers itself
