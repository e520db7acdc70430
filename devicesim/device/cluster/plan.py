"""What a cluster is by the rules of its era: its code, its quorums, its room; and how fast it takes data now.

Pure: no clock, no draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from devicesim import scenario
from devicesim.catalog import Figures
from devicesim.physics import cpu, erasure
from devicesim.physics.erasure import Code, Node, Repair
from devicesim.physics.quorum import Quorum, quorum


@dataclass(frozen=True, slots=True)
class Plan:
    """A cluster on paper.

    Attributes:
        nodes: how many there are.
        ordered: node jobs that must exist before AWS prepares any.
        code: how an object is cut up where every node is in reach.
        rule: how many nodes reads and writes need.
        capacity: objects that fit [bytes].
        lifetime: until the nodes' certificate ends [s].
    """

    nodes: int
    ordered: int
    code: Code
    rule: Quorum
    capacity: float
    lifetime: float

    def written(self, up: int) -> Code:
        """The fragments that an object gets while so many nodes are in reach."""
        return Code(self.code.data, min(self.code.width, up) - self.code.data)

    def acknowledged(self, up: int, rule: str) -> int:
        """How many of those fragments must be stored before a write counts."""
        width = min(self.code.width, up)
        return width if rule == "all" else min(width, self.rule.write)


def plan(figures: Figures, device: str, cluster: scenario.Cluster) -> Plan:
    """Draw up a cluster of one type of device."""
    era, nodes = cluster.era, cluster.nodes
    figure = f"cluster.{era}"
    if era == "2020":
        code = Code(int(figures.si(f"{figure}.data")), int(figures.si(f"{figure}.parity")))
        spares = [int(figures.si(f"{figure}.{what}_spare")) for what in ("write", "read")]
        wanted = min(nodes, int(figures.si(f"{figure}.nodes.ordered")))
    else:
        least = int(figures.si(f"{figure}.nodes.least"))
        tolerance = int(figures.si_values(f"{figure}.tolerance")[nodes - least])
        code, spares, wanted = Code(nodes - tolerance, tolerance), [tolerance, tolerance], nodes
    capacity = scenario.cluster_capacity(figures, device, era, nodes)
    lifetime = figures.si(f"{figure}.lifetime")
    return Plan(nodes, wanted, code, quorum(nodes, *spares), capacity, lifetime)


def client_rates(
    drawn: Plan,
    node: Node,
    up: Sequence[int],
    at: Mapping[int, int | str],
    wanted: Sequence[float],
    repair: Repair | None = None,
) -> list[float]:
    """How fast each client's data comes in, shared fairly where several write through one node.

    Args:
        drawn: the cluster on paper.
        node: what each node can do.
        up: nodes in reach.
        at: the node through which each busy client writes, or ``spread``.
        wanted: what each client's own port gives, busy or not [bytes/s].
        repair: what rebuilding takes meanwhile.

    Returns:
        Bytes a second for each client; one that is not busy gets what it wants.
    """
    if not at:
        return list(wanted)
    spread = [client for client, where in at.items() if where == "spread"]
    used = list(up) if spread else sorted({int(where) for where in at.values()})
    left = Node(node.port * (1 - repair.port), node.disk, node.cpu) if repair and repair.port < 1 else node
    through = erasure.ingress_rate(left, drawn.written(len(up)), len(up), len(used))
    rates = [0.0 if client in at else rate for client, rate in enumerate(wanted)]
    for here in used:
        busy = [client for client, where in at.items() if where in (here, "spread")]
        if not busy:
            continue
        weights = np.array([1 / len(up) if client in spread else 1.0 for client in busy])
        asked = np.array([wanted[client] for client in busy]) * weights
        for client, share in zip(busy, cpu.fair_shares(asked, weights, through).tolist(), strict=True):
            rates[client] += share
    return rates
