"""NFSv4.0 and 4.1 over a real socket: compounds, client ids, sessions, opens, locks, leases."""

import pytest
from nfs4_client import (
    ANONYMOUS,
    CURRENT,
    Nfs4,
    Nfs41,
    attributes,
    bitmap,
    names,
    op,
    opening,
    read_open,
    skip_attributes,
)
from nfs_client import RpcError, opaque, u32, u64
from nfs_stand import Stand

from devicesim.endpoints.nfs import NfsDoor
from devicesim.endpoints.nfs.status import Status

TOP = names("buckets/demo")
LOOKED = [None] * len(TOP)
READ, WRITE, BOTH = 1, 2, 3
UNCHECKED, GUARDED, EXCLUSIVE = 0, 1, 2
REST = u64(2**64 - 1)


@pytest.fixture
def stand():
    return Stand()


@pytest.fixture
def door(stand):
    with NfsDoor(stand) as opened:
        yield opened


@pytest.fixture
def nfs(door):
    with Nfs41(door.port) as client:
        client.start()
        yield client


@pytest.fixture
def old(door):
    with Nfs4(door.port) as client:
        client.number, _ = client.identify()
        yield client


def opened(nfs, name=b"a", access=BOTH, deny=0, how=UNCHECKED, **more):
    """Open a file in a session: status, stateid, handle."""
    told = nfs.within(*TOP, opening(name, access, deny, how, **more), op("getfh"))
    if told.status:
        return Status(told.status), None, None
    *_, (stateid, _), handle = nfs.result(told, *LOOKED, read_open, lambda words: words.opaque())
    return Status.OK, stateid, handle


class TestCompounds:
    @pytest.mark.parametrize("minor", [2, 3, 2**32 - 1])
    def test_law_later_versions_are_refused(self, nfs, minor):
        told = nfs.compound(op("putrootfh"), minor=minor, tag=b"hello")
        assert (told.status, told.count) == (Status.MINOR_VERS_MISMATCH, 0)

    @pytest.mark.parametrize("number", [0, 1, 2, 59, 10044, 2**32 - 1])
    @pytest.mark.parametrize("minor", [0, 1])
    def test_law_operations_that_are_none(self, nfs, old, minor, number):
        told = nfs.within(u32(number)) if minor else old.compound(u32(number))
        assert told.status == Status.OP_ILLEGAL
        assert told.words.u32() == 10044

    def test_law_what_is_cut_off_is_bad_xdr(self, nfs, old):
        assert old.compound(op("putfh", u32(100), b"abcd")).status == Status.BADXDR
        assert old.compound(op("putrootfh"), count=2).status == Status.BADXDR
        assert nfs.within(op("putfh", u32(100), b"abcd")).status == Status.BADXDR

    def test_law_a_compound_that_is_none_is_garbage(self, nfs):
        with pytest.raises(RpcError) as told:
            nfs.call(100003, 4, 1, u32(4000))
        assert told.value.args == ("accepted", 4)

    def test_worked_the_first_failure_ends_it(self, old):
        told = old.compound(op("putrootfh"), op("lookup", opaque(b"none")), op("getfh"))
        assert (told.status, told.count) == (Status.NOENT, 2)

    @pytest.mark.parametrize(
        ("name", "status"),
        [
            (b"", Status.INVAL),
            (b"..", Status.BADNAME),
            (b"a/b", Status.BADCHAR),
            (b"a\0", Status.BADCHAR),
            (b"\xc0\xff", Status.INVAL),
            (b"x" * 256, Status.NAMETOOLONG),
            (b"x" * 10_000, Status.NAMETOOLONG),
        ],
    )
    def test_law_names(self, nfs, name, status):
        made = op("create", u32(2), opaque(name), attributes())
        assert nfs.within(*TOP, made).status == status
        assert nfs.within(*TOP, op("lookup", opaque(name))).status == status

    def test_worked_no_current_handle(self, nfs):
        for operation in (op("getfh"), op("lookup", opaque(b"a")), op("savefh"), op("restorefh")):
            assert nfs.within(operation).status == Status.NOFILEHANDLE

    def test_worked_the_way_up(self, nfs):
        told = nfs.within(*TOP, op("lookupp"), op("lookupp"), op("lookupp"))
        assert (told.status, told.count) == (Status.NOENT, 1 + len(TOP) + 3)


