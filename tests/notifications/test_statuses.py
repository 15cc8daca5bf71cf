from notifications.reasons import REASONS, words
from notifications.statuses import FINAL, MOVES, OPEN, ProviderOutcome, State


def test_every_state_is_open_or_final() -> None:
    assert set(State) == OPEN | FINAL
    assert set() == OPEN & FINAL


def test_every_state_says_where_it_may_go() -> None:
    assert set(MOVES) == set(State)


def test_what_is_final_stays_but_for_receipts_late_failures_and_operators() -> None:
    moving = {State.UNCERTAIN, State.FAILED, State.SENT}
    assert {state for state in FINAL if MOVES[state]} == moving
    assert MOVES[State.SENT] == {State.WAITING}
    assert MOVES[State.UNCERTAIN] == {State.SENT, State.FAILED}
    assert MOVES[State.FAILED] == {State.WAITING}


def test_every_open_state_can_end() -> None:
    assert all(MOVES[state] & FINAL for state in OPEN)


def test_what_may_have_left_is_never_called_expired_or_cancelled() -> None:
    assert not MOVES[State.AWAITING] & {State.EXPIRED, State.CANCELLED, State.SKIPPED}


def test_a_later_word_of_the_provider_ranks_higher() -> None:
    order = [ProviderOutcome.SENT, ProviderOutcome.DELIVERED, ProviderOutcome.OPENED]
    assert order == sorted(order)
    assert max(ProviderOutcome) == ProviderOutcome.BOUNCED


def test_every_reason_of_ours_has_words() -> None:
    assert all(text.strip() for code, text in REASONS.items() if code)


def test_a_providers_own_code_stands_for_itself() -> None:
    assert words("Unregistered") == "Unregistered"
