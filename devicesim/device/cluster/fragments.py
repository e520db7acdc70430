"""Which node holds a fragment of which file: the books of a cluster's data.

A file has a bit for every node that holds one of its fragments. What was never written has none; what was written
and has fewer than the code needs is lost. Bookkeeping only: no clock, no rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from devicesim.errors import require
from devicesim.physics.erasure import Code

Index = NDArray[np.int64]

MOST_NODES = 16
_MASKS = np.arange(2**MOST_NODES, dtype=np.uint16)
_COUNT: NDArray[np.uint8] = np.unpackbits(_MASKS.view(np.uint8).reshape(-1, 2), axis=1).sum(
    axis=1, dtype=np.uint8
)
"""How many nodes each mask names."""


@dataclass(frozen=True, slots=True)
class Repairable:
    """Files that lack a fragment which a node in reach could hold.

    Attributes:
        index: the files, those with the fewest fragments first.
        target: for each, the number of the node that will hold the new fragment.
    """

    index: Index
    target: NDArray[np.int64]


class Fragments:
    """The fragments of all files that may ever be on a cluster.

    Args:
        sizes: of the files, shape (n,) [bytes].
        code: how a file is cut up.
        nodes: how many nodes there are; they are numbered from 0.

    Example
    -------
    >>> books = Fragments(np.array([300, 600]), Code(3, 2), 5)
    >>> books.store(np.array([0, 1]), range(5), np.random.default_rng(0))
    >>> [books.destroy(node).size for node in (0, 1, 2)]
    [0, 0, 2]
    >>> books.stored, books.lost
    ((0, 0), (2, 900))
    """

    def __init__(self, sizes: NDArray[np.int64], code: Code, nodes: int) -> None:
        require(code.width <= nodes <= MOST_NODES, "nodes", f"in [{code.width}, {MOST_NODES}]", nodes)
        self.sizes, self.code, self.nodes = sizes, code, nodes
        self._held = np.zeros(sizes.size, dtype=np.uint16)
        self._gone = np.zeros(sizes.size, dtype=np.bool_)

    def store(self, index: Index, up: range | set[int] | list[int], draw: np.random.Generator) -> None:
        """Note files as written: a fragment each on as many of the nodes in reach as the code has fragments.

        Raises:
            BoundError: too few nodes to read the files again.
        """
        nodes = sorted(up)
        require(len(nodes) >= self.code.data, "up", f"at least {self.code.data} nodes", nodes)
        width = min(self.code.width, len(nodes))
        choices = np.array(
            [sum(1 << node for node in some) for some in combinations(nodes, width)], dtype=np.uint16
        )
        if choices.size == 1:
            self._held[index] = choices[0]
        else:
            self._held[index] = choices[draw.integers(choices.size, size=index.size)]

    def destroy(self, node: int) -> Index:
        """Lose every fragment on a node; returns the files that this loses."""
        bit = np.uint16(1 << node)
        mine = np.flatnonzero(self._held & bit)
        self._held[mine] &= ~bit
        lost = mine[_COUNT[self._held[mine]] < self.code.data]
        self._held[lost] = 0
        self._gone[lost] = True
        return lost

    def repairable(self, up: set[int]) -> Repairable:
        """Files that lack a fragment, can be read from the nodes in reach, and have a node in reach to take one."""
        reach = _mask(up)
        present = self._held & reach
        count = _COUNT[self._held]
        free = ~self._held & reach
        able = (self._held > 0) & (count < self.code.width) & (_COUNT[present] >= self.code.data) & (free > 0)
        index = np.flatnonzero(able)
        index = index[np.argsort(count[index], kind="stable")]
        return Repairable(index, self._take(free[index], index))

    @staticmethod
    def _take(free: NDArray[np.uint16], index: Index) -> NDArray[np.int64]:
        """For each file one of the nodes that could take a fragment, in turn over the files."""
        target = np.zeros(free.size, dtype=np.int64)
        choices = _COUNT[free].astype(np.int64)
        turn = index % np.maximum(choices, 1)
        seen = np.zeros(free.size, dtype=np.int64)
        for node in range(MOST_NODES):
            has = (free >> np.uint16(node)) & np.uint16(1) > 0
            target[has & (seen == turn)] = node
            seen += has
        return target

    def restore(self, index: Index, target: NDArray[np.int64]) -> None:
        """Note a new fragment of each file on its target."""
        self._held[index] |= (np.uint16(1) << target.astype(np.uint16)).astype(np.uint16)

    @property
    def stored(self) -> tuple[int, int]:
        """Files and bytes that can be read again, if not now."""
        return self._sum(self._held > 0)

    @property
    def lost(self) -> tuple[int, int]:
        """Files and bytes that were written and are gone."""
        return self._sum(self._gone)

    @property
    def thin(self) -> tuple[int, int]:
        """Files and bytes that have fewer fragments than the code gives them."""
        return self._sum((self._held > 0) & (_COUNT[self._held] < self.code.width))

    def unreadable(self, up: set[int]) -> tuple[int, int]:
        """Files and bytes too few of whose fragments are on nodes in reach."""
        return self._sum((self._held > 0) & (_COUNT[self._held & _mask(up)] < self.code.data))

    def on(self, node: int) -> float:
        """Bytes of fragments on a node."""
        return float(self.sizes[(self._held & np.uint16(1 << node)) > 0].sum()) / self.code.data

    @property
    def raw(self) -> float:
        """Bytes of fragments on all nodes together."""
        return float((self.sizes * _COUNT[self._held]).sum()) / self.code.data

    def _sum(self, which: NDArray[np.bool_]) -> tuple[int, int]:
        return int(np.count_nonzero(which)), int(self.sizes[which].sum())


def _mask(nodes: set[int]) -> np.uint16:
    return np.uint16(sum(1 << node for node in nodes))
