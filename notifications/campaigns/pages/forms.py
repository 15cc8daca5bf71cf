"""The form of a campaign: four sections, each field with what is wrong beside it.

Saving asks only that the words make sense; what still keeps it from being launched is said beside
the fields, too, and saved all the same.
"""

from collections.abc import MutableMapping
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from django import forms

from channels.models import CHANNELS
from notifications.campaigns.choices import PASTS, REPEATS, STARTS
from notifications.campaigns.models import Campaign
from notifications.campaigns.schedule import IfPast, Starts
from notifications.segments.models import Segment
from notifyproj.core.clock import now
from notifyproj.core.humanize import ago
from notifyproj.core.models import Service
from preferences.models import NotificationType

FULL, RATE, FINISH = "full", "rate", "finish"
PACES = [
    (FULL, "As fast as possible"),
    (RATE, "Limit per minute"),
    (FINISH, "Spread evenly over several hours"),
]
SHARE, PEOPLE, NOBODY = "share", "people", "nobody"
FIRSTS = [
    (SHARE, "A percentage of the audience"),
    (PEOPLE, "A number of people"),
    (NOBODY, "No canary: send to everyone at once"),
]
HOUR = 3600


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    """`pace` and `first` say which of several columns matter; the others are emptied."""

    use_required_attribute = False  # a field that is not shown must not keep a form from leaving

    channels = forms.MultipleChoiceField(
        choices=CHANNELS, required=False, widget=forms.CheckboxSelectMultiple
    )
    starts = forms.ChoiceField(choices=STARTS, widget=forms.RadioSelect, initial=Starts.NOW.value)
    if_past = forms.ChoiceField(choices=PASTS, required=False, initial=IfPast.NEXT_DAY.value)
    repeat = forms.ChoiceField(choices=REPEATS, required=False)
    pace = forms.ChoiceField(choices=PACES, widget=forms.RadioSelect, initial=FULL)
    first = forms.ChoiceField(choices=FIRSTS, widget=forms.RadioSelect, initial=SHARE)
    lifetime_hours = forms.DecimalField(required=False, min_value=Decimal("0.02"), max_value=168)
    zone = forms.ChoiceField(required=False)

    class Meta:
        model = Campaign
        fields = (
            *("name", "description", "type", "priority", "service"),
            *("segment", "channels", "hold_out_percent"),
            *("starts", "on", "at", "zone", "if_past", "repeat", "repeat_until"),
            *("pace", "per_minute", "finish_hours", "lifetime_hours", "expires_at"),
            *("first", "canary_percent", "canary_people", "canary_minutes"),
            *("most_failed", "most_bounced", "most_complained", "most_unsubscribed", "brake_after"),
            *("test_percent", "winner_by", "test_minutes"),
        )
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2}),
            "priority": forms.RadioSelect,
            "on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "at": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "repeat_until": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "expires_at": forms.DateTimeInput(
                format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].choices = [(name, name) for name in sorted(available_timezones())]  # type: ignore[attr-defined]  # of this kind of field
        self.fields["type"].queryset = NotificationType.objects.filter(enabled=True)  # type: ignore[attr-defined]  # of this kind of field
        self.fields["segment"].empty_label = "Everyone"  # type: ignore[attr-defined]  # of this kind of field
        self.fields["segment"].label_from_instance = _with_count  # type: ignore[attr-defined]  # of this kind of field
        for name in NUMBERS:
            self.fields[name].required = False
        self.fields["type"].label_from_instance = lambda type_: type_.name  # type: ignore[attr-defined]  # of this kind of field
        _derived(self.instance, self.initial)
        _shortened(self.initial)
        if self.instance.pk is None and Service.objects.count() == 1:
            self.initial.setdefault("service", Service.objects.get().pk)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in irrelevant(cleaned.get("starts", ""), cleaned.get("pace", "")):
            cleaned[name] = None
        cleaned["zone"] = cleaned.get("zone") or "UTC"
        cleaned["if_past"] = cleaned.get("if_past") or IfPast.NEXT_DAY.value
        cleaned["repeat"] = cleaned.get("repeat") or ""
        self._canary(cleaned)
        self._emptied(cleaned)
        hours = cleaned.get("lifetime_hours")
        cleaned["ttl_seconds"] = max(60, round(hours * HOUR)) if hours is not None else None
        return cleaned

    def columns(self) -> dict[str, Any]:
        """What is to be written, by column; only of a form that is valid."""
        own = {
            name: self.cleaned_data[name] for name in self.Meta.fields if name not in NOT_COLUMNS
        }
        return {**own, "ttl_seconds": self.cleaned_data["ttl_seconds"]}

    def _canary(self, cleaned: dict[str, Any]) -> None:
        first = cleaned.get("first")
        if first == NOBODY:
            cleaned["canary_percent"], cleaned["canary_people"] = Decimal(0), None
        elif first == SHARE:
            cleaned["canary_people"] = None
        elif not cleaned.get("canary_people"):
            self.add_error("canary_people", "Enter how many people get it first.")

    def _emptied(self, cleaned: dict[str, Any]) -> None:
        """An emptied number is its default."""
        for name in NUMBERS:
            field = Campaign._meta.get_field(name)
            if cleaned.get(name) is None and not getattr(field, "null", False):
                cleaned[name] = field.get_default()  # type: ignore[union-attr]  # no relation among them


WHEN = ("on", "at", "repeat", "repeat_until")
UNPACED = {FULL: ("per_minute", "finish_hours"), RATE: ("finish_hours",), FINISH: ("per_minute",)}


def irrelevant(starts: str, pace: str) -> tuple[str, ...]:
    """Columns that mean nothing with this start and this pace."""
    return (*(WHEN if starts == Starts.NOW else ()), *UNPACED.get(pace, ()))


NOT_COLUMNS = frozenset({"pace", "first", "lifetime_hours"})
NUMBERS = (
    *("hold_out_percent", "per_minute", "finish_hours", "canary_percent", "canary_people"),
    *("canary_minutes", "most_failed", "most_bounced", "most_complained", "most_unsubscribed"),
    *("brake_after", "test_percent", "test_minutes"),
)


def _with_count(segment: Segment) -> str:
    """As it was counted last."""
    if segment.last_count is None or segment.counted_at is None:
        return f"{segment.name} (not counted yet)"
    about = "" if segment.last_count_exact else "about "
    return (
        f"{segment.name} ({about}{segment.last_count:,}, counted {ago(segment.counted_at, now())})"
    )


def _shortened(initial: MutableMapping[str, Any]) -> None:
    """`1`, not `1.000`."""
    for name, value in initial.items():
        if isinstance(value, Decimal):
            initial[name] = f"{value.normalize():f}"


def _derived(campaign: Campaign, initial: MutableMapping[str, Any]) -> None:
    """The choices that its columns stand for."""
    if campaign.pk is None:
        return
    if campaign.finish_hours is not None:
        initial["pace"] = FINISH
    elif campaign.per_minute is not None:
        initial["pace"] = RATE
    if campaign.canary_people:
        initial["first"] = PEOPLE
    elif not campaign.canary_percent:
        initial["first"] = NOBODY
    if campaign.ttl_seconds is not None:
        hours = Decimal(campaign.ttl_seconds) / HOUR
        initial["lifetime_hours"] = f"{hours:.2f}".rstrip("0").rstrip(".")
