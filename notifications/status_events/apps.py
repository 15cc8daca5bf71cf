from django.apps import AppConfig


class StatusEventsConfig(AppConfig):
    name = "notifications.status_events"
    label = "status_events"
    verbose_name = "Webhooks"
