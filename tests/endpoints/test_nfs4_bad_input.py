"""What no client of NFSv4.0 or 4.1 should send: the right status, and what others have is as it was."""

import socket
from contextlib import suppress
from dataclasses import replace

import pytest
from nfs4_client import ANONYMOUS, Nfs4, Nfs41, attributes, bitmap, names, op, opening, read_open
from nfs_client import NFS, Nfs3, RpcError, opaque, u32, u64
from nfs_stand import LIMITS, Stand

from devicesim.device.share import Discard
from devicesim.endpoints.nfs import NfsDoor
from devicesim.endpoints.nfs.status import Status

TOP = names("buckets/demo")
LOOKED = [None] * len(TOP)
KEPT = b"what somebody else has written" * 1000
OPERATIONS = {
    0: [*range(3, 40)],
    1: [*range(3, 20), *range(21, 30), *range(31, 35), 37, 38, *range(40, 59)],
}
"""Every operation of each minor version but those that 4.1 took out."""
WITHOUT_ARGUMENTS = {8: 0, 10: 0, 16: 0, 23: 0, 24: 0, 27: 0, 31: 0, 32: 0}


@pytest.fixture
def stand():
    stand = Stand()
    file = stand.share.create(stand.share.buckets["demo"].directory, "kept", 1.0)
    stand.share.write(file, 0, KEPT, 1.0)
    return stand


@pytest.fixture
def door(stand):
    with NfsDoor(stand) as opened:
        yield opened


@pytest.fixture(params=[0, 1], ids=["4.0", "4.1"])
def nfs(request, door):
    with (Nfs41 if request.param else Nfs4)(door.port) as client:
        if request.param:
            client.start()
        else:
            client.number, _ = client.identify()
            client.within = client.compound
        yield client


@pytest.fixture(autouse=True)
def unharmed(stand, door):
    """Whatever a test has done, another client finds what was there, and nothing else but what the test names."""
    made = set()
    yield made
    with Nfs3(door.port) as other:
        status, top = other.mount("/buckets/demo")
        assert status == 0
        assert other.read(other.lookup(top, b"kept")[1], 0, 1 << 20)[1] == KEPT
        assert {name for _, name, _ in other.readdir(top)[1]} == {b".", b"..", b"kept", *made}


def opened(nfs, name, access=3):
    """A file of this name opened for reading and writing, as each version has it: its stateid."""
    told = nfs.within(*TOP, opening(name, access, how=0, client=getattr(nfs, "number", 0)), op("getfh"))
    assert told.status == 0
    *_, (stateid, _), handle = nfs.result(told, *LOOKED, read_open, lambda words: words.opaque())
    if not nfs.minor:
        told = nfs.compound(op("putfh", opaque(handle)), op("open_confirm", stateid, u32(1)))
        (_, stateid) = nfs.result(told, None, 16)
    return stateid, handle


def write(stateid, offset, data, stable=2):
    return op("write", stateid, u64(offset), u32(stable), opaque(data))


class TestHandles:
    @pytest.mark.parametrize(
        ("handle", "status"),
        [
            (b"", Status.BADHANDLE),
            (bytes(15), Status.BADHANDLE),
            (bytes(128), Status.BADHANDLE),
            (bytes(129), Status.BADXDR),
            (bytes(10_000), Status.BADXDR),
            (bytes(16), Status.STALE),
            (b"\xff" * 16, Status.STALE),
        ],
    )
    def test_law_forged(self, nfs, handle, status):
        told = nfs.within(op("putfh", opaque(handle)), op("getattr", bitmap(1)))
        assert told.status == status

    def test_law_one_of_a_node_that_is_gone(self, nfs):
        _, handle = opened(nfs, b"brief")
        assert nfs.within(*TOP, op("remove", opaque(b"brief"))).status == 0
        told = nfs.within(op("putfh", opaque(handle[:-4] + u32(1))), op("getattr", bitmap(1)))
        assert told.status == Status.STALE

    def test_worked_all_are_stale_after_a_power_cut(self, nfs, stand):
        told = nfs.within(*TOP, op("getfh"))
        (*_, handle) = nfs.result(told, *LOOKED, lambda words: words.opaque())
        stand.share.power_cut(now=200.0)
        assert Nfs4.compound(nfs, op("putfh", opaque(handle)), minor=0).status == Status.STALE
        if nfs.minor:
            assert nfs.within(op("putfh", opaque(handle))).status == Status.BADSESSION
        else:
            assert nfs.compound(op("renew", u64(nfs.number))).status == Status.STALE_CLIENTID


