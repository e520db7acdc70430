"""What a core lets be read: the same from the pure-Python replay and from the compiled one."""

from __future__ import annotations

from collections.abc import Sequence
from sys import float_info
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from devicesim.throughput.model import Client, Operation, Regime, Server

Floats = NDArray[np.float64]

LAST = float_info.max
"""The end of time: what is later never happens."""

CHECKPOINT_EVERY = 8192
"""RPCs from one checkpoint to the next: about what one costs to copy and a change costs to replay, in balance."""

Point = tuple[float, float]
"""A time and a value."""

Steps = tuple[Sequence[float], Sequence[float]]
"""A capacity: from when on which value holds."""

Capacities = tuple[list[Steps], list[Steps], Steps, Steps]
"""Of each client bandwidth and latency, then the share of the cores and the speed of the store."""


class FileColumns(NamedTuple):
    """One client's files, as growing columns (anything with a buffer), which cannot grow while they are looked at."""

    sizes: Any
    finished: Any
    finished_at: Any
    admitted_at: Any
    admitted: Any


class Readings(NamedTuple):
    """A station's readings, as columns, and the latest points beyond them."""

    times: Any
    values: Any
    latest: list[Point]


class Standing(NamedTuple):
    """Where a transfer stands.

    Attributes:
        link_free: when each link is free [s].
        front_free: when links, cores and admission are, after all that has been computed [s].
        store_free: when the store is [s].
        buffered: bytes ahead of the store, as admission sees it.
        position: of the store, the next byte.
        taken: of each client, files begun.
        paused: which clients issue nothing.
        stuck: some stream never gets its answer, as far as known; operations offered at doors do not count.
        streams: of each stream its client, the stage of its file (0 is its WRITEs, negative before them, None when it
            has none), and the bytes of it still to be sent.
    """

    link_free: Sequence[float]
    front_free: float
    store_free: float
    buffered: float
    position: float
    taken: Sequence[int]
    paused: Sequence[bool]
    stuck: bool
    streams: Sequence[tuple[int, int | None, float]]


class Core(Protocol):
    """What computes a transfer up to any time, and again when an input comes late."""

    def __init__(
        self, server: Server, clients: Sequence[Client], regime: Regime, at: float, every: int, /
    ) -> None:
        """Begin at a time; ``every`` is the number of RPCs from one checkpoint to the next."""

    @property
    def through(self) -> float:
        """Everything that happens by then has been computed [s]."""

    @property
    def time(self) -> float:
        """Time of the latest step or input [s]."""

    @property
    def unfinished(self) -> int:
        """Files submitted and not finished."""

    @property
    def finished_by(self) -> float:
        """When the latest file finished was, ``-inf`` if there is none [s]."""

    def submit(self, client: int, sizes: Floats, /) -> None:
        """Append sizes to a client's list."""

    def grant(self, client: int, count: int, at: float, after: float, /) -> None:
        """Add so many files of a client's list at a time, after everything that happens up to ``after``."""

    def pause(self, client: int, paused: bool, at: float, after: float, /) -> None:
        """Let a client issue nothing from a time on, or let it go on."""

    def offer(self, client: int, operation: Operation, payload: float, at: float, /) -> float:
        """Send an RPC of no stream at a time; return when its reply arrives, as far as known."""

    def lay(self, regime: Regime, at: float, /) -> bool:
        """Let a regime hold from a time on; return whether that went back."""

    def settle(self, time: float, /) -> None:
        """Drop what it would take to go back before a time."""

    def settle_inputs(self, keep: int, /) -> float:
        """Settle all but the latest inputs, once there are twice as many; return up to when."""

    def leap(self, dt: float, size: float, amounts: Floats, times: Floats, store_free: float, /) -> None:
        """Go on by some time and bytes as if all went on as it does, and forget how to go back.

        Args:
            dt: by how much everything under way moves [s].
            size: bytes admitted meanwhile.
            amounts, times: of these, how many the store has by which later times, both not falling, shape (n,).
            store_free: when it has them all; NaN if the store keeps step, so that its work moves like all else.
        """

    def catch_up(self, to: float, /) -> None:
        """Apply the inputs not yet applied, each at its time, and go on to ``to``."""

    def freeze(self) -> None:
        """Keep the present state to go back to."""

    def files(self, client: int, /) -> FileColumns:
        """A client's files: sizes, which are finished and when, and when how many bytes had been admitted."""

    def meter(self, station: str, link: int = 0, /) -> Readings:
        """A station's readings: ``link``, ``cores``, ``store``, ``stored`` (bytes) or ``buffer``."""

    def capacities(self) -> Capacities:
        """Every capacity as far as known."""

    def standing(self) -> Standing:
        """Where the transfer stands."""

    def buffered(self, most: int, oldest: bool, /) -> tuple[list[float], list[float]]:
        """The latest or the oldest payloads ahead of the store, as admission sees it, in order, at most so many.

        Returns:
            Bytes admitted up to and with each, and when the store has it [s].
        """
