from importlib import import_module

from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "channels.inbox"
    label = "inbox"

    def ready(self) -> None:
        import_module("channels.inbox.openapi")
