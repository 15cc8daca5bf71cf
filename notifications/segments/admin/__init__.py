"""Segments in the admin: their form with the rule builder, their members and their lists."""

from notifications.segments.admin import segments as segments
