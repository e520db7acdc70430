"""Large WRITEs: their data are received where they stay, or not at all, and nobody can tell."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nfs4_client import op
from nfs_client import NFS, Words, opaque, u32, u64
from nfs_decoders import Wire, record
from nfs_stand import Stand

from devicesim.device.share import Discard, Hash, Keep
from devicesim.device.share.pieces import PIECE, Room
from devicesim.endpoints.nfs.bulk import HEAD, find
from devicesim.endpoints.nfs.records import MOST_DATA, Connection
from devicesim.endpoints.nfs.service import Service

BYTES = random.Random(7).randbytes(MOST_DATA)
GETATTR = 1


class Cut(Wire):
    """A wire on which a record arrives in parts of these sizes, one for each time that the server looks."""

    def __init__(self, data, sizes):
        super().__init__(data)
        self.sizes = iter(sizes)

    def recv_into(self, room, size=0, flags=0):
        most = next(self.sizes, 1 << 30)
        return super().recv_into(room, min(size or len(room), most), flags)


class Line:
    """One client of one service, that sends whole streams of records."""

    def __init__(self, content):
        self.stand = Stand(content)
        self.share = self.stand.share
        self.service = Service(self.stand)
        self.top = self.share.lookup(self.share.root, "demo")
        self.file = self.share.create(self.top, "f", 0.0, uid=0)

    @property
    def handle(self):
        return opaque(self.service._files().handle(self.file))

    def write(self, offset, data, count=None, *, handle=None, stable=0):
        count = len(data) if count is None else count
        where = self.handle if handle is None else handle
        return record(NFS, 3, 7, where + u64(offset) + u32(count, stable) + opaque(data))

    def send(self, stream, sizes=()):
        """What the server answers, and whether it hung up."""
        wire = Cut(stream, sizes)

        def take(connection, part, body):
            connection.send(self.service.answer(part, connection, body).parts)

        connection = Connection(take, lambda _: None, self.service.allows, self.service.lend)
        connection.begin(wire, ("127.0.0.1", 1), wire)
        while wire.coming and not wire.closed:
            connection.receive()
        return bytes(wire.sent), wire.closed

    def content(self):
        return self.share.read(self.file, 0, self.file.size)


def statuses(sent):
    """NFS status of each reply."""
    told = []
    while sent:
        size = int.from_bytes(sent[:4]) & 0x7FFFFFFF
        told.append(int.from_bytes(sent[28:32]))
        sent = sent[4 + size :]
    return told


SIZES = st.lists(st.integers(1, 3000) | st.integers(1, MOST_DATA), max_size=12)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from((0, 1, 4096, 200_001, PIECE // 2, PIECE - 3, PIECE))),
        min_size=1,
        max_size=4,
    ),
    SIZES,
)
def test_law_a_stream_of_writes_says_and_leaves_the_same_however_it_is_cut(writes, sizes):
    model, stream, line = bytearray(), b"", Line(Keep(1 << 30))
    for number, (place, count) in enumerate(writes):
        offset, data = place * PIECE // 2, BYTES[number : number + count]
        stream += line.write(offset, data) + record(NFS, 3, GETATTR, line.handle)
        if data:
            model += bytes(max(0, offset + len(data) - len(model)))
            model[offset : offset + len(data)] = data
    sent, closed = line.send(stream, sizes)
    assert not closed
    assert line.content() == bytes(model)
    plain = Line(Keep(1 << 30))
    assert plain.send(stream, [16])[0] == sent
    assert statuses(sent) == [0] * 2 * len(writes)


@pytest.mark.parametrize("content", [Keep(1 << 30), Discard(), Hash()], ids=["keep", "discard", "hash"])
def test_worked_data_are_not_moved_where_they_can_be_received_in_place(content):
    line = Line(content)
    sent, closed = line.send(line.write(0, BYTES) + line.write(PIECE, BYTES))
    assert (statuses(sent), closed, line.file.size) == ([0, 0], False, 2 * PIECE)
    if isinstance(content, Keep):
        assert {type(piece.obj) for piece in line.file.content.pieces} == {Room}
        assert line.content() == 2 * BYTES
    elif type(content) is Discard:
        assert line.service.lend() is None
    else:
        import_digest = line.share.digest(line.file)
        assert import_digest.value is not None


@pytest.mark.parametrize(
    ("content", "batches"), [(Keep(1 << 30), 3), (Discard(), 1)], ids=["keep", "discard"]
)
def test_worked_a_client_is_answered_while_others_of_his_are_copied(content, batches):
    line = Line(content)
    batched = []

    class Told(Cut):
        def send(self, data):
            batched.append(len(data))
            return super().send(data)

    wire = Told(b"".join(line.write(place * PIECE, BYTES) for place in range(3)), [700])
    connection = Connection(
        lambda connection, part, body: connection.send(line.service.answer(part, connection, body).parts),
        lambda _: None,
        line.service.allows,
        line.service.lend,
    )
    connection.begin(wire, ("127.0.0.1", 1), wire)
    connection.receive()
    assert (len(batched), statuses(bytes(wire.sent))) == (batches, [0, 0, 0])


def test_worked_memory_of_a_removed_file_serves_the_next_one_and_no_two_at_a_time():
    keep = Keep(1 << 30)
    line = Line(keep)
    line.send(line.write(0, BYTES))
    room = line.file.content.pieces[0].obj
    line.share.remove(line.top, "f", 0.0)
    line.file = line.share.create(line.top, "g", 0.0)
    line.send(line.write(0, BYTES[::-1]) + line.write(PIECE, BYTES))
    assert line.file.content.pieces[0].obj is room
    assert line.content() == BYTES[::-1] + BYTES
    assert keep.held == 2 * PIECE


def test_worked_a_refused_write_lends_its_memory_to_the_next():
    keep = Keep(1 << 30)
    line = Line(keep)
    stale = opaque(line.service._files().handle(line.file)[:-1] + b"\x09")
    sent, _ = line.send(line.write(0, BYTES, handle=stale) + line.write(0, BYTES))
    assert statuses(sent) == [70, 0]
    assert line.content() == BYTES


@pytest.mark.parametrize("minor", [0, 1])
def test_worked_a_compound_goes_on_behind_its_data(minor):
    line = Line(Keep(1 << 30))
    operations = [
        op("putfh", line.handle),
        op("write", bytes(16), u64(0), u32(2), opaque(BYTES[:-3])),
        op("getfh"),
    ]
    compound = record(NFS, 4, 1, opaque(b"tag") + u32(minor, 3) + b"".join(operations))
    sent, closed = line.send(compound + record(NFS, 3, GETATTR, line.handle), [100, 100, 300_000])
    assert not closed
    words = Words(sent[28:])
    if minor:  # without a session nothing is done
        assert (words.u32(), line.file.size) == (10071, 0)
    else:
        assert (words.u32(), line.content()) == (0, BYTES[:-3])
    assert sent.count(line.handle) == (0 if minor else 1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line.write(0, BYTES, count=MOST_DATA - 1),
        lambda line: record(NFS, 3, 7, line.handle + u64(0) + u32(MOST_DATA, 0, MOST_DATA + 4) + BYTES),
        lambda line: record(NFS, 3, 7, line.handle + u64(0) + u32(MOST_DATA, 0, 5) + BYTES),
        lambda line: record(NFS, 3, 7, u32(1 << 20) + BYTES),
        lambda line: record(NFS, 3, 99, line.handle + BYTES),
        lambda line: record(NFS, 3, 7, line.handle + u64(0) + u32(200_000, 9) + opaque(BYTES[:200_000])),
    ],
    ids=["counts", "too-long", "too-short", "handle", "procedure", "stable"],
)
def test_worked_what_is_wrong_is_answered_and_the_next_call_is_found(spoil):
    line = Line(Keep(1 << 30))
    stream = spoil(line) + record(NFS, 3, GETATTR, line.handle)
    sent, closed = line.send(stream, [700, 2000, 5])
    assert not closed
    assert len(statuses(sent)) == 2
    whole = b"".join(
        u32(len(part) | 1 << 31) + part
        for part in (
            b"".join(line.service.answer(memoryview(each), _host(line)).parts) for each in _records(stream)
        )
    )
    assert sent == whole


def _records(stream):
    while stream:
        size = int.from_bytes(stream[:4]) & 0x7FFFFFFF
        yield stream[4 : 4 + size]
        stream = stream[4 + size :]


def _host(line):
    connection = Connection(lambda *_: None, lambda _: None, line.service.allows)
    connection.host, connection.open = "127.0.0.1", True
    return connection


def test_worked_fragments_of_a_large_write_are_put_together():
    line = Line(Keep(1 << 30))
    message = line.write(0, BYTES)[4:]
    stream = u32(500_000) + message[:500_000] + u32(len(message) - 500_000 | 1 << 31) + message[500_000:]
    sent, closed = line.send(stream)
    assert (statuses(sent), closed, line.content()) == ([0], False, BYTES)


def test_worked_where_data_begin():
    # 40 bytes of call and credential, 8 of verifier, a handle of 16 behind its length, then 20 to the data
    line = Line(Discard())
    call = line.write(0, BYTES)[4:]
    place = call.index(BYTES[:64])
    assert find(memoryview(call)[:HEAD], len(call)) == (place, MOST_DATA)
    assert all(find(memoryview(call)[:size], len(call)) is None for size in range(place))
    assert find(memoryview(call)[:HEAD], len(call) - 1) is None
