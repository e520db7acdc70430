"""What no client of SFTP should send: a status in words, or the session ended, and nothing else lost."""

import os
import socket
import struct
from contextlib import contextmanager

import paramiko
import pytest
from device_stand import BUCKET, device_stand, share_of

from devicesim.endpoints.ssh import SshDoor

KEY = paramiko.ECDSAKey.generate()
HOME = f"/buckets/{BUCKET}"
KEPT = os.urandom(100_000)
INIT, OPEN, CLOSE, READ, WRITE, STAT, REMOVE, MKDIR, REALPATH, RENAME, SYMLINK = (
    1,
    3,
    4,
    5,
    6,
    17,
    13,
    14,
    16,
    18,
    20,
)
VERSION, STATUS, HANDLE, DATA, NAME = 2, 101, 102, 103, 104
OK, EOF, NO_SUCH_FILE, DENIED, FAILURE, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8
FOR_READING, FOR_WRITING, MADE = 0x01, 0x02, 0x0A


def u32(*values):
    return struct.pack(f">{len(values)}I", *values)


def u64(value):
    return struct.pack(">Q", value)


def text(words):
    words = words if isinstance(words, bytes) else words.encode()
    return u32(len(words)) + words


NOTHING = u32(0)


@pytest.fixture(scope="module")
def stand():
    return device_stand()


@pytest.fixture(scope="module")
def door(stand):
    with SshDoor(stand, authorized_keys=f"{KEY.get_name()} {KEY.get_base64()}") as opened:
        yield opened


@contextmanager
def connected(door):
    host, port = door.address.split(":")
    with paramiko.Transport((host, int(port))) as transport:
        transport.connect(username="snow", pkey=KEY)
        yield transport


class Session:
    """One SFTP session, packet by packet."""

    def __init__(self, transport):
        self.channel = transport.open_session()
        self.channel.settimeout(20)
        self.channel.invoke_subsystem("sftp")

    def send(self, kind, *parts, number=7):
        body = bytes([kind]) + u32(number) + b"".join(parts)
        self.channel.sendall(u32(len(body)) + body)

    def receive(self):
        """Kind of the next reply, and what follows its number."""
        data = self._exactly(int.from_bytes(self._exactly(4), "big"))
        return data[0], data[5:]

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.channel.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def status(self, kind, *parts):
        """The status that a request is answered with, and its words."""
        self.send(kind, *parts)
        answered, body = self.receive()
        assert answered == STATUS
        (code, size) = struct.unpack_from(">II", body)
        return code, body[8 : 8 + size].decode()

    def handle(self, path, how):
        self.send(OPEN, text(path), u32(how), NOTHING)
        answered, body = self.receive()
        assert answered == HANDLE, body
        return body

    @property
    def ended(self):
        """Whether the session is over; it says so within its time."""
        return self.channel.recv(1) == b""


@pytest.fixture
def session(door):
    with connected(door) as transport:
        opened = Session(transport)
        opened.send(INIT, number=3)
        assert opened.receive()[0] == VERSION
        yield opened


@pytest.fixture(autouse=True)
def unharmed(stand, door):
    """Whatever a test has done, another client finds what was there, and no name that the test does not own to."""
    with connected(door) as transport, paramiko.SFTPClient.from_transport(transport) as files:
        with files.open(f"{HOME}/kept", "wb") as file:
            file.write(KEPT)
        made = {"kept"}
        yield made
        with files.open(f"{HOME}/kept", "rb") as file:
            assert file.read() == KEPT
        with connected(door) as later, paramiko.SFTPClient.from_transport(later) as others:
            assert set(others.listdir(HOME)) == made
            for name in made:
                others.remove(f"{HOME}/{name}")


