"""What our messages lead to; included at the root, short as links should be."""

from django.urls import path

from notifications.links import unsubscribe as unsubscribing
from notifications.links import views
from notifications.links.why import why

urlpatterns = [
    path("t/c/<str:token>", views.click),
    path("t/o/<str:token>.gif", views.opened),
    path("u/<str:token>", unsubscribing.unsubscribe, name="unsubscribe"),
    path("w/<str:token>", why, name="why"),
]
