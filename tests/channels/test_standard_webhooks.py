"""Our signatures against the vector of the reference libraries, and against one of them."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from channels import standard_webhooks

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = 1_614_265_330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_reference_vector() -> None:
    assert standard_webhooks.sign([SECRET], ID, AT, BODY) == SIGNATURE


def test_the_reference_library_takes_what_either_secret_of_a_rotation_signed() -> None:
    new, old = standard_webhooks.new_secret(), standard_webhooks.new_secret()
    now = int(datetime.now(UTC).timestamp())
    headers = standard_webhooks.headers([new, old], ID, now, BODY)

    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers) == {"test": 2432232314}
    with pytest.raises(WebhookVerificationError):
        Webhook(standard_webhooks.new_secret()).verify(BODY, headers)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_c2hvcnQ=", "whsec_é", "whsk_" + "a" * 44])
def test_a_secret_that_is_none_is_refused_unquoted(secret: str) -> None:
    with pytest.raises(ValueError, match="a webhook secret") as refusal:
        standard_webhooks.key_of(secret)
    assert secret not in str(refusal.value)


def test_a_webhook_id_has_no_dot() -> None:
    with pytest.raises(ValueError, match="no dot"):
        standard_webhooks.sign([SECRET], "a.b", AT, BODY)
