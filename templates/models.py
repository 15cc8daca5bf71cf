"""Message templates and their immutable, numbered versions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class MessageTemplate(models.Model):
    """A message, written once for all channels; what is sent is always one of its versions."""

    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "message_template"

    def __str__(self) -> str:
        return self.slug


class TemplateVersion(models.Model):
    """`parts` is {channel: {locale: {field: source}}}; the locale "default" is the last resort.

    Never changed after `published_at` is set.
    """

    template = models.ForeignKey(MessageTemplate, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    parts = models.JSONField(default=dict)
    variables = ArrayField(
        models.CharField(max_length=100),
        default=list,
        help_text="Names every request must give, found in the text when it was published.",
    )
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "template_version"
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.template.slug}-v{self.number}"
