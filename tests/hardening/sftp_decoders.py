"""The decoder of SFTP packets."""

import logging
import struct
from types import SimpleNamespace

import mutants
from decoders import Decoder, FailedError
from nfs_stand import Stand

from devicesim.device.share import Discard
from devicesim.endpoints.ssh.subsystem import Subsystem

INIT, VERSION = 1, 2
HANDLE = b"hx1"
"""What the first handle of a session is called."""


def packet(kind, *parts, number=1):
    body = struct.pack(">I", number) + b"".join(parts)
    return struct.pack(">IB", len(body) + 1, kind) + body


def text(words):
    words = words if isinstance(words, bytes) else words.encode()
    return struct.pack(">I", len(words)) + words


def number(*values):
    return struct.pack(f">{len(values)}I", *values)


def long(value):
    return struct.pack(">Q", value)


class Channel:
    """A channel on which everything has been sent already."""

    def __init__(self, data):
        self._data, self._at = memoryview(data), 0
        self.sent, self.closed, self.status = bytearray(), False, None

    def recv(self, count):
        piece = bytes(self._data[self._at : self._at + min(count, 32_768)])
        self._at += len(piece)
        return piece

    def recv_ready(self):
        return self._at < len(self._data)

    def sendall(self, data):
        self.sent += data

    def send_exit_status(self, status):
        self.status = status

    def get_name(self):
        return "fuzz"

    def get_transport(self):
        return SimpleNamespace(get_log_channel=lambda: "devicesim.fuzz", get_hexdump=lambda: False)


class _Noted(logging.Handler):
    """What is only noted: that the answer to a request raised."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


class Free(Stand):
    """A device whose replies are due at once."""

    def due(self, reply):
        return 0.0

    def settle(self, *, clock=True):
        pass


START = packet(INIT, number=3)
OPENED = packet(3, text("demo/a"), number(0x1A), number(0))
NOTHING, ALL = number(0), number(0xF) + long(5) + number(1, 1, 0o600, 1, 2)


class Sftp(Decoder):
    """Streams of packets as one client sends them, behind its INIT."""

    tokens = (text("demo/a"), text(HANDLE), text("/../../etc/passwd"), text("demo/l"), ALL)
    seeds = tuple(
        START + each
        for each in (
            OPENED + packet(6, text(HANDLE), long(0), text("hello")) + packet(5, text(HANDLE), long(0), number(100))
            + packet(8, text(HANDLE)) + packet(10, text(HANDLE), ALL) + packet(4, text(HANDLE)),
            packet(11, text("demo")) + packet(12, text(HANDLE)) + packet(12, text(HANDLE)) + packet(4, text(HANDLE)),
            packet(7, text("demo/a")) + packet(17, text("demo/l")) + packet(19, text("demo/l")),
            packet(9, text("demo/a"), ALL) + packet(9, text("demo/a"), number(1 << 31, 1), text("k"), text("v")),
            packet(14, text("demo/d"), NOTHING) + packet(15, text("demo/d")),
            packet(18, text("demo/a"), text("demo/b")) + packet(13, text("demo/b")),
            packet(20, text("../../etc/passwd"), text("demo/s")) + packet(17, text("demo/s")),
            packet(16, text("../../..")) + packet(16, text("")) + packet(16, text("demo/./x")),
            packet(200, text("posix-rename@openssh.com"), text("demo/a"), text("demo/c"))
            + packet(200, text("statvfs@openssh.com"), text("demo")),
            OPENED + packet(200, text("check-file"), text(HANDLE), text("md5,sha1"), long(0), long(0), number(0)),
            packet(99) + packet(21) + packet(255),
        )
    )  # fmt: skip

    def bent(self, draw):
        return mutants.bent_bytes(draw, self.seeds, self.tokens)

    def run(self, data):
        stand = Free(Discard())
        share, now = stand.share, stand.world.now
        bucket = share.lookup(share.root, "demo")
        file = share.create(bucket, "a", now)
        share.write(file, 0, b"x" * 100, now, stable=True)
        share.symlink(bucket, "l", "a", now)
        channel, noted = Channel(data), _Noted()
        log = logging.getLogger("devicesim.ssh")
        log.addHandler(noted)
        log.propagate = False
        try:
            session = Subsystem(channel, "sftp", SimpleNamespace(client=0), stand)
            session.start_subsystem("sftp", channel.get_transport(), channel)
        finally:
            log.removeHandler(noted)
            log.propagate = True
        if noted.lines:
            raise FailedError("\n".join(noted.lines[-20:]))
        self._check(bytes(channel.sent))

    @staticmethod
    def _check(sent):
        at = 0
        while at < len(sent):
            size, kind = struct.unpack_from(">IB", sent, at)
            if kind != VERSION and not 101 <= kind <= 105 and kind != 201:
                raise FailedError(f"a reply of kind {kind}")
            at += 4 + size
        if at != len(sent):
            raise FailedError("a reply was cut off")
