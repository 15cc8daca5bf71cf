import pytest

from templates.versions.published import forget_names
from templates.versions.services import template_create, version_draft, version_publish
from tests.flows.digests.steps import collected
from tests.world import World

PARTS = {
    "inbox": {
        "default": {
            "title": "{{ count }} news, the last of {{ order_id }}",
            "body": "{% for item in items %}{{ item.order_id }} {% endfor %}",
        }
    }
}


@pytest.fixture
def news(world: World) -> World:
    """Ada's orders are collected for an hour."""
    template = template_create(slug="digest", name="Digest")
    version_publish(version=version_draft(template=template, parts=PARTS))
    forget_names()
    collected(template="digest")
    world.person("ada")
    return world
