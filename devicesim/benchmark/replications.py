"""Many futures of one ingest at once: how many a second of one core, and what a second thread brings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from devicesim.benchmark.pairs import ratios, seconds
from devicesim.benchmark.rows import Bench, Row, Scale, Target, check
from devicesim.benchmark.small_files import CLIENT, SERVER
from devicesim.benchmark.workloads import NETS, workload
from devicesim.throughput import Efficiencies, Profile, Regime, forecast, simulate
from devicesim.throughput.core import COMPILED

RATE_ROW = Row(
    "replications",
    "forecasts of a 12-regime ingest, one core",
    "a second of CPU time",
    "1/s",
    target=Target(">=", 250_000),
    binds="block by block: when the store has room, and of the regime what each station needs, which come to a few "
    "divisions in a row; a quarter is the table of efficiencies and the checks of the error",
    compiled=True,
)
THREADS_ROW = Row(
    "replications-threads",
    "the same in two threads, wall time",
    "one thread",
    target=Target(">=", 1.6),
    binds="each thread computes its half without the interpreter's lock: what lacks is what other work on this machine "
    "takes, or cores that share what they compute with",
    compiled=True,
)

FILES = 1_000_000
REGIMES = 12
PURE_SHARE = 500
"""Where there is only the pure-Python form, there are so many times fewer replications and files."""
HELD = 2
"""Replications that the exact core computes as well."""
MOST_WRONG = 0.05
"""Difference to the exact end beyond which the forecast is another transfer's."""


class Futures(NamedTuple):
    """Regimes of each: from when on, with which bandwidth and latency, shape (n, 12) each."""

    times: NDArray[np.float64]
    bandwidth: NDArray[np.float64]
    latency: NDArray[np.float64]


def draw(count: int, length: float, seed: int) -> Futures:
    """Futures: fades of a gigabit link, an outage, doubled latency, at any times of a length."""
    generator, (rate, latency) = np.random.default_rng(seed), NETS["1GbE"]
    shape = (count, REGIMES)
    times = np.sort(generator.uniform(0.0, 0.95 * length, shape), axis=1)
    times[:, 0] = 0.0
    bandwidth = rate * generator.choice([1.0, 0.7, 0.5, 0.25, 0.1], shape)
    bandwidth[:, REGIMES // 2] = 0.0
    return Futures(times, bandwidth, latency * generator.choice([1.0, 2.0], shape))


def exact_end(futures: Futures, number: int, sizes: NDArray[np.float64]) -> float:
    """When one of the futures ends by the exact core [s]."""
    columns = (column[number].tolist() for column in futures)
    schedule = [(t, Regime((rate,), (delay,))) for t, rate, delay in zip(*columns, strict=True)]
    return simulate(SERVER, [CLIENT], [sizes], schedule).end


def measure(scale: Scale) -> Iterator[Row]:
    """One call for all of them; efficiencies and the error's checks are part of it."""
    less = 1 if COMPILED else PURE_SHARE
    count, sizes = max(scale.replications // less, HELD), workload("lognormal", FILES // less, scale.seed)
    profile = Profile.of(CLIENT, sizes)
    futures = draw(count, float(sizes.sum()) / NETS["1GbE"][0], scale.seed)

    def call(**how: Any) -> Any:
        return forecast(SERVER, CLIENT, profile, *futures, **how)

    scale.tell(f"{RATE_ROW.what}: {count:,}")
    told = call()
    check(bool(np.isfinite(told.end).all()), "a forecast does not end")
    # The last regime begins before all is sent at full rate, so that every future sees all twelve.
    wrong = max(abs(float(told.end[i]) / exact_end(futures, i, sizes) - 1) for i in range(HELD))
    check(wrong <= MOST_WRONG, f"an end is {wrong:.1%} off the exact core's")
    table = Efficiencies.measure(
        SERVER, CLIENT, profile, futures.bandwidth.ravel(), futures.latency.ravel(), np.ones(1)
    )
    whole = [count / seconds(call) for _ in range(scale.pairs)]
    bare = count / seconds(lambda: call(efficiencies=table, checks=0))
    form = "compiled" if COMPILED else "pure-Python (there is no other)"
    notes = (
        f"{form} form; {count:,} replications of {sizes.size:,} lognormal files, drawn beforehand; "
        f"the exact end is off by {wrong:.2%}, stated {told.error:.2%}",
        f"efficiencies and error checks are part of it; without them {bare:,.0f}/s",
    )
    work = "every end is there; some are held to the exact core"
    yield RATE_ROW.of(*whole, pairs=scale.pairs, work=work, notes=notes)

    def threads(number: int) -> Any:
        return call(efficiencies=table, checks=0, threads=number)

    check(np.array_equal(threads(1).end, threads(2).end), "two threads give other ends than one")
    spread = ratios(lambda: threads(1), lambda: threads(2), scale.pairs, clock=perf_counter)
    load = f"load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else "load not known"
    yield THREADS_ROW.of(
        *spread.values, pairs=scale.pairs, work="the same ends", notes=(f"{load}; meant for an idle machine",)
    )


BENCH = Bench("replications", (RATE_ROW, THREADS_ROW), measure)
