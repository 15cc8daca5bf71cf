"""How the numbers of a run stood as time went on. Its deliveries are all counted in the hour it
began in, so this is what a chart by the hour is drawn from."""

from django.db import models


class Moment(models.Model):
    """The numbers since it began, by then."""

    run = models.ForeignKey("campaigns.Run", models.CASCADE, related_name="moments")
    at = models.DateTimeField()
    visited = models.BigIntegerField()
    sent = models.BigIntegerField()
    failed = models.BigIntegerField()
    opened = models.BigIntegerField()
    clicked = models.BigIntegerField()
    unsubscribed = models.BigIntegerField()

    class Meta:
        db_table = "campaign_moment"
        constraints = [models.UniqueConstraint(fields=["run", "at"], name="campaign_moment_run_at")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.at:%d %b %H:%M}"
