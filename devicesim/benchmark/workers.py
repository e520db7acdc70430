"""A plan's futures in two processes of this machine: what the second one brings on the wall."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from time import perf_counter

import numpy as np

from devicesim.benchmark.pairs import seconds
from devicesim.benchmark.planned import LEAST, STORY
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check
from devicesim.planning.crew import Crew, processes, usable
from devicesim.planning.futures import Futures
from devicesim.scenario import Scenario, loads
from devicesim.throughput.core import COMPILED

ROW = Row(
    "workers",
    "10,000 futures of a job and of one option beside it, one worker, wall time",
    "two workers",
    target=Target(">=", 1.6),
    binds="a story is surveyed before its futures are shared out, so that what two workers win begins after a tenth of "
    "the time, where each surveys one of the two; columns travel back from the other process",
)
SHARE = 1000
"""Of the futures of a forecast, one in so many is told where nothing is compiled."""
PAIRS = 3
"""Timings compared, at most: each takes seconds."""

_NO_TIMES = np.zeros(0)


def load() -> str:
    """How busy the machine has been, in words."""
    return f"load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else "load not known"


def same(one: Mapping[str, Futures], other: Mapping[str, Futures]) -> bool:
    """Whether two tables are, to the last bit."""
    pairs = [(one[name].columns(), other[name].columns()) for name in one]
    return list(one) == list(other) and all(
        list(ours) == list(theirs) and all(ours[key].tobytes() == theirs[key].tobytes() for key in ours)
        for ours, theirs in pairs
    )


def stories() -> dict[str, Scenario]:
    """What is told: the planning bench's story, and the same sent by another service."""
    return {"as written": loads(STORY), "next day": loads(STORY.replace("SECOND_DAY", "NEXT_DAY"))}


def measure(scale: Scale) -> Iterator[Row]:
    """Whole plans, with the survey of each story; that workers start is told apart."""
    told, seed = stories(), 1
    count = max(scale.replications // (10 if COMPILED else SHARE), LEAST)
    before = load()
    scale.tell(f"{ROW.what}: {count:,}")
    with processes(2) as executor:
        begun = perf_counter()
        Crew(executor).tell(told, LEAST, seed, _NO_TIMES)
        started = perf_counter() - begun

        values = []
        for _ in range(min(scale.pairs, PAIRS)):
            tables: list[dict[str, Futures]] = []

            def tell(crew: Crew, into: list[dict[str, Futures]] = tables) -> None:
                into.append(crew.tell(told, count, seed, _NO_TIMES))

            one = seconds(partial(tell, Crew()), clock=perf_counter)
            two = seconds(partial(tell, Crew(executor)), clock=perf_counter)
            check(same(*tables), "two workers tell another table than one")
            values.append(one / two)
    notes = (
        f"{before}, {usable()} processors; meant for an idle machine",
        f"{count:,} futures of each; starting both workers, {started:.1f} s with their first futures, is left out",
    )
    yield ROW.of(*values, pairs=len(values), work="the same table to the last bit", notes=notes)


BENCH = Bench("workers", (ROW,), measure)
