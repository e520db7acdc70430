"""One job of a fleet as its report counts it: where its time went, what it cost, what it lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from devicesim.device.fleet import Turn
from devicesim.jobs import JobState
from devicesim.report.model import BatterySummary, Cost, IngestSummary, Loss

PHASES = {
    "quota": "waiting for quota",
    "queue": "waiting to be ordered",
    "preparation": "AWS's preparation",
    "road": "the road",
    "site": "unpacking and handing over",
    "bench": "waiting for the clients",
    "copying": "copying",
    "import": "AWS's import",
}
"""Where a job's time goes, and how people call it."""

_OF_STATE = {
    JobState.IN_TRANSIT_TO_CUSTOMER: "road",
    JobState.IN_TRANSIT_TO_AWS: "road",
    JobState.WITH_AWS_SORTING_FACILITY: "import",
    JobState.WITH_AWS: "import",
    JobState.IN_PROGRESS: "import",
}


@dataclass(frozen=True)
class Account:
    """One job.

    Attributes:
        turn: the job, its device and its load.
        end: when it was over, or until when it has come [s].
        arrived: when its data was in S3 [s].
        bytes, files: what is in S3 of it.
        ingest, losses, costs, battery: as in a report.
    """

    turn: Turn
    end: float
    arrived: float | None
    bytes: int
    files: int
    ingest: IngestSummary | None
    losses: tuple[Loss, ...]
    costs: tuple[Cost, ...]
    battery: BatterySummary | None

    @property
    def created(self) -> float:
        """When it was ordered [s]."""
        return self.turn.life.job.created

    @property
    def usd(self) -> float:
        """What it cost."""
        return sum(cost.usd for cost in self.costs)

    def entered(self, state: JobState) -> float | None:
        """When it entered a state [s]."""
        return next((at for at, entered in self.turn.life.job.history if entered is state), None)

    @property
    def back(self) -> float | None:
        """When AWS had the device back [s]."""
        return self.entered(JobState.WITH_AWS_SORTING_FACILITY)

    @property
    def on_site(self) -> float:
        """How long the customer had the device [s]."""
        given, taken = self.entered(JobState.WITH_CUSTOMER), self.entered(JobState.IN_TRANSIT_TO_AWS)
        if given is None:
            return 0.0
        return (self.end if taken is None else taken) - given

    @cached_property
    def spans(self) -> tuple[tuple[float, float, str], ...]:
        """Its time from when it could have been ordered, as (start, end, phase) one after the other [s]."""
        return tuple((start, end, phase) for start, end, phase in self._spans() if end > start)

    def _spans(self) -> Iterator[tuple[float, float, str]]:
        turn = self.turn
        free = min(turn.asked + turn.held, self.created)
        yield turn.asked, free, "quota"
        yield free, self.created, "queue"
        history = turn.life.job.history
        ends = [*(at for at, _ in history[1:]), self.end]
        for (start, state), end in zip(history, ends, strict=True):
            if state is not JobState.WITH_CUSTOMER:
                yield start, end, _OF_STATE.get(state, "preparation")
                continue
            bench = turn.bench
            edges = [start, end, end, end]
            if bench.came is not None:
                begun = bench.came + bench.waited
                edges = [min(edge, end) for edge in (start, bench.came, begun, begun + bench.worked)]
            names = ("site", "bench", "copying", "site")
            yield from zip(edges, [*edges[1:], end], names, strict=True)

    def time(self, until: float = float("inf")) -> dict[str, float]:
        """Seconds of each phase, up to a time."""
        spent = dict.fromkeys(PHASES, 0.0)
        for start, end, phase in self.spans:
            spent[phase] += max(0.0, min(end, until) - start)
        return spent


def together(times: Sequence[dict[str, float]]) -> dict[str, float]:
    """The phases of several jobs added up [s], without those that took no time."""
    total = {phase: sum(time[phase] for time in times) for phase in PHASES}
    return {phase: seconds for phase, seconds in total.items() if seconds > 0}


def way(accounts: Sequence[Account], last: Account) -> tuple[int, dict[str, float]]:
    """How the last job came to be the last: the turns of its device, each until the next could be ordered.

    Returns:
        How many turns that were, and the phases on the way [s].
    """
    times, until = [last.time()], last.turn.asked
    earlier = [a for a in accounts if a.turn.device is last.turn.device and a.turn.number < last.turn.number]
    for account in reversed(earlier):
        if account.turn.asked >= until:
            continue  # ordered at the same time: nothing waited for it
        times.append(account.time(until))
        until = account.turn.asked
    return len(times), together(times)


def most_at_once(accounts: Sequence[Account]) -> int:
    """How many devices the account had at the same time at most."""
    steps = [(account.created, 1) for account in accounts]
    steps += [(account.end if account.back is None else account.back, -1) for account in accounts]
    most = held = 0
    for _, step in sorted(steps):
        held += step
        most = max(most, held)
    return most
