"""A list of files, however long, as sums over blocks of it and a sample of each.

Model
-----
What a list demands of every station is linear in six sums over its files, the :data:`SUMS`. So a list is kept as
these sums over blocks of consecutive files, and the sizes of the first files of each block. The list itself can come
in pieces and is not kept: 100 million files are 4,096 blocks.

Scope and limits
----------------
What happens inside a block happens evenly; an order of the list is seen from block to block.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import BoundError, require
from devicesim.throughput.core import extension
from devicesim.throughput.model import LARGEST, Client, Regime, Server

Floats = NDArray[np.float64]

SUMS = ("files", "holding", "writes", "bytes", "first", "beyond")
"""Files; files that hold any byte; WRITEs; payload; payload of first WRITEs; payload beyond a window of WRITEs."""

BLOCKS = 2048
"""Blocks of a list whose length is known; up to twice as many of one that comes in pieces."""

SAMPLE = 1024
"""Files kept of each block."""

STRETCH = 65536
"""Files looked at together: so many sizes stay in the processor's cache."""


def checked(sizes: ArrayLike) -> Floats:
    """Return sizes of files as an array, shape (n,) [bytes].

    Raises:
        BoundError: a size is negative, not a number, or above 2^53.
    """
    given = np.atleast_1d(np.asarray(sizes, dtype=np.float64))
    require(given.ndim == 1, "sizes.ndim", "1", given.ndim)
    given = np.ascontiguousarray(given)
    if given.size and not _within(given):
        require(given >= 0, "sizes", ">= 0", given)
        require(given <= LARGEST, "sizes", f"<= {LARGEST:.0f}", given)
    return given


def _within(sizes: Floats) -> bool:
    """Whether all are sizes of files, in one look at them where there is the extension."""
    if extension is not None:
        return bool(extension.within(sizes, LARGEST))
    return bool(sizes.min() >= 0 and sizes.max() <= LARGEST)


