from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "notifications.campaigns"
    label = "campaigns"
    verbose_name = "Campaigns"

    def ready(self) -> None:
        from notifications.campaigns.run.due import WORK
        from notifications.campaigns.run.numbers import arms_of, services_of
        from notifications.operations.due_work import works
        from notifications.segments.people.audience import arms_of_campaigns
        from notifications.segments.people.ownership import services_of_campaigns

        arms_of_campaigns.register("campaigns", arms_of)
        services_of_campaigns.register("campaigns", services_of)
        works.register(WORK.task, WORK)
