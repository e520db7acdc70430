"""What many futures of one scenario came to, in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require

Floats = NDArray[np.float64]

NEVER = ("days_to_s3", "days_to_site", "online_days")
"""Metrics that are infinite in a future that never gets there; others have no value there."""


@dataclass(frozen=True, slots=True)
class Way:
    """How futures were computed.

    Attributes:
        name: ``world``, one World for each; ``batch``, all at once; or one by one beside the watch on their heat,
            ``flow`` with a fluid copy and ``core`` with an exact one.
        why: of that way.
        error: by how much the time of a copy may be off, relative to it, or what is lost of one that heat ends,
            relative to its files; 0 where both are exact.
        runs: Worlds that were run.
    """

    name: str
    why: str
    error: float = 0.0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class Futures:
    """Many futures of one scenario.

    Attributes:
        seed: of all of them.
        replication: number of each, shape (n,); number i is ``World(..., replication=i)`` with the drawn figures.
        metrics: what goals may name, by name, shape (n,) each: NaN in a future that has no such value, and infinity
            for the days of one that never gets there (:data:`NEVER`).
        outcome: how each ended, as a place in ``outcomes``, shape (n,).
        outcomes: the ends there are, in words; ``complete`` is a good one.
        stock_out: whether AWS had no device in stock, shape (n,).
        draws: values of the uncertain figures in SI, by key, shape (n,) each; of none where nothing was varied.
        told: how they were computed, one entry for each way taken.
        at: times at which ``progress`` was asked for, shape (m,) [s since the start].
        progress: bytes by then, shape (n, m) each: ``ingest`` onto the device, ``import`` from it into S3, and where
            there is such a leg ``online`` over the line and ``read`` off the device; empty if not asked for.
        survey: what was measured to tell them together, for others of the story; None where they were not, or joined.
    """

    seed: int
    replication: NDArray[np.int64]
    metrics: Mapping[str, Floats]
    outcome: NDArray[np.int64]
    outcomes: tuple[str, ...]
    stock_out: NDArray[np.bool_]
    draws: Mapping[str, Floats] = field(default_factory=dict)
    told: tuple[Way, ...] = ()
    at: Floats = field(default_factory=lambda: np.zeros(0))
    progress: Mapping[str, Floats] = field(default_factory=dict)
    survey: Any = field(default=None, repr=False, compare=False)

    def __len__(self) -> int:
        return int(self.replication.size)

    def columns(self) -> dict[str, NDArray[Any]]:
        """All of it as numpy columns, for pandas and polars; figures by their keys."""
        ends = np.array(self.outcomes or ("",))[self.outcome] if len(self) else np.zeros(0, dtype="U1")
        first = {"replication": self.replication, "outcome": ends, "stock_out": self.stock_out}
        return {**first, **self.metrics, **self.draws}

    def rows(self, which: NDArray[np.integer]) -> Futures:
        """Some of them, by their places."""
        return replace(
            self,
            replication=self.replication[which],
            metrics={name: column[which] for name, column in self.metrics.items()},
            outcome=self.outcome[which],
            stock_out=self.stock_out[which],
            draws={key: column[which] for key, column in self.draws.items()},
            progress={name: curves[which] for name, curves in self.progress.items()},
        )

    def metric(self, name: str) -> Floats:
        """A metric's column; of one that no future has, all missing."""
        return self.metrics[name] if name in self.metrics else np.full(len(self), missing(name))

    def __add__(self, other: Futures) -> Futures:
        """Both, one after the other.

        Raises:
            BoundError: they are of different seeds, or not asked for the same times.
        """
        return joined([self, other])


def joined(parts: Sequence[Futures]) -> Futures:
    """Several, one after the other, in the order given.

    Raises:
        BoundError: there is none, or they are of different seeds, or not asked for the same times.
    """
    require(len(parts) > 0, "parts", "at least one", len(parts))
    first = parts[0]
    for part in parts:
        require(part.seed == first.seed, "seed", f"{first.seed}", part.seed)
        require(np.array_equal(part.at, first.at), "at", "that of the others", part.at)
    place = {
        name: i for i, name in enumerate(dict.fromkeys(name for part in parts for name in part.outcomes))
    }
    figures = dict.fromkeys(key for part in parts for key in part.draws)
    curves = dict.fromkeys(name for part in parts for name in part.progress)
    ends = [np.array([place[name] for name in part.outcomes], dtype=np.int64)[part.outcome] for part in parts]
    return Futures(
        seed=first.seed,
        replication=np.concatenate([part.replication for part in parts]),
        metrics={
            name: np.concatenate([part.metric(name) for part in parts])
            for name in sorted({name for part in parts for name in part.metrics})
        },
        outcome=np.concatenate(ends),
        outcomes=tuple(place),
        stock_out=np.concatenate([part.stock_out for part in parts]),
        draws={key: np.concatenate([_of(part, key) for part in parts]) for key in figures},
        told=_merged([way for part in parts for way in part.told]),
        at=first.at,
        progress={name: np.concatenate([_curves(part, name) for part in parts]) for name in curves},
    )


def missing(metric: str) -> float:
    """What stands in a column where a future has no such value."""
    return float("inf") if metric in NEVER else float("nan")


def _of(futures: Futures, key: str) -> Floats:
    return futures.draws[key] if key in futures.draws else np.full(len(futures), np.nan)


def _curves(futures: Futures, name: str) -> Floats:
    return futures.progress.get(name, np.zeros((len(futures), futures.at.size)))


def _merged(ways: Sequence[Way]) -> tuple[Way, ...]:
    """One entry for each way and reason, with the largest error and all runs."""
    found: dict[tuple[str, str], Way] = {}
    for way in ways:
        seen = found.get((way.name, way.why), Way(way.name, way.why))
        error, runs = max(seen.error, way.error), seen.runs + way.runs
        found[way.name, way.why] = Way(way.name, way.why, error, runs)
    return tuple(found.values())
