"""Where providers call us; included at /hooks/."""

from django.urls import path

from notifications.callbacks.receive.views import hook

urlpatterns = [path("<slug:kind>/<slug:slug>", hook)]
