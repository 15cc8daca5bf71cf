"""The switches of one account's faults."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from channels.sandbox.kit.faults import KINDS, FaultRule
from channels.sandbox.models import Fault
from channels.sandbox.services import MAX_SECONDS, STATUSES

TIMED = frozenset({"throttle", "slow"})


class FaultForm(forms.Form):
    """One switch, with its share in percent and what else its kind needs."""

    on = forms.BooleanField(required=False)
    share = forms.FloatField(min_value=0.1, max_value=100, initial=100)
    seconds = forms.FloatField(min_value=0, max_value=MAX_SECONDS, initial=5)
    status = forms.TypedChoiceField(
        choices=[(status, str(status)) for status in STATUSES], coerce=int, initial=503
    )

    def __init__(
        self,
        kind: str,
        data: Mapping[str, Any] | None = None,
        *,
        initial: Mapping[str, Any],
        auto_id: str,
    ) -> None:
        super().__init__(data, initial=dict(initial), auto_id=auto_id, prefix=kind)
        self.kind, self.label = kind, KINDS[kind]
        if kind not in TIMED:
            del self.fields["seconds"]
        if kind != "error":
            del self.fields["status"]
        for name, shown in (("share", "share in percent"), ("seconds", "seconds")):
            if name in self.fields:
                label = f"{self.label}: {shown}"
                self.fields[name].widget.attrs = {"step": "any", "aria-label": label}
        if "status" in self.fields:
            self.fields["status"].widget.attrs = {"aria-label": f"{self.label}: status"}
        self.fields["on"].widget.attrs = {"role": "switch"}

    def rule(self) -> FaultRule:
        data = self.cleaned_data
        seconds, status = data.get("seconds", 5.0), data.get("status", 503)
        return FaultRule(self.kind, data["share"] / 100, seconds, status)


def fault_forms(
    account: str, faults: Iterable[Fault], posted: Mapping[str, Any] | None = None
) -> list[FaultForm]:
    """A form for every kind: as posted, or as the faults are."""
    known = {fault.kind: fault for fault in faults}
    forms_ = []
    for kind in KINDS:
        fault = known.get(kind)
        initial: dict[str, Any] = {"on": fault is not None}
        if fault:
            share, seconds = f"{fault.share * 100:.6g}", f"{fault.seconds:.6g}"
            initial |= {"share": share, "seconds": seconds, "status": fault.status}
        forms_.append(FaultForm(kind, posted, initial=initial, auto_id=f"{account}-%s"))
    return forms_