class TestStateids:
    @pytest.mark.parametrize("forged", [b"\1" * 16, u32(7) + b"\xee" * 12, u32(0) + bytes(11) + b"\1"])
    def test_law_forged(self, nfs, forged):
        """Nobody has given it: it neither writes nor closes nor cuts."""
        kept = [*TOP, op("lookup", opaque(b"kept"))]
        wrong = {Status.BAD_STATEID, Status.STALE_STATEID}
        for attempt in (
            write(forged, 0, b"spoilt"),
            op("read", forged, u64(0), u32(10)),
            op("close", u32(1), forged),
            op("setattr", forged, attributes(size=0)),
            op("locku", u32(1, 1), forged, u64(0, 1)),
        ):
            assert nfs.within(*kept, attempt).status in wrong

    def test_law_one_of_another_file_and_an_old_one(self, nfs, unharmed):
        unharmed |= {b"mine"}
        stateid, handle = opened(nfs, b"mine")
        kept = [*TOP, op("lookup", opaque(b"kept"))]
        assert nfs.within(*kept, write(stateid, 0, b"spoilt")).status == Status.BAD_STATEID
        told = nfs.within(op("putfh", opaque(handle)), op("close", u32(2), stateid))
        assert told.status == 0
        old = nfs.within(op("putfh", opaque(handle)), write(stateid, 0, b"late")).status
        assert old in {Status.BAD_STATEID, Status.OLD_STATEID, Status.EXPIRED}

    def test_law_ids_of_clients_that_are_none(self, nfs):
        if nfs.minor:
            told = nfs.compound(
                op("create_session", u64(12345), u32(1, 0), *[u32(0, 1, 1, 1, 1, 1, 0)] * 2, u32(0, 0))
            )
        else:
            told = nfs.within(*TOP, opening(b"new", how=0, client=12345))
        assert told.status == Status.STALE_CLIENTID


NAMES = [
    (b"", Status.INVAL),
    (b".", Status.BADNAME),
    (b"..", Status.BADNAME),
    (b"a/b", Status.BADCHAR),
    (b"../../etc", Status.BADCHAR),
    (b"a\0b", Status.BADCHAR),
    (b"\xff", Status.INVAL),
    (b"x" * 256, Status.NAMETOOLONG),
    (b"x" * 10_000, Status.NAMETOOLONG),
]


@pytest.mark.parametrize(("name", "status"), NAMES, ids=[repr(name[:12]) for name, _ in NAMES])
def test_law_names_wherever_one_is_given(nfs, name, status):
    bad, good = opaque(name), opaque(b"kept")
    saved = [*TOP, op("lookup", good), op("savefh"), *TOP]
    twice = [*TOP, op("savefh")]
    for attempt in (
        [*TOP, op("lookup", bad)] if name != b"." else [*TOP, op("secinfo", bad)],  # looked up by nfs-rs
        [*TOP, op("remove", bad)],
        [*TOP, op("secinfo", bad)],
        [*TOP, op("create", u32(2), bad, attributes())],
        [*TOP, op("create", u32(5), opaque(b"target"), bad, attributes())],
        [*saved, op("link", bad)],
        [*twice, op("rename", good, bad)],
        [*twice, op("rename", bad, opaque(b"new"))],
        [*TOP, opening(name, how=0, client=getattr(nfs, "number", 0))],
        [*TOP, opening(name, client=getattr(nfs, "number", 0))],
    ):
        assert nfs.within(*attempt).status == status


@pytest.mark.parametrize(("target", "status"), [(b"a\0b", Status.INVAL), (b"x" * 10_000, Status.NAMETOOLONG)])
def test_law_targets_of_links(nfs, target, status):
    made = op("create", u32(5), opaque(target), opaque(b"link"), attributes())
    assert nfs.within(*TOP, made).status == status


