"""The `web` process: `granian --interface rsgi … notifyproj.web:application`."""

import logging

from notifyproj.wsgi import application as django_application  # isort: skip - it sets Django up

from notifications.api import group_send
from notifications.dispatch import hint_buffer
from notifyproj.core.logs import mask_access
from notifyproj.gateway.application import Gateway
from notifyproj.processes import WEB_THREADS

logging.getLogger("granian.access").addFilter(mask_access)
hint_buffer.start()
application = Gateway(django_application, WEB_THREADS, group_send)
