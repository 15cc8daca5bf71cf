"""The choices of a campaign's columns, as forms show them."""

from notifications.campaigns.schedule import IfPast, Repeat, Starts
from notifications.campaigns.shares import Stage

STARTS = [
    (Starts.NOW.value, "Immediately on launch"),
    (Starts.AT.value, "Specific time"),
    (Starts.LOCAL.value, "Recipient's local time"),
]
PASTS = [
    (IfPast.NEXT_DAY.value, "Send the next day at that time"),
    (IfPast.SKIP.value, "Skip them"),
    (IfPast.NOW.value, "Send immediately"),
]
REPEATS = [
    (Repeat.NEVER.value, "Does not repeat"),
    (Repeat.DAILY.value, "Daily"),
    (Repeat.WEEKLY.value, "Weekly"),
    (Repeat.MONTHLY.value, "Monthly"),
]
STAGES = [
    (Stage.CANARY.value, "canary"),
    (Stage.TEST.value, "A/B test"),
    (Stage.REST.value, "everyone else"),
]
