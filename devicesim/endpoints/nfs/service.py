"""What is done with a call: which program it is for, who may call, what the core makes it cost.

Model: a call is done at once when it arrives, and its operation is offered to the device's core, as large as it is;
the reply is due when the core says. Calls that are not for the share (NULL, MOUNT) cost nothing.

Scope and limits: hosts that are not allowed get ACCES for everything that needs a file; while the device does not
serve (off, locked, its NFS service not started) they get "later" (JUKEBOX), which NFS clients wait for.
"""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from operator import itemgetter
from typing import NamedTuple

from devicesim.device.share import Discard, Keep, Share
from devicesim.endpoints.nfs import mount, rpc, v3, v4
from devicesim.endpoints.nfs.bulk import Body
from devicesim.endpoints.nfs.quick import Quick, quick
from devicesim.endpoints.nfs.records import MOST_DATA, Connection
from devicesim.endpoints.nfs.repeats import Key, Repeats
from devicesim.endpoints.nfs.rpc import Call, DeniedError
from devicesim.endpoints.nfs.status import Status
from devicesim.endpoints.nfs.tree import Tree
from devicesim.endpoints.nfs.xdr import UINT, XdrError
from devicesim.endpoints.premises import Premises

NOTICES = logging.getLogger("devicesim.nfs")
LOOPBACK = ("127.0.0.0/8", "::1/128")
_VERSIONS = {v3.PROGRAM: (3, 4), mount.PROGRAM: (3, 3)}
_NAMES = {
    (v3.PROGRAM, 3): v3.NAMES,
    (v3.PROGRAM, 4): v4.NAMES,
    (mount.PROGRAM, 3): mount.NAMES,
}
_PURPOSE, _PAYLOAD = itemgetter(1), itemgetter(2)  # of what Version4 answers
LEASE = 90.0
_KEY_BYTES = 512
_PLAIN = 40  # bytes of the smallest plain call
_VERSION, _PROCEDURE = 19, 23  # where version and procedure of a call end
_PLAIN_3 = b"\0\1\x86\xa3\0\0\0\3"  # the words of program and version before the procedure of such a call


class _LeftError(Exception):
    """C has left a call to Python, untouched."""


class Reply(NamedTuple):
    """What to send, and when it is due in simulated time [s]; None for at once."""

    parts: tuple[bytes, ...]
    due: float | None = None


