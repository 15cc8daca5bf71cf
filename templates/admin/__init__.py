"""Message templates in the admin: what is imported here registers itself."""

from templates.admin import templates as templates
