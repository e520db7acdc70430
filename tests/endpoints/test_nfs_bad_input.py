"""What no client should send: the right answer, or the connection closed, and everybody else served as before."""

import random
import struct

import pytest
from nfs_client import MOUNT, NFS, Nfs3, RpcError, opaque, sattr, u32, u64
from nfs_stand import Stand

from devicesim.endpoints.nfs import NfsDoor

KEPT = b"what somebody else has written" * 1000
PROG_UNAVAIL, PROG_MISMATCH, PROC_UNAVAIL, GARBAGE_ARGS = 1, 2, 3, 4


@pytest.fixture
def door():
    with NfsDoor(Stand()) as opened:
        yield opened


@pytest.fixture
def nfs(door):
    with Nfs3(door.port) as client:
        yield client


@pytest.fixture(autouse=True)
def alive(door):
    """Whatever a test has done, another client is served afterwards, and finds what it had written."""
    with Nfs3(door.port) as other:
        top = other.mount("/buckets/demo")[1]
        kept = other.create(other.mkdir(top, b"of another")[1], b"kept")[1]
        other.write(kept, 0, KEPT, 2)
    yield
    with Nfs3(door.port) as again:
        assert again.mount("/buckets/demo")[1] == top
        assert (
            again.read(again.lookup(again.lookup(top, b"of another")[1], b"kept")[1], 0, 1 << 20)[1] == KEPT
        )


def hung_up(client):
    client.socket.settimeout(10)
    try:
        return client.socket.recv(1) == b""
    except ConnectionResetError:
        return True


class TestRecords:
    def test_law_a_record_too_large_ends_the_connection(self, nfs):
        nfs.socket.sendall(u32(1 << 31 | (4 << 20)))
        assert hung_up(nfs)

    def test_law_fragments_that_add_up_to_too_much_end_it_too(self, nfs):
        piece = u32(1 << 20) + bytes(1 << 20)
        with pytest.raises((ConnectionError, AssertionError)):  # noqa: PT012
            for _ in range(8):
                nfs.socket.sendall(piece)
            assert not hung_up(nfs)

    @pytest.mark.parametrize("size", [0, 3, 4, 23])
    def test_law_a_record_that_is_no_call_ends_it(self, nfs, size):
        nfs.send(bytes(size))
        assert hung_up(nfs)

    def test_law_a_reply_is_no_call(self, nfs):
        nfs.send(u32(7, 1, 0, 0, 0, 0, 0))
        assert hung_up(nfs)

    def test_law_a_record_cut_off_by_the_end_is_forgotten(self, nfs):
        nfs.socket.sendall(u32(1 << 31 | 1000) + bytes(500))
        nfs.close()

    def test_law_a_record_byte_by_byte_is_answered(self, nfs):
        message = nfs.message(NFS, 3, 0)
        for byte in u32(1 << 31 | len(message)) + message:
            nfs.socket.sendall(bytes([byte]))
        assert nfs.receive()[1].left == 0

    def test_law_many_calls_in_one_go_are_all_answered(self, nfs):
        messages = [nfs.message(NFS, 3, 0) for _ in range(3000)]
        nfs.socket.sendall(b"".join(u32(1 << 31 | len(m)) + m for m in messages))
        assert [nfs.receive()[0] for _ in messages] == [struct.unpack(">I", m[:4])[0] for m in messages]


class TestCalls:
    @pytest.mark.parametrize(
        ("program", "version", "procedure", "why"),
        [
            (100000, 2, 3, (PROG_UNAVAIL,)),
            (0, 0, 0, (PROG_UNAVAIL,)),
            (NFS, 2, 0, (PROG_MISMATCH, 3, 4)),
            (NFS, 5, 0, (PROG_MISMATCH, 3, 4)),
            (MOUNT, 1, 0, (PROG_MISMATCH, 3, 3)),
            (NFS, 3, 22, (PROC_UNAVAIL,)),
            (NFS, 4, 2, (PROC_UNAVAIL,)),
            (MOUNT, 3, 6, (PROC_UNAVAIL,)),
            (NFS, 3, 2**32 - 1, (PROC_UNAVAIL,)),
        ],
    )
    def test_law_what_is_not_there(self, nfs, program, version, procedure, why):
        with pytest.raises(RpcError) as told:
            nfs.call(program, version, procedure)
        assert told.value.args == ("accepted", *why)

    def test_law_another_version_of_rpc(self, nfs):
        message = bytearray(nfs.message(NFS, 3, 0))
        message[8:12] = u32(3)
        nfs.send(bytes(message))
        with pytest.raises(RpcError) as told:
            nfs.receive()
        assert told.value.args == ("denied", 0, 2, 2)

    @pytest.mark.parametrize(
        "credential",
        [
            u32(6) + opaque(bytes(20)),  # a flavor that is not spoken
            u32(1) + opaque(bytes(4)),  # too short to be AUTH_SYS
            u32(1) + opaque(u32(0) + opaque(b"host") + u32(0, 0, 17, *range(17))),  # too many groups
            u32(1) + u32(2**32 - 1),  # longer than the record
            u32(1) + opaque(bytes(800)),  # longer than any credential
        ],
    )
    def test_law_credentials_that_cannot_be_read(self, nfs, credential):
        nfs.credential = credential
        with pytest.raises(RpcError) as told:
            nfs.call(NFS, 3, 0)
        assert told.value.args == ("denied", 1, 1)

    def test_worked_nobody_is_nobody(self, nfs):
        top = nfs.mount("/buckets/demo")[1]
        nfs.credential = u32(0, 0)
        assert nfs.getattr(nfs.create(top, b"a")[1])[1].uid == 65534

    @pytest.mark.parametrize("procedure", range(1, 22))
    def test_law_arguments_that_are_cut_off(self, nfs, procedure):
        with pytest.raises(RpcError) as told:
            nfs.call(NFS, 3, procedure, u32(16) + bytes(8))
        assert told.value.args == ("accepted", GARBAGE_ARGS)

    @pytest.mark.parametrize("path", [u32(100) + b"/buckets", u32(2**32 - 1), b""], ids=range(3))
    @pytest.mark.parametrize("procedure", [1, 3])
    def test_law_a_path_to_mount_that_is_cut_off(self, nfs, procedure, path):
        with pytest.raises(RpcError) as told:
            nfs.call(MOUNT, 3, procedure, path)
        assert told.value.args == ("accepted", GARBAGE_ARGS)

    @pytest.mark.parametrize("seed", range(20))
    def test_law_noise_is_answered_or_ends_the_connection(self, door, seed):
        """Arguments at random, and calls with bytes changed at random: never a SYSTEM_ERR, never silence."""
        draw, told = random.Random(seed), set()
        with Nfs3(door.port, timeout=10) as nfs:
            top = nfs.mount("/buckets/demo")[1]
            for _ in range(50):
                version = draw.choice([3, 3, 4])
                procedure = draw.randrange(22) if version == 3 else 1
                arguments = bytearray(opaque(top) + draw.randbytes(4 * draw.randrange(30)))
                for _ in range(draw.randrange(4)):
                    arguments[draw.randrange(len(arguments))] = draw.randrange(256)
                if version == 4:
                    arguments = u32(0, draw.randrange(2), 9) + draw.randbytes(4 * draw.randrange(30))
                try:
                    nfs.call(NFS, version, procedure, bytes(arguments))
                except RpcError as error:
                    told.add(error.args)
        assert told <= {("accepted", GARBAGE_ARGS)}

    def test_law_a_write_that_lies_of_its_length(self, nfs):
        top = nfs.mount("/buckets/demo")[1]
        file = nfs.create(top, b"a")[1]
        assert nfs.do("write", opaque(file) + u64(0) + u32(100, 0) + opaque(b"short"))[0] == 22
        with pytest.raises(RpcError):
            nfs.do("write", opaque(file) + u64(0) + u32(5, 7) + opaque(b"short"))
        assert nfs.getattr(file)[1].size == 0


