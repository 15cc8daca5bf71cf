"""Launch what was looked at: what a preflight says has to be acknowledged first.

Each by its code, for as many people as were said: where they have become many more since, it is
asked again.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.preflight.concerns import KINDS
from notifications.campaigns.preflight.preflight import preflight
from notifications.campaigns.preflight.said import remember, said
from notifications.campaigns.preflight.values import Concern
from notifications.campaigns.run.launch import campaign_launch
from notifyproj.core.api.errors import InvalidFields

CODE = "not_acknowledged"
GIVEN = re.compile(r"(?P<code>.*?)(?:=(?P<people>\d{1,12}))?", re.DOTALL)
MORE = 1.5  # times the people that were acknowledged: the numbers are estimates, of a sample


def launch_acknowledged(
    *, campaign: Campaign, codes: Collection[str], now: datetime
) -> tuple[Run | None, Sequence[Concern]]:
    """(its run, or None: it is scheduled; what was acknowledged). `codes`: `canary_nobody=16` is
    for about 16 people, `canary_nobody` for as many as were said last. Codes of what is no longer
    so are passed over. Raises InvalidFields: 409 with each code that is missing."""
    acknowledged = _acknowledged(codes, said(campaign))
    found = preflight(campaign, now)
    missing = dict(_missing(found.acknowledge, acknowledged))
    if missing and not found.problems:
        remember(campaign, found.acknowledge)
        raise InvalidFields(missing, CODE, 409)
    return campaign_launch(campaign=campaign, now=now), found.acknowledge


def launched_text(run: Run | None, acknowledged: Sequence[Concern]) -> str:
    """For the audit log."""
    text = "Launched." if run else "Scheduled."
    return " ".join([text, *(f"Acknowledged: {each.text}" for each in acknowledged)])


def _acknowledged(codes: Collection[str], before: Mapping[str, int]) -> dict[str, float]:
    """By code, for how many people. Raises InvalidFields for a code of no known kind."""
    given = [found.groupdict() for code in codes if (found := GIVEN.fullmatch(code))]
    _check_known([each["code"] for each in given])
    people: dict[str, float] = {}
    for each in given:
        code, number = each["code"], each["people"]
        n = float(number) if number else before.get(code, math.inf)
        people[code] = max(n, people.get(code, 0.0))
    return people


def _missing(
    concerns: Sequence[Concern], acknowledged: Mapping[str, float]
) -> Sequence[tuple[str, str]]:
    missing = []
    for each in concerns:
        known = acknowledged.get(each.code)
        if known is None:
            missing.append((each.code, each.text))
        elif each.people > known * MORE:
            text = f"{each.text} It was confirmed for about {known:,.0f} only."
            missing.append((each.code, text))
    return missing


def _check_known(codes: Collection[str]) -> None:
    unknown = sorted(code for code in codes if code.partition(":")[0] not in KINDS)
    if unknown:
        text = (
            f"{unknown[0][:80]!r} is no code. Those of a preflight begin with {', '.join(KINDS)}."
        )
        raise InvalidFields({"acknowledge": text})
