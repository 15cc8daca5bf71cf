"""The `web` process: `granian --interface rsgi … notifyproj.web:application`."""

from notifyproj.wsgi import application as django_application  # isort: skip - it sets Django up

from notifyproj.gateway.application import Gateway
from notifyproj.processes import WEB_THREADS

application = Gateway(django_application, WEB_THREADS)
