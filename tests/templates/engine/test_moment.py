from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from templates.engine.moment import read_moment

NEW_YORK = ZoneInfo("America/New_York")
MOMENT = datetime(2026, 6, 27, 8, 0, tzinfo=UTC)
DAY = date(2026, 6, 27)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-06-27", "20260627", "2026-W26-6", "2026W266", " 2026-06-27\n"),
        *("2026-06-27Z", "2026-06-27+02:00", "2026-06-27-04:00"),  # xs:date
        "2026-178",
    ],
)
def test_a_day_alone_is_that_day_everywhere(text: str) -> None:
    found = read_moment(text, NEW_YORK)
    assert type(found) is date
    assert found == DAY


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-27T08:00:00Z",
        "2026-06-27T10:00:00+02:00",
        "2026-06-27 08:00",
        "20260627T080000Z",
        "20260627080000",
        "202606270800",
        "2026-06-27 08:00:00 UTC",  # Ruby
        "2026-06-27T04:00:00-04:00[America/New_York][u-ca=gregory]",
        "1782547200",
        "1782547200.0",
        "2026-06-27t08:00:00z",  # RFC 3339
        "2026-06-27T10:00:00+02:00[Europe/Berlin]",  # Java
        "2026-06-27T08:00:00Z[UTC]",
        "1782547200000",  # Date.now()
        "1782547200000.0",
        "1782547200000000",
        "1782547200000000000",
    ],
)
def test_a_moment_is_one_however_it_is_written(text: str) -> None:
    assert read_moment(text, NEW_YORK) == MOMENT


@pytest.mark.parametrize(
    "text", ["2026-06-26T24:00Z", "2026-06-26T24:00:00.000Z", "2026-06-26 24:00:00+00:00"]
)
def test_a_day_may_end_at_24(text: str) -> None:
    assert read_moment(text, UTC) == datetime(2026, 6, 27, tzinfo=UTC)


def test_twelve_digits_that_are_no_clock_are_milliseconds() -> None:
    found = read_moment("202606279900", UTC)
    assert (type(found), found.year) == (datetime, 1976)


@pytest.mark.parametrize(
    ("text", "year"),
    [("-315619200", 1960), ("-315619200000", 1960), ("4102444800", 2100), ("100000000000", 1973)],
)
def test_the_size_of_a_number_says_its_unit(text: str, year: int) -> None:
    assert read_moment(text, UTC).year == year


NO_MOMENTS = """
tomorrow|27.06.2026|06/27/2026|12345|2026|2026-02-30|20261399|1e12|NaN|0001-01-01T00:00Z|٢٠٢٦٠٦٢٧
2026-06-27T10:00:00[Europe/Berlin]|20260230080000|1782547200,5|99999999999|99999999999999|99999999999999999999|-9999999999999
2026-W26|2026W26|2026-000|2026-366|2026178|2026-06-27_08:00|2026-06-27-08:00:00|9999-12-31T24:00|2026-06-27T24:01|2026-06-27T24
"""


@pytest.mark.parametrize(
    "text", ["", "\0", "1" * 100_000, *NO_MOMENTS.strip().replace("\n", "|").split("|")]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of Python's own readers, too
        read_moment(text, NEW_YORK)