class TestSessions:
    def test_worked_a_request_that_comes_twice_is_done_once(self, nfs):
        made = op("create", u32(2), opaque(b"dir"), attributes())
        first = nfs.within(*TOP, made)
        again = nfs.within(*TOP, made, number=nfs.slot)
        assert (first.status, again.status) == (Status.OK, Status.OK)
        assert again.words.data[4:] == first.words.data[4:]
        assert nfs.within(*TOP, made).status == Status.EXIST

    def test_law_another_request_of_the_same_number_is_told(self, nfs):
        nfs.within(*TOP)
        assert nfs.within(op("putrootfh"), number=nfs.slot).status == Status.SEQ_FALSE_RETRY

    def test_law_a_long_reply_nobody_asked_to_keep_is_not_kept(self, nfs, stand):
        top = stand.share.buckets["demo"].directory
        for number in range(100):
            stand.share.create(top, f"{number:>03}", 1.0)
        listing = op("readdir", u64(0), bytes(8), u32(4096, 4096), bitmap(1, 20))
        assert nfs.within(*TOP, listing).status == Status.OK
        assert nfs.within(*TOP, listing, number=nfs.slot).status == Status.RETRY_UNCACHED_REP

    @pytest.mark.parametrize(
        ("operations", "status"),
        [
            ((op("putrootfh"),), Status.OP_NOT_IN_SESSION),
            ((op("sequence", bytes(16), u32(1, 0, 0, 0)),), Status.BADSESSION),
            ((op("destroy_session", bytes(16)),), Status.BADSESSION),
            ((op("destroy_clientid", u64(7)),), Status.STALE_CLIENTID),
            ((op("exchange_id", bytes(8), opaque(b"x"), u32(0, 0, 0)), op("putrootfh")), Status.NOT_ONLY_OP),
        ],
    )
    def test_law_outside_of_a_session(self, nfs, operations, status):
        assert nfs.compound(*operations).status == status

    def test_law_numbers_and_slots(self, nfs):
        assert nfs.within(number=nfs.slot + 2).status == Status.SEQ_MISORDERED
        assert nfs.compound(nfs.sequence(1, slot=99)).status in (Status.BADSLOT, Status.BAD_HIGH_SLOT)
        assert nfs.within(op("putrootfh"), nfs.sequence(7)).status == Status.SEQUENCE_POS

    def test_worked_a_client_that_starts_anew_loses_what_it_had(self, nfs, door):
        assert opened(nfs)[0] is Status.OK
        with Nfs41(door.port) as again:
            again.start(verifier=b"another!")
            assert nfs.within().status == Status.BADSESSION
            assert opened(again, deny=BOTH)[0] is Status.OK

    def test_worked_a_session_and_its_client_end(self, nfs):
        name = nfs.name
        assert nfs.compound(op("destroy_session", name)).status == Status.OK
        assert nfs.within().status == Status.BADSESSION

    def test_law_nothing_opens_before_reclaim_complete(self, door):
        with Nfs41(door.port) as client:
            _, number, sequence = client.exchange(b"hasty")
            client.session(number, sequence)
            assert opened(client)[0] is Status.GRACE

    def test_law_a_reply_keeps_to_what_was_agreed(self, door):
        with Nfs41(door.port) as client:
            _, number, sequence = client.exchange(b"small")
            assert client.session(number, sequence, most=60) == Status.TOOSMALL
            assert client.session(number, sequence, most=400, kept=100) == Status.OK
            everything = op("getattr", bitmap(*range(47)))
            assert client.within(*TOP, *[everything] * 3).status == Status.REP_TOO_BIG
            assert client.within(*TOP, everything, keep=1).status == Status.REP_TOO_BIG_TO_CACHE
            assert client.within(*[op("putrootfh")] * 20).status == Status.TOO_MANY_OPS
            assert client.within(op("putfh", opaque(bytes(500)))).status == Status.REQ_TOO_BIG


