"""Under `sandbox/`, where SANDBOX is on."""

from django.urls import path

from channels.sandbox import views

urlpatterns = [
    path("", views.page, name="sandbox"),
    path("received.json", views.received, name="sandbox-received"),
    path("mail/<int:pk>/", views.mail_html, name="sandbox-mail"),
    path("faults/<slug:account>/", views.faults, name="sandbox-faults"),
]
