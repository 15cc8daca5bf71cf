"""What comes in at /hooks/, and what is believed."""

import pytest
from django.test import Client

from notifications.callbacks.receive import accounts
from notifications.callbacks.receive import verify as receive
from notifications.models import InboundCallback
from notifyproj.core.encryption import Undecryptable
from tests.notifications.callbacks.conftest import Sms, message_from, post, status_of


def test_a_signed_callback_is_stored_and_answered(sms: Sms) -> None:
    sms.delivery()

    response = post(*status_of(sms, "delivered"))

    assert (response.status_code, response.content) == (204, b"")
    assert InboundCallback.objects.get().account_id == sms.account.pk


def test_a_stored_callback_holds_no_number_in_clear(sms: Sms) -> None:
    sms.delivery()
    post(*status_of(sms, "delivered"))

    stored = InboundCallback.objects.get()

    assert b"15558675310" not in bytes(stored.body)
    assert "15558675310" not in f"{stored.url} {stored.headers}"


def test_a_forged_callback_is_refused_and_forgotten(sms: Sms) -> None:
    response = post(*status_of(sms, "delivered"), token="guessed")

    assert (response.status_code, response.content) == (403, b"")
    assert not InboundCallback.objects.exists()


def test_another_query_than_the_signed_one_is_refused(sms: Sms) -> None:
    path, form = status_of(sms, "delivered")
    from tests.notifications.callbacks.conftest import signature

    response = Client().post(
        path + "0", form, headers={"X-Twilio-Signature": signature(path, form)}
    )

    assert response.status_code == 403


@pytest.mark.parametrize("path", ["/hooks/twilio/nobody", "/hooks/sendgrid/twilio-1"])
def test_an_unknown_account_is_not_found(sms: Sms, path: str) -> None:
    assert post(path, {}).status_code == 404


def test_an_account_that_cannot_be_read_now_is_asked_for_again(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(row: object) -> None:
        raise Undecryptable

    monkeypatch.setattr(accounts, "account_value", unreadable)
    accounts.callers.forget()

    assert post(*status_of(sms, "delivered")).status_code == 503


def test_an_account_that_sends_no_more_still_gets_its_receipts(sms: Sms) -> None:
    sms.account.enabled = False
    sms.account.save()

    assert post(*status_of(sms, "delivered")).status_code == 204


def test_only_post_is_allowed(sms: Sms) -> None:
    assert Client().get("/hooks/twilio/twilio-1").status_code == 405


def test_a_body_that_is_too_large_is_refused(sms: Sms, monkeypatch: pytest.MonkeyPatch) -> None:
    from notifications.callbacks.receive import views

    monkeypatch.setattr(views, "MOST_BYTES", 10)
    assert post(*status_of(sms, "delivered")).status_code == 413


def test_a_message_is_answered_with_an_empty_response_of_twiml(sms: Sms) -> None:
    response = post(*message_from(sms, "Hello"))

    assert (response.status_code, response.content) == (200, b"<Response/>")
    assert response["Content-Type"] == "text/xml"


def test_a_callback_that_breaks_its_adapter_is_refused(
    sms: Sms, monkeypatch: pytest.MonkeyPatch
) -> None:
    from channels.sms.twilio import adapter as twilio

    def broken(*_: object) -> bool:
        raise RuntimeError("+15558675310")

    monkeypatch.setattr(twilio, "verify", broken)
    assert post(*status_of(sms, "delivered")).status_code == 403


def test_the_public_url_is_what_is_signed(sms: Sms) -> None:
    request = receive.request_of("/hooks/twilio/x", "a=1", {}, b"")
    assert request.url == "http://localhost:8000/hooks/twilio/x?a=1"
