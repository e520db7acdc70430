"""The NFS door's decoders: records, calls, MOUNT, and NFS in versions 3, 4.0 and 4.1."""

import struct

import mutants
import nfs4_client
from decoders import Decoder, FailedError
from nfs4_client import bitmap, op, opening
from nfs_client import MOUNT, NFS, PROCEDURES, Words, opaque, sattr, u32, u64
from nfs_stand import Stand

from devicesim.device.share import Discard
from devicesim.endpoints.nfs.records import Connection
from devicesim.endpoints.nfs.rpc import DeniedError
from devicesim.endpoints.nfs.service import Service

TOP, FILE, LINK, SESSION, OPEN = (
    name.ljust(16, b".") for name in (b"TOP", b"FILE", b"LINK", b"SESSION", b"OPEN")
)
"""What stands in inputs for handles, a session's and an open's name, which a run puts in their places."""
CREDENTIAL = u32(1) + opaque(u32(0) + opaque(b"fuzz") + u32(0, 0, 0))


def record(program, version, procedure, arguments, credential=CREDENTIAL):
    message = u32(7, 0, 2, program, version, procedure) + credential + u32(0, 0) + arguments
    return u32(len(message) | 1 << 31) + message


class Wire:
    """A socket and its loop: what a client has sent, and what it is sent, which it reads at once."""

    def __init__(self, data=b""):
        self.coming, self.sent, self.closed = memoryview(data), bytearray(), False

    def recv_into(self, room, size=0, flags=0):
        count = min(size or len(room), len(self.coming))
        if not count:
            raise BlockingIOError
        if not flags:
            room[:count] = self.coming[:count]
        self.coming = self.coming[count:]
        return count

    def send(self, data):
        self.sent += data
        return len(data)

    def sendmsg(self, parts):
        return self.send(b"".join(parts))

    def setsockopt(self, *_):
        pass

    def getsockname(self):
        return "127.0.0.1", 2

    def close(self):
        self.closed = True

    add_reader = remove_reader = remove_writer = call_soon = setsockopt

    def time(self):
        return 0.0


class Nfs(Decoder):
    """Streams of records as one client sends them."""

    tokens = (TOP, FILE, LINK, SESSION, OPEN)
    minor = None

    def bent(self, draw):
        return mutants.bent_bytes(draw, self.seeds, self.tokens)

    def run(self, data):
        stand = Stand(Discard())
        service = Service(stand)
        share, now = stand.share, stand.world.now
        bucket = share.lookup(share.root, "demo")
        file = share.create(bucket, "a", now)
        share.write(file, 0, b"x" * 100, now, stable=True)
        link = share.symlink(bucket, "l", "a", now)
        wire = Wire()
        connection = Connection(
            lambda *each: self._take(service, *each), lambda _: None, service.allows, service.lend
        )
        connection.begin(wire, ("127.0.0.1", 1), wire)
        service.answer(memoryview(record(MOUNT, 3, 1, opaque(b"/buckets/demo"))[4:]), connection)
        tree = service._files()
        for name, node in ((TOP, bucket), (FILE, file), (LINK, link)):
            data = data.replace(name, tree.handle(node))
        data = self._begun(service, connection, data, tree.handle(bucket))
        wire.coming = memoryview(data)
        while wire.coming and not wire.closed:
            connection.receive()
        self._check(bytes(wire.sent), wire.closed)

    @staticmethod
    def _take(service, connection, part, body):
        try:
            reply = service.answer_quickly(part, connection, body) or service.answer(part, connection, body)
        except DeniedError as denied:
            connection.hang_up() if denied.reply is None else connection.send((denied.reply,))
        else:
            connection.send(reply.parts)

    @staticmethod
    def _check(sent, closed):
        at = 0
        while at < len(sent):
            (mark,) = struct.unpack_from(">I", sent, at)
            size = mark & 0x7FFFFFFF
            if not mark >> 31 or at + 4 + size > len(sent):
                raise FailedError("a reply is no record")
            words = struct.unpack_from(f">{min(size, 24) // 4}I", sent, at + 4)
            if words[1] != 1 or (words[2] == 0 and words[5] not in (0, 1, 2, 3, 4)):
                raise FailedError(f"replied {words}")
            at += 4 + size

    def _begun(self, service, connection, data, top):
        """Put the names of a session and an open in the places of their stand-ins."""
        if self.minor is None or (SESSION not in data and OPEN not in data):
            return data
        client = _Inside(service, connection, self.minor)
        if self.minor == 1:
            client.start()
            data = data.replace(SESSION, client.name)
        elif OPEN in data:
            number, _ = client.identify()
            steps = [op("putfh", opaque(top)), opening(b"a", access=3, client=number)]
            told = client.compound(*steps)
            if told.status == 0:
                _, (stateid, _) = client.result(told, None, nfs4_client.read_open)
                data = data.replace(OPEN, stateid)
        return data


