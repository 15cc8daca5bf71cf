import notifications.campaigns.tasks  # noqa: F401 - registers them
