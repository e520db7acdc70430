"""Going through a share name by name, as the import at AWS does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from devicesim.device.share.collection import Collection, Posix
from devicesim.device.share.limits import Limits, ShareError
from devicesim.device.share.nodes import Bucket, Directory, Node, Special, Symlink
from devicesim.device.share.paths import Numbered


class Item(NamedTuple):
    """One name that the import at AWS comes upon.

    Attributes:
        key: of the object, the path below the bucket.
        size: [bytes].
        node: the file, symbolic link or special file, None for a file of a collection.
        collection, number: which file of which collection; None and -1 for others.
        refusal: why this cannot become an object; empty if it can.
    """

    key: str
    size: int
    node: Node | None
    collection: Collection | None
    number: int
    refusal: str

    @property
    def posix(self) -> Posix:
        """The attributes that travel with the object, with civil times."""
        if self.node is None:
            return self.collection.civil if self.collection is not None else Posix(0, 0, 0, 0, 0)
        node = self.node
        epoch = node.bucket.epoch_ns if node.bucket is not None else 0
        return Posix(node.mode, node.uid, node.gid, node.atime_ns, node.mtime_ns).at(epoch)


def walk(top: Directory) -> Iterator[tuple[str, Node]]:
    """Path below ``top`` and node of everything real in it, depth first, in the order of creation.

    The tree may change meanwhile: what stays in its place throughout comes exactly once.
    """
    stack = [("", top.entries.after(0))]
    while stack:
        prefix, entries = stack[-1]
        for _, name, node in entries:
            yield prefix + name, node
            if isinstance(node, Directory):
                stack.append((f"{prefix}{name}/", node.entries.after(0)))
                break
        else:
            stack.pop()


def items(bucket: Bucket, collections: Sequence[Collection], limits: Limits) -> Iterator[Item]:
    """Every name of a bucket that is no directory: real ones first, then the collections' in their order."""
    for key, node in walk(bucket.directory):
        if not isinstance(node, Directory):
            refusal = _kind(node) or _refusal(limits.check_key, key)
            yield Item(key, node.size, node, None, -1, refusal)
    for collection in collections:
        generated = isinstance(collection.paths, Numbered)  # checked when it was added
        for index in collection:
            key = collection.path(index)
            refusal = "" if generated else _refusal(limits.check_path, key)
            yield Item(key, collection.size(index), None, collection, index, refusal)


def _kind(node: Node) -> str:
    """Why a node is nothing that could become an object; empty if it is."""
    if isinstance(node, Symlink):
        return "symbolic link"
    return "special file" if isinstance(node, Special) else ""


def _refusal(check: Callable[[str], None], key: str) -> str:
    try:
        check(key)
    except ShareError as error:
        return error.strerror or str(error)
    return ""
