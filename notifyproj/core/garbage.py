"""How often Python looks for cycles of objects that nobody holds."""

import gc


def collect_rarely() -> None:
    """A batch is thousands of objects that live a second: looking at all of them for cycles at
    every seven hundredth would cost a fifth of the time. What is there now is never looked at."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
