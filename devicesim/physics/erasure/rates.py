"""Rates: how fast a cluster takes data, and how fast it makes lost fragments anew.

Model
-----
The node that a client talks to (any one: there is no leader) keeps one fragment of an object and passes on the
others; each fragment is ``1 / k`` of the object. Rebuilding one fragment reads ``k`` others, carries them to the
node that makes it, and writes one there: what a Reed-Solomon code takes when it is repaired in the plain way. A
port carries both directions at its full rate. Each station serves at most its capacity; the one that is short
sets the rate.

Scope and limits
----------------
Fluid rates with even placement: no metadata, no overhead of small objects, no reading before writing. The switch
between the nodes never binds. Clients at several nodes are alike, and ask for as much as they get.

Sources
-------
AWS Snowball Edge developer guide, 2023-05-01, ClusterOverview.md (leaderless nodes). K. V. Rashmi et al., "A
solution to the network challenges of data recovery in erasure-coded distributed storage systems", HotStorage 2013
(a repair reads k fragments). Conservation of bytes at every port and disk.

Checked against
---------------
Worked sums for five nodes of 3 + 2 on 10 GbE (882 MB/s through one node); no station above its capacity for any
number of nodes, fragments and clients.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from devicesim.errors import require
from devicesim.physics.erasure.code import Code


@dataclass(frozen=True, slots=True)
class Node:
    """What one node of a cluster can do, all > 0.

    Attributes
    ----------
    port : float
        Goodput of its network port, each way [bytes/s].
    disk : float
        Rate at which its disks take or give bytes [bytes/s].
    cpu : float
        Rate at which its processor takes clients' bytes; infinity if it never binds [bytes/s].
    """

    port: float
    disk: float
    cpu: float = inf

    def __post_init__(self) -> None:
        for name, value in (("port", self.port), ("disk", self.disk), ("cpu", self.cpu)):
            require(value > 0, name, "> 0", value)


def ingress_rate(node: Node, code: Code, nodes: int, ingress: int = 1) -> float:
    """Say how fast one node takes clients' data when so many take it alike, before the disks bind.

    ``min(C, C k / (n - 1), C / (1 + (q - 1)(n - 1) / ((N - 1) k)), 1 / c_b)``, with ``n = k + m``: what comes in
    from the client, what goes out to the other nodes, what comes in from the client and the other ingress nodes,
    and the processor. With one fragment on every node (``n = N``) the second term is ``C k / (N - 1)``.

    Parameters
    ----------
    node : Node
        What each node can do.
    code : Code
        Of no more fragments than there are nodes.
    nodes : int
        Nodes that take fragments, N [1].
    ingress : int
        Nodes that clients talk to, q <= N [1].

    Returns
    -------
    float
        Bytes of objects a second through each ingress node [bytes/s].

    Raises
    ------
    BoundError
        More fragments or ingress nodes than nodes.

    References
    ----------
    Developer guide 2023, ClusterOverview.md (any node takes writes); conservation at each port.

    Examples
    --------
    Five nodes with 3 + 2 fragments on 10 GbE: one ingress node must send 4/3 of what it takes.

    >>> port = Node(port=1177e6, disk=1e12)
    >>> round(ingress_rate(port, Code(3, 2), 5) / 1e6)
    883
    >>> round(5 * ingress_rate(port, Code(3, 2), 5, ingress=5) / 1e6)
    2522
    """
    require(nodes >= code.width, "nodes", f">= the fragments, {code.width}", nodes)
    require(1 <= ingress <= nodes, "ingress", f"in [1, {nodes}]", ingress)
    others = code.width - 1
    rates = [node.port, node.cpu]
    if others:
        rates.append(node.port * code.data / others)
        rates.append(node.port / (1 + (ingress - 1) * others / ((nodes - 1) * code.data)))
    return min(rates)


def disk_rate(node: Node, code: Code, nodes: int) -> float:
    """Say how fast all nodes' disks together take clients' data.

    ``N d k / (k + m)``

    Parameters
    ----------
    node : Node
        What each node can do.
    code : Code
        Of no more fragments than there are nodes.
    nodes : int
        Nodes that take fragments [1].

    Returns
    -------
    float
        Bytes of objects a second [bytes/s].

    Raises
    ------
    BoundError
        More fragments than nodes.

    References
    ----------
    Conservation: each byte is stored ``(k + m) / k`` times over.

    Examples
    --------
    >>> disk_rate(Node(port=1e9, disk=200e6), Code(3, 2), 5) / 1e6
    600.0
    """
    require(nodes >= code.width, "nodes", f">= the fragments, {code.width}", nodes)
    return nodes * node.disk / code.amplification


def cluster_rate(node: Node, code: Code, nodes: int, ingress: int = 1) -> float:
    """Say how fast a cluster takes data from clients that write through so many of its nodes.

    ``min(q ingress_rate, disk_rate)``

    Parameters
    ----------
    node : Node
        What each node can do.
    code : Code
        Of no more fragments than there are nodes.
    nodes : int
        Nodes that take fragments [1].
    ingress : int
        Nodes that clients talk to, each as fast as it can [1].

    Returns
    -------
    float
        Bytes of objects a second [bytes/s].

    Raises
    ------
    BoundError
        More fragments or ingress nodes than nodes.

    References
    ----------
    :func:`ingress_rate`, :func:`disk_rate`.

    Examples
    --------
    >>> cluster_rate(Node(port=1177e6, disk=200e6), Code(3, 2), 5) / 1e6
    600.0
    """
    return min(ingress * ingress_rate(node, code, nodes, ingress), disk_rate(node, code, nodes))


@dataclass(frozen=True, slots=True)
class Repair:
    """What rebuilding does while it runs.

    Attributes
    ----------
    rate : float
        Bytes of objects that regain one fragment in a second [bytes/s].
    port, disk : float
        Share of each node's port and disk that it takes, the busiest node's, in [0, 1].
    """

    rate: float
    port: float
    disk: float


def repair_rate(node: Node, code: Code, sources: int, targets: int, share: float = 1.0) -> Repair:
    """Say how fast lost fragments are made anew, and what that takes from clients.

    One byte of an object costs the target's port one byte (k fragments of 1/k) and its disk 1/k, and the sources
    together one byte read and sent: ``share min(T C, T d k, M d, M C)``.

    Parameters
    ----------
    node : Node
        What each node can do.
    code : Code
        The code.
    sources : int
        Nodes that hold fragments to read, M >= k [1].
    targets : int
        Nodes that make fragments, T >= 1 [1].
    share : float
        Most of any port and disk that repair may take, in (0, 1] [1].

    Returns
    -------
    Repair
        The rate, and the shares that it takes.

    Raises
    ------
    BoundError
        Too few sources, no target, or a share out of bounds.

    References
    ----------
    Rashmi et al. 2013.

    Examples
    --------
    A new node among five on 10 GbE: its port is the bottleneck, its disk a third as busy as the bytes say.

    >>> told = repair_rate(Node(port=1000e6, disk=500e6), Code(3, 2), sources=4, targets=1)
    >>> told.rate / 1e6, told.port, round(told.disk, 3)
    (1000.0, 1.0, 0.667)
    """
    require(sources >= code.data, "sources", f">= {code.data}", sources)
    require(targets >= 1, "targets", ">= 1", targets)
    require(0 < share <= 1, "share", "in (0, 1]", share)
    ports = node.port * min(targets, sources)
    disks = node.disk * min(targets * code.data, sources)
    rate = share * min(ports, disks)
    return Repair(rate, rate / ports, rate / disks)


def rebuild_traffic(used: float, code: Code) -> float:
    """Say how much crosses the network to rebuild one node.

    ``k used``

    Parameters
    ----------
    used : float
        What the node held [bytes].
    code : Code
        The code.

    Returns
    -------
    float
        Traffic [bytes].

    Raises
    ------
    BoundError
        A negative size.

    References
    ----------
    Rashmi et al. 2013.

    Examples
    --------
    >>> rebuild_traffic(45e12, Code(3, 2)) / 1e12
    135.0
    """
    require(0 <= used < inf, "used", ">= 0 and finite", used)
    return code.data * used


def rebuild_time(used: float, repair: Repair, code: Code) -> float:
    """Say how long one node's fragments take to be made anew.

    ``used k / rate``: every fragment of the node belongs to an object k times its size.

    Parameters
    ----------
    used : float
        What the node held [bytes].
    repair : Repair
        How fast repair goes.
    code : Code
        The code.

    Returns
    -------
    float
        Time, infinite where repair stands still [s].

    Raises
    ------
    BoundError
        A negative size.

    References
    ----------
    Rashmi et al. 2013.

    Examples
    --------
    45 TB on a node of 3 + 2, at 1 GB/s of objects: 135 TB cross the network.

    >>> rebuild_time(45e12, Repair(1e9, 1.0, 0.7), Code(3, 2)) / 3600
    37.5
    """
    require(0 <= used < inf, "used", ">= 0 and finite", used)
    if used == 0:
        return 0.0
    return rebuild_traffic(used, code) / repair.rate if repair.rate > 0 else inf