class TestWrites:
    def test_law_past_the_end_of_what_there_may_be(self, nfs, unharmed):
        unharmed |= {b"large"}
        stateid, handle = opened(nfs, b"large")
        file = op("putfh", opaque(handle))
        most = LIMITS.file_size
        told = nfs.within(file, write(stateid, most - 1, b"xy"))
        assert told.status == 0
        assert (
            nfs.result(told, None, lambda words: words.u32())[1] == 1
        )  # what fitted; clients send the rest again
        assert nfs.within(file, write(stateid, most, b"x")).status == Status.FBIG
        assert nfs.within(file, op("setattr", stateid, attributes(size=most + 1))).status == Status.FBIG
        assert nfs.within(file, write(stateid, 2**64 - 1, b"xy")).status == Status.FBIG
        assert nfs.within(file, op("commit", u64(2**64 - 1), u32(7))).status == Status.INVAL
        told = nfs.within(file, op("read", stateid, u64(2**64 - 1), u32(2**32 - 1)))
        assert (told.status, nfs.result(told, None, lambda words: (words.u32(), words.opaque()))[1]) == (
            0,
            (1, b""),
        )

    @pytest.mark.parametrize("client", [Nfs4, Nfs41])
    def test_law_past_the_last_byte_of_the_disk(self, client):
        with NfsDoor(Stand(Discard(), replace(LIMITS, capacity=1000))) as door, client(door.port) as nfs:
            nfs.start() if nfs.minor else None
            nfs.number, nfs.within = (0, nfs.within) if nfs.minor else (nfs.identify()[0], nfs.compound)
            stateid, handle = opened(nfs, b"a")
            file = op("putfh", opaque(handle))
            told = nfs.within(file, write(stateid, 0, bytes(1500)))
            assert nfs.result(told, None, lambda words: words.u32())[1] == 1000
            assert nfs.within(file, write(stateid, 1000, b"x")).status == Status.NOSPC
            assert nfs.within(file, op("setattr", stateid, attributes(size=1001))).status == Status.NOSPC

    def test_law_a_length_that_is_a_lie(self, nfs):
        stateid = ANONYMOUS
        kept = [*TOP, op("lookup", opaque(b"kept"))]
        cut = op("write", stateid, u64(0), u32(2), u32(10_000), b"short...")
        assert nfs.within(*kept, cut).status == Status.BADXDR
        how = op("write", stateid, u64(0), u32(9), opaque(b"spoilt"))
        assert nfs.within(*kept, how).status == Status.BADXDR

    def test_law_through_an_open_that_is_for_reading(self, nfs):
        stateid, handle = opened(nfs, b"kept", access=1)
        file = op("putfh", opaque(handle))
        assert nfs.within(file, write(stateid, 0, b"spoilt")).status == Status.OPENMODE


