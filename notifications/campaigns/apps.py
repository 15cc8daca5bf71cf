from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "notifications.campaigns"
    label = "campaigns"
    verbose_name = "Campaigns"

    def ready(self) -> None:
        from notifications.campaigns.run.numbers import arms_of
        from notifications.segments.people.audience import arms_of_campaigns

        arms_of_campaigns.register("campaigns", arms_of)
