"""The `live` process: `granian --interface asgi notifyproj.asgi:application`."""

import os

import django
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries

os.environ["DJANGO_SETTINGS_MODULE"] = "notifyproj.live_settings"
django.setup()

# Both would start a thread for every stream, kept until it ends, and streams have no connection.
request_started.disconnect(close_old_connections)
request_started.disconnect(reset_queries)

application = ASGIHandler()
