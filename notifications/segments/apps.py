from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "notifications.segments"
    label = "segments"
    verbose_name = "Segments"

    def ready(self) -> None:
        from notifications.segments.erasure import forget_erased
        from notifyproj.core import erasures

        erasures.at_once.register("segments", forget_erased)
