"""Device tokens: what is bytes has one form, what is text is left alone."""

import pytest

from channels.addresses.device_token import InvalidToken, device_token

HEX = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
WORDS = " ".join(HEX[at : at + 8] for at in range(0, 64, 8))


@pytest.mark.parametrize(
    "text",
    [
        HEX,
        HEX.upper(),
        f"<{WORDS}>",
        f"<{HEX.upper()}>",
        WORDS.upper(),
        f" \ufeff{HEX}\n",
        f"0x{HEX}",
        f"0X{HEX.upper()}",
    ],
)
def test_bytes_are_one_token_however_they_are_written(text: str) -> None:
    assert device_token(text) == HEX


@pytest.mark.parametrize(
    "text",
    [
        "dQw4:APA91bE-xY_z0123456789",
        "fGhIjKlMnOpQrStUvWxYz0",
        "arn:aws:sns:eu-west-1:123456789012:endpoint/APNS/App/0A1B-2c3d",
        "ABCDEF01",  # too short for bytes of APNs
    ],
)
def test_a_token_that_is_text_stays_as_it_is(text: str) -> None:
    assert device_token(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "{length=32,bytes=0x0a1b2c3d4e5f6071...d7e8f9}",
        "{length = 32, bytes = 0x0a1b2c3d 4e5f6071 ... c6d7e8f9 }",
        "32 bytes",
        *("<0a1b>", f"<{WORDS[:40]}>", WORDS[:35], "SERVICE_NOT_AVAILABLE", "FIS_AUTH_ERROR"),
        *("MISSING_INSTANCEID_SERVICE", "TIMEOUT", "0", "-1", "Simulator"),
        *("", "   ", "<>", "\u200b", "null", "(null)", "<null>", "undefined", "nil", "BLACKLISTED"),
        *(f'"{HEX}"', f"Optional({HEX})", "[object Object]", "a b", "tökén", "a\x00b", "x" * 4097),
    ],
)
def test_what_a_program_prints_instead_of_a_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        device_token(text)
