"""Client ids and sessions of NFSv4.1: every request once, by its slot (RFC 8881, 2.10.6 and 18.34 to 18.51).

Model: a session has slots; each carries one request at a time, with a number that grows by one. A repeated number gets
the kept reply. Replies are kept where the client asked for it or they are short, so what is kept is bounded by slots
times the largest kept reply that was agreed.

Scope and limits: a back channel is agreed to, since some clients insist on one, and never used; SP4_NONE only.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from struct import Struct

from devicesim.endpoints.nfs.records import MOST_BYTES, MOST_DATA
from devicesim.endpoints.nfs.status import NfsError, Status
from devicesim.endpoints.nfs.v4.compound import NONE, Body, Compound, Operation
from devicesim.endpoints.nfs.v4.state import Client
from devicesim.endpoints.nfs.xdr import FALSE, HYPER, UINT, UINT2, Reader, XdrError, opaque

_SESSION_ID = Struct(">QQ")
_CHANNEL = Struct(">6I")
_SEQUENCE, _SEQUENCED = Struct(">16s3I"), Struct(">16s5I")
_KNOWN_FLAGS = 0x80000000 | 0x40000000 | 0x103 | 0x70000
_UPDATE, _NON_PNFS, _CONFIRMED_R = 0x40000000, 0x10000, 0x80000000
_ROLES = 0x70000
_PERSIST, _BACK, _RDMA = 1, 2, 4
MOST_SLOTS, MOST_OPERATIONS = 64, 128
_MOST_KEPT = 1 << 14
SHORT = 1 << 10  # replies kept even where the client did not ask [bytes]
_LEAST = 128  # a channel smaller than this could carry nothing
_OVERHEAD = 1 << 10  # around the data of a READ or WRITE [bytes]
_SAME_MAJOR = opaque(b"devicesim")


@dataclass(eq=False, slots=True)
class Slot:
    """One slot: the last number, the reply to it, and what tells that request from others."""

    sequence: int = 0
    reply: bytes | None = None
    digest: int = 0
    keep: bool = False


@dataclass(eq=False, slots=True)
class Session:
    """One session.

    Attributes:
        name: its id.
        client: whose.
        most_request, most_reply, most_kept: bytes of the largest request, reply, and kept reply.
        most_operations: in one compound.
        slots: what each carried last.
    """

    name: bytes
    client: Client
    most_request: int
    most_reply: int
    most_kept: int
    most_operations: int
    slots: list[Slot] = field(default_factory=list)


def exchange_id(compound: Compound) -> Body:
    """EXCHANGE_ID (RFC 8881, 18.35.4)."""
    reader, clients = compound.reader, compound.clients
    verifier, name = reader.fixed(8), reader.opaque(1024)
    flags, how = reader.uint(), reader.uint()
    if how:
        if how > 2:
            raise XdrError(f"state_protect_how4 of {how}")
        raise NfsError(Status.INVAL if how == 1 else Status.ENCR_ALG_UNSUPP)
    if (count := reader.uint()) > 1:
        raise XdrError(f"{count} implementations")
    for _ in range(count):
        reader.opaque(), reader.opaque(), reader.hyper(), reader.uint()
    if flags & ~_KNOWN_FLAGS or flags & _CONFIRMED_R:
        raise NfsError(Status.INVAL)
    client = _exchanged(compound, name, verifier, update=bool(flags & _UPDATE))
    told = _NON_PNFS | (_CONFIRMED_R if client.confirmed else 0)
    return (
        HYPER.pack(client.number)
        + UINT2.pack(client.sequence + 1, told)
        + UINT.pack(0)  # SP4_NONE
        + HYPER.pack(0)
        + _SAME_MAJOR
        + opaque(b"devicesim " + clients.signature.hex().encode())
        + FALSE
    )


def _exchanged(compound: Compound, name: bytes, verifier: bytes, *, update: bool) -> Client:
    clients, uid = compound.clients, compound.caller.uid
    known = clients.named(name, 1, confirmed=True)
    if update:
        if known is None:
            raise NfsError(Status.NOENT)
        if known.verifier != verifier:
            raise NfsError(Status.NOT_SAME)
        if known.principal != uid:
            raise NfsError(Status.PERM)
        return known
    if known is not None and known.principal != uid:
        if known.states or known.sessions:
            raise NfsError(Status.CLID_INUSE)
        clients.drop(known)
        known = None
    if known is not None and known.verifier == verifier:
        clients.renew(known)
        return known
    waiting = clients.named(name, 1, confirmed=False)
    if waiting is not None:
        clients.drop(waiting)
    return clients.add(name, verifier, uid, 1)


def create_session(compound: Compound) -> Body:
    """CREATE_SESSION (RFC 8881, 18.36.4)."""
    reader, clients = compound.reader, compound.clients
    number, sequence, flags = reader.hyper(), reader.uint(), reader.uint()
    fore, back = _read_channel(reader), _read_channel(reader)
    _read_callback(reader)
    client = clients.by_number.get(number)
    if client is None or client.minor == 0:
        raise NfsError(Status.STALE_CLIENTID)
    if client.created is not None and sequence == client.created[0]:
        return client.created[1]
    if sequence != client.sequence + 1:
        raise NfsError(Status.SEQ_MISORDERED)
    if client.principal != compound.caller.uid and not client.confirmed:
        raise NfsError(Status.CLID_INUSE)
    if flags & ~(_PERSIST | _BACK | _RDMA):
        raise NfsError(Status.INVAL)
    if min(fore[1], fore[2], back[1], back[2]) < _LEAST:
        raise NfsError(Status.TOOSMALL)
    if not fore[5]:
        raise NfsError(Status.INVAL)
    if not client.confirmed:
        earlier = clients.named(client.name, 1, confirmed=True)
        if earlier is not None:
            clients.drop(earlier)
        client.confirmed = True
    session = _session(compound, client, fore)
    client.sequence = sequence
    granted = _channel(
        session.most_request,
        session.most_reply,
        session.most_kept,
        session.most_operations,
        len(session.slots),
    )
    answered = _channel(
        *(min(each, most) for each, most in zip(back[1:], (4096, 4096, 4096, 2, 1), strict=True))
    )
    body = session.name + UINT2.pack(sequence, flags & _BACK) + granted + answered
    client.created = sequence, body
    clients.renew(client)
    return body


def _session(compound: Compound, client: Client, fore: tuple[int, ...]) -> Session:
    name = _SESSION_ID.pack(client.number, compound.clients.number())
    session = Session(
        name,
        client,
        min(fore[1], MOST_BYTES),
        min(fore[2], MOST_DATA + _OVERHEAD),
        min(fore[3], _MOST_KEPT),
        min(max(fore[4], 2), MOST_OPERATIONS),
        [Slot() for _ in range(min(fore[5], MOST_SLOTS))],
    )
    compound.clients.sessions[name] = client.sessions[name] = session
    return session


def _read_channel(reader: Reader) -> tuple[int, ...]:
    values: tuple[int, ...] = _CHANNEL.unpack_from(reader.buffer, reader.position)
    reader.position += _CHANNEL.size
    if (count := reader.uint()) > 1:
        raise XdrError(f"{count} values for RDMA")
    for _ in range(count):
        reader.uint()
    return values


def _channel(request: int, reply: int, kept: int, operations: int, slots: int) -> bytes:
    return _CHANNEL.pack(0, request, reply, kept, operations, slots) + FALSE


def _read_callback(reader: Reader) -> None:
    """Program and credentials of a back channel that is not used."""
    reader.uint()
    count = reader.uint()
    for _ in range(count):
        flavor = reader.uint()
        if flavor == 1:
            reader.uint(), reader.opaque(255), reader.uint(), reader.uint()
            for _ in range(reader.uint()):
                reader.uint()
        elif flavor == 6:
            reader.uint(), reader.opaque(), reader.opaque()
        elif flavor:
            raise XdrError(f"callback security of flavor {flavor}")


class ReplayError(Exception):
    """The whole compound was answered before; ``reply`` is that answer."""

    def __init__(self, reply: bytes) -> None:
        super().__init__("replay")
        self.reply = reply


def sequence(compound: Compound) -> Body:
    """SEQUENCE: which slot the compound takes, and whether it came before."""
    reader, clients = compound.reader, compound.clients
    if compound.index:
        raise NfsError(Status.SEQUENCE_POS)
    name, number, place, highest = reader.several(_SEQUENCE)
    keep = reader.flag()
    session = clients.sessions.get(name)
    if session is None:
        raise NfsError(Status.BADSESSION)
    if place >= len(session.slots):
        raise NfsError(Status.BADSLOT)
    if highest < place:
        raise NfsError(Status.BAD_HIGH_SLOT)
    if compound.size > session.most_request:
        raise NfsError(Status.REQ_TOO_BIG)
    if compound.count > session.most_operations:
        raise NfsError(Status.TOO_MANY_OPS)
    slot = session.slots[place]
    if number == slot.sequence:
        raise _repeated(slot, zlib.crc32(reader.buffer[reader.start :]))
    if number != (slot.sequence + 1) & 0xFFFFFFFF:
        raise NfsError(Status.SEQ_MISORDERED)
    slot.sequence, slot.reply, slot.keep = number, None, keep
    slot.digest = 0 if compound.size > 4096 else zlib.crc32(reader.buffer[reader.start :])
    compound.session, compound.slot, compound.client = session, slot, session.client
    clients.renew(session.client)
    last = len(session.slots) - 1
    return _SEQUENCED.pack(name, number, place, last, last, 0)


def _repeated(slot: Slot, digest: int) -> Exception:
    if slot.sequence == 0:
        return NfsError(Status.SEQ_MISORDERED)
    if slot.digest and digest != slot.digest:
        return NfsError(Status.SEQ_FALSE_RETRY)
    if slot.reply is None:
        return NfsError(Status.RETRY_UNCACHED_REP)
    return ReplayError(slot.reply)


def keep(compound: Compound, reply: bytes) -> None:
    """Keep the reply of a compound in its slot."""
    slot, session = compound.slot, compound.session
    if slot is not None and session is not None and (slot.keep or len(reply) <= SHORT):
        slot.reply = reply


def bind_conn_to_session(compound: Compound) -> Body:
    """BIND_CONN_TO_SESSION: any connection will do already."""
    name, direction = compound.reader.fixed(16), compound.reader.uint()
    compound.reader.flag()
    if name not in compound.clients.sessions:
        raise NfsError(Status.BADSESSION)
    if direction not in (1, 2, 3, 7):
        raise XdrError(f"channel_dir_from_client4 of {direction}")
    return name + UINT.pack(3 if direction in (3, 7) else direction) + FALSE


def destroy_session(compound: Compound) -> Body:
    """DESTROY_SESSION."""
    name = compound.reader.fixed(16)
    session = compound.clients.sessions.pop(name, None)
    if session is None:
        raise NfsError(Status.BADSESSION)
    del session.client.sessions[name]
    return NONE


def destroy_clientid(compound: Compound) -> Body:
    """DESTROY_CLIENTID."""
    client = compound.clients.by_number.get(compound.reader.hyper())
    if client is None or client.minor == 0:
        raise NfsError(Status.STALE_CLIENTID)
    if client.sessions or client.states:
        raise NfsError(Status.CLIENTID_BUSY)
    compound.clients.drop(client)
    return NONE


def reclaim_complete(compound: Compound) -> Body:
    """RECLAIM_COMPLETE."""
    one, client = compound.reader.flag(), compound.own()
    if one:
        compound.current()
        return NONE
    if client.reclaimed:
        raise NfsError(Status.COMPLETE_ALREADY)
    client.reclaimed = True
    return NONE


OPERATIONS: dict[int, Operation] = {
    41: bind_conn_to_session,
    42: exchange_id,
    43: create_session,
    44: destroy_session,
    53: sequence,
    57: destroy_clientid,
    58: reclaim_complete,
}
SEQUENCE = 53
WITHOUT_SESSION = frozenset({41, 42, 43, 44, 57})
"""Operations that may come alone, without SEQUENCE."""
