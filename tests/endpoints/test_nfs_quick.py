"""The plain calls in C: byte for byte what the Python forms answer, or nothing done and nothing answered."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nfs_client import NFS, PROCEDURES, opaque, sattr, u32, u64
from nfs_decoders import record
from nfs_stand import LIMITS, Stand

from devicesim.device.share import Keep
from devicesim.endpoints.arrivals import Arrival
from devicesim.endpoints.nfs import quick
from devicesim.endpoints.nfs.rpc import DeniedError
from devicesim.endpoints.nfs.service import Service

pytestmark = pytest.mark.skipif(quick.extension is None, reason="there was no compiler at install time")

HOST = SimpleNamespace(host="127.0.0.1", open=True, allowed=True, arrival=Arrival("127.0.0.1"), since=None)
PLAIN = ("getattr", "setattr", "lookup", "access", "write", "create", "commit")


class Priced(Stand):
    """One that notes what it was told to price."""

    paced = True

    def __init__(self, *more):
        super().__init__(*more)
        self.priced = []

    def perform(self, operation, payload, client, change, since=None):
        done = super().perform(operation, payload, client, change, since)
        if done.result is not None:
            self.priced.append((operation, payload(done.result) if callable(payload) else payload))
        return done


class Pair:
    """Two services over shares that began alike: one asks the C form first."""

    def __init__(self, *, squash=False, limits=LIMITS, priced=False):
        self.priced = priced
        self.stands = [(Priced if priced else Stand)(Keep(1 << 20), limits) for _ in range(2)]
        self.services = [Service(stand, squash=squash) for stand in self.stands]
        for stand in self.stands:
            share = stand.share
            top = share.lookup(share.root, "demo")
            folder = share.mkdir(top, "d", 1.0, mode=0o750, uid=7, gid=8)
            share.create(folder, "own", 2.0, mode=0o640, uid=7, gid=8)
            share.create(folder, "sets", 2.0, mode=0o6775, uid=7, gid=8)
            share.symlink(folder, "link", "own", 3.0, uid=7)
            share.write(share.create(top, "f", 4.0, mode=0o666), 0, b"x" * 5000, 4.0)
        self.quickly = 0

    def handle(self, name):
        share = self.stands[0].share
        node = share.root if name == "root" else share.lookup(share.root, "demo")
        for part in () if name in ("root", "top") else name.split("/"):
            node = share.lookup(node, part)
        return self.services[0]._files().handle(node)

    def call(self, message):
        """The reply that both give."""
        reply = self.services[0].answer_quickly(memoryview(message), HOST)
        if reply is None:
            told = plainly(self.services[0], message)
        else:
            told = b"".join(reply.parts)
            self.quickly += 1
        expected = plainly(self.services[1], message)
        assert told == expected
        return told

    def equal(self):
        """Whether both shares are alike to the last attribute and byte."""
        shares = [stand.share for stand in self.stands]
        for nodes in zip(*(share.nodes for share in shares), strict=True):
            told = [
                None
                if n is None
                else [(s, getattr(n, s)) for s in n.__class__.__mro__[-2].__slots__ if s != "bucket"]
                for n in nodes
            ]
            assert told[0] == told[1]
            if type(nodes[0]).__name__ == "File":
                assert shares[0].read(nodes[0], 0, nodes[0].size) == shares[1].read(
                    nodes[1], 0, nodes[1].size
                )
        assert len({(share.used, share.unstable_bytes, share.files) for share in shares}) == 1
        if self.priced:
            assert self.stands[0].priced == self.stands[1].priced


def plainly(service, message):
    try:
        return b"".join(service.answer(memoryview(message), HOST).parts)
    except DeniedError as denied:
        return denied.reply


def credential(uid, gid=0, groups=()):
    return u32(1) + opaque(u32(0) + opaque(b"test") + u32(uid, gid, len(groups), *groups))


NODES = st.sampled_from(("top", "root", "d", "d/own", "d/sets", "d/link", "f"))
NAMES = st.sampled_from(
    (
        b"d",
        b"own",
        b"f",
        b"link",
        b"new",
        b"n2",
        b".",
        b"..",
        b"",
        b"a/b",
        b"\0",
        b"\xff",
        "ä".encode(),
        b"x" * 300,
    )
)
CALLERS = st.sampled_from(
    (*(credential(*who) for who in ((0,), (7, 8), (9, 8), (9, 1, (8,)), (9,))), u32(0, 0))
)
SMALL = st.sampled_from((0, 1, 5, 4096))
ATTRIBUTES = st.builds(
    sattr,
    mode=st.none() | st.sampled_from((0o600, 0o4755, 0o777)),
    uid=st.none() | st.sampled_from((0, 7, 2**32 - 1)),
    gid=st.none() | st.sampled_from((8, 9)),
    size=st.none() | st.sampled_from((0, 10, 2**50, 2**64 - 1)),
    atime=st.sampled_from((None, "now", (5, 6), (2**32 - 1, 999_999_999))),
    mtime=st.sampled_from((None, "now", (5, 6), (0, 0))),
)


@st.composite
def calls(draw):
    """Procedure, node, what follows the handle, and who calls."""
    name = draw(st.sampled_from(PLAIN))
    data = bytes(draw(SMALL))
    more = {
        "getattr": lambda: b"",
        "setattr": lambda: draw(ATTRIBUTES) + draw(st.sampled_from((u32(0), u32(1, 5, 5)))),
        "lookup": lambda: opaque(draw(NAMES)),
        "access": lambda: u32(draw(st.integers(0, 255))),
        "write": lambda: (
            u64(draw(st.sampled_from((0, 1, 4096, 2**62, 2**64 - 1))))
            + u32(draw(st.sampled_from((len(data), 3))), draw(st.integers(0, 3)))
            + opaque(data)
        ),
        "create": lambda: opaque(draw(NAMES)) + u32(draw(st.integers(0, 3))) + draw(ATTRIBUTES),
        "commit": lambda: u64(draw(SMALL)) + u32(draw(SMALL)),
    }[name]()
    return name, draw(NODES), more, draw(CALLERS)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(calls(), min_size=1, max_size=12),
    st.booleans(),
    st.sampled_from((8 * 10**12, 6000)),
    st.booleans(),
)
def test_law_the_same_bytes_and_the_same_share(drawn, squash, capacity, priced):
    pair = Pair(squash=squash, limits=replace(LIMITS, capacity=capacity), priced=priced)
    for number, (name, node, more, who) in enumerate(drawn):
        for stand in pair.stands:
            stand.world.now = 100.0 + number / 3
        message = bytearray(record(NFS, 3, PROCEDURES.index(name), opaque(pair.handle(node)) + more, who)[4:])
        message[:4] = u32(number)
        pair.call(bytes(message))
    pair.equal()


@settings(max_examples=30, deadline=None)
@given(calls(), st.booleans(), st.data())
def test_law_the_same_bytes_for_what_is_spoilt(drawn, priced, data):
    name, node, more, who = drawn
    pair = Pair(priced=priced)
    message = record(NFS, 3, PROCEDURES.index(name), opaque(pair.handle(node)) + more[:200], who)[4:]
    short = message[: data.draw(st.integers(24, len(message)))]
    pair.call(short)
    at = data.draw(st.integers(0, min(len(message) - 1, 120)))
    pair.call(message[:at] + bytes([message[at] ^ 1 << data.draw(st.integers(0, 7))]) + message[at + 1 :])
    pair.equal()


@pytest.mark.parametrize("priced", [False, True], ids=["unpaced", "paced"])
@pytest.mark.parametrize("name", PLAIN)
def test_worked_the_plain_ones_are_answered_in_c(name, priced):
    pair = Pair(priced=priced)
    where, more = {
        "getattr": ("d", b""),
        "setattr": ("f", sattr(mode=0o600) + u32(0)),
        "lookup": ("d", opaque(b"own")),
        "access": ("f", u32(63)),
        "write": ("f", u64(0) + u32(3, 0) + opaque(b"abc")),
        "create": ("top", opaque(b"g") + u32(1) + sattr(mode=0o644)),
        "commit": ("f", u64(0) + u32(0)),
    }[name]
    message = record(NFS, 3, PROCEDURES.index(name), opaque(pair.handle(where)) + more)[4:]
    first = pair.call(message)
    assert pair.quickly == 1
    if name in ("create", "setattr"):  # a repetition: the same answer, and nothing done twice
        assert pair.call(message) == first
        assert pair.quickly == 1
    pair.equal()


def test_worked_nobody_is_answered_who_may_not_ask():
    pair = Pair()
    message = memoryview(record(NFS, 3, 1, opaque(pair.handle("f")))[4:])
    service, stand = pair.services[0], pair.stands[0]
    assert service.answer_quickly(message, HOST) is not None
    stand.allowed_hosts = ("10.0.0.0/8",)
    assert service.answer_quickly(message, HOST) is None
    stand.allowed_hosts, stand.serves = None, False
    assert service.answer_quickly(message, HOST) is None
    stand.serves = True
    stand.share.restart()
    assert int.from_bytes(pair.services[0].answer(message, HOST).parts[1]) == 70  # the handle is stale
    assert service.answer_quickly(message, HOST) is None
