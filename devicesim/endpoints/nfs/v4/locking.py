"""LOCK, LOCKT, LOCKU, RELEASE_LOCKOWNER; FREE_STATEID and TEST_STATEID."""

from __future__ import annotations

import struct

from devicesim.device.share import Directory, File, Node, VirtualFile
from devicesim.endpoints.nfs.status import NfsError, Status
from devicesim.endpoints.nfs.v4.compound import NONE, Body, Compound, Operation, RefusedError
from devicesim.endpoints.nfs.v4.locks import Held
from devicesim.endpoints.nfs.v4.opens import in_turn
from devicesim.endpoints.nfs.v4.state import READ, WRITE, Client, LockState, OpenState, Owner, bump
from devicesim.endpoints.nfs.xdr import HYPER, MOST_HYPER, UINT, XdrError, opaque

_KINDS = {1: False, 2: True, 3: False, 4: True}  # whether it writes; 3 and 4 would wait
_END = MOST_HYPER + 1


def _range(compound: Compound, offset: int, length: int) -> tuple[int, int]:
    if length == MOST_HYPER:
        return offset, _END
    if length == 0 or offset + length > MOST_HYPER:
        raise NfsError(Status.INVAL)
    return offset, offset + length


def _file(compound: Compound) -> Node:
    node = compound.current()
    if isinstance(node, Directory):
        raise NfsError(Status.ISDIR)
    if not isinstance(node, File | VirtualFile):
        raise NfsError(Status.WRONG_TYPE if compound.minor else Status.INVAL)
    return node


def _writes(kind: int) -> bool:
    if kind not in _KINDS:
        raise XdrError(f"nfs_lock_type4 of {kind}")
    return _KINDS[kind]


def _denied(held: Held) -> RefusedError:
    owner = held.owner
    assert isinstance(owner, Owner)
    length = MOST_HYPER if held.end == _END else held.end - held.start
    body = HYPER.pack(held.start) + HYPER.pack(length) + UINT.pack(2 if held.writes else 1)
    return RefusedError(Status.DENIED, body + HYPER.pack(owner.client.number) + opaque(owner.name))


def _lock_owner(client: Client, name: bytes) -> Owner:
    return client.lock_owners.setdefault(name, Owner(client, name, confirmed=True))


def lock(compound: Compound) -> Body:
    """LOCK."""
    reader = compound.reader
    kind, reclaim, offset, length = reader.uint(), reader.flag(), reader.hyper(), reader.hyper()
    writes = _writes(kind)
    if not reader.flag():
        told, sequence = compound.read_stateid(), reader.uint()
        _file(compound)
        state = compound.clients.state_of(told, compound.minor, compound.client)
        if not isinstance(state, LockState):
            raise NfsError(Status.BAD_STATEID)

        def again() -> bytes:
            known = compound.clients.state(told, compound.minor, compound.client)
            assert isinstance(known, LockState)
            return _lock(compound, known, reclaim, offset, length, writes)

        return in_turn(compound, state.owner, sequence, again)
    open_sequence, told, sequence = reader.uint(), compound.read_stateid(), reader.uint()
    number, name = reader.hyper(), reader.opaque(1024)
    _file(compound)
    if compound.minor == 0:
        compound.clients.get(number)

    def first() -> bytes:
        opened = compound.clients.state(told, compound.minor, compound.client)
        if not isinstance(opened, OpenState) or not opened.owner.confirmed:
            raise NfsError(Status.BAD_STATEID)
        if compound.minor == 0 and opened.client.number != number:
            raise NfsError(Status.INVAL)
        owner = _lock_owner(opened.client, name)
        if compound.minor == 0 and owner in opened.locks and sequence != (owner.sequence or 0) + 1:
            raise NfsError(Status.BAD_SEQID)
        fresh = owner not in opened.locks
        state = compound.clients.lock(opened, owner)
        try:
            body = _lock(compound, state, reclaim, offset, length, writes)
        except NfsError:
            if fresh:
                compound.clients.free(state)
            raise
        owner.sequence = sequence
        return body

    owner = compound.clients.owner_of(told, compound.minor, compound.client)
    return in_turn(compound, owner, open_sequence, first)


