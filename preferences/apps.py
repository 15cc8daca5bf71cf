from django.apps import AppConfig


class PreferencesConfig(AppConfig):
    name = "preferences"

    def ready(self) -> None:
        from channels.extension_points import address_books
        from preferences import checks  # noqa: F401 - registers them
        from preferences.recipients.trial_addresses import address_of

        address_books.register("preferences", address_of)
