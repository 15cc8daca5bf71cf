import json
from typing import Any

import pytest

from channels.base import BuildError, HttpResponse, MessageTooLarge, OutcomeKind
from channels.messages import SlackMessage
from channels.webhook import slack
from tests.channels.samples import NOW, account, envelope, recorded

URL = "https://hooks.slack.com/services/T0/B0/secret"
ACCOUNT = account("slack")


def body(text: str = "Shipped", blocks: str = "") -> dict[str, Any]:
    request = slack.build(SlackMessage(envelope(URL), text, blocks), ACCOUNT, NOW)
    found: dict[str, Any] = json.loads(request.body)
    return found


@pytest.mark.parametrize("answer", recorded("slack/answers.json"), ids=lambda row: row["about"])
def test_a_recorded_answer_means(answer: dict[str, Any]) -> None:
    response = HttpResponse(answer["status"], answer["headers"], answer["body"].encode())
    outcome = slack.classify(response)
    assert (outcome.kind.name, outcome.code) == (answer["kind"], answer["code"])
    assert outcome.after == answer.get("after")


def test_every_code_of_the_table_has_a_recorded_answer() -> None:
    assert set(slack.CODES) <= {row["code"] for row in recorded("slack/answers.json")}


def test_one_workspace_never_holds_all_of_slack() -> None:
    kinds = {slack.classify(HttpResponse(status, {}, b"")).kind for status in range(100, 600)}
    assert kinds.isdisjoint({OutcomeKind.MISCONFIGURED, OutcomeKind.THROTTLED})


def test_a_persons_name_is_text() -> None:
    assert body("A & <!channel>")["text"] == "A &amp; &lt;!channel&gt;"


def test_blocks_call_no_whole_channel() -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "<!here> <https://x|x>"}}]
    sent = body("x", json.dumps(blocks))["blocks"]
    assert sent[0]["text"]["text"] == "&lt;!here> <https://x|x>"


@pytest.mark.parametrize("blocks", ["{", "{}", "[]", '"x"', json.dumps([{}] * 51)])
def test_blocks_that_are_none_fail_the_message(blocks: str) -> None:
    with pytest.raises(BuildError) as refused:
        body("x", blocks)
    assert refused.value.outcome.kind is OutcomeKind.REJECTED


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/services/T0/B0/x", "https://hooks.slack.com.evil.example/", "", "x"],
)
def test_only_slack_is_called(url: str) -> None:
    with pytest.raises(BuildError) as refused:
        slack.build(SlackMessage(envelope(url), "x"), ACCOUNT, NOW)
    assert refused.value.outcome.kind is OutcomeKind.BAD_RECIPIENT


def test_the_url_is_a_secret_and_guarded() -> None:
    request = slack.build(SlackMessage(envelope(URL), "x"), ACCOUNT, NOW)
    assert request.guarded
    assert "secret" not in repr(request)


def test_a_text_beyond_slacks_limit_is_refused() -> None:
    with pytest.raises(MessageTooLarge, match="40000"):
        body("x" * 40_001)
