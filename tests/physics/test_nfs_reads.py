"""The calls that read a file: their order, and their bytes against messages written out word by word."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError, UnknownNameError
from devicesim.physics import nfs


def word(*values):
    return struct.pack(f">{len(values)}I", *values)


def hyper(*values):
    return struct.pack(f">{len(values)}Q", *values)


def opaque(data):
    return word(len(data)) + data + bytes(-len(data) % 4)


NAME, HANDLE, HOST, OWNER = opaque(b"n" * 16), opaque(b"h" * 24), opaque(b"c" * 16), opaque(b"1000")


def record(message):
    return word(0x80000000 | len(message)) + message


def call(version, procedure, body):
    credential = word(0) + HOST + word(1000, 1000, 1, 1000)
    header = word(7, 0, 2, 100003, version, procedure) + word(1) + opaque(credential) + word(0, 0)
    return record(header + body)


def reply(body):
    return record(word(7, 1, 0) + word(0, 0) + word(0) + body)


class Version3:
    """RFC 1813: arguments and results of the procedures, as a client and a server write them."""

    # type, mode, nlink, uid, gid; size, used; rdev; fsid, fileid; three times
    fattr = word(1, 0o644, 1, 0, 0) + hyper(0, 0) + word(0, 0) + hyper(0, 0) + word(0, 0) * 3
    attributes = word(1) + fattr  # attributes follow

    def messages(self):
        return {
            "LOOKUP": (
                call(3, 3, HANDLE + NAME),
                reply(word(0) + HANDLE + self.attributes + self.attributes),
            ),
            "ACCESS": (call(3, 4, HANDLE + word(0x1F)), reply(word(0) + self.attributes + word(0x1F))),
            "READ": (
                call(3, 6, HANDLE + hyper(0) + word(4096)),
                reply(word(0) + self.attributes + word(0) + word(1) + opaque(b"")),
            ),
            "READDIRPLUS": (
                call(3, 17, HANDLE + hyper(0) + bytes(8) + word(4096, 32768)),
                # cookie verifier, no entry follows, end of the directory
                reply(word(0) + self.attributes + bytes(8) + word(0, 1)),
            ),
        }

    def entry(self):
        return word(1) + hyper(7) + NAME + hyper(1) + self.attributes + word(1) + HANDLE


class Version4:
    """RFC 7531 and RFC 5662: compounds."""

    stateid = word(1) + bytes(12)
    mask = word(2, 0x0010011A, 0x0030A23A)

    def __init__(self, minor):
        self.minor = minor
        times = (hyper(0) + word(0)) * 3
        stat = word(1) + hyper(0) + hyper(0) + hyper(0, 0) + hyper(0)  # type, change, size, fsid, fileid
        self.stat = stat + word(0o644, 1) + OWNER * 2 + word(0, 0) + hyper(0) + times

    def call(self, *operations):
        sequence = [word(53) + bytes(16) + word(1, 0, 0, 1)] if self.minor else []
        operations = [*sequence, word(22) + HANDLE, *operations]
        return call(4, 1, opaque(b"") + word(self.minor, len(operations)) + b"".join(operations))

    def reply(self, *results):
        sequence = [word(53, 0) + bytes(16) + word(1, 0, 63, 63, 0)] if self.minor else []
        results = [*sequence, word(22, 0), *results]
        return reply(word(0) + opaque(b"") + word(len(results)) + b"".join(results))

    def messages(self):
        opening = word(18, 0, 1, 0) + hyper(0) + opaque(b"open id:" + bytes(16)) + word(0) + word(0) + NAME
        # state; atomic change of the directory; flags; no attribute set; no delegation
        opened = word(18, 0) + self.stateid + word(1) + hyper(0, 1) + word(0) + word(0) + word(0)
        return {
            "OPEN": (
                self.call(opening, word(10), word(3, 0x1F), word(9) + self.mask),
                self.reply(
                    opened,
                    word(10, 0) + HANDLE,
                    word(3, 0, 0x1F, 0x1F),
                    word(9, 0) + self.mask + opaque(self.stat),
                ),
            ),
            "READ": (
                self.call(word(25) + self.stateid + hyper(0) + word(4096)),
                self.reply(word(25, 0) + word(1) + opaque(b"")),
            ),
            "CLOSE": (self.call(word(4, 0) + self.stateid), self.reply(word(4, 0) + self.stateid)),
            "READDIR": (
                self.call(word(26) + hyper(0) + bytes(8) + word(4096, 32768) + self.mask),
                self.reply(word(26, 0) + bytes(8) + word(0, 1)),
            ),
        }

    def entry(self):
        attributes = self.mask + opaque(self.stat + word(0) + HANDLE)
        return word(1) + hyper(1) + NAME + attributes


WRITTEN_OUT = {"3": Version3(), "4.0": Version4(0), "4.1": Version4(1)}


@pytest.mark.parametrize("version", WRITTEN_OUT)
class TestMessages:
    def test_worked_bytes_of_every_call(self, version):
        calls = nfs.file_reads(version)
        made = {each.name: each for each in (*calls.before, calls.read, *calls.after, calls.page)}
        messages = WRITTEN_OUT[version].messages()
        assert made.keys() == messages.keys()
        assert {n: (each.request, each.reply) for n, each in made.items()} == {
            n: (len(asked), len(answered)) for n, (asked, answered) in messages.items()
        }

    def test_worked_entry_of_a_listing(self, version):
        assert nfs.file_reads(version).entry == len(WRITTEN_OUT[version].entry())

    def test_law_a_page_lists_as_many_as_fit(self, version):
        calls = nfs.file_reads(version)
        for page in (1024, 8192, 32768, 1048576):
            within = page - (calls.page.reply - 28)  # a page counts what follows the RPC header
            assert calls.entries(page) == max(1, within // calls.entry)


@pytest.mark.parametrize(
    ("version", "order"),
    [
        pytest.param("3", ["LOOKUP", "ACCESS", "READ"], id="RFC 1813: no open, no close"),
        pytest.param("4.0", ["OPEN", "READ", "CLOSE"], id="RFC 7530: OPEN and CLOSE"),
        pytest.param("4.1", ["OPEN", "READ", "CLOSE"], id="RFC 8881: OPEN and CLOSE"),
    ],
)
def test_published_order_of_calls(version, order):
    calls = nfs.file_reads(version)
    assert [each.name for each in (*calls.before, calls.read, *calls.after)] == order


@given(size=st.integers(0, 10**13), rsize=st.integers(1, 2**18).map(lambda words: 4 * words))
def test_law_the_data_come_in_the_replies(size, rsize):
    calls = nfs.file_reads("4.1")
    request, reply = nfs.read_bytes(size, rsize, calls)
    empty_request, empty_reply = nfs.read_bytes(0, rsize, calls)
    reads = -(-size // rsize)
    assert request - empty_request == reads * calls.read.request
    assert 0 <= reply - empty_reply - reads * calls.read.reply - size < 4


def test_misuse():
    with pytest.raises(UnknownNameError, match="NFS version"):
        nfs.file_reads("2")
    with pytest.raises(BoundError, match="handle_bytes must be in"):
        nfs.file_reads("3", handle_bytes=65)
    calls = nfs.file_reads("3")
    with pytest.raises(BoundError, match="size must be >= 0"):
        nfs.read_bytes(-1, 4096, calls)
    with pytest.raises(BoundError, match="rsize must be a positive multiple of 4"):
        nfs.read_bytes(1, 4095, calls)