class Service:
    """Answers calls.

    Args:
        premises: the World and its device.
        allow: networks whose hosts may call, until the device's own ``start-service`` says otherwise; nobody if
            empty, as on the device.
        squash: whether root is nobody here.
        lease: how long state of NFSv4 clients is kept without a word of them [s of wall].
    """

    def __init__(
        self,
        premises: Premises,
        allow: Sequence[str] = LOOPBACK,
        *,
        squash: bool = False,
        lease: float = LEASE,
    ) -> None:
        self._premises, self._squash = premises, squash
        self._allow = tuple(allow)
        self._networks: tuple[tuple[str, ...], tuple[IPv4Network | IPv6Network, ...]] = ((), ())
        self._hosts: dict[str, bool] = {}
        self._repeats = Repeats()
        self._lease = lease
        self._tree: Tree | None = None
        self._version4: v4.Version4 | None = None
        self._quick: Quick | None = None

    def answer(self, record: memoryview, connection: Connection, body: Body | None = None) -> Reply:
        """Do what a record asks, some of whose data may have come beside it.

        Raises:
            DeniedError: hang up.
        """
        call = rpc.read_call(record, body)
        try:
            return self._dispatch(call, connection)
        except (struct.error, XdrError):
            return Reply((rpc.accepted(call.xid, rpc.GARBAGE_ARGS),))
        except DeniedError:
            raise
        except Exception:  # a fault of ours must not end the other clients' work
            NOTICES.exception("program %d, procedure %d failed", call.program, call.procedure)
            return Reply((rpc.accepted(call.xid, rpc.SYSTEM_ERR),))

    def answer_quickly(
        self, record: memoryview, connection: Connection, body: Body | None = None
    ) -> Reply | None:
        """What :meth:`answer` would, to a plain call, by C; None where :meth:`answer` has to be asked."""
        if len(record) < _PLAIN:
            return None
        try:
            return (self._priced if self._premises.paced else self._free)(record, connection, body)
        except _LeftError:
            return None
        except Exception:  # as in answer
            NOTICES.exception("procedure %d of version %d failed", record[_PROCEDURE], record[_VERSION])
            return Reply((rpc.accepted(UINT.unpack_from(record)[0], rpc.SYSTEM_ERR),))

    def _free(self, record: memoryview, connection: Connection, body: Body | None) -> Reply:
        """The reply to a plain call, which costs nothing."""
        premises = self._premises
        with premises.lock:
            if (seen := premises.look()) is None or not self._allows(connection.host, seen[1]):
                raise _LeftError
            parts = self._in_c(record, connection, body, seen[0], seen[2])
            premises.moved()
            return Reply(parts)

    def _priced(self, record: memoryview, connection: Connection, body: Body | None) -> Reply:
        """The reply to a plain call of version 3, and when it is due."""
        procedure = record[_PROCEDURE]
        if record[12:20] != _PLAIN_3 or procedure >= len(v3.NAMES) or not connection.allowed:
            raise _LeftError
        name = v3.NAMES[procedure]

        def carried(_: tuple[bytes, ...]) -> int:
            whole = len(record) + (0 if body is None else len(body.data))
            return v3.written(whole - rpc.arguments_at(record)) if name == "WRITE" else 0

        done = self._premises.perform(
            name,
            carried,
            connection.arrival,
            lambda now: self._in_c(record, connection, body, now),
            connection.since,
        )
        if done.result is None:
            raise _LeftError
        return Reply(done.result, done.reply)

    def _in_c(
        self,
        record: memoryview,
        connection: Connection,
        body: Body | None,
        now: float,
        share: Share | None = None,
    ) -> tuple[bytes, ...]:
        """Do a plain call in C; ``share`` are the device's files, where they were just looked at.

        Raises:
            _LeftError: there is no C, or it left the call untouched.
        """
        self._files(share)
        place, beside = (-1, None) if body is None else body
        if self._quick is not None:
            parts = self._quick.answer(record, connection, connection.host, now, place, beside)
            if parts is not None:
                return parts
        raise _LeftError

    def lend(self) -> memoryview | None:
        """Memory for the data of one WRITE, from where they are to stay if that can be; None if they are discarded."""
        with self._premises.lock:
            share = self._premises.share
            content = None if share is None else share.content
            if type(content) is Discard:
                return None
            if isinstance(content, Keep):
                return memoryview(content.lend())
        return memoryview(bytearray(MOST_DATA))

    def allows(self, host: str) -> bool:
        """Whether a host may call now."""
        return self._allows(host, self._premises.allowed_hosts)

    def _allows(self, host: str, told: tuple[str, ...] | None) -> bool:
        told = self._allow if told is None else told
        if told != self._networks[0]:
            self._networks = told, tuple(ip_network(each, strict=False) for each in told)
            self._hosts.clear()
        known = self._hosts.get(host)
        if known is None:  # asked for every call, so looked up once
            address = ip_address(host.partition("%")[0])
            known = self._hosts[host] = any(address in network for network in self._networks[1])
        return known

    def _dispatch(self, call: Call, connection: Connection) -> Reply:
        program, version, procedure = call.program, call.version, call.procedure
        names = _NAMES.get((program, version))
        if names is None:
            versions = _VERSIONS.get(program)
            if versions is None:
                return Reply((rpc.accepted(call.xid, rpc.PROG_UNAVAIL),))
            return Reply((rpc.mismatch(call.xid, *versions),))
        if procedure >= len(names):
            return Reply((rpc.accepted(call.xid, rpc.PROC_UNAVAIL),))
        name = names[procedure]
        if name == "NULL":
            return Reply((rpc.accepted(call.xid),))
        if program == mount.PROGRAM:
            return Reply((rpc.accepted(call.xid), *self._mount(call, name, connection)))
        return self._v3(call, name, connection) if version == 3 else self._v4(call, connection)

    def _mount(self, call: Call, name: str, connection: Connection) -> tuple[bytes, ...]:
        if not self.allows(connection.host):
            return mount.refusal(name, Status.ACCESS)
        with self._premises.lock:
            if not self._premises.serves:
                return mount.refusal(name, Status.SERVERFAULT)
            return mount.answer(self._files(), name, call.arguments, self._caller(call))

    def _v3(self, call: Call, name: str, connection: Connection) -> Reply:
        head = rpc.accepted(call.xid)
        if not connection.allowed:
            return Reply((head, *v3.refusal(name, Status.ACCESS)))
        key = _key(call, connection) if name in v3.ONCE else None
        if key is not None and (kept := self._repeats.find(key, connection)) is not None:
            return Reply((head, *kept))
        caller, arguments = self._caller(call), call.arguments
        done = self._premises.perform(
            name,
            lambda parts: v3.payload(name, arguments, parts),
            connection.arrival,
            lambda now: v3.answer(self._files(), name, arguments, caller, now),
            connection.since,
        )
        if done.result is None:
            return Reply((head, *v3.refusal(name, Status.DELAY)))
        if key is not None:
            self._repeats.keep(key, connection, done.result)
        return Reply((head, *done.result), done.reply if self._premises.paced else None)

    def _v4(self, call: Call, connection: Connection) -> Reply:
        head, arguments = rpc.accepted(call.xid), call.arguments
        if not connection.allowed:
            return Reply((head, *v4.refusal(Status.ACCESS, arguments)))
        key = _key(call, connection)
        if (kept := self._repeats.find(key, connection)) is not None:
            return Reply((head, *kept))
        caller = self._caller(call)

        def act(now: float) -> tuple[tuple[bytes, ...], str, int]:
            self._files()
            assert self._version4 is not None
            return self._version4.answer(arguments, caller, connection, now)

        done = self._premises.perform(_PURPOSE, _PAYLOAD, connection.arrival, act, connection.since)
        if done.result is None:
            return Reply((head, *v4.refusal(Status.DELAY, arguments)))
        parts, purpose, _ = done.result
        if purpose in v4.ONCE:
            self._repeats.keep(key, connection, parts)
        return Reply((head, *parts), done.reply if self._premises.paced else None)

    def _files(self, share: Share | None = None) -> Tree:
        """The files of the device, which serves now; ``share`` are they, where they were just looked at."""
        tree, share = self._tree, share or self._premises.share
        assert share is not None
        if tree is None or tree.share is not share or tree.boot != share.boot:
            tree = self._tree = Tree(share)
            journal = self._premises.journal
            self._version4 = v4.Version4(tree, self._lease, life=journal.life if journal is not None else 0)
            self._quick = quick(tree, self._repeats, self._squashed, self._version4)
        return tree

    def _caller(self, call: Call) -> rpc.Caller:
        return self._squashed(call.caller)

    def _squashed(self, caller: rpc.Caller) -> rpc.Caller:
        return caller.squashed() if self._squash else caller


def _key(call: Call, connection: Connection) -> Key:
    digest = zlib.crc32(call.arguments.buffer[:_KEY_BYTES])
    return connection.host, call.xid, call.procedure, digest
