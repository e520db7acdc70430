"""Fragments: what a cluster holds of its disks, and when a write is safe.

Model
-----
Every object is cut into ``k`` data fragments and given ``m`` parity fragments, each on a node of its own; any
``k`` of the ``k + m`` give it back. So ``m`` nodes may be gone, and an object fills ``(k + m) / k`` of its size. A
write is acknowledged when ``w`` fragments are stored: with independent, exponential times of storing one, after
the ``w``-th smallest of ``n`` such times.

Scope and limits
----------------
What AWS publishes of a later cluster's capacity is ``(N - m) c`` with one share ``c`` of a node's disks for each
kind of node: within 0.6 % for 3 to 10 nodes, with ``m`` of 1 (3 and 4 nodes) and 2 (5 to 10). From 11 nodes on the
law changes: 12 to 14 nodes hold what ``N - 3`` of them would, 16 what ``N - 4`` would (within 0.4 %), while the
published fault tolerance stays at two nodes; 11 and 15 nodes hold 0.2 to 3.5 % less than the shares of ``N - 2``
and ``N - 3`` nodes. Why is not published. The 904 TB of six nodes with 210 TB are a misprint: the same table gives
those nodes ``(N - m) 219.2 TB`` to within 0.1 % in every other row up to ten, which makes 877 TB for six.

Sources
-------
I. S. Reed and G. Solomon, J. SIAM 8(2), 1960. AWS Snowball Edge developer guide, 2023-05-01 and 2025,
ClusterOverview (capacities and fault tolerance); 2020-07-13, UsingCluster.md (45 TB a node). A. Renyi, "On the
theory of order statistics", 1953 (exponential order statistics).

Checked against
---------------
AWS's capacities for 3 to 10 nodes of three kinds within 1 %, the misprint left out, and for 11 to 16 nodes within
4 %; 225 TB for five nodes of 2020; order statistics against simulated ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from devicesim.errors import require


@dataclass(frozen=True, slots=True)
class Code:
    """An erasure code.

    Attributes
    ----------
    data : int
        Fragments that give an object back, k >= 1.
    parity : int
        Fragments beyond them, m >= 0.

    Raises
    ------
    BoundError
        No data fragment, or a negative number of parity fragments.
    """

    data: int
    parity: int

    def __post_init__(self) -> None:
        require(self.data >= 1, "data", ">= 1", self.data)
        require(self.parity >= 0, "parity", ">= 0", self.parity)

    @property
    def width(self) -> int:
        """Fragments of an object, k + m [1]."""
        return self.data + self.parity

    @property
    def amplification(self) -> float:
        """Bytes stored for each byte of an object, (k + m) / k [1].

        >>> Code(3, 2).amplification.hex() == (5 / 3).hex()
        True
        """
        return self.width / self.data


def usable_capacity(nodes: int, share: float, parity: int) -> float:
    """Say how much data a cluster holds.

    ``(N - m) c``

    Parameters
    ----------
    nodes : int
        Nodes of the cluster [1].
    share : float
        What one node adds to the data that fits, once parity is paid for [bytes].
    parity : int
        Nodes' worth of parity, less than the nodes [1].

    Returns
    -------
    float
        Bytes of objects that fit [bytes].

    Raises
    ------
    BoundError
        A share not positive and finite, or no node left for data.

    References
    ----------
    Developer guide 2023, ClusterOverview.md.

    Examples
    --------
    Eight compute-optimised nodes of the first generation, for which AWS publishes 250 TB:

    >>> round(usable_capacity(8, 41.7e12, 2) / 1e12, 1)
    250.2
    """
    require(0 < share < inf, "share", "> 0 and finite", share)
    require(0 <= parity < nodes, "parity", f"in [0, {nodes - 1}]", parity)
    return (nodes - parity) * share


def write_latency(mean: float, fragments: int, acknowledged: int) -> float:
    """Say how long a write takes to be acknowledged when it needs the first few of its fragments stored.

    ``mean * sum(1 / i for i in n - w + 1 .. n)``, the mean of the w-th smallest of n exponential times.

    Parameters
    ----------
    mean : float
        Mean time in which one node stores its fragment [s].
    fragments : int
        Fragments sent out, n [1].
    acknowledged : int
        How many of them must be stored, w <= n [1].

    Returns
    -------
    float
        Mean time from sending to acknowledgement [s].

    Raises
    ------
    BoundError
        A negative mean, or a number to wait for that is not there.

    References
    ----------
    Renyi 1953.

    Examples
    --------
    >>> round(write_latency(0.012, 5, 4), 4)  # 12 ms (1/2 + 1/3 + 1/4 + 1/5)
    0.0154
    """
    require(0 <= mean < inf, "mean", ">= 0 and finite", mean)
    require(fragments >= 1, "fragments", ">= 1", fragments)
    require(1 <= acknowledged <= fragments, "acknowledged", f"in [1, {fragments}]", acknowledged)
    return mean * sum(1 / i for i in range(fragments - acknowledged + 1, fragments + 1))
