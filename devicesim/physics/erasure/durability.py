"""Durability: how long data lasts on a cluster, and how often it is in reach.

Model
-----
Nodes fail for good one by one, independently, and each is replaced and rebuilt; data is lost when more than the
tolerance are gone at a time. Or nodes are merely up or down, each with the same probability.

Scope and limits
----------------
Independent failures only: a power cut at the whole site, which is the commoner disaster, is none of these. The
mean time to loss holds while repair is much shorter than a node's life.

Sources
-------
D. A. Patterson, G. Gibson and R. H. Katz, "A case for redundant arrays of inexpensive disks", SIGMOD 1988.

Checked against
---------------
The mean absorption time of the Markov chain that the closed form approximates; counting node states.
"""

from __future__ import annotations

from math import inf, perm

from devicesim.errors import require


def mean_time_to_loss(nodes: int, tolerance: int, lifetime: float, repair: float) -> float:
    """Say after how long a cluster loses data on average, nodes failing for good one by one.

    ``MTTF^(m + 1) / (N (N - 1) ... (N - m) MTTR^m)``, for repair much shorter than a node's life.

    Parameters
    ----------
    nodes : int
        Nodes of the cluster, N [1].
    tolerance : int
        Nodes that may be gone at a time, m < N [1].
    lifetime : float
        Mean time to a node's failure [s].
    repair : float
        Mean time from a failure to the node being replaced and rebuilt [s].

    Returns
    -------
    float
        Mean time to data loss [s].

    Raises
    ------
    BoundError
        A time not positive and finite, or a tolerance that leaves no node.

    References
    ----------
    Patterson, Gibson and Katz 1988.

    Examples
    --------
    Five nodes that live 20 years and are replaced in ten days, in years:

    >>> round(mean_time_to_loss(5, 2, 20 * 365.25, 10) / 365.25)
    177877
    """
    require(0 <= tolerance < nodes, "tolerance", f"in [0, {nodes - 1}]", tolerance)
    require(0 < lifetime < inf, "lifetime", "> 0 and finite", lifetime)
    require(0 < repair < inf, "repair", "> 0 and finite", repair)
    return lifetime / perm(nodes, tolerance + 1) * (lifetime / repair) ** tolerance


def availability(nodes: int, tolerance: int, up: float) -> float:
    """Say how likely it is that no more nodes are down than a cluster tolerates.

    ``sum(C(N, i) (1 - p)^i p^(N - i) for i in 0 .. m)``

    Parameters
    ----------
    nodes : int
        Nodes of the cluster, N [1].
    tolerance : int
        Nodes that may be down at a time [1].
    up : float
        Probability that one node is up, independent of the others, in [0, 1] [1].

    Returns
    -------
    float
        Probability [1].

    Raises
    ------
    BoundError
        A probability or a tolerance out of bounds.

    References
    ----------
    Binomial distribution.

    Examples
    --------
    >>> availability(5, 1, 0.99)  # 0.99^5 + 5 * 0.01 * 0.99^4
    0.9990198504
    """
    require(0 <= tolerance < nodes, "tolerance", f"in [0, {nodes - 1}]", tolerance)
    require(0 <= up <= 1, "up", "in [0, 1]", up)
    ways = 1.0
    total = 0.0
    for down in range(tolerance + 1):
        total += ways * (1 - up) ** down * up ** (nodes - down)
        ways = ways * (nodes - down) / (down + 1)
    return total
