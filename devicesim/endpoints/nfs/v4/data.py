"""READ, WRITE and COMMIT, and what an open or a lock allows."""

from __future__ import annotations

from struct import Struct

from devicesim.device.share import Directory, File, Node, Symlink, VirtualFile
from devicesim.endpoints.nfs.records import MOST_DATA
from devicesim.endpoints.nfs.status import NfsError, Status
from devicesim.endpoints.nfs.tree import WRITE as MAY_WRITE
from devicesim.endpoints.nfs.v4.compound import ANONYMOUS, BYPASS, Body, Compound, Operation
from devicesim.endpoints.nfs.v4.state import READ, WRITE, OpenState, State
from devicesim.endpoints.nfs.xdr import MOST_HYPER, UINT2, XdrError, padding

_WRITE = Struct(">QI")
_UNSTABLE, _FILE_SYNC = 0, 2


def check_io(compound: Compound, stateid: bytes, node: Node, access: int) -> State | None:
    """The open or lock by which data are touched; None for nobody's stateid.

    Raises:
        NfsError: no such state, or it allows something else, or another's open stands against it.
    """
    clients = compound.clients
    if stateid in (ANONYMOUS, BYPASS):
        known = clients.known(node)
        bypass = stateid == BYPASS and access == READ
        if known is not None and not bypass and any(each.deny & access for each in known.opens):
            raise NfsError(Status.LOCKED)
        return None
    state = clients.state(stateid, compound.minor, compound.client)
    opened = state if isinstance(state, OpenState) else state.open
    if state.node is not node or (compound.minor == 0 and not opened.owner.confirmed):
        raise NfsError(Status.BAD_STATEID)
    if compound.minor == 0:
        clients.renew(state.client)
    # Who writes parts of pages has to read them: an open for writing lets read as well (RFC 8881, 18.22.3).
    if not opened.access & (access if access == WRITE else READ | WRITE):
        raise NfsError(Status.OPENMODE)
    return state


def _file(compound: Compound) -> File | VirtualFile:
    """The current node, which has to be a regular file."""
    node = compound.current()
    if isinstance(node, File | VirtualFile):
        return node
    if isinstance(node, Directory):
        raise NfsError(Status.ISDIR)
    if compound.minor and isinstance(node, Symlink):
        raise NfsError(Status.SYMLINK)
    raise NfsError(Status.WRONG_TYPE if compound.minor else Status.INVAL)


def read(compound: Compound) -> Body:
    """READ."""
    node = _file(compound)
    stateid, reader = compound.read_stateid(), compound.reader
    offset, count = reader.hyper(), min(reader.uint(), MOST_DATA)
    if compound.session is not None:
        count = min(count, max(0, compound.session.most_reply - 256))
    state = check_io(compound, stateid, node, READ)
    if state is None or state.access & READ:
        compound.tree.check_read(compound.caller, node)
    data = compound.tree.share.read(node, offset, count)
    size = len(data)
    compound.payload += size
    return UINT2.pack(offset + size >= node.size, size), data, padding(size)


def write(compound: Compound) -> Body:
    """WRITE."""
    node = _file(compound)
    stateid, reader = compound.read_stateid(), compound.reader
    offset, stable = reader.several(_WRITE)
    data = reader.view()
    if stable > _FILE_SYNC:
        raise XdrError(f"stable_how of {stable}")
    compound.payload += len(data)
    if offset + len(data) > MOST_HYPER:
        raise NfsError(Status.FBIG)
    tree = compound.tree
    check_io(compound, stateid, node, WRITE)
    tree.check_data(compound.caller, node, MAY_WRITE)
    done = tree.write_opened(compound.caller, node, offset, data, compound.now, stable=stable != _UNSTABLE)
    return UINT2.pack(done, _FILE_SYNC if stable else _UNSTABLE) + tree.share.verifier


def commit(compound: Compound) -> Body:
    """COMMIT."""
    node = _file(compound)
    offset, count = compound.reader.hyper(), compound.reader.uint()
    if offset + count > MOST_HYPER:
        raise NfsError(Status.INVAL)
    compound.tree.share.mark_stable(node, offset, count)
    return compound.tree.share.verifier


OPERATIONS: dict[int, Operation] = {5: commit, 25: read, 38: write}