class _Inside(nfs4_client.Nfs41):
    """A client of NFSv4 without a socket."""

    def __init__(self, service, connection, minor):
        self._service, self._connection = service, connection
        self.minor = minor
        self.credential = CREDENTIAL
        self.xids = iter(range(1, 1000))

    def send(self, message, fragment=None):
        self._reply = self._service.answer(memoryview(message), self._connection)

    def receive(self):
        words = Words(b"".join(self._reply.parts))
        xid = words.u32()
        words.fixed(20)
        return xid, words


class Nfs3(Nfs):
    """MOUNT and version 3."""

    seeds = (
        record(MOUNT, 3, 1, opaque(b"/buckets/demo")),
        record(MOUNT, 3, 3, opaque(b"/buckets/demo")) + record(MOUNT, 3, 5, b"") + record(MOUNT, 3, 2, b""),
        *(
            record(NFS, 3, PROCEDURES.index(name), arguments)
            for name, arguments in {
                "null": b"",
                "getattr": opaque(TOP),
                "setattr": opaque(FILE) + sattr(mode=0o600, size=10, atime="now", mtime=(1, 2)) + u32(1, 100, 0),
                "lookup": opaque(TOP) + opaque(b"a"),
                "access": opaque(FILE) + u32(63),
                "readlink": opaque(LINK),
                "read": opaque(FILE) + u64(0) + u32(50),
                "write": opaque(FILE) + u64(5) + u32(5, 1) + opaque(b"hello"),
                "create": opaque(TOP) + opaque(b"b") + u32(1) + sattr(mode=0o644, size=7),
                "mkdir": opaque(TOP) + opaque(b"c") + sattr(mode=0o755),
                "symlink": opaque(TOP) + opaque(b"d") + sattr() + opaque(b"../../etc/passwd"),
                "mknod": opaque(TOP) + opaque(b"e") + u32(4) + sattr() + u32(1, 2),
                "remove": opaque(TOP) + opaque(b"a"),
                "rmdir": opaque(TOP) + opaque(b"a"),
                "rename": opaque(TOP) + opaque(b"a") + opaque(TOP) + opaque(b"f"),
                "link": opaque(FILE) + opaque(TOP) + opaque(b"g"),
                "readdir": opaque(TOP) + u64(0) + bytes(8) + u32(4096),
                "readdirplus": opaque(TOP) + u64(0) + bytes(8) + u32(1024, 4096),
                "fsstat": opaque(TOP),
                "fsinfo": opaque(TOP),
                "pathconf": opaque(TOP),
                "commit": opaque(FILE) + u64(0) + u32(0),
            }.items()
        ),
        record(NFS, 3, 19, opaque(TOP)) + record(NFS, 3, 7, opaque(FILE) + u64(0) + u32(3, 0) + opaque(b"abc")),
    )  # fmt: skip


def _compound(minor, *operations):
    return record(NFS, 4, 1, opaque(b"tag") + u32(minor, len(operations)) + b"".join(operations))


def _within(*operations):
    return _compound(1, op("sequence", SESSION, u32(2, 0, 7, 0)), *operations)


