"""Included at `/inbox/api/` by the web process."""

from django.urls import path

from channels.inbox import api

urlpatterns = [
    path("items", api.Items.as_view(), name="inbox-items"),
    path("unread_count", api.UnreadCount.as_view(), name="inbox-unread-count"),
    path("items/<uuid:item_id>/read", api.ReadItem.as_view(), name="inbox-read"),
    path("read_all", api.ReadAll.as_view(), name="inbox-read-all"),
    path("items/<uuid:item_id>/archive", api.ArchiveItem.as_view(), name="inbox-archive"),
]
