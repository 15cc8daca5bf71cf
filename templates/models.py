"""Message templates and their immutable, numbered versions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class TemplateKind(models.TextChoices):
    MESSAGE = "message", "Message"
    PARTIAL = "partial", "Partial or layout"
    TRIAL = "trial", "Tests of another"  # made by `trials`, on no list


class MessageTemplate(models.Model):
    """A message, written once for all channels; what is sent is always one of its versions.

    A partial is a text that messages include or extend, versioned in the same way.
    """

    kind = models.CharField(
        max_length=8,
        choices=TemplateKind.choices,
        default=TemplateKind.MESSAGE,
        db_default=TemplateKind.MESSAGE,
    )
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

    Never changed after `published_at` is set. `built` is what is rendered: the parts with their
    partials in place, of the versions in `pins`. Versions from before there were any have none.
    """

    template = models.ForeignKey(MessageTemplate, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    parts = models.JSONField(default=dict)
    variables = ArrayField(
        models.CharField(max_length=100),
        default=list,
        help_text="Names every request must give, found in the text when it was published.",
    )
    schema = models.JSONField(
        null=True, blank=True, help_text="JSON Schema of the variables; empty: as the text has it."
    )
    sample = models.JSONField(
        null=True, blank=True, help_text="Variables to show it with; empty: made from the schema."
    )
    accepts = models.JSONField(
        null=True, editable=False, help_text="The schema that requests are validated against."
    )
    built = models.JSONField(null=True, editable=False)
    pins = models.JSONField(null=True, editable=False)
    note = models.CharField(
        max_length=500, blank=True, db_default="", help_text="Change note of this version."
    )
    changed_by = models.CharField(max_length=200, blank=True, db_default="", editable=False)
    changed_at = models.DateTimeField(null=True, editable=False)
    published_by = models.CharField(max_length=200, blank=True, db_default="", editable=False)
    published_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "template_version"
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.template.slug}-v{self.number}"