class TestOpens:
    def test_worked_bytes_come_back(self, nfs, stand):
        _, stateid, handle = opened(nfs)
        data = bytes(range(256)) * 4000
        written = op("write", stateid, u64(0), u32(0), opaque(data))
        assert nfs.within(op("putfh", opaque(handle)), written, op("commit", u64(0), u32(0))).status == 0
        assert stand.share.unstable_bytes == 0
        told = nfs.within(op("putfh", opaque(handle)), op("read", stateid, u64(1000), u32(500)))
        assert nfs.result(told, None, lambda words: (words.u32(), words.opaque()))[1] == (0, data[1000:1500])
        assert nfs.within(op("putfh", opaque(handle)), op("close", u32(0), stateid)).status == 0
        stale = nfs.within(op("putfh", opaque(handle)), op("read", stateid, u64(0), u32(5)))
        assert stale.status == Status.BAD_STATEID

    def test_worked_the_compounds_own_stateid(self, nfs):
        told = nfs.within(
            *TOP,
            opening(b"b", BOTH, 0, UNCHECKED),
            op("write", CURRENT, u64(0), u32(2), opaque(b"data")),
            op("close", u32(0), CURRENT),
        )
        assert told.status == Status.OK

    @pytest.mark.parametrize(
        ("first", "second", "status"),
        [
            ((READ, 0), (BOTH, 0), Status.OK),
            ((READ, WRITE), (READ, 0), Status.OK),
            ((READ, WRITE), (WRITE, 0), Status.SHARE_DENIED),
            ((BOTH, 0), (READ, WRITE), Status.SHARE_DENIED),
            ((WRITE, READ), (WRITE, WRITE), Status.SHARE_DENIED),
        ],
    )
    def test_worked_what_an_open_denies(self, nfs, door, first, second, status):
        assert opened(nfs, b"a", *first)[0] is Status.OK
        with Nfs41(door.port) as other:
            other.start(name=b"other")
            assert opened(other, b"a", *second)[0] is status

    def test_worked_nobodys_stateid_meets_a_deny(self, nfs, door):
        _, _, handle = opened(nfs, b"a", READ, WRITE)
        write = op("write", ANONYMOUS, u64(0), u32(2), opaque(b"data"))
        assert nfs.within(op("putfh", opaque(handle)), write).status == Status.LOCKED

    def test_worked_what_an_open_is_for(self, nfs):
        _, stateid, handle = opened(nfs, b"a", READ)
        write = op("write", stateid, u64(0), u32(2), opaque(b"data"))
        assert nfs.within(op("putfh", opaque(handle)), write).status == Status.OPENMODE

    def test_worked_exclusive_create(self, nfs):
        def made(verifier):
            return nfs.within(*TOP, opening(b"e", BOTH, 0, EXCLUSIVE, verifier=verifier)).status

        assert (made(b"11111111"), made(b"11111111"), made(b"22222222")) == (0, 0, Status.EXIST)
        assert opened(nfs, b"e", how=GUARDED)[0] is Status.EXIST

    def test_worked_a_downgrade_to_what_was_opened(self, nfs):
        opened(nfs, b"a", READ)
        _, stateid, handle = opened(nfs, b"a", BOTH)

        def downgrade(stateid, access):
            return nfs.within(op("putfh", opaque(handle)), op("open_downgrade", stateid, u32(0, access, 0)))

        assert downgrade(stateid, WRITE).status == Status.INVAL
        told = downgrade(stateid, READ)
        assert told.status == Status.OK
        _, lower = nfs.result(told, None, 16)
        assert downgrade(stateid, READ).status == Status.OLD_STATEID
        write = op("write", lower, u64(0), u32(2), opaque(b"data"))
        assert nfs.within(op("putfh", opaque(handle)), write).status == Status.OPENMODE

    def test_worked_permissions_hold_at_open(self, nfs, door):
        told = nfs.within(*TOP, opening(b"mine", BOTH, 0, GUARDED, mode=0o600))
        assert told.status == 0
        with Nfs41(door.port, uid=1000, gid=100) as other:
            other.start(name=b"other")
            assert opened(other, b"mine", READ, how=None)[0] is Status.ACCESS

    def test_worked_a_removed_file_can_be_closed(self, nfs):
        _, stateid, handle = opened(nfs)
        assert nfs.within(*TOP, op("remove", opaque(b"a"))).status == 0
        assert nfs.within(op("putfh", opaque(handle)), op("close", u32(0), stateid)).status == 0
        assert nfs.within(op("putfh", opaque(handle))).status == Status.STALE


