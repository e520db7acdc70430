"""OPEN, its confirmation, its downgrade, CLOSE, and what makes them happen once in NFSv4.0.

Model (NFSv4.0): the calls of one owner carry ascending numbers. A call that repeats the last number gets the last
answer again; any other number but the next one is refused (RFC 7530, 9.1.7). NFSv4.1 has slots for that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct

from devicesim.device.share import Directory, File, Node, Symlink, VirtualFile
from devicesim.device.share.limits import ShareError
from devicesim.endpoints.nfs.status import NfsError, Status, status_of
from devicesim.endpoints.nfs.tree import READ as MAY_READ
from devicesim.endpoints.nfs.tree import WRITE as MAY_WRITE
from devicesim.endpoints.nfs.tree import Wanted
from devicesim.endpoints.nfs.v4.attributes import SIZE, bitmap
from devicesim.endpoints.nfs.v4.compound import (
    NO_DELEGATION,
    Body,
    Compound,
    Operation,
    RefusedError,
    change_info,
)
from devicesim.endpoints.nfs.v4.state import READ, WRITE, Client, Clients, OpenState, Owner, bump, stateid
from devicesim.endpoints.nfs.xdr import UINT, UINT2, XdrError

_UNCHECKED, _GUARDED, _EXCLUSIVE, _EXCLUSIVE_1 = range(4)
_NULL, _PREVIOUS, _DELEGATE_CUR, _DELEGATE_PREV, _FH, _DELEG_CUR_FH, _DELEG_PREV_FH = range(7)
_RESULT_CONFIRM, _RESULT_POSIX_LOCKS = 2, 4
_OPEN = Struct(">3IQ")
_WANTS = 0x3FF00  # what delegation a client wants: none is given
_WANTS_NONE = 0x400
_NONE_WANTED = UINT2.pack(3, 0)  # OPEN_DELEGATE_NONE_EXT, WND4_NOT_WANTED
_NOT_COUNTED = frozenset(
    {
        Status.STALE_CLIENTID,
        Status.STALE_STATEID,
        Status.BAD_STATEID,
        Status.BAD_SEQID,
        Status.BADXDR,
        Status.NOFILEHANDLE,
    }
)
_MOST_IDLE_OWNERS = 1024
_NOTHING = bitmap(())
_ALL_ONES = b"\xff\xff\xff\xff" + bytes(12)


def in_turn(compound: Compound, owner: Owner, sequence: int, act: Callable[[], bytes]) -> bytes:
    """Do what an owner asks once, or give the answer of the first time."""
    if compound.minor:
        return act()
    compound.clients.renew(owner.client)
    if owner.sequence is not None:
        if sequence == owner.sequence and owner.reply is not None:
            number, status, body, node = owner.reply
            if number == compound.operation:
                compound.node = node
                if status:
                    raise RefusedError(Status(status), body)
                return body
        if sequence != (owner.sequence + 1) & 0xFFFFFFFF:
            raise NfsError(Status.BAD_SEQID)
    status, body = Status.OK, b""
    try:
        body = act()
    except RefusedError as refused:
        status, body = refused.status, refused.body
    except NfsError as refused:
        status = refused.status
    except ShareError as refused:
        status = status_of(refused.errno)
    if status not in _NOT_COUNTED:
        owner.sequence = sequence
        owner.reply = compound.operation, int(status), body, compound.node
    if status:
        raise RefusedError(status, body)
    return body


@dataclass(slots=True)
class _Opening:
    """The arguments of an OPEN."""

    access: int
    deny: int
    how: int | None  # of createmode4; None where nothing is to be created
    verifier: bytes | None
    wanted: Wanted
    mask: bytes
    claim: int
    name: bytes
    refuses: bool = False  # to be given a delegation


def open_(compound: Compound) -> Body:
    """OPEN."""
    reader = compound.reader
    sequence, access, deny, number = reader.several(_OPEN)
    owner_name = reader.opaque(1024)
    refuses = False
    if compound.minor:
        client = compound.own()
        refuses = access & _WANTS == _WANTS_NONE
        access &= ~_WANTS
    else:
        client = compound.clients.get(number)
    owner = client.open_owners.get(owner_name)
    if owner is None:
        owner = Owner(client, owner_name, confirmed=bool(compound.minor))
    elif compound.minor == 0 and not owner.confirmed:
        owner = _again(compound, owner, sequence)
    told = _read_opening(compound, access, deny)
    told.refuses = refuses

    def act() -> bytes:
        return _open(compound, client, owner, told)

    return in_turn(compound, owner, sequence, act)


def _again(compound: Compound, owner: Owner, sequence: int) -> Owner:
    """The owner of an open that was never confirmed, anew unless the call is repeated."""
    if sequence == owner.sequence:
        return owner
    for state in list(owner.client.states.values()):
        if isinstance(state, OpenState) and state.owner is owner:
            compound.clients.close(state)
    owner.client.open_owners.pop(owner.name, None)
    return Owner(owner.client, owner.name)


def _read_opening(compound: Compound, access: int, deny: int) -> _Opening:
    reader, how, verifier, wanted, mask = compound.reader, None, None, Wanted(), _NOTHING
    kind = reader.uint()
    if kind > 1:
        raise XdrError(f"opentype4 of {kind}")
    if kind == 1:
        how = reader.uint()
        if how > (_EXCLUSIVE_1 if compound.minor else _EXCLUSIVE):
            raise XdrError(f"createmode4 of {how}")
        if how in (_EXCLUSIVE, _EXCLUSIVE_1):
            verifier = reader.fixed(8)
        if how != _EXCLUSIVE:
            wanted, mask = compound.attributes.read(reader, compound.tree)
    claim, name = reader.uint(), b""
    if claim > (_DELEG_PREV_FH if compound.minor else _DELEGATE_PREV):
        raise XdrError(f"open_claim_type4 of {claim}")
    if claim == _PREVIOUS:
        reader.uint()
    elif claim in (_DELEGATE_CUR, _DELEG_CUR_FH):
        reader.fixed(16)
    if claim in (_NULL, _DELEGATE_CUR, _DELEGATE_PREV):
        name = compound.name()
    return _Opening(access, deny, how, verifier, wanted, mask, claim, name)


def _open(compound: Compound, client: Client, owner: Owner, told: _Opening) -> bytes:
    if not READ <= told.access <= READ | WRITE or told.deny > READ | WRITE:
        raise NfsError(Status.INVAL)
    if told.claim == _PREVIOUS:
        raise NfsError(Status.NO_GRACE)
    if told.claim in (_DELEGATE_CUR, _DELEG_CUR_FH):
        raise NfsError(Status.BAD_STATEID)
    if told.claim in (_DELEGATE_PREV, _DELEG_PREV_FH):
        raise NfsError(Status.NOTSUPP if compound.minor == 0 else Status.NO_GRACE)
    if compound.minor and not client.reclaimed:
        raise NfsError(Status.GRACE)
    directory: Node = compound.current()
    before, made, mask = directory.change, False, _NOTHING
    if told.claim == _FH:
        node: Node = directory
        if told.how is not None:
            raise NfsError(Status.INVAL)
    else:
        directory = compound.directory()
        node, made, mask = _find(compound, directory, told)
    _check_type(compound, node)
    if not made:
        _check_may(compound, node, told.access)
    state = claim(compound.clients, owner, node, told.access, told.deny)
    if not made and told.how == _UNCHECKED and told.wanted.size == 0:
        compound.tree.setattr(compound.caller, node, Wanted(size=0), compound.now, opened=True)
        mask = bitmap((SIZE,))
    compound.node, compound.stateid = node, stateid(state)
    flags = _RESULT_POSIX_LOCKS | (0 if owner.confirmed else _RESULT_CONFIRM)
    return (
        compound.stateid
        + change_info(before, directory)
        + UINT.pack(flags)
        + mask
        + (_NONE_WANTED if told.refuses else NO_DELEGATION)
    )


def _find(compound: Compound, directory: Directory, told: _Opening) -> tuple[Node, bool, bytes]:
    """The node that is opened, whether it was made, and which attributes were set."""
    tree, caller = compound.tree, compound.caller
    try:
        node = tree.lookup(caller, directory, told.name)
    except ShareError as refused:
        if told.how is None or status_of(refused.errno) is not Status.NOENT:
            raise
        made, _ = tree.create(caller, directory, told.name, told.wanted, compound.now, verifier=told.verifier)
        return made, True, told.mask
    if told.how == _GUARDED:
        raise NfsError(Status.EXIST)
    if told.how in (_EXCLUSIVE, _EXCLUSIVE_1):
        if not isinstance(node, File) or node.verifier != told.verifier:
            raise NfsError(Status.EXIST)
        return node, True, told.mask
    return node, False, _NOTHING


def _check_type(compound: Compound, node: Node) -> None:
    if isinstance(node, File | VirtualFile):
        return
    if isinstance(node, Directory):
        raise NfsError(Status.ISDIR)
    if isinstance(node, Symlink):
        raise NfsError(Status.SYMLINK)
    raise NfsError(Status.WRONG_TYPE if compound.minor else Status.SYMLINK)


def _check_may(compound: Compound, node: Node, access: int) -> None:
    if access & READ:
        compound.tree.check(compound.caller, node, MAY_READ)
    if access & WRITE:
        compound.tree.check(compound.caller, node, MAY_WRITE)


def claim(clients: Clients, owner: Owner, node: Node, access: int, deny: int) -> OpenState:
    """Enter an open, together with what the owner has open of the file already."""
    known, client = clients.known(node), owner.client
    state = None
    if known is not None:
        state = next((each for each in known.opens if each.owner is owner), None)
        if known.denies(access, deny):  # its own opens as well (RFC 7530, 9.9)
            raise NfsError(Status.SHARE_DENIED)
    if owner.name not in client.open_owners:
        _forget_idle(client)
        client.open_owners[owner.name] = owner
    if state is None:
        return clients.open(owner, node, access, deny)
    state.access |= access
    state.deny |= deny
    state.ways.add((access, deny))
    bump(state)
    return state


def _forget_idle(client: Client) -> None:
    """Keep the number of owners without an open bounded."""
    if len(client.open_owners) < _MOST_IDLE_OWNERS:
        return
    for name in [name for name, owner in client.open_owners.items() if not owner.opens]:
        del client.open_owners[name]


def _opened(compound: Compound, told: bytes) -> OpenState:
    state = compound.clients.state(told, compound.minor, compound.client)
    if not isinstance(state, OpenState) or state.node is not compound.node:
        raise NfsError(Status.BAD_STATEID)
    return state


def _in_turn_of(compound: Compound, told: bytes, sequence: int, act: Callable[[], bytes]) -> bytes:
    """The same for a call that names its owner by a stateid."""
    owner = compound.clients.owner_of(told, compound.minor, compound.client)
    return in_turn(compound, owner, sequence, act)


def open_confirm(compound: Compound) -> Body:
    """OPEN_CONFIRM (NFSv4.0)."""
    told, sequence = compound.read_stateid(), compound.reader.uint()
    compound.current()

    def act() -> bytes:
        state = _opened(compound, told)
        if state.owner.confirmed:
            raise NfsError(Status.BAD_STATEID)
        state.owner.confirmed = True
        return bump(state)

    return _in_turn_of(compound, told, sequence, act)


def open_downgrade(compound: Compound) -> Body:
    """OPEN_DOWNGRADE."""
    reader = compound.reader
    told, sequence = compound.read_stateid(), reader.uint()
    access, deny = reader.uint(), reader.uint()
    compound.current()

    def act() -> bytes:
        state = _opened(compound, told)
        if compound.minor == 0 and not state.owner.confirmed:
            raise NfsError(Status.BAD_STATEID)
        asked = access & ~_WANTS if compound.minor else access
        if not READ <= asked <= READ | WRITE or deny > READ | WRITE:
            raise NfsError(Status.INVAL)
        kept = {way for way in state.ways if not way[0] & ~asked and not way[1] & ~deny}
        together = [0, 0]
        for way in kept:
            together = [together[0] | way[0], together[1] | way[1]]
        if together != [asked, deny]:
            raise NfsError(Status.INVAL)
        state.access, state.deny, state.ways = asked, deny, kept
        compound.stateid = bump(state)
        return compound.stateid

    return _in_turn_of(compound, told, sequence, act)


def close(compound: Compound) -> Body:
    """CLOSE; locks that are still held end with it."""
    sequence, told = compound.reader.uint(), compound.read_stateid()
    if compound.node is None:
        raise NfsError(Status.NOFILEHANDLE)

    def act() -> bytes:
        state = _opened(compound, told)
        if compound.minor == 0 and not state.owner.confirmed:
            raise NfsError(Status.BAD_STATEID)
        last = closed(compound.clients, state)
        if compound.minor:
            compound.stateid = None
            return _ALL_ONES
        return last

    return _in_turn_of(compound, told, sequence, act)


def closed(clients: Clients, state: OpenState) -> bytes:
    """End an open, and in NFSv4.1 an owner who has no other: its last stateid."""
    last = bump(state)
    clients.close(state)
    if state.client.minor and not state.owner.opens:
        state.client.open_owners.pop(state.owner.name, None)
    return last


OPERATIONS: dict[int, Operation] = {4: close, 18: open_, 20: open_confirm, 21: open_downgrade}
