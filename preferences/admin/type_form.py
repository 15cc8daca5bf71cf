"""A notification type in the admin: what every process reads from it must make sense."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from channels.accounts.receipts import may_be_confirmed
from channels.base import Channel
from channels.models import CHANNELS, App
from notifyproj.core.admin.json_field import JSONField
from preferences.digest_form import checked_digest
from preferences.extension_points import type_requirements
from preferences.models import NotificationType
from preferences.type_names import LONGEST as LONGEST_NAME
from preferences.type_names import checked_names

SHAPE = '{"from": "push", "to": "sms", "unless": "accepted", "after": 10}'
NAMES = frozenset({"from", "to", "unless", "after"})
UNLESS = ("accepted", "delivered")
LONGEST = 7 * 86_400
LABELS = {
    "max_priority": "Highest priority",
    "passes_quiet_hours": "Ignores quiet hours",
    "duplicate_seconds": "Duplicate window (seconds)",
    "over_cap": "Over a frequency cap",
    "on_uncertain": "If the provider does not respond",
    "retry_late_failures": "Retry late SMS failures",
    "ttl_seconds": "Lifetime (seconds)",
}
LANGUAGES, STEPS = ("names", "descriptions"), ("fallbacks", "digest")
LONGEST_DESCRIPTION = 1_000

RESEND = NotificationType.OnUncertain.RESEND
ONCE_MORE = (RESEND.value, RESEND.label)
NO_RECEIPTS = (
    "No account of these channels receives delivery receipts: choose “Send once more”, or set up"
    " callbacks of an e-mail or SMS account first."
)


def few_lines() -> UnfoldAdminTextareaWidget:
    return UnfoldAdminTextareaWidget(attrs={"rows": 3})


class Channels(forms.MultipleChoiceField):
    """Ticked, not typed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=CHANNELS, widget=UnfoldAdminCheckboxSelectMultipleWidget, **options
        )


class TypeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy only
    channels = Channels(help_text="Used unless a request names its own channels.")
    opt_in_channels = Channels(
        label="Opt-in channels",
        required=False,
        help_text="On these, nothing is sent without the person's opt-in.",
    )

    class Meta:
        model = NotificationType
        fields = "__all__"  # noqa: DJ007 - the admin says which
        labels = LABELS
        field_classes = dict.fromkeys((*LANGUAGES, *STEPS), JSONField)
        widgets = {name: few_lines() for name in ("description", *LANGUAGES, *STEPS)}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk and not may_be_confirmed(_reached(vars(self.instance))):
            self.fields["on_uncertain"].choices = [ONCE_MORE]  # type: ignore[attr-defined]  # of this kind of field

    def clean_fallbacks(self) -> list[dict[str, Any]]:
        try:
            return checked_fallbacks(self.cleaned_data.get("fallbacks") or [])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_names(self) -> dict[str, str]:
        return clean_names(self, "names")

    def clean_descriptions(self) -> dict[str, str]:
        return clean_names(self, "descriptions", LONGEST_DESCRIPTION)

    def clean_digest(self) -> dict[str, Any]:
        try:
            return checked_digest(self.cleaned_data.get("digest") or {})
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._check_hours(cleaned)
        waits = cleaned.get("on_uncertain") == NotificationType.OnUncertain.WAIT
        if waits and not may_be_confirmed(_reached(cleaned)):
            self.add_error("on_uncertain", NO_RECEIPTS)
        fixed = cleaned.get("routing") == NotificationType.Routing.FIXED
        if fixed and not cleaned.get("fixed_account"):
            self.add_error("fixed_account", "Choose an account.")
        if not fixed and cleaned.get("fixed_account"):
            self.add_error("fixed_account", "Only with the routing “One account only”.")
        for field, text in (item for ask in type_requirements for item in ask(cleaned).items()):
            self.add_error(field, text)
        return cleaned

    def _check_hours(self, cleaned: Mapping[str, Any]) -> None:
        start, end = cleaned.get("send_from"), cleaned.get("send_until")
        if (start is None) != (end is None) and not {"send_from", "send_until"} & {*self.errors}:
            self.add_error("send_until" if end is None else "send_from", "Set both, or neither.")
        if start is not None and start == end:
            self.add_error("send_until", "Must differ from the start.")


def _reached(fields: Mapping[str, Any]) -> set[str]:
    """The channels a type's messages may take, as a stand-in for another one too."""
    steps = fields.get("fallbacks") or []
    return {*(fields.get("channels") or []), *(step["to"] for step in steps)}


def clean_names(
    form: forms.ModelForm,  # type: ignore[type-arg]  # generic for mypy only
    field: str,
    longest: int = LONGEST_NAME,
) -> dict[str, str]:
    try:
        return checked_names(form.cleaned_data.get(field) or {}, longest)
    except ValueError as error:
        raise forms.ValidationError(str(error)) from None


def checked_fallbacks(steps: object) -> list[dict[str, Any]]:
    """Raises ValueError, which says what is wrong in which step."""
    if not isinstance(steps, list):
        raise ValueError(f"Write a list of steps, each as {SHAPE}.")
    checked = [_step(n, step) for n, step in enumerate(steps, 1)]
    pairs = [(step["from"], _place(step)) for step in checked]
    kinds = [(*pair, step["unless"]) for pair, step in zip(pairs, checked, strict=True)]
    for n, (source, to, unless) in enumerate(kinds, 1):
        if (source, to, unless) in kinds[: n - 1]:
            raise ValueError(f"Step {n}: from {source} to {to} unless {unless} is already listed.")
        if _leads_back(source, to, pairs):
            raise ValueError(f"Step {n}: from {to} it leads back to {source}.")
    return checked


def _step(n: int, step: object) -> dict[str, Any]:
    if not isinstance(step, Mapping) or step.keys() - {"app"} != NAMES:
        raise ValueError(f"Step {n}: write it as {SHAPE}; “app” may name one app of the channel.")
    for name in ("from", "to"):
        if step[name] not in list(Channel):
            raise ValueError(f"Step {n}: “{name}” is one of {', '.join(Channel)}.")
    if "app" in step:
        _check_app(n, step)
    elif step["from"] == step["to"]:
        raise ValueError(f"Step {n}: to another channel than {step['from']}, or to one app of it.")
    if step["unless"] not in UNLESS:
        raise ValueError(f"Step {n}: “unless” is accepted or delivered.")
    after = step["after"]
    if isinstance(after, bool) or not isinstance(after, int | float) or not 0 < after <= LONGEST:
        raise ValueError(f"Step {n}: “after” is a number of seconds, up to 7 days.")
    return dict(step)


def _check_app(n: int, step: Mapping[str, Any]) -> None:
    known = App.objects.filter(channel=step["to"], slug=str(step["app"])).exists()
    if not known:
        raise ValueError(f"Step {n}: there is no app “{step['app']}” of the channel {step['to']}.")


def _place(step: Mapping[str, Any]) -> str:
    """One app of a channel is a place of its own, from which no step leads on."""
    return f"{step['to']}@{step['app']}" if "app" in step else str(step["to"])


def _leads_back(source: str, to: str, pairs: list[tuple[str, str]]) -> bool:
    reached, left = set(), [to]
    while left:
        here = left.pop()
        if here == source:
            return True
        if here not in reached:
            reached.add(here)
            left += [target for origin, target in pairs if origin == here]
    return False
