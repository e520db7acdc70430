"""Through which node each client writes, and what the nodes together offer the core.

A client whose node is gone goes to the next one in reach, and needs a while for that. The core sees one server: as
many cores as the nodes that are written through have, a buffer of what is in flight (a write counts when its
fragments are stored), and all disks as one store of objects.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Sequence

import simpy

from devicesim import throughput
from devicesim.device import capacities
from devicesim.device.cluster.plan import Plan, client_rates
from devicesim.device.setting import Setting
from devicesim.physics import erasure, ethernet
from devicesim.physics.erasure import Node, Repair


class Network:
    """The ways of the clients to a cluster.

    Args:
        setting: of the run.
        drawn: the cluster on paper.
        moved: called when a client has found another node.
    """

    def __init__(self, setting: Setting, drawn: Plan, moved: Callable[[], None]) -> None:
        self._setting, self._drawn, self._moved = setting, drawn, moved
        story = setting.scenario
        self._kind = story.job.device
        cluster = story.cluster
        rate = cluster.port if cluster is not None else None
        line = capacities.port(setting.figures, self._kind, float("inf")) if rate is None else rate
        self._port = float(ethernet.goodput(line))
        self._rule = cluster.acknowledge if cluster is not None else "all"
        self._wished: list[int | str] = [
            "spread" if client.node == "spread" else (i if client.node is None else int(client.node) - 1)
            for i, client in enumerate(story.clients)
        ]
        self._wished = [where if where == "spread" else int(where) % drawn.nodes for where in self._wished]
        self._at = list(self._wished)
        self._away: set[int] = set()

    @property
    def ingress_most(self) -> int:
        """Nodes through which clients write while all are in reach."""
        spread = "spread" in self._wished
        return self._drawn.nodes if spread else max(len(set(self._wished)), 1)

    def reach(self, up: Collection[int]) -> None:
        """Send clients whose node is out of reach to the next one."""
        for client, where in enumerate(self._at):
            if where == "spread" or where in up or not up:
                continue
            ring = ((int(where) + step) % self._drawn.nodes for step in range(1, self._drawn.nodes))
            self._at[client] = next(node for node in ring if node in up)
            self._away.add(client)
            self._setting.env.process(self._arrive(client))

    def _arrive(self, client: int) -> Generator[simpy.Event, object, None]:
        yield self._setting.env.timeout(self._setting.figures.si("cluster.client.failover"))
        self._away.discard(client)
        self._moved()

    def node(self, raw: float, cpu: float = 1.0, disk: float = 1.0, taken: float = 0.0) -> Node:
        """What one node can do.

        Args:
            raw: fragments that lie on it, which decides how fast its disks are [bytes].
            cpu, disk: what its instances and its heat leave of processor and disks, in [0, 1].
            taken: what else takes of its port [bytes/s].
        """
        figures, story = self._setting.figures, self._setting.scenario
        alone = capacities.server(figures, self._kind, clients=story.clients)
        operations = [client.operations for client in capacities.clients(figures, story)[:1]]
        per_byte = operations[0].write.work_per_byte if operations else 0.0
        rate = alone.cores * cpu / per_byte if per_byte > 0 else float("inf")
        tiny = 1e-9  # a node whose disks stand still is a slow one: rates of zero are for the regime
        return Node(max(self._port - taken, tiny), max(alone.store.rate(raw) * disk, tiny), max(rate, tiny))

    def server(self, stored: float) -> throughput.Server:
        """The cluster as the core sees it, with so many bytes of objects on it."""
        figures, drawn = self._setting.figures, self._drawn
        story = self._setting.scenario
        alone = capacities.server(figures, self._kind, clients=story.clients)
        clients = capacities.clients(figures, story)
        objects = drawn.nodes / drawn.code.amplification
        room = alone.store.capacity * objects
        return throughput.Server(
            cores=alone.cores * self.ingress_most,
            buffer=float(sum(client.streams * client.block for client in clients)),
            store=throughput.Store(
                rate_start=alone.store.rate_start * objects,
                rate_end=alone.store.rate_end * objects,
                capacity=room,
                position=min(stored, room),
            ),
        )

    def regime(
        self,
        up: Sequence[int],
        busy: Sequence[int],
        repair: Repair | None,
        cpu: float,
        disk: float,
        taken: float = 0.0,
    ) -> throughput.Regime:
        """What holds now.

        Args:
            up: nodes in reach.
            busy: clients that write.
            repair: what rebuilding takes meanwhile.
            cpu, disk: what instances and heat leave of the slowest node, in [0, 1].
            taken: what else takes of the port of a node [bytes/s].
        """
        setting, drawn = self._setting, self._drawn
        figures, story = setting.figures, setting.scenario
        wanted = [capacities.wired_rates(figures, self._kind, [client])[0] for client in story.clients]
        base = capacities.wired_latency(figures, story)
        if len(up) < drawn.code.data:
            return throughput.Regime((0.0,) * len(wanted), (base,) * len(wanted), 0.0, 0.0)
        node, code = self.node(0.0, cpu, taken=taken), drawn.written(len(up))
        at = {client: self._at[client] for client in busy if client not in self._away}
        rates = client_rates(drawn, node, up, at, wanted, repair)
        rates = [0.0 if client in self._away else rate for client, rate in enumerate(rates)]
        # The core lets every request wait for one store's accesses; the slowest of several nodes takes longer.
        access = figures.si(f"{self._kind}.disk.access_time") * figures.si(f"{self._kind}.s3.accesses")
        last = erasure.write_latency(access, code.width, drawn.acknowledged(len(up), self._rule))
        used = len(up) if "spread" in at.values() else len(set(at.values()))
        all_up = erasure.disk_rate(node, drawn.code, drawn.nodes)
        left = erasure.disk_rate(node, code, len(up)) / all_up * disk
        return throughput.Regime(
            bandwidth=tuple(rates),
            latency=(2 * base + max(last - access, 0.0) / 2,) * len(wanted),
            share=min(1.0, cpu * max(used, 1) / self.ingress_most),
            store=left * (1 - repair.disk) if repair is not None else left,
        )
