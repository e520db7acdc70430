"""Quorum: what a cluster still does when some of its nodes cannot be reached.

Model
-----
Nodes without a leader. A write needs a write quorum of ``W`` reachable nodes, a read a read quorum of ``R``:
with ``r`` nodes in reach the cluster serves reads and writes where ``r >= W``, reads only where
``R <= r < W``, and is offline below. A cluster that is offline has lost nothing; it serves again as soon as
enough nodes are back. How many nodes may be missing is the rule of an era, and comes in as two numbers.

Scope and limits
----------------
Counts nodes, and knows neither what lies on them nor links between them: a network parted in two is no case.
Whether every object still has enough fragments in reach is for :mod:`devicesim.physics.erasure`.

Sources
-------
AWS Snowball Edge developer guide, 2020-07-13, UsingCluster.md: one node missing, reads and writes; two, reads
only; three, offline. The same, 2023-05-01, ClusterOverview.md: full service while no more nodes are missing than
the table's fault tolerance, offline beyond. D. K. Gifford, "Weighted voting for replicated data", SOSP 1979.

Checked against
---------------
Every combination of reachable and unreachable nodes for 5 to 10 nodes of 2020 and 3 to 16 nodes of 2023, node
states counted one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devicesim.errors import require


class Service(IntEnum):
    """What a cluster does for its clients; a greater one does more."""

    OFFLINE = 0
    READ_ONLY = 1
    READ_WRITE = 2


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many of a cluster's nodes must be in reach.

    Attributes
    ----------
    nodes : int
        Nodes of the cluster, >= 1.
    write : int
        Nodes that a write needs.
    read : int
        Nodes that a read needs, no more than a write.

    Raises
    ------
    BoundError
        No node, a quorum that no cluster has, or one of more nodes than there are.
    """

    nodes: int
    write: int
    read: int

    def __post_init__(self) -> None:
        require(self.nodes >= 1, "nodes", ">= 1", self.nodes)
        require(1 <= self.write <= self.nodes, "write", f"in [1, {self.nodes}]", self.write)
        require(1 <= self.read <= self.write, "read", f"in [1, {self.write}]", self.read)


def quorum(nodes: int, write_spare: int, read_spare: int) -> Quorum:
    """Say how many nodes must be in reach, from how many may be missing.

    ``W = N - s_w``, ``R = N - s_r``

    Parameters
    ----------
    nodes : int
        Nodes of the cluster [1].
    write_spare, read_spare : int
        Nodes that may be missing for a write and for a read [1]; 1 and 2 in 2020, both the fault tolerance since.

    Returns
    -------
    Quorum
        The two quorums.

    Raises
    ------
    BoundError
        A negative spare, or one that leaves no node.

    References
    ----------
    Developer guide 2020, UsingCluster.md; 2023, ClusterOverview.md.

    Examples
    --------
    >>> quorum(5, 1, 2)
    Quorum(nodes=5, write=4, read=3)
    """
    require(write_spare >= 0, "write_spare", ">= 0", write_spare)
    return Quorum(nodes, nodes - write_spare, nodes - read_spare)


def service(rule: Quorum, reachable: ArrayLike) -> NDArray[np.int64]:
    """Tell what a cluster does with those nodes in reach.

    Parameters
    ----------
    rule : Quorum
        The quorums.
    reachable : array_like [..., N], bool
        Whether each node is in reach.

    Returns
    -------
    array [...]
        A :class:`Service` for each combination [1].

    Raises
    ------
    BoundError
        Not one state for each node.

    References
    ----------
    Developer guide 2020, UsingCluster.md; 2023, ClusterOverview.md.

    Examples
    --------
    Five nodes of 2020 with none, one, two and three missing:

    >>> nodes = [[1, 1, 1, 1, 1], [1, 1, 0, 1, 1], [0, 1, 0, 1, 1], [0, 1, 0, 0, 1]]
    >>> [Service(each).name for each in service(quorum(5, 1, 2), nodes)]
    ['READ_WRITE', 'READ_WRITE', 'READ_ONLY', 'OFFLINE']
    """
    states = np.asarray(reachable, dtype=np.bool_)
    given = states.shape[-1] if states.ndim else 0
    require(given == rule.nodes, "reachable.shape[-1]", f"the number of nodes, {rule.nodes}", given)
    count = np.count_nonzero(states, axis=-1)
    told: NDArray[np.int64] = np.where(
        count >= rule.write,
        Service.READ_WRITE.value,
        np.where(count >= rule.read, Service.READ_ONLY.value, Service.OFFLINE.value),
    ).astype(np.int64)
    return told
