from django.apps import AppConfig


class SegmentsConfig(AppConfig):
    name = "notifications.segments"
    label = "segments"
    verbose_name = "Segments"