class TestPackets:
    @pytest.mark.parametrize("size", [0, (1 << 18) + 1, 2**32 - 1])
    def test_law_one_of_a_size_that_none_has_ends_the_session(self, session, size):
        session.channel.sendall(u32(size))
        assert session.ended

    def test_law_one_that_is_cut_off_by_the_end_does_nothing(self, session):
        whole = bytes([REMOVE]) + u32(7) + text(f"{HOME}/kept")
        session.channel.sendall(u32(len(whole)) + whole[:-1])
        session.channel.shutdown_write()
        assert session.ended

    def test_law_who_does_not_begin_with_init_has_no_session(self, door):
        with connected(door) as transport:
            hasty = Session(transport)
            hasty.send(REMOVE, text(f"{HOME}/kept"))
            assert hasty.ended

    @pytest.mark.parametrize("kind", [0, INIT, VERSION, 21, 99, STATUS, 201, 255])
    def test_law_requests_that_are_none(self, session, kind):
        assert session.status(kind, text("x"))[0] == UNSUPPORTED
        assert session.status(REMOVE, text(f"{HOME}/none"))[0] == NO_SUCH_FILE

    def test_law_extensions_that_are_not_there(self, session):
        for name in ("fsync@openssh.com", "check-file", "x" * 10_000, ""):
            assert session.status(200, text(name), text("hx1"))[0] == UNSUPPORTED

    @pytest.mark.parametrize("kind", [*range(OPEN, SYMLINK + 1), 200])
    def test_law_parts_that_are_cut_off_or_lie(self, session, kind):
        for parts in (b"", u32(2**32 - 1), u32(100) + b"short"):
            assert session.status(kind, parts)[0] == BAD_MESSAGE

    def test_law_attributes_without_end(self, session):
        lie = u32(1 << 31, 4_000_000_000)
        assert session.status(MKDIR, text(f"{HOME}/new"), lie)[0] == BAD_MESSAGE


class TestHandles:
    @pytest.mark.parametrize("forged", [b"", b"hx999", b"\0" * 16, b"\xff\xfe", b"x" * 10_000])
    def test_law_forged(self, session, forged):
        for kind, parts in (
            (CLOSE, b""),
            (READ, u64(0) + u32(10)),
            (WRITE, u64(0) + text("spoilt")),
            (8, b""),
            (12, b""),
        ):
            assert session.status(kind, text(forged), parts)[0] in {BAD_MESSAGE, FAILURE}
        assert session.status(10, text(forged), NOTHING)[0] == BAD_MESSAGE

    def test_law_one_that_was_closed(self, session):
        handle = session.handle(f"{HOME}/kept", FOR_READING | FOR_WRITING)
        assert session.status(CLOSE, handle)[0] == OK
        assert session.status(WRITE, handle, u64(0), text("spoilt"))[0] in {BAD_MESSAGE, FAILURE}

    def test_law_one_of_another_session(self, door, session):
        handle = session.handle(f"{HOME}/kept", FOR_READING | FOR_WRITING)
        with connected(door) as transport:
            other = Session(transport)
            other.send(INIT, number=3)
            other.receive()
            assert other.status(WRITE, handle, u64(0), text("spoilt"))[0] in {BAD_MESSAGE, FAILURE}

    def test_law_what_it_was_not_opened_for(self, session):
        handle = session.handle(f"{HOME}/kept", FOR_READING)
        assert session.status(WRITE, handle, u64(0), text("spoilt"))[0] == DENIED
        handle = session.handle(f"{HOME}/kept", FOR_WRITING)
        assert session.status(READ, handle, u64(0), u32(10))[0] == DENIED

    def test_law_one_of_a_file_that_is_gone(self, session):
        handle = session.handle(f"{HOME}/gone", MADE)
        assert session.status(REMOVE, text(f"{HOME}/gone"))[0] == OK
        code, words = session.status(WRITE, handle, u64(0), text("late"))
        assert (code, words.partition(":")[0]) == (FAILURE, "Stale file handle")


