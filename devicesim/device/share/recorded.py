"""A share that tells what clients change in it, plainly enough for a log, and makes such changes again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from devicesim.device.share.content import Data, Kept
from devicesim.device.share.nodes import Bucket, Node
from devicesim.device.share.volume import Share

CHANGES = (
    "create", "mkdir", "symlink", "special", "link", "remove", "rmdir", "rename", "setattr", "mark_stable",
)  # fmt: skip
"""What clients do to a share, besides writing."""

_BYTES = bytes, bytearray, memoryview
_AS_IT_IS = frozenset({int, float, bool, str, type(None)})  # most arguments: asked for at every change
Tell = Callable[[str, Sequence[Any], Mapping[str, Any]], None]
"""Takes the name of a change, and its arguments as JSON has them; a node is its handle, bytes are how many."""


class Recorded(Share):
    """A share that tells of every change by a client that was not refused.

    Attributes:
        tell: who wants to know; nobody if None.
        commits: whether what a client is told to be on the platters is there. An ``async`` export answers from
            memory: nothing is, before the page cache is written back.
    """

    tell: Tell | None = None
    commits = True

    @contextmanager
    def untold(self) -> Iterator[None]:
        """Tell nobody of what is changed inside."""
        tell, self.tell = self.tell, None
        try:
            yield
        finally:
            self.tell = tell

    def write(
        self,
        node: Node,
        offset: int,
        data: Data | int,
        now: float,
        *,
        stable: bool = True,
        place: int | None = None,
    ) -> int:
        """As :meth:`Share.write`; ``place`` is where a store of content has the bytes of a write made again."""
        if place is not None and isinstance(data, int):
            data = Kept(data, place)
        done = int(super().write(node, offset, data, now, stable=stable and self.commits))
        if self.tell is not None and done:
            named: dict[str, Any] = {} if stable else {"stable": stable}
            place = getattr(self.content, "place", place)
            if place is not None:
                named["place"] = place
            self.tell("write", (handle(node), offset, done, now), named)
        return done

    def mark_stable(self, node: Node, offset: int = 0, count: int = 0) -> int:
        """As :meth:`Share.mark_stable`; nothing where the export answers from memory."""
        return super().mark_stable(node, offset, count) if self.commits else 0

    def _list_collections(self, bucket: Bucket) -> None:
        # Looking makes inodes here, whose numbers later handles depend on.
        super()._list_collections(bucket)
        if self.tell is not None:
            self.tell("look", (handle(bucket.directory),), {})


def handle(node: Node) -> tuple[int, int]:
    """What names a node for ever."""
    return node.fileid, node.generation


def redo(share: Share, name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> None:
    """Make a change again, of which a :class:`Recorded` told.

    Raises:
        ShareError: the share is not as it was then.
    """
    given = [share.node(*each) if isinstance(each, list | tuple) else each for each in arguments]
    if name == "look":
        share.lookup(given[0], ".")
        return
    more = {key: _again(value) for key, value in named.items()}
    getattr(share, name)(*given, **more)


def _telling(name: str) -> Any:
    """A change of a share that is told of once it is made."""
    plain = getattr(Recorded, name)

    def change(self: Recorded, *arguments: Any, **named: Any) -> Any:
        # Before: a name that is removed may take its node along.
        told = []
        if self.tell is not None:
            told = [value if type(value) in _AS_IT_IS else _plain(value) for value in arguments]
        result = plain(self, *arguments, **named)
        if self.tell is not None:
            more = {key: value if type(value) in _AS_IT_IS else _named(value) for key, value in named.items()}
            self.tell(name, told, more)
        return result

    change.__doc__ = f"As :meth:`Share.{name}`."
    change.__name__ = name
    return change


def _plain(value: Any) -> Any:
    """An argument by its place: names and targets are text where the share takes them, and it has not looked yet."""
    if isinstance(value, Node):
        return value.fileid, value.generation
    if isinstance(value, _BYTES):
        return bytes(value).decode(errors="surrogateescape")
    return value


def _named(value: Any) -> Any:
    """An argument by its name: bytes there, as of a verifier, are any."""
    return {"hex": value.hex()} if type(value) is bytes else _plain(value)


def _again(value: Any) -> Any:
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    return tuple(value) if isinstance(value, list) else value


for _name in CHANGES:
    if hasattr(Recorded, _name):
        setattr(Recorded, _name, _telling(_name))
