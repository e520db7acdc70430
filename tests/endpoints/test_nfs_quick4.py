"""Compounds in C: byte for byte what the Python forms answer, and the same state and share afterwards."""

import dataclasses
import itertools
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nfs4_client import ANONYMOUS, CURRENT, bitmap, op, opening
from nfs_client import NFS, opaque, u32, u64
from nfs_decoders import record
from nfs_stand import LIMITS
from test_nfs_quick import HOST, NAMES, NODES, Pair, credential

from devicesim.endpoints.nfs import quick
from devicesim.endpoints.nfs.bulk import Body
from devicesim.endpoints.nfs.v4.state import FileState

pytestmark = pytest.mark.skipif(quick.extension is None, reason="there was no compiler at install time")

ROOT = credential(0)
STAT = bitmap(0, 1, 3, 4, 8, 19, 20, 33, 35, 36, 37, 41, 45, 47, 52, 53, 55)
LONGEST = 1 << 20


class Both(Pair):
    """Two services, each with clients of versions 4.0 and 4.1 that have a file open."""

    def __init__(self, **more):
        super().__init__(**more)
        self.xids, self.sequence = itertools.count(1000), 1
        self.by_python = Counter()
        version4 = self._versions()[0]
        plain = version4.one

        def one(compound):
            done = plain(compound)
            self.by_python[done[0]] += 1
            return done

        version4.one = one
        self.session = b""
        self.compound(op("exchange_id", b"12345678", opaque(b"c"), u32(0, 0, 0)), minor=1)
        number = next(iter(self._versions()[0].clients.by_number))
        channel = u32(0, LONGEST, LONGEST, 4096, 16, 2, 0)
        self.compound(op("create_session", u64(number), u32(1, 0), channel, channel, u32(0, 1, 0)), minor=1)
        (self.session,) = self._versions()[0].clients.sessions
        self.within(op("reclaim_complete", u32(0)))
        self.compound(
            op("setclientid", b"87654321", opaque(b"d"), u32(0), opaque(b""), opaque(b""), u32(0)), minor=0
        )
        other = list(self._versions()[0].clients.by_number.values())[-1]
        self.compound(op("setclientid_confirm", u64(other.number), other.confirm), minor=0)
        self.opens = {1: self._open(1, number), 0: self._open(0, other.number)}
        self.by_python.clear()

    def _versions(self):
        return [service._files() and service._version4 for service in self.services]

    def _open(self, minor, number):
        told = self.compound(
            *([self.next()] if minor else []),
            op("putfh", opaque(self.handle("top"))),
            opening(b"f", access=3, client=number, sequence=1, owner=b"o%d" % minor),
            minor=minor,
        )
        assert told[24:28] == bytes(4)
        states = self._versions()[0].clients.states
        state = list(states.values())[-1]
        stateid = u32(state.sequence) + state.other
        if minor == 0:
            self.compound(op("putfh", opaque(self.handle("f"))), op("open_confirm", stateid, u32(2)), minor=0)
            stateid = u32(state.sequence) + state.other
        return stateid

    def next(self, *, slot=0, keep=0, step=1):
        self.sequence += step
        return op("sequence", self.session, u32(self.sequence - 1, slot, 1, keep))

    def message(self, operations, *, minor, tag=b"", count=None, who=ROOT, xid=None):
        count = len(operations) if count is None else count
        compound = opaque(tag) + u32(minor, count) + b"".join(operations)
        made = bytearray(record(NFS, 4, 1, compound, who)[4:])
        made[:4] = u32(next(self.xids) if xid is None else xid)
        return bytes(made)

    def compound(self, *operations, **more):
        told = self.call(self.message(operations, **more))
        self.alike()
        return told

    def within(self, *operations, **more):
        return self.compound(self.next(), *operations, minor=1, **more)

    def alike(self):
        """Whether what is remembered of clients is the same, but for when they were heard of."""
        first, second = (_plain(version.clients, {}) for version in self._versions())
        assert first == second


def _plain(value, seen):
    """State as values that compare; nodes by their numbers, and what was seen before by its place."""
    if value is None or isinstance(value, int | float | str | bytes):
        return value
    if id(value) in seen:
        return seen[id(value)]
    seen[id(value)] = f"seen {len(seen)}"
    if hasattr(value, "fileid"):
        return value.fileid, value.generation
    if isinstance(value, dict):
        return [(_plain(key, seen), _plain(each, seen)) for key, each in value.items()]
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each, seen) for each in value]
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value) if field.name != "renewed"]
        return [(name, _plain(getattr(value, name), seen)) for name in fields]
    names = ("by_number", "sessions", "files", "states") if hasattr(value, "by_number") else ("held",)
    return [(name, _plain(getattr(value, name), seen)) for name in names]


