from django.apps import AppConfig


class DigestsConfig(AppConfig):
    name = "notifications.digests"
    label = "digests"
    verbose_name = "Digests"

    def ready(self) -> None:
        from notifications.digests.erasure import forget_erased
        from notifyproj.core import erasures

        erasures.at_once.register("digests", forget_erased)
