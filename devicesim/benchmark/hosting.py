"""An unforeseen change of regime, hosted in SimPy, against one bare SimPy timeout.

The host sleeps until the bound, and is woken earlier only where a change makes it earlier; another process changes the
regime at times that the transfer is not told of. Cost of a change: the time with many of them less the time with none,
by their number. The list is the same in both, so that the RPCs to compute are too; what going back computes once more
is part of the cost.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from math import inf
from statistics import median
from typing import Any, TypeVar

import numpy as np
import simpy
from numpy.typing import NDArray

from devicesim.benchmark.pairs import seconds
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check
from devicesim.benchmark.small_files import CLIENT, SERVER
from devicesim.benchmark.workloads import NETS, workload
from devicesim.throughput import Regime, Transfer, simulate
from devicesim.throughput.core import COMPILED

Steps = Generator[simpy.Event, Any, None]
AnyTransfer = TypeVar("AnyTransfer", "Still", Transfer)

ROW = Row(
    "change", "unforeseen change of regime, exact core hosted in SimPy", "one bare SimPy timeout",
    target=Target("<=", 15),
    binds="a third is setting the regime (half of that, what it does to the bound), a third arming the host anew, the "
    "rest SimPy's timeout that brings the change; the core takes a twentieth",
    compiled=True,
)  # fmt: skip
FILES_A_CHANGE = 20
"""Of 64 KB: a hundred RPCs from one change to the next."""
TIMEOUTS = 50_000
RATE, LATENCY = NETS["1GbE"]
REGIMES = Regime((RATE,), (LATENCY,)), Regime((0.9 * RATE,), (LATENCY,))


class Still:
    """A transfer that costs nothing to ask: what is left is SimPy's own part."""

    def __init__(self, end: float) -> None:
        self.end, self.done = end, False

    def bound(self) -> float:
        """When it is done."""
        return self.end

    def advance(self, to: float) -> None:
        """Go on."""
        self.done = to >= self.end

    def set_regime(self, regime: Regime, at: float) -> None:
        """Change nothing."""


def begun(sizes: NDArray[np.float64]) -> Transfer:
    """A transfer at its beginning."""
    transfer = Transfer(SERVER, [CLIENT], REGIMES[0])
    transfer.submit(0, sizes)
    return transfer


def hosted(transfer: AnyTransfer, gap: float, changes: int) -> AnyTransfer:
    """Run a transfer in SimPy while another process changes its regime every so often, so many times."""
    env = simpy.Environment()
    alarm, due = env.event(), -inf

    def ring(event: simpy.Event) -> None:
        if not event.triggered:
            event.succeed()

    def arm() -> None:
        nonlocal due
        due, event = transfer.bound(), alarm
        if due < inf:
            timer = env.timeout(max(due - env.now, 0.0))
            assert timer.callbacks is not None
            timer.callbacks.append(lambda _: ring(event))

    def host() -> Steps:
        nonlocal alarm
        while not transfer.done:
            alarm = env.event()
            arm()
            yield alarm
            transfer.advance(env.now)

    def weather() -> Steps:
        for number in range(changes):
            yield env.timeout(gap)
            transfer.set_regime(REGIMES[(number + 1) % 2], env.now)
            # An alarm that rings too early merely asks again.
            if transfer.bound() < due:
                arm()

    env.process(host())
    env.process(weather())
    env.run()
    return transfer


def timeouts(count: int) -> None:
    """One SimPy process that waits so many times."""
    env = simpy.Environment()

    def wait() -> Steps:
        for _ in range(count):
            yield env.timeout(1.0)

    env.run(env.process(wait()))


def measure(scale: Scale) -> Iterator[Row]:
    """Time with and without changes, and bare timeouts, in turn."""
    sizes = workload("64 KB", scale.changes * FILES_A_CHANGE)
    alone = hosted(begun(sizes), 1.0, 0)
    # The last ones still meet a transfer that is far from its end.
    gap = 0.9 * alone.end / scale.changes
    times = np.cumsum(np.full(scale.changes, gap))
    known = [(0.0, REGIMES[0])] + [(float(t), REGIMES[(i + 1) % 2]) for i, t in enumerate(times)]
    told, transfer = simulate(SERVER, [CLIENT], [sizes], known), hosted(begun(sizes), gap, scale.changes)
    check(alone.done and transfer.done, "a transfer did not end")
    check(np.array_equal(transfer.finish(0), told.finish(0)), "not the answer of a schedule known beforehand")
    values, simpys = [], []
    for number in range(scale.pairs):
        scale.tell(f"{ROW.what}: pair {number + 1} of {scale.pairs}")
        none = seconds(lambda: hosted(begun(sizes), gap, 0))
        many = seconds(lambda: hosted(begun(sizes), gap, scale.changes))
        still = seconds(lambda: hosted(Still(alone.end), gap, scale.changes))
        bare = seconds(lambda: timeouts(TIMEOUTS)) / TIMEOUTS
        values.append((many - none) / scale.changes / bare)
        simpys.append(still / scale.changes / bare)
    form = "compiled" if COMPILED else "pure-Python"
    notes = (
        f"{form} core; {scale.changes:,} changes over {sizes.size:,} files",
        "the host is woken only where a change makes its bound earlier",
        f"of it {median(simpys):.1f}x is SimPy's own: the timeout that brings the change",
    )
    work = "finish times equal those of a schedule known beforehand"
    yield ROW.of(*values, pairs=scale.pairs, work=work, notes=notes)


BENCH = Bench("change", (ROW,), measure)