STATEIDS = st.sampled_from(
    ("open", "open", "open", "zero", "old", ANONYMOUS, CURRENT, b"\xff" * 16, bytes(15) + b"\1")
)
FATTR = st.sampled_from(
    (
        u32(0) + opaque(b""),
        bitmap(33) + opaque(u32(0o640)),
        bitmap(4) + opaque(u64(0)),
        u32(2, 1 << 4, 2) + opaque(u64(10) + u32(0o600)),
        u32(1, 1 << 4) + opaque(u64(7) + b"more"),
        bitmap(36) + opaque(opaque(b"7")),
        bitmap(33) + opaque(u32(0o10000)),
        bitmap(1) + opaque(u32(1)),
    )
)
SMALL = st.sampled_from((0, 1, 5, 4096))


PLAIN = (
    "putfh",
    "getfh",
    "getattr",
    "lookup",
    "access",
    "read",
    "write",
    "commit",
    "setattr",
    "open",
    "close",
)
OTHERS = ("savefh", "restorefh", "putrootfh", "lookupp", "remove", "readdir", "sequence", "readlink", "none")
MASKS = st.sampled_from((STAT, bitmap(0, 10, 33), bitmap(48), u32(0), u32(1, 1 << 4), bitmap(95)))
OFFSETS = st.sampled_from((0, 0, 1, 4096, 4999, 2**62, 2**63, 2**64 - 1)).map(u64)
SHARES = st.tuples(
    st.sampled_from((2, 3)), st.sampled_from((0, 1, 2, 3, 3, 0x402)), st.sampled_from((0, 0, 0, 1, 4))
)
OWNERS = st.sampled_from((b"o1", b"o2", b"o0")).map(opaque)
MADE = st.sampled_from((u32(0), u32(1, 0), u32(1, 0), u32(1, 1), u32(2)))
CLAIMS = st.sampled_from((u32(0), u32(0), u32(0), u32(4), u32(9)))
WRITTEN = st.builds(lambda how, size: u32(how) + opaque(bytes(size)), st.integers(0, 3), SMALL)
NUMBERS = st.integers(0, 9000).map(u32)
ARGUMENTS = {
    "putfh": NODES,
    "getattr": MASKS,
    "lookup": NAMES.map(opaque),
    "access": st.integers(0, 255).map(u32),
    "read": st.tuples(STATEIDS, OFFSETS, NUMBERS),
    "write": st.tuples(STATEIDS, OFFSETS, WRITTEN),
    "commit": st.builds(bytes.__add__, OFFSETS, NUMBERS),
    "setattr": st.tuples(STATEIDS, FATTR),
    "close": st.tuples(st.just(u32(3)), STATEIDS),
    "open": st.tuples(SHARES.map(lambda told: u32(*told)), OWNERS, MADE, FATTR, CLAIMS, NAMES.map(opaque)),
    "remove": NAMES.map(opaque),
    "readdir": st.just(u64(0) + bytes(8) + u32(1000, 2000) + STAT),
    "sequence": st.just(bytes(16) + u32(1, 0, 0, 0)),
}
"""What follows the number of an operation; handles and stateids are put in later."""


@st.composite
def operations(draw):
    """Operations of a compound, most of them on a node."""
    names = draw(st.lists(st.sampled_from(3 * PLAIN + OTHERS), max_size=6))
    names[:0] = ["putfh"] * draw(st.sampled_from((1, 1, 1, 1, 0)))
    return [(name, draw(ARGUMENTS.get(name, st.just(b"")))) for name in names]


def put(both, minor, name, given):
    """An operation as bytes."""
    if name == "none":
        return u32(9999)

    def stateid(told):
        if isinstance(told, bytes):
            return told
        number, other = both.opens[minor][:4], both.opens[minor][4:]
        return {"open": number, "zero": u32(0), "old": u32(9)}[told] + other

    if name == "putfh":
        return op(name, opaque(both.handle(given)))
    if name == "open":
        shares, owner, how, attributes, claim, text = given
        client = list(both._versions()[0].clients.by_number)[0 if minor else -1]
        made = how + attributes if how[:4] == u32(1) else how
        return op(name, shares, u64(client), owner, made, claim, text)
    if isinstance(given, tuple):
        return op(
            name, *(stateid(each) if isinstance(each, str) or len(each) == 16 else each for each in given)
        )
    return op(name, given)


CALLERS = st.sampled_from((ROOT, ROOT, ROOT, credential(7, 8), credential(9, 8), credential(9), u32(0, 0)))
COMPOUNDS = st.tuples(
    st.sampled_from((0, 1, 1, 1)), operations(), CALLERS, st.integers(0, 1), st.integers(0, 1)
)


@settings(max_examples=120, deadline=None)
@given(st.lists(COMPOUNDS, min_size=1, max_size=5), st.booleans(), st.sampled_from((8 * 10**12, 6000)))
def test_law_compounds_say_and_leave_the_same(drawn, squash, capacity):
    both = Both(squash=squash, limits=replace(LIMITS, capacity=capacity))
    for number, (minor, parts, who, keep, again) in enumerate(drawn):
        for stand in both.stands:
            stand.world.now = 100.0 + number / 3
        made = [put(both, minor, *part) for part in parts]
        made[:0] = [both.next(keep=keep)] if minor else []
        message = both.message(made, minor=minor, who=who, tag=b"t" * number)
        for _ in range(1 + again):
            both.call(message)
            both.alike()
    both.equal()


