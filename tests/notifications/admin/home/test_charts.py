"""Charts that need no script, and are read aloud as a sentence."""

from datetime import UTC, datetime, timedelta

from notifications.admin.home.charts import Bar, chart, sparkline

MIDNIGHT = datetime(2026, 11, 27, tzinfo=UTC)


def bars(*pairs: tuple[int, int]) -> list[Bar]:
    return [(MIDNIGHT + timedelta(hours=n), good, bad) for n, (good, bad) in enumerate(pairs)]


def test_a_chart_is_read_aloud() -> None:
    shown = chart(bars((10, 0), (1_200, 34), (5, 0)), "An hour")
    said = "An hour. At most 1,234, at 01:00 UTC; 5 this hour. 34 of 1,249 failed."
    assert f'aria-label="{said}"' in shown


def test_what_failed_stands_on_what_went_well() -> None:
    shown = sparkline(bars((50, 50)), "")
    assert '<rect class="good" x="0.0" y="14.0"' in shown
    assert '<rect class="bad" x="0.0" y="0.0"' in shown


def test_little_can_still_be_seen() -> None:
    assert 'class="bad"' in sparkline(bars((1_000_000, 1)), "")
    assert 'height="1.5"' in sparkline(bars((1_000_000, 1)), "")


def test_nothing_is_an_empty_chart() -> None:
    assert "<rect" not in chart(bars((0, 0)), "An hour")


def test_a_chart_carries_no_style_and_no_script() -> None:
    shown = chart(bars((1, 1)), "An <hour>")
    assert "style=" not in shown
    assert "<hour>" not in shown
