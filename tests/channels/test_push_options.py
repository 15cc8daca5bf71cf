import pytest

from channels.base import BuildError, Channel, OutcomeKind
from channels.compose import compose
from channels.messages import PushMessage
from channels.push_options import NAMES
from templates.review.checks import check
from tests.channels.samples import envelope


def push(**parts: str) -> PushMessage:
    message = compose(Channel.PUSH, envelope(), {"title": "Hi", **parts})
    assert isinstance(message, PushMessage)
    return message


def test_options_are_read_as_their_platform_writes_them() -> None:
    message = push(
        subtitle="Order 7\n",
        ios_thread_id=" orders ",
        ios_interruption_level="TIME_SENSITIVE",
        ios_mutable="yes",
        android_color="#A1B2C3",
        android_visibility="Private",
        android_ticker="",
    )
    assert message.subtitle == "Order 7"
    assert message.ios == {
        "thread_id": "orders",
        "interruption_level": "time-sensitive",
        "mutable": "true",
    }
    assert message.android == {"color": "#a1b2c3", "visibility": "private"}


@pytest.mark.parametrize(
    ("part", "text", "reason"),
    [
        ("ios_interruption_level", "loud", "is not one of passive, active, time-sensitive, cri"),
        ("ios_relevance_score", "1.5", "is not a number from 0 to 1"),
        ("ios_relevance_score", "nan", "is not a number from 0 to 1"),
        ("ios_mutable", "maybe", "is neither true nor false"),
        ("ios_thread_id", "x" * 257, "is longer than 256 characters"),
        ("android_color", "red", "is not written like #1a2b3c"),
        ("android_visibility", "nobody", "is not one of private, public, secret"),
        ("android_notification_priority", "9", "is not one of min, low, default, high, max"),
        ("android_ttl", "-1", "is not a number of seconds, 2419200 at most"),
        ("android_ttl", "2419201", "is not a number of seconds, 2419200 at most"),
        ("android_ttl", "²", "is not a number of seconds, 2419200 at most"),
    ],
)
def test_a_value_that_cannot_be_used_says_why(part: str, text: str, reason: str) -> None:
    with pytest.raises(BuildError) as caught:
        push(**{part: text})
    assert caught.value.outcome.kind is OutcomeKind.REJECTED
    assert caught.value.outcome.reason.startswith(f"The push option {part} {reason}")


@pytest.mark.parametrize("part", ["ios_badge", "android_chanel_id"])
def test_an_unknown_option_is_refused(part: str) -> None:
    with pytest.raises(BuildError, match=f"There is no push option '{part}'"):
        push(**{part: "x"})


def test_a_template_may_use_every_option_and_no_other() -> None:
    part = {"title": "Hi", "subtitle": "there", **dict.fromkeys(NAMES, "{{ x }}")}
    assert check({"push": {"default": part}}) == []
    [problem] = check({"push": {"default": {"title": "Hi", "ios_volume": "9"}}})
    assert problem.field == "ios_volume"
    assert "ios_thread_id" in problem.message
