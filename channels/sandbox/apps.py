from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "channels.sandbox"
    label = "sandbox"

    def ready(self) -> None:
        from channels.sandbox.erasure import received
        from notifyproj.core import erasures

        erasures.steps.register("sandbox.received", received)
