"""Clients of one service: with a key of its, and with an inbox token that it got."""

from rest_framework.test import APIClient

from notifyproj.core.api.keys import api_key_create
from notifyproj.core.models import Scope, Service

EVERYTHING = [scope for scope in Scope.values if scope != Scope.ADMIN]


def client_of(service: Service, *scopes: str) -> APIClient:
    client = APIClient()
    _, secret = api_key_create(service=service, scopes=scopes or EVERYTHING)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def inbox_of(client: APIClient) -> APIClient:
    """With a token that the service got for `user-123`."""
    token = client.post("/api/v1/inbox/tokens", {"user_id": "user-123"}, format="json").json()
    inbox = APIClient()
    inbox.credentials(HTTP_AUTHORIZATION=f"Bearer {token['token']}")
    return inbox