def sums(client: Client, sizes: Floats, length: int) -> Floats:
    """Return the :data:`SUMS` over blocks of so many sizes, the last of which may be shorter, shape (6, blocks).

    Raises:
        BoundError: a size is negative, not a number, or above 2^53.
    """
    block, reach = float(client.block), float(client.window * client.block)
    whole = sizes.size - sizes.size % length
    if extension is not None and whole:
        made = np.empty((len(SUMS), whole // length))
        if not extension.sums(sizes[:whole], length, block, reach, LARGEST, made):
            checked(sizes)
        rest = [_reduced(block, reach, checked(sizes[whole:]), length)] if whole < sizes.size else []
        return np.concatenate([made, *rest], axis=1) if rest else made
    parts = []
    step = max(STRETCH // length, 1) * length
    for start in range(0, sizes.size, step):
        parts.append(_reduced(block, reach, checked(sizes[start : start + step]), length))
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(SUMS), 0))


def _reduced(block: float, reach: float, sizes: Floats, length: int) -> Floats:
    starts = np.arange(0, sizes.size, length)
    made = np.zeros((len(SUMS), starts.size))
    made[0] = np.diff(np.append(starts, sizes.size))
    least, most = sizes.min(), sizes.max()
    made[1] = made[0] if least > 0 else np.add.reduceat((sizes > 0).astype(np.float64), starts)
    made[3] = np.add.reduceat(sizes, starts)
    if most <= block:
        made[2], made[4] = made[1], made[3]
        return made
    made[2] = np.add.reduceat(np.ceil(sizes / block), starts)
    made[4] = np.add.reduceat(np.minimum(sizes, block), starts)
    if most > reach:
        made[5] = np.add.reduceat(np.maximum(sizes - reach, 0.0), starts)
    return made


class Samples:
    """Sizes of the first files of each block [bytes]; they look at the list they come from.

    Args:
        parts: of some consecutive blocks each, shape (blocks, files).
    """

    def __init__(self, parts: Sequence[Floats]) -> None:
        self._parts, self._ends = parts, list(accumulate(len(part) for part in parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, block: int) -> Floats:
        part = bisect_right(self._ends, block)
        if not 0 <= block < len(self):
            raise IndexError(block)
        return np.asarray(self._parts[part][block - self._ends[part]])


@dataclass(frozen=True, slots=True)
class Profile:
    """A client's list of files.

    Attributes:
        sums: the :data:`SUMS` of each block, shape (6, blocks).
        samples: sizes of the first files of each block.
    """

    sums: Floats
    samples: Samples

    @classmethod
    def of(cls, client: Client, sizes: ArrayLike | Iterator[ArrayLike]) -> Profile:
        """Return the profile of a list that is there, shape (n,), or that comes in pieces.

        Raises:
            BoundError: a size is negative, not a number, or above 2^53.

        Example
        -------
        >>> from devicesim.throughput import Client, Operation, Operations
        >>> client = Client(Operations((), Operation("WRITE", 0, 0.0), ()), streams=1, window=2, block=100)
        >>> Profile.of(client, [50.0, 0.0, 250.0]).total.tolist()
        [3.0, 2.0, 4.0, 300.0, 150.0, 50.0]
        """
        pieces: Iterable[ArrayLike] = sizes if isinstance(sizes, Iterator) else (sizes,)
        # A block is long against the files under way at a time, or it would say nothing of them.
        length = 1 if client.streams == 1 else 4 * client.streams
        growing = _Growing(client, length)
        for piece in pieces:
            given = np.ascontiguousarray(np.atleast_1d(np.asarray(piece, dtype=np.float64)))
            require(given.ndim == 1, "sizes.ndim", "1", given.ndim)
            if isinstance(sizes, Iterator):
                given = given.copy()  # whoever makes the pieces may use the memory again
            else:
                growing.length = max(length, -(-given.size // BLOCKS))
            try:
                growing.add(given)
            except BoundError:
                checked(given)  # says where in the piece
                raise
        return growing.profile()

    @property
    def total(self) -> Floats:
        """The sums over the whole list, shape (6,)."""
        return np.asarray(self.sums.sum(axis=1))

    @property
    def one_size(self) -> float | None:
        """The size that all files seem to have [bytes]; None if they do not have one."""
        if not self.samples or not self.samples[0].size:
            return None
        size = float(self.samples[0][0])
        some = range(0, len(self.samples), max(1, len(self.samples) // 16))
        same = bool(np.all(self.sums[3] == self.sums[0] * size)) and all(
            bool((self.samples[block] == size).all()) for block in some
        )
        return size if same and size else None

    def rpcs(self, client: Client) -> float:
        """RPCs that the list needs."""
        life = client.operations
        files, _, writes = self.sums[:3].sum(axis=1).tolist()
        return float(writes + files * (len(life.before) + len(life.after)))


class _Growing:
    """A profile while its list comes in: whole blocks, and what is left over of the latest piece."""

    def __init__(self, client: Client, length: int) -> None:
        self.client, self.length = client, length
        self.sums: list[Floats] = []
        self.samples: list[Floats] = []
        self.count = 0
        self.rest = np.empty(0)

    def add(self, sizes: Floats) -> None:
        if self.rest.size:
            short = self.length - self.rest.size
            head, sizes = sizes[:short], sizes[short:]
            self.rest = np.concatenate((self.rest, head))
            if self.rest.size < self.length:
                return
            self._blocks(self.rest)
        whole = sizes.size - sizes.size % self.length
        if whole:
            self._blocks(sizes[:whole])
        self.rest = checked(sizes[whole:]).copy()
        while self.count >= 2 * BLOCKS:
            self._merge()

    def _blocks(self, sizes: Floats) -> None:
        self.sums.append(sums(self.client, sizes, self.length))
        keep = min(SAMPLE, self.length)
        whole = sizes.size - sizes.size % self.length
        if whole:
            self.samples.append(sizes[:whole].reshape(-1, self.length)[:, :keep])
        if whole < sizes.size:
            self.samples.append(sizes[None, whole : whole + keep])
        self.count += -(-sizes.size // self.length)

    def _merge(self) -> None:
        """Make one block of every two."""
        all_sums = np.concatenate(self.sums, axis=1)
        even = all_sums.shape[1] - all_sums.shape[1] % 2
        pairs = all_sums[:, :even].reshape(len(SUMS), -1, 2)
        samples, most = Samples(self.samples), min(SAMPLE, 2 * self.length)
        self.sums = [pairs.sum(axis=2)]
        self.samples = [np.concatenate((samples[i], samples[i + 1]))[None, :most] for i in range(0, even, 2)]
        if even < len(samples):
            self.sums.append(all_sums[:, even:])
            self.samples.append(samples[even][None])
        self.count = len(self.samples)
        self.length *= 2

    def profile(self) -> Profile:
        if self.rest.size:
            self._blocks(self.rest)
        made = np.concatenate(self.sums, axis=1) if self.sums else np.zeros((len(SUMS), 0))
        return Profile(made, Samples(self.samples))


def front_demands(server: Server, client: Client, regime: Regime, rate: float) -> Floats:
    """Seconds that each of the :data:`SUMS` needs ahead of the buffer, shape (stations, 6); rates must not be zero.

    A file goes through its serial operations one by one, then its first WRITE; those that follow are a link or core
    time apart, beyond the window at least a round trip by the window. The streams share that (the first row); the
    link (second) and the cores (third) carry all of it; where a reply waits for the store, so does the store (fourth).
    At least as long as the largest row times the sums does a list take.

    Args:
        server, client, regime: who sends to what.
        rate: of the store [bytes/s]; counts only where a reply waits for it.
    """
    bandwidth, latency, share = regime.bandwidth[0], regime.latency[0], regime.share
    serial, write = client.operations.before + client.operations.after, client.operations.write
    block, trip, store = float(client.block), 2 * latency, rate * regime.store
    link = (write.request + block) / bandwidth
    work = (write.work + write.work_per_byte * block) / share
    waited = block / store if write.wait else 0.0
    apart = max(link, work / server.cores, waited) / block
    windowed = max(apart, (link + trip + work + waited) / client.window / block)
    once = sum(
        trip + o.request / bandwidth + o.work / share + (o.store / regime.store if o.wait else 0.0)
        for o in serial
    )
    fresh = trip + write.request / bandwidth + write.work / share
    first = (1 + waited * bandwidth / block) / bandwidth + write.work_per_byte / share
    path = (once, fresh, 0.0, apart, first - apart, windowed - apart)
    carried = (sum(o.request for o in serial), 0.0, write.request, 1.0, 0.0, 0.0)
    worked = (sum(o.work for o in serial), 0.0, write.work, write.work_per_byte, 0.0, 0.0)
    rows = [
        [each / client.streams for each in path],
        [each / bandwidth for each in carried],
        [each / (share * server.cores) for each in worked],
    ]
    if any(operation.wait for operation in client.operations.all):
        rows.append([each / regime.store for each in store_demand(client, rate)])
    return np.array(rows)


def store_demand(client: Client, rate: float) -> tuple[float, ...]:
    """Seconds of the store at full speed that each of the :data:`SUMS` needs, at a rate [bytes/s]."""
    serial = sum(o.store for o in client.operations.before + client.operations.after)
    return (serial, 0.0, client.operations.write.store, 1 / rate, 0.0, 0.0)
