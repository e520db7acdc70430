"""Whole transfers in one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from numpy.typing import ArrayLike

from devicesim.errors import require
from devicesim.throughput.model import Client, Regime, Server
from devicesim.throughput.reading import Core
from devicesim.throughput.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that one transfer depends on.

    Attributes:
        server: cores, buffer and store.
        clients: who sends.
        sizes: of each client's files [bytes].
        schedule: regimes and from when on each holds, in order of time; the first is the beginning.
    """

    server: Server
    clients: Sequence[Client]
    sizes: Sequence[ArrayLike]
    schedule: Sequence[tuple[float, Regime]]


def simulate(
    server: Server,
    clients: Sequence[Client],
    sizes_per_client: Sequence[ArrayLike],
    schedule: Sequence[tuple[float, Regime]],
    *,
    core: type[Core] | None = None,
) -> Transfer:
    """Run a transfer whose regimes are all known, to the end (or for as long as it moves).

    Args:
        server: cores, buffer and store.
        clients: who sends.
        sizes_per_client: of each client's files [bytes].
        schedule: regimes and from when on each holds, in order of time; the first is the beginning.
        core: what computes it, one of :data:`~devicesim.throughput.core.CORES`; the first if not given.

    Raises:
        BoundError: not one list per client, no regime, or regimes not in order of time.
    """
    require(
        len(sizes_per_client) == len(clients),
        "len(sizes_per_client)",
        f"{len(clients)}",
        len(sizes_per_client),
    )
    require(len(schedule) > 0, "len(schedule)", "> 0", len(schedule))
    times = [time for time, _ in schedule]
    require(times == sorted(times), "schedule", "in order of time", times)
    transfer = Transfer(server, clients, schedule[0][1], at=times[0], core=core)
    transfer.lay(schedule[1:])
    for client, sizes in enumerate(sizes_per_client):
        transfer.submit(client, sizes)
    transfer.run()
    return transfer


def replicate(batches: Iterable[Batch]) -> list[Transfer]:
    """Run many transfers; each is what :func:`simulate` gives."""
    return [simulate(batch.server, batch.clients, batch.sizes, batch.schedule) for batch in batches]
