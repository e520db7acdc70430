"""One COMPOUND under way: what its operations hand on to one another (RFC 7530, 2.2; RFC 8881, 2.3 and 2.10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devicesim.device.share import Directory, Node, Symlink
from devicesim.endpoints.nfs.rpc import Caller
from devicesim.endpoints.nfs.status import NfsError, Status
from devicesim.endpoints.nfs.tree import Tree
from devicesim.endpoints.nfs.v4.attributes import Attributes
from devicesim.endpoints.nfs.v4.state import Client, Clients
from devicesim.endpoints.nfs.xdr import FALSE, HYPER, TRUE, Reader

if TYPE_CHECKING:
    from devicesim.endpoints.nfs.v4.sessions import Session, Slot

ANONYMOUS, BYPASS = bytes(16), b"\xff" * 16
CURRENT = b"\0\0\0\1" + bytes(12)
"""Stateids that stand for no state: nobody's, nobody's and past all locks, and the compound's own."""


@dataclass(slots=True)
class Compound:
    """A compound.

    Attributes:
        tree, clients, attributes: what it works on.
        reader: its arguments.
        caller, connection: who calls, over which connection.
        now: simulated time [s].
        minor: version.
        size: of the whole request [bytes].
        count, index: operations that it has, and which is being done.
        node, saved: current and saved file handle.
        stateid, saved_stateid: current and saved stateid (NFSv4.1).
        session, slot: where SEQUENCE has put it (NFSv4.1).
        client: whose it is, as far as known.
        payload: data that it moved [bytes].
        operation: number of the one being done.
    """

    tree: Tree
    clients: Clients
    attributes: Attributes
    reader: Reader
    caller: Caller
    connection: object
    now: float
    minor: int
    size: int = 0
    count: int = 0
    index: int = 0
    node: Node | None = None
    saved: Node | None = None
    stateid: bytes | None = None
    saved_stateid: bytes | None = None
    session: Session | None = None
    slot: Slot | None = None
    client: Client | None = None
    payload: int = 0
    operation: int = 0

    def current(self) -> Node:
        """The current file handle's node; NOFILEHANDLE without one, ESTALE once it is gone."""
        if self.node is None:
            raise NfsError(Status.NOFILEHANDLE)
        if not self.node.nlink:
            raise NfsError(Status.STALE)
        return self.node

    def directory(self) -> Directory:
        """The same, which has to be a directory."""
        node = self.current()
        if not isinstance(node, Directory):
            raise NfsError(Status.SYMLINK if isinstance(node, Symlink) and self.minor else Status.NOTDIR)
        return node

    def own(self) -> Client:
        """The client of the session (NFSv4.1)."""
        if self.client is None:
            raise NfsError(Status.OP_NOT_IN_SESSION)
        return self.client

    def name(self) -> bytes:
        """A component: INVAL where empty or no UTF-8, BADNAME, BADCHAR, NAMETOOLONG."""
        name = self.reader.opaque()
        if not name:
            raise NfsError(Status.INVAL)
        if len(name) > self.tree.share.limits.name_bytes:
            raise NfsError(Status.NAMETOOLONG)
        try:
            name.decode()
        except UnicodeDecodeError:
            raise NfsError(Status.INVAL) from None
        if name in (b".", b".."):
            raise NfsError(Status.BADNAME)
        if b"/" in name or b"\0" in name:
            raise NfsError(Status.BADCHAR)
        return name

    def skip(self, name: bytes) -> bool:
        """Whether the next component is this one, which is then read."""
        start = self.reader.position
        if self.reader.opaque() == name:
            return True
        self.reader.position = start
        return False

    def read_stateid(self) -> bytes:
        """A stateid; in the place of the compound's own, that one."""
        stateid = self.reader.fixed(16)
        if self.minor and stateid == CURRENT:
            if self.stateid is None:
                raise NfsError(Status.BAD_STATEID)
            return self.stateid
        return stateid


class RefusedError(NfsError):
    """A status that something follows."""

    def __init__(self, status: Status, body: bytes) -> None:
        super().__init__(status)
        self.body = body


Body = bytes | tuple[bytes, ...]
Operation = Callable[[Compound], Body]


def change_info(before: int, directory: Node) -> bytes:
    """``change_info4``: the directory's change attribute before and after, with nothing between."""
    return TRUE + HYPER.pack(before) + HYPER.pack(directory.change)


NONE = b""
NO_DELEGATION = FALSE