NAMES = [
    ("a\0b", FAILURE, "Invalid argument"),
    ("x" * 256, FAILURE, "File name too long"),
    ("x" * 10_000, FAILURE, "File name too long"),
    (b"\xff", BAD_MESSAGE, "names must be UTF-8"),
]


@pytest.mark.parametrize(("name", "code", "words"), NAMES, ids=[repr(name[:8]) for name, _, _ in NAMES])
def test_law_names_wherever_one_is_given(session, name, code, words):
    bad = text(HOME.encode() + b"/" + (name if isinstance(name, bytes) else name.encode()))
    kept = text(f"{HOME}/kept")
    for kind, parts in (
        (OPEN, bad + u32(MADE) + NOTHING),
        (MKDIR, bad + NOTHING),
        (REMOVE, bad),
        (15, bad),
        (STAT, bad),
        (7, bad),
        (9, bad + NOTHING),
        (11, bad),
        (RENAME, kept + bad),
        (RENAME, bad + text(f"{HOME}/new")),
        (SYMLINK, text("target") + bad),
    ):
        told, why = session.status(kind, parts)
        assert (told, why.partition(":")[0]) == (code, words), (kind, why)


@pytest.mark.parametrize(
    "path", ["", "/", "..", "../../..", "/buckets", f"{HOME}/..", "/etc/passwd", f"{HOME}/../../etc/x"]
)
def test_law_paths_that_lead_out(session, path):
    """Nothing above the buckets is made, moved or removed, and nothing of the host is seen."""
    for kind, parts in (
        (OPEN, text(path) + u32(MADE) + NOTHING),
        (MKDIR, text(path) + NOTHING),
        (REMOVE, text(path)),
        (15, text(path)),
        (RENAME, text(f"{HOME}/kept") + text(path)),
        (RENAME, text(path) + text(f"{HOME}/new")),
    ):
        assert session.status(kind, parts)[0] in {NO_SUCH_FILE, DENIED, FAILURE}


class TestWrites:
    def test_law_past_the_end_of_what_there_may_be(self, stand, session, unharmed):
        """A write is done whole or refused: SFTP has no short ones, and what was not told is lost."""
        unharmed |= {"large"}
        share, most = share_of(stand), share_of(stand).limits.file_size
        handle = session.handle(f"{HOME}/large", MADE | FOR_READING)
        assert session.status(WRITE, handle, u64(0), text("whole"))[0] == OK
        for offset in (most - 1, most, 2**63, 2**64 - 1):
            code, words = session.status(WRITE, handle, u64(offset), text("xy"))
            assert (code, words.partition(":")[0]) == (FAILURE, "File too large"), offset
        assert share.resolve(f"{HOME}/large").size == 5
        for size in (most + 1, 2**64 - 1):
            assert session.status(9, text(f"{HOME}/large"), u32(1), u64(size))[0] == FAILURE
        assert session.status(WRITE, handle, u64(most - 2), text("xy"))[0] == OK
        assert share.resolve(f"{HOME}/large").size == most
        assert session.status(READ, handle, u64(2**64 - 1), u32(2**32 - 1))[0] == EOF

    def test_law_the_most_and_more_than_that(self, session, unharmed):
        unharmed |= {"a"}
        handle = session.handle(f"{HOME}/a", MADE)
        assert session.status(WRITE, handle, u64(0), text(bytes((1 << 18) - 1024)))[0] == OK
        session.channel.sendall(u32((1 << 18) + 100))
        assert session.ended


def test_law_a_port_in_use_is_told(stand, door):
    port = int(door.address.rpartition(":")[2])
    with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
        SshDoor(stand, authorized_keys=f"{KEY.get_name()} {KEY.get_base64()}", port=port)


def test_law_who_never_says_who_it_is_keeps_nobody_out(door):
    host, port = door.address.split(":")
    with socket.create_connection((host, int(port)), 20) as silent:
        silent.sendall(b"SSH-2.0-half")
        with connected(door) as transport:
            assert transport.is_authenticated()
