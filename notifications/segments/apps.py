from django.apps import AppConfig
from django.db.models.signals import post_save


class SegmentsConfig(AppConfig):
    name = "notifications.segments"
    label = "segments"
    verbose_name = "Segments"

    def ready(self) -> None:
        from notifications.segments.erasure import forget_erased
        from preferences.models import Recipient

        post_save.connect(forget_erased, sender=Recipient, dispatch_uid="segments.forget_erased")
