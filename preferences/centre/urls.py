"""A person's own page; included at the root, short as links should be."""

from django.urls import path

from preferences.centre import pages, views

urlpatterns = [
    path("p/theme.css", pages.theme, name="centre-theme"),
    path("p/<str:token>", views.preferences, name="preferences"),
    path("p/<str:token>/copy", views.copy, name="preferences-copy"),
]
