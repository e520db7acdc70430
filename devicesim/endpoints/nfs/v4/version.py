"""NFS version 4: COMPOUND in minor versions 0 and 1 (RFC 7530, 15.2; RFC 8881, 16.2).

Scope and limits: no delegations, no layouts, no named attributes, no back channel; what belongs to those is answered
with NOTSUPP. Minor version 2 and above are refused, and clients fall back by themselves.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from hashlib import blake2b

from devicesim.device.share import Node
from devicesim.device.share.limits import ShareError
from devicesim.endpoints.nfs.rpc import Caller
from devicesim.endpoints.nfs.status import NfsError, Status, status_of
from devicesim.endpoints.nfs.tree import Tree
from devicesim.endpoints.nfs.v4 import data, identity, locking, names, opens, sessions
from devicesim.endpoints.nfs.v4.attributes import Attributes
from devicesim.endpoints.nfs.v4.compound import Body, Compound, Operation, RefusedError
from devicesim.endpoints.nfs.v4.state import WRITE, Client, Clients, OpenState, Owner
from devicesim.endpoints.nfs.xdr import FALSE, UINT, UINT2, Reader, XdrError, opaque

PROGRAM, VERSION = 100003, 4
NAMES = ("NULL", "COMPOUND")
ILLEGAL, _SETATTR = 10044, 34
_MOST_TAG = 1024
_MOST_OPERATIONS = 256


def _refuse(status: Status, skip: int = 0) -> Operation:
    def operation(compound: Compound) -> Body:
        compound.reader.fixed(skip)
        raise NfsError(status)

    return operation


_NOTSUPP = _refuse(Status.NOTSUPP)
_BOTH = names.OPERATIONS | data.OPERATIONS
_BOTH |= {4: opens.close, 18: opens.open_, 21: opens.open_downgrade}
_BOTH |= {12: locking.lock, 13: locking.lockt, 14: locking.locku}
_BOTH |= {7: _NOTSUPP, 8: _refuse(Status.BAD_STATEID, 16), 19: _NOTSUPP}
_ONLY_0 = identity.OPERATIONS | {20: opens.open_confirm, 39: locking.release_lockowner}
_ONLY_1 = sessions.OPERATIONS | {45: locking.free_stateid, 55: locking.test_stateid}
_ONLY_1 |= dict.fromkeys((40, 46, 47, 48, 49, 50, 51, 54, 56), _NOTSUPP)
_OPERATIONS: tuple[dict[int, Operation], ...] = (
    {number: act for number, act in (_BOTH | _ONLY_0).items() if number != 52},
    _BOTH | _ONLY_1 | dict.fromkeys(_ONLY_0, _NOTSUPP),
)
OPERATION_NAMES = {
    38: "WRITE", 25: "READ", 5: "COMMIT", 18: "OPEN", 4: "CLOSE", 26: "READDIR", 6: "CREATE", 28: "REMOVE",
    29: "RENAME", 11: "LINK", 34: "SETATTR", 12: "LOCK", 14: "LOCKU", 15: "LOOKUP", 27: "READLINK", 3: "ACCESS",
    9: "GETATTR",
}  # fmt: skip
"""What a compound may be for, the weightiest first."""
_WEIGHT = {number: place for place, number in enumerate(OPERATION_NAMES)}
_STATE_ONLY = "SEQUENCE"
_PURPOSES = (*OPERATION_NAMES.values(), _STATE_ONLY)
ONCE = frozenset({"OPEN", "CLOSE", "CREATE", "REMOVE", "RENAME", "LINK", "SETATTR", "LOCK", "LOCKU"})
"""What must not be done twice: NFSv4.0 has no slots, and its replies are kept for repetitions."""
WEIGHTS = bytes(_WEIGHT.get(number, 255) for number in range(max(_WEIGHT) + 1))
"""Weight of each operation by its number, 255 for none; the smallest is the weightiest."""
ONCE_BY_WEIGHT = bytes(purpose in ONCE for purpose in _PURPOSES)


class Version4:
    """The server of version 4, for one run of a device.

    Args:
        tree: the files.
        lease: how long clients' state is kept without a word of them [s of wall].
        clock: the wall's.
        life: how often the server has started while the device ran on; what clients had before is not known now.

    Attributes:
        clients: what is remembered of them.
        attributes: of minor versions 0 and 1.
    """

    def __init__(
        self, tree: Tree, lease: float, clock: Callable[[], float] = time.monotonic, life: int = 0
    ) -> None:
        self._tree = tree
        own = blake2b(tree.signature + life.to_bytes(8), digest_size=4).digest()
        self.clients = Clients(own if life else tree.signature, lease, clock)
        self.attributes = Attributes(0, lease), Attributes(1, lease)

    def answer(
        self, arguments: Reader, caller: Caller, connection: object, now: float
    ) -> tuple[tuple[bytes, ...], str, int]:
        """Do a compound: the result after the RPC's head, what it was for, and the data that it moved [bytes]."""
        tag = arguments.opaque(_MOST_TAG)
        minor, count = arguments.uint(), arguments.uint()
        if minor >= len(_OPERATIONS):
            return (UINT.pack(Status.MINOR_VERS_MISMATCH) + opaque(tag) + FALSE,), _STATE_ONLY, 0
        try:
            tag.decode()
        except UnicodeDecodeError:
            return (UINT.pack(Status.INVAL) + opaque(tag) + FALSE,), _STATE_ONLY, 0
        self.clients.look()
        compound = self._begun(arguments, caller, connection, now, minor, count)
        try:
            parts, purpose = self._run(compound, tag)
        except sessions.ReplayError as replay:
            return (replay.reply,), _STATE_ONLY, 0
        return parts, purpose, compound.payload

    def _begun(
        self, arguments: Reader, caller: Caller, connection: object, now: float, minor: int, count: int
    ) -> Compound:
        return Compound(
            self._tree,
            self.clients,
            self.attributes[minor],
            arguments,
            caller,
            connection,
            now,
            minor,
            size=arguments.size,
            count=count,
        )

    def _run(self, compound: Compound, tag: bytes) -> tuple[tuple[bytes, ...], str]:
        parts: list[bytes] = []
        status, weightiest, size = Status.OK, len(_WEIGHT), len(tag) + 12
        index = 0
        if compound.count > _MOST_OPERATIONS and not compound.minor:
            return (UINT.pack(Status.RESOURCE) + opaque(tag) + FALSE,), _STATE_ONLY
        for index in range(compound.count):
            compound.index = index
            operation, status, body = self.one(compound)
            size += 8 + (len(body) if isinstance(body, bytes) else sum(map(len, body)))
            if compound.session is not None and (problem := _too_long(compound, size)):
                status, body = problem, b""
            parts.append(UINT2.pack(operation, status))
            if isinstance(body, bytes):
                parts.append(body)
            else:
                parts.extend(body)
            weight = _WEIGHT.get(operation)
            if weight is not None and weight < weightiest:
                weightiest = weight
            if status:
                break
        done = index + 1 if compound.count else 0
        head = UINT.pack(status) + opaque(tag) + UINT.pack(done)
        purpose = _PURPOSES[weightiest]
        if compound.slot is None:
            return (head, *parts), purpose
        whole = (head, *parts)
        if compound.slot.keep or size <= sessions.SHORT:
            sessions.keep(compound, b"".join(whole))
        return whole, purpose

    def one(self, compound: Compound) -> tuple[int, Status, Body]:
        """Do the next operation: its number, status and result."""
        number = ILLEGAL
        try:
            number = compound.reader.uint()
            act = _OPERATIONS[compound.minor].get(number)
            if act is None:
                number = ILLEGAL
                raise NfsError(Status.OP_ILLEGAL)
            compound.operation = number
            if compound.minor and compound.session is None:
                _check_alone(compound, number)
            return number, Status.OK, act(compound)
        except (NfsError, ShareError, struct.error, XdrError) as refused:
            return self.told_of(number, refused)

    # For operations and whole compounds that are not done here (:mod:`devicesim.endpoints.nfs.quick`).

    def told_of(self, number: int, refused: Exception) -> tuple[int, Status, Body]:
        """What is told of an operation that raised, if clients are told such things."""
        body = FALSE if number == _SETATTR else b""  # nothing was set
        if isinstance(refused, NfsError):
            return number, refused.status, refused.body if isinstance(refused, RefusedError) else body
        if isinstance(refused, ShareError):
            return number, status_of(refused.errno), body
        if isinstance(refused, struct.error | XdrError):
            return number, Status.BADXDR, body
        raise refused

    def begun(
        self,
        record: memoryview,
        start: int,
        place: int,
        beside: memoryview | None,
        caller: Caller,
        connection: object,
        now: float,
        minor: int,
        count: int,
    ) -> Compound:
        """A compound that has begun; its arguments are in a record from ``start`` on, and their data beside it."""
        arguments = Reader(record, start, place, beside)
        return self._begun(arguments, caller, connection, now, minor, count)

    def claim(self, client: Client, name: bytes, node: Node, access: int, deny: int) -> OpenState:
        """Enter an open of NFSv4.1."""
        owner = client.open_owners.get(name)
        if owner is None:
            owner = Owner(client, name, confirmed=True)
        return opens.claim(self.clients, owner, node, access, deny)

    def undenied(self, node: Node) -> bool:
        """Whether nobody's open stands against changing a file's data without one."""
        known = self.clients.known(node)
        return known is None or not any(each.deny & WRITE for each in known.opens)

    def closed(self, state: OpenState) -> None:
        """End an open of NFSv4.1."""
        opens.closed(self.clients, state)


def _check_alone(compound: Compound, number: int) -> None:
    if number == sessions.SEQUENCE:
        return
    if number not in sessions.WITHOUT_SESSION:
        raise NfsError(Status.OP_NOT_IN_SESSION)
    if compound.count != 1:
        raise NfsError(Status.NOT_ONLY_OP)


def _too_long(compound: Compound, size: int) -> Status | None:
    """Why a reply of so many bytes cannot be sent in the compound's session."""
    session, slot = compound.session, compound.slot
    assert session is not None
    assert slot is not None
    if size > session.most_reply:
        return Status.REP_TOO_BIG
    return Status.REP_TOO_BIG_TO_CACHE if slot.keep and size > session.most_kept else None


def refusal(status: Status, arguments: Reader) -> tuple[bytes, ...]:
    """The result of a compound that nothing is done of: its first operation is refused."""
    tag = arguments.opaque(_MOST_TAG)
    _, count = arguments.uint(), arguments.uint()
    if not count:
        return (UINT.pack(Status.OK) + opaque(tag) + FALSE,)
    return UINT.pack(status) + opaque(tag) + UINT.pack(1), UINT2.pack(arguments.uint(), status)
