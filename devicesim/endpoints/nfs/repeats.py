"""Replies kept for calls that come a second time (the duplicate-request cache).

Model: a client that lost its connection sends again what was not answered, with the same xid. Doing a REMOVE or a
guarded CREATE twice would tell it a failure that was none, so the first reply is given again.

Scope and limits: a repetition is told by xid, procedure, credential and arguments, from the same host, over the same
connection or after the first one has ended: two clients of one host that count alike are two clients. As many replies
are kept as given; older ones are forgotten, and a call of theirs would be done again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from devicesim.endpoints.nfs.records import Connection

Key = tuple[Hashable, ...]


class Repeats:
    """The newest replies.

    Args:
        most: replies that are kept.
    """

    def __init__(self, most: int = 2048) -> None:
        self._most = most
        self._kept: OrderedDict[Key, tuple[Connection, tuple[bytes, ...]]] = OrderedDict()

    def find(self, key: Key, connection: Connection) -> tuple[bytes, ...] | None:
        """The reply to the same call, if it came before."""
        kept = self._kept.get(key)
        if kept is None or (kept[0] is not connection and kept[0].open):
            return None
        return kept[1]

    def keep(self, key: Key, connection: Connection, reply: tuple[bytes, ...]) -> None:
        """Keep a reply."""
        self._kept[key] = connection, reply
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