class TestXdr:
    def test_law_every_operation_cut_off(self, nfs):
        """Behind an operation's number there is nothing: bad XDR, unless it has no arguments, and served on."""
        told = {
            number: Status(nfs.within(op("putrootfh"), u32(number)).status)
            for number in OPERATIONS[nfs.minor]
            if number not in WITHOUT_ARGUMENTS
        }
        allowed = {Status.BADXDR, Status.NOTSUPP, Status.NOT_ONLY_OP, Status.SEQUENCE_POS, Status.OP_ILLEGAL}
        allowed |= {Status.ISDIR, Status.NOFILEHANDLE}  # seen before the arguments are looked at
        assert set(told.values()) <= allowed, told
        assert sum(status is Status.BADXDR for status in told.values()) > 20

    @pytest.mark.parametrize(
        "spoilt",
        [
            op("getattr", u32(2**32 - 1)),
            op("getattr", u32(65), bytes(4 * 65)),
            op("putfh", u32(2**32 - 1)),
            op("lookup", u32(2**31), b"abcd"),
            op("setattr", ANONYMOUS, bitmap(4), u32(2**32 - 4)),
            op("setattr", ANONYMOUS, bitmap(4), opaque(b"1234")),
            op("setattr", ANONYMOUS, bitmap(4), opaque(bytes(12))),
            op("create", u32(77), opaque(b"new"), attributes()),
            op("readdir", u64(0), bytes(8), u32(4096, 4096, 2**32 - 1)),
        ],
        ids=range(9),
    )
    def test_law_counts_that_are_lies(self, nfs, spoilt):
        assert nfs.within(*TOP, spoilt).status in {Status.BADXDR, Status.BADTYPE, Status.INVAL}

    def test_law_compounds_too_many_and_a_tag_too_long(self, nfs):
        many = nfs.within(*[op("putrootfh")] * 200, count=4_000_000_000).status
        assert many == (Status.TOO_MANY_OPS if nfs.minor else Status.RESOURCE)
        for arguments in (opaque(b"t" * 1025) + u32(nfs.minor, 0), opaque(b"t") + u32(nfs.minor), b""):
            with pytest.raises(RpcError) as told:
                nfs.call(NFS, 4, 1, arguments)
            assert told.value.args == ("accepted", 4)
        assert Nfs4.compound(nfs, tag=b"t" * 1024, minor=0).status == 0
        reply = nfs.call(NFS, 4, 1, opaque(b"\xff") + u32(nfs.minor, 0))
        assert reply.u32() == Status.INVAL

    def test_law_pages_and_cookies_that_are_none(self, nfs):
        def listed(cookie, names, most):
            return nfs.within(*TOP, op("readdir", u64(cookie), bytes(8), u32(names, most), bitmap(1))).status

        assert listed(0, 0, 0) == Status.TOOSMALL
        assert listed(1, 4096, 4096) == listed(2, 4096, 4096) == Status.BAD_COOKIE
        assert listed(2**64 - 1, 4096, 4096) in {0, Status.BAD_COOKIE}
        assert listed(0, 2**32 - 1, 2**32 - 1) == 0


class TestConnections:
    def test_law_a_record_too_large_ends_the_connection_and_not_the_state(self, nfs, door, unharmed):
        """A client whose connection broke goes on over another: its open is there, and so is what it wrote."""
        unharmed |= {b"mine"}
        stateid, handle = opened(nfs, b"mine")
        file = op("putfh", opaque(handle))
        assert nfs.within(file, write(stateid, 0, b"before")).status == 0
        nfs.socket.sendall(u32(1 << 31 | (4 << 20)))
        with suppress(ConnectionResetError):
            assert nfs.socket.recv(1) == b""
        nfs.socket.close()
        nfs.socket = socket.create_connection(("127.0.0.1", door.port), 30)
        assert nfs.within(file, write(stateid, 6, b" after")).status == 0
        told = nfs.within(file, op("read", stateid, u64(0), u32(100)))
        assert nfs.result(told, None, lambda words: (words.u32(), words.opaque()))[1] == (1, b"before after")

    def test_law_a_record_cut_off_does_nothing(self, nfs, door):
        """Half of a REMOVE, and the connection ends."""
        whole = nfs.message(
            NFS, 4, 1, opaque(b"") + u32(0, 4) + b"".join([*TOP, op("remove", opaque(b"kept"))])
        )
        with socket.create_connection(("127.0.0.1", door.port), 30) as line:
            line.sendall(u32(1 << 31 | len(whole)) + whole[:-4])

    def test_law_who_does_not_read_stops_only_itself(self, nfs, door):
        read = [*TOP, op("lookup", opaque(b"kept")), op("read", ANONYMOUS, u64(0), u32(30_000))]
        with (Nfs41 if nfs.minor else Nfs4)(door.port) as deaf:
            message = deaf.message(NFS, 4, 1, opaque(b"") + u32(0, len(read)) + b"".join(read))
            deaf.socket.setblocking(False)
            stream, sent = (u32(1 << 31 | len(message)) + message) * 2000, 0
            with suppress(BlockingIOError):
                while sent < len(stream):
                    sent += deaf.socket.send(stream[sent:])
            for _ in range(20):
                assert nfs.within(*read).status == 0
            deaf.socket.setblocking(True)
            for _ in range(20):
                assert deaf.receive()[1].u32() == 0
