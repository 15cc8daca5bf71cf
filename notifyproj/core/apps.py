from django.apps import AppConfig
from django.conf import settings


class CoreConfig(AppConfig):
    name = "notifyproj.core"
    label = "core"

    def ready(self) -> None:
        from notifyproj import checks  # noqa: F401 - registers by being imported
        from notifyproj.core import sentry

        if settings.SENTRY_DSN:
            sentry.start(settings.SENTRY_DSN)
