"""When people want silence; known as `models`, too."""

from django.db import models


class QuietHours(models.Model):
    """When a person wants silence, in their own zone; may cross midnight."""

    recipient = models.OneToOneField(
        "preferences.Recipient", models.CASCADE, primary_key=True, related_name="quiet_hours"
    )
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        db_table = "quiet_hours"

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"