@settings(max_examples=100, deadline=None)
@given(COMPOUNDS, st.data())
def test_law_compounds_say_and_leave_the_same_where_they_are_spoilt(drawn, data):
    minor, parts, who, keep, _ = drawn
    both = Both()
    made = [put(both, minor, *part) for part in parts]
    message = both.message(([both.next(keep=keep)] if minor else []) + made, minor=minor, who=who)
    at = data.draw(st.integers(0, min(len(message) - 1, 400)))
    both.call(message[:at] + bytes([message[at] ^ 1 << data.draw(st.integers(0, 7))]) + message[at + 1 :])
    both.call(message[: data.draw(st.integers(24, len(message)))])
    both.alike()
    both.equal()


@pytest.mark.parametrize("minor", [0, 1])
@pytest.mark.parametrize(
    "name", ["write", "read", "getattr", "lookup", "access", "commit", "getfh", "setattr"]
)
def test_worked_plain_operations_are_answered_in_c(name, minor):
    both = Both()
    make = {
        "write": lambda: op("write", both.opens[minor], u64(0), u32(0), opaque(b"abc")),
        "read": lambda: op("read", both.opens[minor], u64(1), u32(6000)),
        "getattr": lambda: op("getattr", STAT),
        "lookup": lambda: op("lookup", opaque(b"own")),
        "access": lambda: op("access", u32(63)),
        "commit": lambda: op("commit", u64(0), u32(0)),
        "getfh": lambda: op("getfh"),
        "setattr": lambda: op("setattr", ANONYMOUS, bitmap(33), opaque(u32(0o600))),
    }[name]
    first = op("putfh", opaque(both.handle("d" if name == "lookup" else "f")))
    both.compound(*([both.next()] if minor else []), first, op("getattr", STAT), minor=minor)
    both.by_python.clear()
    told = both.compound(*([both.next()] if minor else []), first, make(), minor=minor)
    assert (told[24:28], both.by_python) == (bytes(4), Counter() if name != "getattr" else both.by_python)
    if name == "getattr":  # with all that is supported, which Python tells
        assert set(both.by_python) <= {9}
    both.equal()


def test_worked_a_file_is_made_written_and_closed_in_c():
    both = Both()
    folder = op("putfh", opaque(both.handle("d")))
    made = opening(b"new", access=3, how=0, mode=0o640)
    both.within(folder, made, op("getfh"), op("access", u32(63)))
    state = list(both._versions()[0].clients.states.values())[-1]
    file = op("putfh", opaque(both.services[0]._files().handle(state.node)))
    stateid = u32(state.sequence) + state.other
    both.within(file, op("write", stateid, u64(0), u32(0), opaque(b"abc")), op("commit", u64(0), u32(0)))
    both.within(file, op("close", u32(0), stateid))
    assert both.by_python == Counter()
    assert both.stands[0].share.read(state.node, 0, 10) == b"abc"
    assert state not in both._versions()[0].clients.states.values()
    both.equal()


def test_worked_data_beside_the_record_are_written_as_they_are():
    both = Both()
    data = bytes(range(256)) * 1000
    before = both.message(
        [
            both.next(),
            op("putfh", opaque(both.handle("f"))),
            op("write", both.opens[1], u64(9), u32(0, len(data))),
        ],
        minor=1,
    )
    after = op("getfh")
    message = bytearray(before + after)
    count = message.index(u32(1, 3) + op("sequence", both.session)[:8]) + 4
    message[count : count + 4] = u32(4)
    body = Body(len(before), memoryview(data))
    both.services[0].answer_quickly(memoryview(bytes(message)), HOST, body)
    whole = bytes(message[: len(before)]) + data + after
    expected = b"".join(both.services[1].answer(memoryview(whole), HOST).parts)
    assert expected[24:28] == bytes(4)
    both.alike()
    both.equal()
    assert both.by_python == Counter()


def test_worked_a_reply_too_long_for_its_session_is_not_sent():
    both = Both()
    for version in both._versions():
        next(iter(version.clients.sessions.values())).most_reply = 300
    both.within(op("putfh", opaque(both.handle("f"))), *[op("getattr", STAT)] * 4)
    for version in both._versions():
        session = next(iter(version.clients.sessions.values()))
        session.most_reply, session.most_kept = 10**6, 300
    both.compound(
        both.next(keep=1), op("putfh", opaque(both.handle("f"))), *[op("getattr", STAT)] * 4, minor=1
    )
    both.equal()


def test_law_what_is_remembered_is_compared():
    both = Both()
    both._versions()[0].clients.files[9, 9] = FileState()
    with pytest.raises(AssertionError):
        both.alike()
