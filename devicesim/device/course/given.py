"""What decides the course of a copy: its server, its clients, their files, and the regime it begins under."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from devicesim import throughput
from devicesim.throughput import demand

Sizes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Given:
    """The inputs of a transfer that begins at second 0 of a clock of its own.

    Attributes:
        sizes: of each client's files, in copying order [bytes].
    """

    server: throughput.Server
    clients: tuple[throughput.Client, ...]
    regime: throughput.Regime
    sizes: tuple[Sizes, ...]

    @property
    def key(self) -> Hashable:
        """Equal for copies that go alike; what clients are called makes no difference."""
        nameless = tuple(replace(client, name="") for client in self.clients)
        return self.server, nameless, self.regime, tuple(map(_signature, self.sizes))

    @property
    def demands(self) -> list[demand.Demand]:
        """What each client's files ask of every station."""
        pairs = zip(self.clients, self.sizes, strict=True)
        return [demand.Demand.of(client, sizes.astype(np.float64)) for client, sizes in pairs]

    @property
    def rpcs(self) -> float:
        """How many RPCs the copy takes."""
        total = 0.0
        for client, sizes in zip(self.clients, self.sizes, strict=True):
            serial = len(client.operations.all) - 1
            total += float(np.ceil(sizes / client.block).sum()) + serial * sizes.size
        return total

    def transfer(self) -> throughput.Transfer:
        """A transfer that has not moved yet."""
        made = throughput.Transfer(self.server, self.clients, self.regime)
        for number, sizes in enumerate(self.sizes):
            made.submit(number, sizes)
        return made


def beginning(clients: Sequence[throughput.Client], at: float) -> tuple[throughput.Client, ...]:
    """The same clients on a clock whose second 0 is ``at``; who could have begun before begins then."""
    return tuple(replace(client, start=max(0.0, client.start - at)) for client in clients)


def _signature(sizes: Sizes) -> Hashable:
    """Little that tells two lists of sizes apart."""
    if sizes.size and int(sizes.min()) == int(sizes.max()):
        return sizes.size, int(sizes[0])
    return sizes.size, hashlib.blake2b(np.ascontiguousarray(sizes).tobytes(), digest_size=16).digest()
