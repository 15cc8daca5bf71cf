from django.apps import AppConfig
from django.db.models.signals import post_save


class DigestsConfig(AppConfig):
    name = "notifications.digests"
    label = "digests"
    verbose_name = "Digests"

    def ready(self) -> None:
        from notifications.digests.erasure import forget_erased
        from preferences.models import Recipient

        post_save.connect(forget_erased, sender=Recipient, dispatch_uid="digests.forget_erased")