_ALL = bitmap(*range(76))
_TOP, _FILE = op("putfh", opaque(TOP)), op("putfh", opaque(FILE))
_STEPS = (
    (_TOP, op("access", u32(63)), op("getattr", _ALL), op("getfh")),
    (op("putrootfh"), op("lookup", opaque(b"buckets")), op("lookupp"), op("savefh"), op("restorefh")),
    (_TOP, op("readdir", u64(0), bytes(8), u32(1024, 4096), _ALL)),
    (_TOP, op("create", u32(2), opaque(b"d"), nfs4_client.attributes(mode=0o755))),
    (_TOP, op("create", u32(5), opaque(b"../../etc"), opaque(b"s"), nfs4_client.attributes())),
    (_TOP, op("secinfo", opaque(b"a"))),
    (_FILE, op("savefh"), _TOP, op("link", opaque(b"k"))),
    (_TOP, op("savefh"), _TOP, op("rename", opaque(b"a"), opaque(b"z"))),
    (_TOP, op("remove", opaque(b"a"))),
    (op("putfh", opaque(LINK)), op("readlink")),
    (_FILE, op("read", bytes(16), u64(0), u32(50)), op("commit", u64(0), u32(0))),
    (_FILE, op("write", bytes(16), u64(0), u32(2), opaque(b"hello"))),
    (_FILE, op("setattr", bytes(16), nfs4_client.attributes(size=5, mode=0o600))),
    (_FILE, op("verify", nfs4_client.attributes(size=100)), op("nverify", nfs4_client.attributes(size=99))),
    (_FILE, op("lockt", u32(1), u64(0), u64(1 << 40), u64(7), opaque(b"owner"))),
)  # fmt: skip


class Nfs40(Nfs):
    """Compounds of version 4.0."""

    minor = 0
    seeds = (
        *(_compound(0, *steps) for steps in _STEPS),
        _compound(
            0, op("setclientid", b"verifier", opaque(b"me"), u32(1), opaque(b"tcp"), opaque(b"1.2.3.4.5.6"), u32(0))
        ),
        _compound(0, _FILE, op("read", OPEN, u64(0), u32(100)), op("close", u32(1), OPEN)),
        _compound(0, _FILE, op("open_downgrade", OPEN, u32(1, 1, 0)), op("renew", u64(1))),
        _compound(0, _FILE, op("open_confirm", OPEN, u32(1)))
        + _compound(
            0, _FILE, op("lock", u32(2, 0), u64(0), u64(10), u32(1, 2), OPEN, u32(0), u64(1), opaque(b"lo"))
        ),
        _compound(0, _TOP, opening(b"new", access=3, how=0, client=1, mode=0o600, size=3)),
        _compound(0, op("release_lockowner", u64(1), opaque(b"lo"))),
    )  # fmt: skip


class Nfs41(Nfs):
    """Compounds of version 4.1."""

    minor = 1
    seeds = (
        *(_within(*steps) for steps in _STEPS),
        _compound(1, op("exchange_id", b"verifier", opaque(b"other"), u32(0, 0, 0))),
        _compound(
            1, op("create_session", u64(1), u32(1, 0), *[u32(0, 1 << 20, 1 << 20, 4096, 16, 8, 0)] * 2, u32(0, 1, 0))
        ),
        _within(_TOP, opening(b"a", access=3, client=1), op("getattr", _ALL), op("close", u32(0), nfs4_client.CURRENT)),
        _within(_TOP, opening(b"n", access=2, how=3, client=1, verifier=b"")),
        _within(
            _TOP, opening(b"a", access=3, client=1),
            op("lock", u32(2, 0), u64(0), u64(10), u32(1, 0), nfs4_client.CURRENT, u32(0), u64(1), opaque(b"lo")),
        ),
        _within(op("test_stateid", u32(2), OPEN, OPEN), op("free_stateid", OPEN), op("reclaim_complete", u32(0))),
        _within(op("destroy_clientid", u64(1))) + _compound(1, op("destroy_session", SESSION)),
    )  # fmt: skip
