"""What may be saved as a segment."""

from typing import Any

import pytest

from notifications.segments import services
from notifications.segments.models import Segment
from notifications.segments.services import SegmentFields, segment_delete, segment_update
from notifyproj.core.api.errors import ApiError, InvalidFields
from tests.notifications.segments.conftest import MakeSegment

pytestmark = pytest.mark.django_db

PRO: dict[str, Any] = {"attribute": "plan", "is": "pro"}


def refused(rules: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidFields) as caught:
        services.check(rules)
    return caught.value.fields


@pytest.mark.usefixtures("people")
def test_a_saved_segment_has_been_counted(make_segment: MakeSegment) -> None:
    make_segment(PRO)
    saved = Segment.objects.get()
    assert (saved.last_count, saved.last_count_exact) == (20, True)
    assert saved.counted_at is not None


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        (PRO, "rules"),
        ({"all": []}, "rules"),
        ({"member_of_upload": True}, "upload"),
        ({"all": [PRO, {"not": {"member_of_upload": True}}]}, "both"),
    ],
)
def test_its_kind_is_what_the_rules_use(
    make_segment: MakeSegment, rules: dict[str, Any], kind: str
) -> None:
    assert make_segment(rules).kind == kind


def test_what_the_rules_name_must_exist() -> None:
    rules = {"any": [{"segment": "gone"}, {"activity": "opened", "type": "gone"}]}
    assert list(refused(rules)) == ["rules.any[0].segment", "rules.any[1].type"]


def test_a_name_is_used_once(make_segment: MakeSegment) -> None:
    make_segment(PRO)
    with pytest.raises(InvalidFields) as caught:
        make_segment(PRO)
    assert caught.value.status == 409


def test_no_segment_is_within_itself(make_segment: MakeSegment) -> None:
    first = make_segment(PRO, "a")
    make_segment({"segment": "a"}, "b")
    make_segment({"not": {"segment": "b"}}, "c")
    with pytest.raises(InvalidFields, match="A circle: a → c → b → a"):
        segment_update(segment=first, fields=SegmentFields(name="A", rules={"segment": "c"}))


def test_a_segment_may_not_grow_what_names_it_over_the_bound(make_segment: MakeSegment) -> None:
    inner = make_segment(PRO, "inner")
    make_segment({"any": [{"segment": "inner"}] * 20}, "outer")
    fields = SegmentFields(name="Inner", rules={"any": [PRO] * 11})
    with pytest.raises(InvalidFields, match="outer must have at most 200 conditions"):
        segment_update(segment=inner, fields=fields)


def test_segments_are_only_so_deep_within_each_other(make_segment: MakeSegment) -> None:
    make_segment(PRO, "s0")
    for n in range(1, 5):
        make_segment({"segment": f"s{n - 1}"}, f"s{n}")
    with pytest.raises(InvalidFields, match="at most 5 levels"):
        make_segment({"segment": "s4"}, "s5")


def test_a_segment_that_others_name_is_not_deleted(make_segment: MakeSegment) -> None:
    inner = make_segment(PRO, "inner")
    outer = make_segment({"segment": "inner"}, "outer")
    with pytest.raises(ApiError, match="outer"):
        segment_delete(segment=inner)
    segment_delete(segment=outer)
    segment_delete(segment=inner)
    assert not Segment.objects.exists()


def test_rules_that_cost_too_much_are_refused_and_the_costly_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "CHEAP", -1)
    monkeypatch.setattr(services, "_seconds", lambda audience: len(audience.sql))
    assert services.check(PRO)
    monkeypatch.setattr(services, "SECONDS_MOST", 0.0)
    often = {"activity": "opened", "at_least": 9}
    message = refused({"all": [PRO, {"not": often}]})["rules.all[1].not"]
    assert "opened a message at least 9 times in the last 30 days" in message
