"""Every delivery attempt, newest delivery first, with the provider's response.

`attempt` has a key of two columns, which Django's admin cannot list; so this is a page of its own,
looked through by the id of the delivery as the other lists are.
"""

from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet

from channels.admin.account_state import money
from channels.base import OutcomeKind
from channels.models import ProviderAccount
from notifications.admin.log.names import OWN_NAMES
from notifications.admin.log.steps import BECAME
from notifications.models import Attempt
from notifyproj.core.admin.log_filters import instant
from notifyproj.core.ids import first_of

SHOWN = 50
LOOKED_AT = 100_000  # attempts, for one page

KINDS = [("", "All"), *((kind.name.lower(), BECAME[kind][0]) for kind in OutcomeKind)]


class AttemptsForm(forms.Form):
    """Its fields are all in the address; what cannot be read is left out."""

    account = forms.ChoiceField(required=False)
    outcome = forms.ChoiceField(required=False, choices=KINDS)
    code = forms.CharField(required=False, max_length=64)
    since = forms.CharField(required=False, label="since (2h, 3d, or UTC)")
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slugs = ProviderAccount.objects.order_by("slug").values_list("slug", flat=True)
        own = sorted(OWN_NAMES.values())
        choices = [("", "All"), *((slug, slug) for slug in [*slugs, *own])]
        self.fields["account"].choices = choices  # type: ignore[attr-defined]  # of this kind of field

    def clean_since(self) -> Any:
        text = self.cleaned_data["since"]
        try:
            return instant(text) if text else None
        except ValueError as error:
            raise forms.ValidationError("For example 2h, 3d or 2026-11-27 10:00.") from error


class Line(NamedTuple):
    row: Attempt
    word: str
    tone: str
    account: str
    cost: str


class Page(NamedTuple):
    lines: list[Line]
    older: UUID | None  # the delivery to go on from
    looked_at: int  # attempts, when they did not fill the page


def attempts_page(asked: dict[str, Any]) -> Page:
    accounts = dict(ProviderAccount.objects.values_list("pk", "slug"))
    rows = Attempt.objects.order_by("-delivery_id", "-number")
    if asked.get("before"):
        rows = rows.filter(delivery_id__lt=asked["before"])
    low = _nth(rows, LOOKED_AT)
    found = rows.filter(_where(asked, accounts))
    found = found.filter(delivery_id__gte=low) if low else found
    page = list(found[:SHOWN])
    full = len(page) == SHOWN
    lines = [_line(row, accounts) for row in page]
    return Page(lines, page[-1].delivery_id if full else low, 0 if full or not low else LOOKED_AT)


def _nth(rows: "QuerySet[Attempt]", n: int) -> UUID | None:
    return next(iter(rows.values_list("delivery_id", flat=True)[n : n + 1]), None)


def _where(asked: dict[str, Any], accounts: dict[int, str]) -> Q:
    found = Q()
    if slug := asked.get("account"):
        names = {**accounts, **{id_: name for id_, name in OWN_NAMES.items() if id_ is not None}}
        found &= Q(account_id__in=[id_ for id_, name in names.items() if name == slug])
    if outcome := asked.get("outcome"):
        found &= Q(outcome=OutcomeKind[outcome.upper()].value)
    if code := asked.get("code"):
        found &= Q(code=code)
    if since := asked.get("since"):
        found &= Q(delivery_id__gte=first_of(since))
    return found


def _line(row: Attempt, accounts: dict[int, str]) -> Line:
    word, tone = BECAME[OutcomeKind(row.outcome)]
    account = OWN_NAMES.get(row.account_id) or accounts.get(row.account_id or 0, "")
    return Line(
        row=row,
        word=word,
        tone=tone,
        account=account,
        cost=money(row.cost_micros) if row.cost_micros else "",
    )