class TestLocks:
    def lock(self, nfs, handle, stateid, kind, offset, length, owner=b"proc"):
        lock = op(
            "lock", u32(kind, 0), u64(offset), length, u32(1, 0), stateid, u32(0), u64(0), opaque(owner)
        )
        return nfs.within(op("putfh", opaque(handle)), lock)

    def test_worked_a_lock_stands_against_another_client(self, nfs, door):
        _, stateid, handle = opened(nfs)
        assert self.lock(nfs, handle, stateid, 2, 100, u64(50)).status == 0
        with Nfs41(door.port) as other:
            other.start(name=b"other")
            _, theirs, _ = opened(other)
            told = self.lock(other, handle, theirs, 1, 0, REST)
            assert told.status == Status.DENIED
            assert other.result(told, None, lambda w: (w.u64(), w.u64(), w.u32()))[1] == (100, 50, 2)
            assert self.lock(other, handle, theirs, 2, 0, u64(100)).status == 0
            assert self.lock(other, handle, theirs, 2, 150, REST).status == 0

    def test_worked_unlock_and_test(self, nfs):
        _, stateid, handle = opened(nfs)
        told = self.lock(nfs, handle, stateid, 2, 0, u64(100))
        _, locked = nfs.result(told, None, 16)
        test = op("lockt", u32(1), u64(50), u64(10), u64(0), opaque(b"another"))
        assert nfs.within(op("putfh", opaque(handle)), test).status == Status.DENIED
        busy = nfs.within(op("free_stateid", locked))
        assert busy.status == Status.LOCKS_HELD
        unlock = op("locku", u32(2, 0), locked, u64(0), u64(100))
        told = nfs.within(op("putfh", opaque(handle)), unlock)
        assert told.status == 0
        assert nfs.within(op("putfh", opaque(handle)), test).status == 0
        assert nfs.within(op("free_stateid", nfs.result(told, None, 16)[1])).status == 0

    def test_law_ranges(self, nfs):
        _, stateid, handle = opened(nfs)
        assert self.lock(nfs, handle, stateid, 2, 0, u64(0)).status == Status.INVAL
        assert self.lock(nfs, handle, stateid, 2, 2, u64(2**64 - 2)).status == Status.INVAL


class TestVersion40:
    def open(self, old, sequence, name=b"a", owner=b"me", access=BOTH):
        call = opening(name, access, 0, UNCHECKED, client=old.number, owner=owner, sequence=sequence)
        return old.compound(*TOP, call, op("getfh"))

    def test_worked_an_open_is_confirmed_and_closed(self, old):
        told = self.open(old, 5)
        *_, (stateid, flags), handle = old.result(told, *LOOKED, read_open, lambda w: w.opaque())
        assert flags & 2
        there = op("putfh", opaque(handle))
        assert old.compound(there, op("read", stateid, u64(0), u32(1))).status == Status.BAD_STATEID
        told = old.compound(there, op("open_confirm", stateid, u32(6)))
        _, stateid = old.result(told, None, 16)
        assert old.compound(there, op("write", stateid, u64(0), u32(2), opaque(b"x"))).status == 0
        assert old.compound(there, op("close", u32(9), stateid)).status == Status.BAD_SEQID
        first = old.compound(there, op("close", u32(7), stateid))
        again = old.compound(there, op("close", u32(7), stateid))
        assert (first.status, again.status) == (0, 0)
        assert first.words.data[4:] == again.words.data[4:]
        told = self.open(old, 8)
        assert not old.result(told, *LOOKED, read_open)[-1][1] & 2

    def test_worked_a_client_must_be_confirmed(self, door):
        with Nfs4(door.port) as client:
            client.number, check = client.identify(confirm=False)
            assert self.open(client, 1).status == Status.STALE_CLIENTID
            wrong = op("setclientid_confirm", u64(client.number), bytes(8))
            assert client.compound(wrong).status == Status.STALE_CLIENTID
            assert client.compound(op("setclientid_confirm", u64(client.number), check)).status == 0
            assert client.compound(op("renew", u64(client.number))).status == 0

    def test_law_what_belongs_to_sessions_is_illegal(self, old):
        assert old.compound(op("destroy_session", bytes(16))).status == Status.OP_ILLEGAL


