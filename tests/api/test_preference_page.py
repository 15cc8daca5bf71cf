from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.test import Client
from rest_framework.test import APIClient

from notifyproj.core.clock import now
from preferences.models import Recipient
from tests.api.conftest import ClientWith

URL = "/api/v1/recipients/ada/preference-page"


def test_a_service_gets_the_link_to_a_persons_page(api: APIClient) -> None:
    Recipient.objects.create(external_id="ada")
    answer = api.post(URL)
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    page = answer.json()
    left = datetime.fromisoformat(page["expires_at"]) - now()
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert Client().get(urlsplit(page["url"]).path).status_code == 200


def test_who_may_only_read_gets_no_link_that_changes(client_with: ClientWith) -> None:
    Recipient.objects.create(external_id="ada")
    assert client_with("read").post(URL).status_code == 403


def test_nobody_unknown_or_erased_has_a_page(api: APIClient) -> None:
    assert api.post(URL).status_code == 404
    Recipient.objects.create(external_id="ada", erased_at=now())
    assert api.post(URL).status_code == 404
