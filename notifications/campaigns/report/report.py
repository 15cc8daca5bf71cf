"""What a campaign did, of one run or of all together: from runs, slices and counters only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Sum

from notifications.analytics.figures import Figures
from notifications.analytics.latency import Latency
from notifications.analytics.rows import ReportRow, as_csv, row
from notifications.analytics.selectors import Which, by_arm, totals
from notifications.campaigns.models import Arm, Campaign, Moment, Run, Slice
from notifications.campaigns.report.chart import Chart, chart
from notifications.campaigns.report.progress import together
from notifications.campaigns.report.significance import Sample, compared, sentence
from notifications.campaigns.report.state_counts import reachable
from notifications.reasons import reason_text
from notifications.statuses import State

METRICS = ("opened", "clicked")
WHAT = {"opened": "opens", "clicked": "clicks"}


@dataclass(frozen=True, slots=True)
class Step:
    """Of the funnel; `share` of the step before, `bar` of the first, in percent."""

    name: str
    n: int
    share: float | None
    bar: float


@dataclass(frozen=True, slots=True)
class VariantReport:
    name: str
    version: str
    figures: Figures
    won: bool


@dataclass(frozen=True, slots=True)
class Report:
    campaign: Campaign
    runs: tuple[Run, ...]
    people: int
    held_out: int
    visited: int
    figures: Figures
    channels: tuple[tuple[str, Figures], ...]
    variants: tuple[VariantReport, ...]

    @property
    def latency(self) -> Latency:
        return self.figures.latency()

    @property
    def cost(self) -> float:
        return self.figures.cost_micros / 1e6

    def funnel(self) -> list[Step]:
        found = self.figures.funnel()
        numbers = [("Audience, estimated", self.people), ("Processed", self.visited)]
        numbers += [("Messages", found.created), ("Sent", found.sent)]
        numbers += [("Delivered", found.delivered), ("Opened", found.opened)]
        numbers += [("Clicked", found.clicked)]
        most = max(1, *(n for _, n in numbers))
        before: int | None = None
        steps = []
        for name, n in numbers:
            share = n / before if before and name not in ("Processed", "Messages") else None
            steps.append(Step(name, n, share, round(100 * n / most, 1)))
            before = n
        return steps

    def reasons(self, state: State) -> list[tuple[str, int]]:
        return [(reason_text(code), n) for code, n in self.figures.reasons(state).items()]

    def verdicts(self) -> list[str]:
        """The variants compared, in words."""
        said = []
        for metric in METRICS:
            samples = {each.name: sample(each.figures, metric) for each in self.variants}
            if found := compared(samples):
                said.append(sentence(found, samples, WHAT[metric]))
        return said


def sample(figures: Figures, metric: str) -> Sample:
    """Of what was sent: who opens has it, whatever a provider said of its delivery."""
    funnel = figures.funnel()
    return Sample(min(getattr(funnel, metric), funnel.sent), funnel.sent)


def report(campaign: Campaign, runs: Sequence[Run]) -> Report:
    arms = _arms(runs)
    ids = [arm.pk for arm in arms]
    figures = by_arm(ids)
    by_channel = totals(Which(arm_ids=ids), ["channel"])
    visited = Slice.objects.filter(run__in=runs).aggregate(n=Sum("visited"))["n"] or 0
    people = sum(reachable(campaign, run) for run in runs)
    return Report(
        campaign=campaign,
        runs=tuple(runs),
        people=people,
        held_out=sum(max(0, run.audience - run.skipped) for run in runs) - people,
        visited=visited,
        figures=together(figures.values()),
        channels=tuple((str(group.key[0]), group.figures) for group in by_channel),
        variants=tuple(_variants(arms, figures, runs)),
    )


def rows(campaign: Campaign, runs: Sequence[Run]) -> Iterator[ReportRow]:
    """For a table of it elsewhere: by run, variant and channel."""
    for run in runs:
        arms = {arm.pk: arm for arm in _arms([run])}
        for group in totals(Which(arm_ids=list(arms)), ["arm", "channel"]):
            arm_id, channel = group.key
            key = {"run": run.number, "variant": arms[arm_id].variant.name, "channel": channel}
            yield row(key, group.figures, of_accounts=False)


GROUPS = ("run", "variant", "channel")
SERIES = {"sent": "Sent", "failed": "Failed", "opened": "Opened", "clicked": "Clicked"}


def over_time(run: Run) -> Chart | None:
    found = list(Moment.objects.filter(run=run).order_by("at"))
    series = {label: [getattr(each, name) for each in found] for name, label in SERIES.items()}
    return chart([each.at for each in found], series)


def _arms(runs: Sequence[Run]) -> list[Arm]:
    rows = Arm.objects.filter(run__in=runs).select_related("variant__version__template")
    return list(rows.order_by("run_id", "pk"))


def _variants(
    arms: Sequence[Arm], figures: dict[int, Figures], runs: Sequence[Run]
) -> Iterator[VariantReport]:
    """Of all runs together, each once."""
    winners = {run.winner_id for run in runs}
    for variant in dict.fromkeys(arm.variant for arm in arms):
        own = together(figures[arm.pk] for arm in arms if arm.variant_id == variant.pk)
        yield VariantReport(variant.name, str(variant.version), own, variant.pk in winners)


def csv_lines(campaign: Campaign, runs: Sequence[Run]) -> Iterator[str]:
    """The table to keep: its heading, then the rows of one run after the other."""
    yield as_csv([], GROUPS)
    for run in runs:
        yield as_csv(rows(campaign, [run]), GROUPS).partition("\r\n")[2]