def _lock(
    compound: Compound, state: LockState, reclaim: bool, offset: int, length: int, writes: bool
) -> bytes:
    if state.node is not compound.current():
        raise NfsError(Status.BAD_STATEID)
    start, end = _range(compound, offset, length)
    if reclaim:
        raise NfsError(Status.NO_GRACE)
    if not state.access & (WRITE if writes else READ):
        raise NfsError(Status.OPENMODE)
    locks = state.open.file.locks
    if (held := locks.against(state.owner, start, end, writes=writes)) is not None:
        raise _denied(held)
    locks.add(state.owner, start, end, writes=writes)
    compound.stateid = bump(state)
    return compound.stateid


def lockt(compound: Compound) -> Body:
    """LOCKT."""
    reader = compound.reader
    writes, offset, length = _writes(reader.uint()), reader.hyper(), reader.hyper()
    number, name = reader.hyper(), reader.opaque(1024)
    node = _file(compound)
    start, end = _range(compound, offset, length)
    client = compound.own() if compound.minor else compound.clients.get(number)
    compound.clients.renew(client)
    known = compound.clients.known(node)
    owner = client.lock_owners.get(name)
    if known is not None and (held := known.locks.against(owner, start, end, writes=writes)) is not None:
        raise _denied(held)
    return NONE


def locku(compound: Compound) -> Body:
    """LOCKU."""
    reader = compound.reader
    _writes(reader.uint())
    sequence, told = reader.uint(), compound.read_stateid()
    offset, length = reader.hyper(), reader.hyper()
    _file(compound)
    state = compound.clients.state_of(told, compound.minor, compound.client)
    if not isinstance(state, LockState):
        raise NfsError(Status.BAD_STATEID)

    def act() -> bytes:
        known = compound.clients.state(told, compound.minor, compound.client)
        assert isinstance(known, LockState)
        if known.node is not compound.current():
            raise NfsError(Status.BAD_STATEID)
        known.open.file.locks.remove(known.owner, *_range(compound, offset, length))
        compound.stateid = bump(known)
        return compound.stateid

    return in_turn(compound, state.owner, sequence, act)


def release_lockowner(compound: Compound) -> Body:
    """RELEASE_LOCKOWNER (NFSv4.0)."""
    number, name = compound.reader.hyper(), compound.reader.opaque(1024)
    client = compound.clients.get(number)
    owner = client.lock_owners.get(name)
    if owner is None:
        return NONE
    states = [s for s in client.states.values() if isinstance(s, LockState) and s.owner is owner]
    if any(state.open.file.locks.of(owner) for state in states):
        raise NfsError(Status.LOCKS_HELD)
    for state in states:
        compound.clients.free(state)
    del client.lock_owners[name]
    return NONE


def free_stateid(compound: Compound) -> Body:
    """FREE_STATEID (NFSv4.1)."""
    state = compound.clients.state(compound.read_stateid(), 1, compound.own())
    if isinstance(state, OpenState) or state.open.file.locks.of(state.owner):
        raise NfsError(Status.LOCKS_HELD)
    compound.clients.free(state)
    return NONE


def test_stateid(compound: Compound) -> Body:
    """TEST_STATEID (NFSv4.1)."""
    count, client = compound.reader.uint(), compound.own()
    if count * 16 > compound.reader.left:
        raise XdrError(f"{count} stateids")
    found = []
    for _ in range(count):
        told = compound.reader.fixed(16)
        try:
            compound.clients.state(told, 1, client)
            found.append(Status.OK)
        except NfsError as refused:
            found.append(refused.status)
    return struct.pack(f">{1 + count}I", count, *found)


OPERATIONS: dict[int, Operation] = {
    12: lock,
    13: lockt,
    14: locku,
    39: release_lockowner,
    45: free_stateid,
    55: test_stateid,
}
