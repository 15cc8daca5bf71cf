import pytest

from notifications.callbacks.fold.sms_keywords import HELP, START, STOP, Kind, meaning

FULL_WIDTH = "\uff33\uff34\uff2f\uff30"
STOPS = [*sorted(STOP), "STOP", " Stop. ", "stop 🛑", FULL_WIDTH, "Arre\u0302t!", "opt-out"]
OTHERS = ["", "🛑", "I'll be at the bus stop", "Don't stop texting me", "yes please", "x" * 9_000]


@pytest.mark.parametrize("text", [*STOPS, "\u201cstop\u201d"])
def test_a_stop_is_a_stop_however_it_is_written(text: str) -> None:
    found = meaning(text)
    assert (found.kind, found.is_sure) == (Kind.STOP, True)


@pytest.mark.parametrize("text", [*sorted(START), "Yes!", "UNSTOP"])
def test_a_start_is_a_start(text: str) -> None:
    assert meaning(text).kind is Kind.START


@pytest.mark.parametrize("text", [*sorted(HELP), "help?"])
def test_a_call_for_help_is_one(text: str) -> None:
    assert meaning(text).kind is Kind.HELP


@pytest.mark.parametrize(
    "text",
    ["Stop texting me!", "please STOP", "stop please", "Remove me from this list", "don't text me"],
)
def test_a_wish_in_ones_own_words_is_a_stop_somebody_looks_at(text: str) -> None:
    found = meaning(text)
    assert (found.kind, found.is_sure) == (Kind.STOP, False)


@pytest.mark.parametrize("text", OTHERS)
def test_other_words_are_none_of_these(text: str) -> None:
    assert meaning(text).kind is Kind.OTHER


@pytest.mark.parametrize(("said", "expected"), [("STOP", Kind.STOP), ("HELP", Kind.HELP)])
def test_what_the_provider_understood_goes_first(said: str, expected: Kind) -> None:
    assert meaning("Bitte aufhören", said).kind is expected
