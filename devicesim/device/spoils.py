"""Which names on a share the import cannot make objects of, because a fault touched them.

A file of a collection is its collection's number and its own; any other is its node. What is not on the share at the
import, was copied again since, or was cut to nothing and written anew, is nobody's loss. Whoever reads a spoiled file
through a door is given what was written: what the disk made of it shows at the import.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from devicesim.device.share import Collection, File, Node, Share, walk

Place = Node | tuple[int, int]
"""A node, or the number of a collection and of a file of it."""


@dataclass(frozen=True, slots=True)
class Spoil:
    """What was done to a name.

    Attributes:
        fault: by which. why: what the failure log says.
        content: whether what is in the file was spoiled, rather than what it is or how it is called.
    """

    fault: str
    why: str
    content: bool = False


class Failing(NamedTuple):
    """A name that the import comes upon and cannot take.

    Attributes:
        number: its place in the order of the import. size: what it has of the import's bytes.
    """

    number: int
    size: int
    spoil: Spoil


class Spoils:
    """The spoiled names of one device's share."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self.names: dict[Place, Spoil] = {}
        share.emptied = self._forget_content

    def __bool__(self) -> bool:
        return bool(self.names)

    def of(self, node: Node | None, collection: Collection | None, number: int) -> Spoil | None:
        """What was done to a name that the import comes upon."""
        if node is not None:
            return self.names.get(node)
        return self.names.get((collection.number, number)) if collection is not None else None

    def forget_missing(self) -> None:
        """Forget what is not complete: it is copied anew."""
        there = {each.number: each for each in self._collections}
        for place in [each for each in self.names if isinstance(each, tuple)]:
            if not there[place[0]].is_complete(place[1]):
                del self.names[place]

    def _forget_content(self, file: File) -> None:
        """Forget what was done to content that is gone."""
        if (spoil := self.names.get(file)) is not None and spoil.content:
            del self.names[file]

    def failing(self) -> list[Failing]:
        """What the import at AWS cannot take, in its order."""
        return list(self._failing()) if self.names else []

    @property
    def links(self) -> int:
        """Names that are no files, and still names that the import comes upon."""
        return sum(
            isinstance(each, Node) and not isinstance(each, File) and each.nlink > 0 for each in self.names
        )

    @property
    def _collections(self) -> list[Collection]:
        return [each for bucket in self._share.buckets for each in self._share.collections(bucket)]

    def _failing(self) -> Iterator[Failing]:
        first = 0
        for collection in self._collections:
            places = (each for each in self.names if isinstance(each, tuple))
            for number in sorted(each[1] for each in places if each[0] == collection.number):
                if collection.is_complete(number):
                    before = int(collection.are_complete(np.arange(number)).sum())
                    yield Failing(
                        first + before, collection.size(number), self.names[collection.number, number]
                    )
            first += collection.files
        for bucket in self._share.buckets.values():
            for _, node in walk(bucket.directory):
                if not hasattr(node, "entries"):
                    if (spoil := self.names.get(node)) is not None:
                        yield Failing(first, node.size if isinstance(node, File) else 0, spoil)
                    first += 1
