"""Which files each client copies, in which order, and which of them the device can take at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from devicesim.device.share import Collection, Cut
from devicesim.scenario import Files, Scenario


@dataclass(slots=True)
class Queue:
    """One client's files in the order in which it copies them.

    Attributes:
        sizes: bytes of each file.
        dataset: for each file, the number of its data set.
        index: for each file, its number within the data set.
        done: files that the client holds to be copied.
        refused: files that the device refused.
        lost: files that a power cut took back, which the client holds to be copied.
    """

    sizes: NDArray[np.int64]
    dataset: NDArray[np.int64]
    index: NDArray[np.int64]
    done: NDArray[np.bool_] = field(init=False)
    refused: NDArray[np.bool_] = field(init=False)
    lost: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.done = np.zeros(self.sizes.size, dtype=np.bool_)
        self.refused = np.zeros(self.sizes.size, dtype=np.bool_)
        self.lost = np.zeros(self.sizes.size, dtype=np.bool_)

    @property
    def left(self) -> NDArray[np.int64]:
        """Positions of the files that are still to be copied."""
        return np.flatnonzero(~(self.done | self.refused))

    def lose(self, gone: NDArray[np.int64], collections: Sequence[Collection]) -> list[Cut]:
        """Mark files at such positions as taken back by a power cut; what that cuts out of each data set's files."""
        self.lost[gone] = True
        return [
            Cut(collection, self.index[gone[self.dataset[gone] == i]])
            for i, collection in enumerate(collections)
        ]


def queues(story: Scenario, datasets: Sequence[Files]) -> list[Queue]:
    """Deal the data sets out to the clients that name them; clients of one data set take its files in turn."""
    number = {files.name: i for i, files in enumerate(datasets)}
    made = []
    for client in story.clients:
        parts = []
        for name in client.dataset:
            sharers = [other.name for other in story.clients if name in other.dataset]
            i = number[name]
            index = np.arange(
                sharers.index(client.name), datasets[i].sizes.size, len(sharers), dtype=np.int64
            )
            # Nothing is copied where one client takes all: a fleet has hundreds of such lists.
            sizes = datasets[i].sizes if len(sharers) == 1 else datasets[i].sizes[index]
            parts.append((sizes, np.broadcast_to(np.int64(i), index.shape), index))
        sizes, dataset, index = (
            column[0] if len(column) == 1 else np.concatenate(column) for column in zip(*parts, strict=True)
        )
        made.append(Queue(sizes, dataset, index))
    return made


def refuse(waiting: Sequence[Queue], order: Sequence[NDArray[np.float64]], space: int, files: int) -> str:
    """Mark what a device with that much room refuses; the copy stops at the first refusal.

    Args:
        waiting: one queue per client.
        order: for each queue, when each file would be finished if there were room [s].
        space: free bytes. files: how many more files the device takes.

    Returns:
        ``ENOSPC``, ``EDQUOT`` (the file limit), or nothing when all fits.
    """
    sizes = np.concatenate([queue.sizes for queue in waiting])
    left = np.concatenate([~(queue.done | queue.refused) for queue in waiting])
    if int(sizes[left].sum()) <= space and int(left.sum()) <= files:
        return ""
    rank = np.lexsort((np.arange(sizes.size), np.concatenate(list(order))))
    rank = rank[left[rank]]
    fits = int(np.searchsorted(np.cumsum(sizes[rank]), space, side="right"))
    cut = rank[min(fits, files) :]
    gone = np.zeros(sizes.size, dtype=np.bool_)
    gone[cut] = True
    start = 0
    for queue in waiting:
        queue.refused |= gone[start : start + queue.sizes.size]
        start += queue.sizes.size
    return "ENOSPC" if fits <= files else "EDQUOT"
