"""A draft made sendable: a version of a hidden template, so that a test message goes the way all
messages go, and its deliveries name what was sent like any other."""

from django.db import transaction

from templates.models import MessageTemplate, TemplateKind, TemplateVersion
from templates.versions.services import Content, version_draft, version_publish

SUFFIX = "--test"


def trial_version(*, template: MessageTemplate, content: Content, by: str) -> TemplateVersion:
    """The last one, if it says the same. Raises CannotPublish."""
    hidden, _ = MessageTemplate.objects.get_or_create(
        slug=template.slug[: 100 - len(SUFFIX)] + SUFFIX,
        defaults={"name": f"Tests of {template.name}"[:200], "kind": TemplateKind.TRIAL},
    )
    last = hidden.versions.filter(published_at__isnull=False).order_by("-number").first()
    with transaction.atomic():
        row = version_draft(template=hidden, parts=content.parts, schema=content.schema)
        row = version_publish(version=row, by=by)
        same = last is not None and (last.built, last.accepts) == (row.built, row.accepts)
        transaction.set_rollback(same)
    return last if same and last else row
