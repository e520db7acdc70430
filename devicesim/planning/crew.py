"""Who computes the futures: this process, processes of this machine, or a dask cluster; the answer is the same.

Work is cut into ranges of replications. A replication's draws depend on seed, name and number only, so neither the
number of workers nor the order in which they finish can change a digit.
"""

from __future__ import annotations

import errno
import importlib
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from devicesim import __version__
from devicesim.errors import MissingExtraError, require
from devicesim.planning.futures import Futures, joined
from devicesim.planning.ledger import Key, Ledger
from devicesim.planning.replicate import replicate
from devicesim.planning.together.telling import unfit
from devicesim.scenario import Scenario

FIRST = 64
"""Futures of a story's first range: they show how it is computed."""
BATCHED, ALONE = 2048, 8
"""Futures of a further range at most: where they are computed all at once, and where each is a run of its own.

Ranges of the first kind are of one length, or a worker would wait for the other. A run may take seconds: small ranges
show on the bar, are kept when interrupted, and leave no worker idle.
"""
PATIENCE = 5.0
"""Seconds for a cluster to answer."""
SCHEMES = ("tcp", "tls", "ucx", "ws", "wss")

Watch = Callable[[int], None]
"""Called with the number of futures done since the last call."""


def _unwatched(done: int) -> None:
    """Nobody looks."""


@dataclass
class Crew:
    """Tells ranges of futures, by whom it may be.

    Attributes:
        executor: any of ``concurrent.futures``; None computes here.
        ledger: what is kept of an interrupted computation.
        watch: is told of what is done.
        surveys: what was measured of stories told all at once, by name.
    """

    executor: Executor | None = None
    ledger: Ledger | None = None
    watch: Watch = _unwatched
    surveys: dict[str, Any] = field(default_factory=dict)
    _told: dict[str, Futures] = field(default_factory=dict)

    def tell(
        self, stories: Mapping[str, Scenario], upto: int, seed: int, at: NDArray[np.float64]
    ) -> dict[str, Futures]:
        """Futures 0 .. ``upto`` of each story; what was told before is not told again.

        Args:
            stories: by name.
            upto: how many of each.
            seed: of all.
            at: times at which progress is noted [days].
        """
        for _ in range(2):  # the first futures of a story show how it is computed, and so how it is cut
            ranges = [
                _Range(name, story, numbers, seed, at, self.surveys.get(name))
                for name, story in stories.items()
                for numbers in self._cut(name, story, upto)
            ]
            self._finish(ranges)
        return {name: self._told[name] for name in stories}

    def _cut(self, name: str, story: Scenario, upto: int) -> Iterator[range]:
        """What is left of a story, in ranges that do not depend on who computes them."""
        told = self._told.get(name)
        if told is None and not unfit(story):
            yield range(min(FIRST, upto))
            return
        begun, size = len(told) if told else 0, ALONE
        if told and upto > begun and any(way.name == "batch" for way in told.told):
            size = -(-(upto - begun) // -(-(upto - begun) // BATCHED))
        for begin in range(begun, upto, size):
            yield range(begin, min(begin + size, upto))

    def _finish(self, ranges: Sequence[_Range]) -> None:
        """Compute ranges in any order, and join them in theirs."""
        done: dict[int, Futures] = {}
        wanted: list[int] = []
        for place, each in enumerate(ranges):
            kept = self.ledger.get(each.key) if self.ledger is not None else None
            if kept is None or kept.at.size != each.at.size:
                wanted.append(place)
            else:
                done[place] = kept
                self.watch(len(kept))
        for place, futures in self._computed([(place, ranges[place]) for place in wanted]):
            done[place] = futures
            if futures.survey is not None:
                self.surveys[ranges[place].name] = futures.survey
            if self.ledger is not None:
                self.ledger.put(ranges[place].key, futures)
            self.watch(len(futures))
        for place, each in enumerate(ranges):
            before = self._told.get(each.name)
            self._told[each.name] = done[place] if before is None else joined([before, done[place]])

    def _computed(self, ranges: Sequence[tuple[int, _Range]]) -> Iterator[tuple[int, Futures]]:
        if self.executor is None or len(ranges) == 1:
            for place, each in ranges:
                yield place, told(each)
            return
        places = {self.executor.submit(told, each): place for place, each in ranges}
        left: set[Future[Futures]] = set(places)
        try:
            while left:
                finished, left = wait(left, return_when=FIRST_COMPLETED)
                for future in sorted(finished, key=lambda each: places[each]):
                    yield places[future], future.result()
        except KeyboardInterrupt:
            # What is under way is nearly done: it is kept. A second interrupt does not wait for it.
            running = {future for future in left if not future.cancel()}
            for future in wait(running).done:
                yield places[future], future.result()
            raise


@dataclass(frozen=True)
class _Range:
    """Some futures of a story, to be told by whoever is free."""

    name: str
    story: Scenario
    numbers: range
    seed: int
    at: NDArray[np.float64]
    survey: Any = None

    @property
    def key(self) -> Key:
        return self.story.digest, self.numbers.start, self.numbers.stop


def told(part: _Range) -> Futures:
    """Compute a range; a function of this module, so that other processes find it."""
    made = replicate(part.story, part.numbers, seed=part.seed, at=part.at, survey=part.survey)
    # What was given need not travel back.
    return made if part.survey is None else replace(made, survey=None)


@contextmanager
def processes(workers: int) -> Iterator[Executor | None]:
    """That many processes of this machine; one is this process.

    Raises:
        BoundError: fewer than one.
    """
    require(workers >= 1, "--workers", ">= 1", workers)
    if workers == 1:
        yield None
        return
    # Not forked: a fork copies locks that other threads hold. An interrupt is this process's to handle.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_deaf)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _deaf() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a dask scheduler.

    Raises:
        BoundError: no address of a scheduler.
        MissingExtraError: without the extra ``cluster``.
        OSError: nothing answers there, or nobody who has this version of devicesim.
    """
    _require_address(address)
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise MissingExtraError("--cluster", "cluster") from None
    silence()
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise OSError(
            errno.ECONNREFUSED, f"no dask scheduler answers within {PATIENCE:g} s", address
        ) from error
    try:
        _require_workers(client, address)
        yield client.get_executor(pure=False)
    finally:
        client.close()


def _require_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        good = parts.scheme in SCHEMES and bool(parts.hostname) and bool(parts.port)
    except ValueError:
        good = False
    require(good, "--cluster", "the address of a dask scheduler such as tcp://127.0.0.1:8786", address)


def _require_workers(client: Any, address: str) -> None:
    workers = client.scheduler_info(n_workers=-1)["workers"]
    if not workers:
        raise OSError(errno.ENXIO, "the scheduler has no workers", address)
    try:
        versions = client.run(version)
    except Exception as error:
        why = f"its workers cannot import devicesim ({type(error).__name__})"
        raise OSError(errno.ENXIO, why, address) from None
    if other := sorted(set(versions.values()) - {__version__}):
        why = f"its workers have devicesim {', '.join(other)}, here is {__version__}"
        raise OSError(errno.ENXIO, why, address)


def version() -> str:
    """The devicesim of the process that this is called in."""
    return __version__


def silence() -> None:
    """Keep the cluster's library from telling stderr, in its own words, what the caller says in plain ones."""
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def usable() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
