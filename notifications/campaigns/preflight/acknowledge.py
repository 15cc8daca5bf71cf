"""Launch what was looked at: what a preflight says has to be acknowledged first."""

from collections.abc import Collection, Sequence
from datetime import datetime

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.preflight.concerns import KINDS
from notifications.campaigns.preflight.preflight import preflight
from notifications.campaigns.preflight.values import Concern
from notifications.campaigns.run.launch import campaign_launch
from notifyproj.core.api.errors import InvalidFields

CODE = "not_acknowledged"


def launch_acknowledged(
    *, campaign: Campaign, codes: Collection[str], now: datetime
) -> tuple[Run | None, Sequence[Concern]]:
    """(its run, or None: it is scheduled; what was acknowledged). Codes of what is no longer so are
    passed over. Raises InvalidFields: 409 with each code that is missing."""
    _check_known(codes)
    found = preflight(campaign, now)
    missing = {each.code: each.text for each in found.acknowledge if each.code not in codes}
    if missing and not found.problems:
        raise InvalidFields(missing, CODE, 409)
    return campaign_launch(campaign=campaign, now=now), found.acknowledge


def launched_words(run: Run | None, acknowledged: Sequence[Concern]) -> str:
    """For the audit log."""
    words = "Launched." if run else "Scheduled."
    return " ".join([words, *(f"Acknowledged: {each.text}" for each in acknowledged)])


def _check_known(codes: Collection[str]) -> None:
    unknown = sorted(code for code in codes if code.partition(":")[0] not in KINDS)
    if unknown:
        text = (
            f"{unknown[0][:80]!r} is no code. Those of a preflight begin with {', '.join(KINDS)}."
        )
        raise InvalidFields({"acknowledge": text})
