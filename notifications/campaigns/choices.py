"""The choices of a campaign's columns, as forms show them."""

from notifications.campaigns.schedule import IfPast, Repeat, Starts
from notifications.campaigns.shares import Stage

STARTS = [
    (Starts.NOW.value, "As soon as it is launched"),
    (Starts.AT.value, "At one instant for everybody"),
    (Starts.LOCAL.value, "At an hour of each person's own clock"),
]
PASTS = [
    (IfPast.NEXT_DAY.value, "The next day at that hour"),
    (IfPast.SKIP.value, "Not at all"),
    (IfPast.NOW.value, "At once"),
]
REPEATS = [
    (Repeat.NEVER.value, "Once"),
    (Repeat.DAILY.value, "Every day"),
    (Repeat.WEEKLY.value, "Every week"),
    (Repeat.MONTHLY.value, "Every month"),
]
STAGES = [
    (Stage.CANARY.value, "canary"),
    (Stage.TEST.value, "A/B test"),
    (Stage.REST.value, "everybody else"),
]
