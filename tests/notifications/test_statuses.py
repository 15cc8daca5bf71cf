from notifications.reasons import REASONS, reason_text
from notifications.statuses import FINAL, OPEN, ProviderOutcome, State


def test_every_state_is_open_or_final() -> None:
    assert set(State) == OPEN | FINAL
    assert set() == OPEN & FINAL


def test_a_later_word_of_the_provider_ranks_higher() -> None:
    order = [ProviderOutcome.SENT, ProviderOutcome.DELIVERED, ProviderOutcome.OPENED]
    assert order == sorted(order)
    assert max(ProviderOutcome) == ProviderOutcome.BOUNCED


def test_every_reason_of_ours_has_words() -> None:
    assert all(text.strip() for code, text in REASONS.items() if code)


def test_a_providers_own_code_stands_for_itself() -> None:
    assert reason_text("Unregistered") == "Unregistered"
