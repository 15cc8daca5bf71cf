"""Included at `/inbox/api/` by the web process."""

from django.urls import path

from channels.inbox import api
from channels.inbox.cors import with_cors

urlpatterns = [
    path("items", with_cors(api.Items.as_view()), name="inbox-items"),
    path("unread_count", with_cors(api.UnreadCount.as_view()), name="inbox-unread-count"),
    path("items/<uuid:item_id>/read", with_cors(api.ReadItem.as_view()), name="inbox-read"),
    path("read_all", with_cors(api.ReadAll.as_view()), name="inbox-read-all"),
    path(
        "items/<uuid:item_id>/archive", with_cors(api.ArchiveItem.as_view()), name="inbox-archive"
    ),
]