class TestLease:
    def test_worked_a_silent_clients_opens_end(self, stand):
        """The lease is 0.4 s of wall: whoever is silent for longer stands in nobody's way."""
        with NfsDoor(stand, lease=0.4) as door, Nfs41(door.port) as quiet, Nfs41(door.port) as other:
            quiet.start(name=b"quiet")
            assert opened(quiet, deny=BOTH)[0] is Status.OK
            other.start(name=b"other")
            assert opened(other)[0] is Status.SHARE_DENIED
            for _ in range(10_000):
                if opened(other)[0] is Status.OK:
                    break
            assert opened(other)[0] is Status.OK
            assert quiet.within().status == Status.BADSESSION


class TestAttributes:
    def test_worked_verify(self, nfs):
        size = bitmap(4) + opaque(u64(0))
        opened(nfs)
        at = [*TOP, op("lookup", opaque(b"a"))]
        assert nfs.within(*at, op("verify", size)).status == 0
        assert nfs.within(*at, op("nverify", size)).status == Status.SAME
        assert nfs.within(*at, op("verify", bitmap(4) + opaque(u64(1)))).status == Status.NOT_SAME
        assert nfs.within(*at, op("verify", bitmap(12) + opaque(b""))).status == Status.ATTRNOTSUPP
        assert nfs.within(*at, op("getattr", bitmap(48))).status == Status.INVAL

    def test_law_every_attribute_that_is_told_of_comes(self, nfs):
        told = nfs.within(*TOP, op("getattr", bitmap(0)))
        *_, supported = nfs.result(told, *LOOKED, lambda w: (w.fixed(4 * w.u32()), w.opaque())[1])
        words = [int.from_bytes(supported[at : at + 4]) for at in range(4, len(supported), 4)]
        every = {32 * k + bit for k, word in enumerate(words) for bit in range(32) if word >> bit & 1}
        readable = sorted(every - {48, 54})
        told = nfs.within(*TOP, op("getattr", bitmap(*readable)))
        *_, mask = nfs.result(told, *LOOKED, lambda w: (w.fixed(4 * w.u32()), w.opaque())[0])
        assert mask == bitmap(*readable)[4:]

    @pytest.mark.parametrize(
        ("wanted", "status"),
        [
            (bitmap(1) + opaque(u32(1)), Status.INVAL),
            (bitmap(12) + opaque(u32(0)), Status.ATTRNOTSUPP),
            (bitmap(36) + opaque(opaque(b"somebody@home")), Status.BADOWNER),
            (bitmap(33) + opaque(u32(0o640) + u32(0)), Status.BADXDR),
            (bitmap(33) + opaque(u32(0o100640)), Status.INVAL),
            (bitmap(33, 36, 37) + opaque(u32(0o640) + opaque(b"7") + opaque(b"8@x")), Status.OK),
        ],
    )
    def test_law_what_can_be_set(self, nfs, stand, wanted, status):
        opened(nfs)
        at = [*TOP, op("lookup", opaque(b"a"))]
        told = nfs.within(*at, op("setattr", ANONYMOUS, wanted))
        assert told.status == status
        if status:  # nothing was set, and that is said
            nfs.result(told, *[None] * len(at), 4)
            assert told.words.left == 0
        if status is Status.OK:
            node = stand.share.resolve("/buckets/demo/a")
            assert (node.mode, node.uid, node.gid) == (0o640, 7, 8)

    def test_worked_a_listing_page_by_page(self, nfs, stand):
        top = stand.share.buckets["demo"].directory
        for number in range(200):
            stand.share.create(top, f"{number:>03}", 1.0)
        cookie, found, end = 0, [], False
        while not end:
            call = op("readdir", u64(cookie), bytes(8), u32(600, 600), bitmap(1, 20))
            told = nfs.within(*TOP, call)
            assert told.status == 0
            nfs.result(told, *LOOKED, 8)
            while told.words.u32():
                cookie = told.words.u64()
                found.append(told.words.opaque().decode())
                skip_attributes(told.words)
            end = bool(told.words.u32())
        assert found == [f"{number:>03}" for number in range(200)]
        small = op("readdir", u64(0), bytes(8), u32(20, 20), bitmap(1))
        assert nfs.within(*TOP, small).status == Status.TOOSMALL
        assert (
            nfs.within(*TOP, op("readdir", u64(1), bytes(8), u32(600, 600), bitmap())).status
            == Status.BAD_COOKIE
        )