NAMES = [b"", b".", b"..", b"a/b", b"../../etc", b"a\0b", b"\xff", b"x" * 256, b"x" * 10_000]
ACCES, EXIST, INVAL, NAMETOOLONG, NOTEMPTY = 13, 17, 22, 63, 66


@pytest.mark.parametrize("name", NAMES, ids=[repr(name[:12]) for name in NAMES])
def test_law_names_wherever_one_is_given(nfs, name):
    """None of them makes, moves or removes anything; what is too long says so."""
    top = nfs.mount("/buckets/demo")[1]
    file, folder = nfs.create(top, b"file")[1], nfs.mkdir(top, b"folder")[1]
    before = nfs.readdir(top)[1], nfs.readdir(folder)[1]
    told = {
        "create": nfs.create(top, name)[0],
        "mkdir": nfs.mkdir(top, name)[0],
        "symlink": nfs.symlink(top, name, b"target")[0],
        "mknod": nfs.do("mknod", opaque(top) + opaque(name) + u32(7) + sattr())[0],
        "link": nfs.link(file, top, name),
        "rename": nfs.rename(top, b"file", folder, name),
        "rename from": nfs.rename(top, name, folder, b"new"),
        "remove": nfs.remove(top, name),
        "rmdir": nfs.rmdir(top, name),
    }
    if name not in {b".", b".."}:
        told["lookup"] = nfs.lookup(top, name)[0]
    assert set(told.values()) <= {ACCES, EXIST, INVAL, NAMETOOLONG, NOTEMPTY}, told
    assert (nfs.readdir(top)[1], nfs.readdir(folder)[1]) == before
    if len(name) > 255:
        assert set(told.values()) == {NAMETOOLONG}


@pytest.mark.parametrize(
    ("target", "status"), [(b"a\0b", INVAL), (b"x" * 10_000, NAMETOOLONG)], ids=["NUL", "long"]
)
def test_law_targets_of_links(nfs, target, status):
    assert nfs.symlink(nfs.mount("/buckets/demo")[1], b"link", target)[0] == status


class TestClients:
    def test_law_a_client_that_stops_reading_stops_only_itself(self, door, nfs):
        top = nfs.mount("/buckets/demo")[1]
        file = nfs.create(top, b"a", size=1 << 20)[1]
        deaf = Nfs3(door.port)
        read = deaf.message(NFS, 3, 6, opaque(file) + u64(0) + u32(1 << 20))
        count = 64  # megabytes asked for, far more than is held for anybody
        deaf.socket.sendall((u32(1 << 31 | len(read)) + read) * count)
        for _ in range(20):
            assert nfs.getattr(top)[0] == 0
        for _ in range(count):
            assert deaf.receive()[1].left > 1 << 20
        deaf.close()

    def test_law_a_hundred_clients_are_served(self, door):
        clients = [Nfs3(door.port) for _ in range(100)]
        tops = [client.mount("/buckets/demo")[1] for client in clients]
        for number, (client, top) in enumerate(zip(clients, tops, strict=True)):
            assert client.create(top, b"%d" % number, how=1)[0] == 0
        for client in clients:
            client.close()

    def test_law_a_port_in_use_is_told(self, door):
        with pytest.raises(OSError, match=f"127.0.0.1:{door.port}"):
            NfsDoor(Stand(), port=door.port)

    def test_law_closing_hangs_up(self):
        with NfsDoor(Stand()) as door:
            client = Nfs3(door.port)
            assert client.mount("/buckets/demo")[0] == 0
        assert hung_up(client)
        client.close()
