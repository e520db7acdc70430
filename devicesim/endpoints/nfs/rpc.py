"""ONC RPC (RFC 5531): calls and replies, AUTH_SYS credentials.

Scope and limits: TCP, AUTH_NONE and AUTH_SYS. Nobody proves who he is, as on the device: a list of hosts is all the
protection there is. Calls to the client (the back channel of NFSv4) are not made.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from devicesim.endpoints.nfs.bulk import Body
from devicesim.endpoints.nfs.xdr import UINT, UINT2, Reader, XdrError

_CALL = struct.Struct(
    ">8I"
)  # xid, call, version of RPC, program, version, procedure; flavor, length of credential
_REPLY = struct.Struct(">6I")  # xid, reply, accepted, flavor and length of the verifier, status
_HEADER = _CALL.size
_LEAST = 24  # bytes of a call whose credential is cut off
CALL, REPLY = 0, 1
RPC_VERSION = 2
SUCCESS, PROG_UNAVAIL, PROG_MISMATCH, PROC_UNAVAIL, GARBAGE_ARGS, SYSTEM_ERR = range(6)
_ACCEPTED = _REPLY.pack(0, REPLY, 0, 0, 0, SUCCESS)[4:]  # behind the xid
AUTH_NONE, AUTH_SYS = 0, 1
AUTH_BADCRED, AUTH_TOOWEAK = 1, 5
MOST_AUTH = 400
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a client says he is.

    Attributes:
        uid, gid: of the user.
        groups: others that he belongs to.
        machine: name of the client's host, as it names itself.
    """

    uid: int
    gid: int
    groups: frozenset[int] = frozenset()
    machine: str = ""

    @property
    def is_root(self) -> bool:
        """Whether nothing is forbidden to him."""
        return self.uid == 0

    def belongs(self, gid: int) -> bool:
        """Whether he is of a group."""
        return gid == self.gid or gid in self.groups

    def squashed(self) -> Caller:
        """Nobody in the place of root."""
        return Caller(NOBODY, NOBODY, frozenset(), self.machine) if self.uid == 0 else self


ANONYMOUS = Caller(NOBODY, NOBODY)


class Call(NamedTuple):
    """One call.

    Attributes:
        xid: number that the reply repeats.
        program, version, procedure: what is called.
        caller: who calls.
        arguments: what follows.
    """

    xid: int
    program: int
    version: int
    procedure: int
    caller: Caller
    arguments: Reader


class DeniedError(Exception):
    """A record that is no call to be answered in the ordinary way; ``reply`` is what to send, None to hang up."""

    def __init__(self, reply: bytes | None) -> None:
        super().__init__("denied")
        self.reply = reply


def read_call(record: memoryview, body: Body | None = None) -> Call:
    """Read the head of a call; ``body`` are data of its arguments that came beside it.

    Raises:
        DeniedError: it is none, or of another version of RPC, or its credential cannot be read.
    """
    if len(record) < _LEAST:
        raise DeniedError(None)
    if len(record) < _HEADER:
        record = memoryview(bytes(record).ljust(_HEADER, b"\xff"))  # a credential longer than any
    xid, kind, rpc, program, version, procedure, flavor, size = _CALL.unpack_from(record)
    if kind != CALL:
        raise DeniedError(None)
    if rpc != RPC_VERSION:
        raise DeniedError(_REPLY.pack(xid, REPLY, 1, 0, RPC_VERSION, RPC_VERSION))
    try:
        end = _HEADER + ((size + 3) & ~3)
        if size > MOST_AUTH or end > len(record):
            raise XdrError("credential")
        caller = caller_of(flavor, bytes(record[_HEADER : _HEADER + size]))
        _, size = UINT2.unpack_from(record, end)
        end += 8 + ((size + 3) & ~3)
        if size > MOST_AUTH or end > len(record):
            raise XdrError("verifier")
    except (struct.error, XdrError):
        raise DeniedError(denied(xid, AUTH_BADCRED)) from None
    arguments = Reader(record, end) if body is None else Reader(record, end, *body)
    return Call(xid, program, version, procedure, caller, arguments)


def arguments_at(record: memoryview) -> int:
    """Where the arguments of a call begin whose head is a proper one."""
    size: int = UINT.unpack_from(record, _HEADER - 4)[0]
    verifier = _HEADER + ((size + 3) & ~3)
    size = UINT.unpack_from(record, verifier + 4)[0]
    return verifier + 8 + ((size + 3) & ~3)


@lru_cache(maxsize=1024)
def caller_of(flavor: int, body: bytes) -> Caller:
    """Who a credential is of; XdrError where it cannot be read."""
    if flavor == AUTH_NONE:
        return ANONYMOUS
    if flavor != AUTH_SYS:
        raise XdrError(f"credential of flavor {flavor}")
    reader = Reader(memoryview(body))
    reader.uint()  # a stamp, which means nothing
    machine = reader.opaque(255).decode("utf-8", "replace")
    uid, gid = reader.uint(), reader.uint()
    count = reader.uint()
    if count > 16:
        raise XdrError(f"{count} groups")
    return Caller(uid, gid, frozenset(reader.uint() for _ in range(count)), machine)


def accepted(xid: int, status: int = SUCCESS) -> bytes:
    """The head of a reply to a call that was understood, or why it was not answered."""
    if status:
        return _REPLY.pack(xid, REPLY, 0, 0, 0, status)
    return UINT.pack(xid) + _ACCEPTED


def mismatch(xid: int, low: int, high: int) -> bytes:
    """The reply where the program is there in other versions only."""
    return accepted(xid, PROG_MISMATCH) + UINT2.pack(low, high)


def denied(xid: int, why: int) -> bytes:
    """The reply to a caller who is not believed."""
    return struct.pack(">5I", xid, REPLY, 1, 1, why)
