"""NFSv3 and MOUNT over a real socket: every procedure, and the status of everything that is refused."""

import random
from dataclasses import replace

import pytest
from nfs_client import Nfs3, opaque, sattr, u32, u64
from nfs_stand import LIMITS, Stand

from devicesim.device.share import Discard
from devicesim.endpoints.nfs import NfsDoor

OK, PERM, NOENT, ACCES, EXIST, NOTDIR, ISDIR, INVAL = 0, 1, 2, 13, 17, 20, 21, 22
FBIG, NOSPC, ROFS, NAMETOOLONG, NOTEMPTY, DQUOT, STALE = 27, 28, 30, 63, 66, 69, 70
BADHANDLE, NOT_SYNC, TOOSMALL, BADTYPE, JUKEBOX = 10001, 10002, 10005, 10007, 10008
SERVERFAULT = 10006
UNSTABLE, FILE_SYNC = 0, 2


@pytest.fixture
def stand():
    return Stand()


@pytest.fixture
def door(stand):
    with NfsDoor(stand) as opened:
        yield opened


@pytest.fixture
def nfs(door):
    with Nfs3(door.port) as client:
        yield client


@pytest.fixture
def top(nfs):
    return nfs.mount("/buckets/demo")[1]


class TestMount:
    def test_worked_exports(self, nfs, stand):
        stand.share.add_bucket("second", now=0.0)
        assert nfs.exports() == ["/buckets/demo", "/buckets/second"]

    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/buckets/demo", OK),
            ("/buckets/demo/", OK),
            ("/buckets/demo/in", OK),
            ("/buckets/none", NOENT),
            ("/", NOENT),
            ("/buckets", ACCES),
            ("", NOENT),
            ("buckets/demo", NOENT),
            ("/buckets/../buckets/demo", NOENT),
            ("/buckets/demo/file", NOTDIR),
            ("/buckets/demo/" + "x" * 2000, NAMETOOLONG),
            ("/buckets/demo/a\0b", INVAL),
        ],
    )
    def test_law_a_path_is_mounted_or_told(self, nfs, top, path, status):
        nfs.mkdir(top, b"in")
        nfs.create(top, b"file")
        assert nfs.mount(path)[0] == status


class TestFiles:
    def test_worked_bytes_come_back(self, nfs, top, stand):
        data = random.Random(7).randbytes(3_000_001)
        file = nfs.create(top, b"clip.mov", mode=0o640)[1]
        for at in range(0, len(data), 1 << 20):
            status, count, committed, _ = nfs.write(file, at, data[at : at + (1 << 20)])
            assert (status, count, committed) == (OK, len(data[at : at + (1 << 20)]), UNSTABLE)
        assert stand.share.unstable_bytes == len(data)
        stand.share.commits = True  # as where the export is not async
        assert nfs.commit(file)[0] == OK
        assert stand.share.unstable_bytes == 0
        back = b"".join(nfs.read(file, at, 1 << 20)[1] for at in range(0, len(data), 1 << 20))
        assert back == data
        assert nfs.read(file, len(data) - 5, 100) == (OK, data[-5:], True)
        assert nfs.read(file, len(data) + 5, 100) == (OK, b"", True)
        told = nfs.getattr(file)[1]
        assert (told.type, told.mode, told.size, told.nlink) == (1, 0o640, len(data), 1)
        assert told.mtime == (int(stand.world.epoch.timestamp()) + 100, 0)
        assert stand.share.bytes == len(data)

    def test_worked_a_hole_reads_as_zeros(self, nfs, top):
        file = nfs.create(top, b"hole")[1]
        assert nfs.write(file, 10, b"x", FILE_SYNC)[:3] == (OK, 1, FILE_SYNC)
        assert nfs.read(file, 0, 100) == (OK, bytes(10) + b"x", True)

    def test_law_a_record_in_fragments_is_the_same_record(self, nfs, top):
        file = nfs.create(top, b"pieces")[1]
        assert nfs.write(file, 0, b"abcdefgh" * 100, fragment=7)[:2] == (OK, 800)
        assert nfs.read(file, 0, 800)[1] == b"abcdefgh" * 100

    def test_worked_create_in_its_three_ways(self, nfs, top):
        verifier = b"12345678"
        first = nfs.create(top, b"a")[1]
        assert nfs.create(top, b"a") == (OK, first)
        assert nfs.create(top, b"a", how=1)[0] == EXIST
        assert nfs.create(top, b"a", how=2, verifier=verifier)[0] == EXIST
        made = nfs.create(top, b"b", how=2, verifier=verifier)
        assert made[0] == OK
        assert nfs.create(top, b"b", how=2, verifier=verifier) == made
        assert nfs.create(top, b"b", how=2, verifier=b"another!")[0] == EXIST
        nfs.write(first, 0, b"data")
        assert nfs.create(top, b"a", size=0) == (OK, first)
        assert nfs.getattr(first)[1].size == 0

    def test_worked_setattr_sets_all(self, nfs, top):
        file = nfs.create(top, b"a")[1]
        wanted = {
            "mode": 0o4711,
            "uid": 7,
            "gid": 8,
            "size": 12,
            "atime": (5, 6),
            "mtime": (4_000_000_000, 9),
        }
        assert nfs.setattr(file, **wanted)[0] == OK
        told = nfs.getattr(file)[1]
        assert {name: getattr(told, name) for name in wanted} == wanted
        assert nfs.setattr(file, mtime="now")[0] == OK
        assert nfs.getattr(file)[1].mtime == told.ctime

    def test_worked_a_guard_that_does_not_hold(self, nfs, top):
        file = nfs.create(top, b"a")[1]
        told = nfs.getattr(file)[1]
        assert nfs.setattr(file, guard=told.ctime, mode=0o600)[0] == OK
        assert nfs.setattr(file, guard=(1, 1), mode=0o644)[0] == NOT_SYNC
        assert nfs.getattr(file)[1].mode == 0o600

    def test_worked_links(self, nfs, top, stand):
        file = nfs.create(top, b"a")[1]
        assert nfs.link(file, top, b"b") == OK
        assert nfs.link(file, top, b"b") == EXIST
        assert nfs.getattr(file)[1].nlink == 2
        soft = nfs.symlink(top, b"soft", b"a/b c")[1]
        assert nfs.readlink(soft) == (OK, b"a/b c")
        assert nfs.readlink(file)[0] == INVAL
        assert nfs.remove(top, b"a") == OK
        assert nfs.getattr(file)[1].nlink == 1
        assert nfs.remove(top, b"b") == OK
        assert nfs.getattr(file)[0] == STALE
        assert nfs.link(top, top, b"dir") == PERM

    def test_worked_rename(self, nfs, top):
        one, two = nfs.mkdir(top, b"one")[1], nfs.mkdir(top, b"two")[1]
        file = nfs.create(one, b"a")[1]
        assert nfs.rename(one, b"a", two, b"b") == OK
        assert nfs.lookup(two, b"b") == (OK, file)
        assert nfs.lookup(one, b"a")[0] == NOENT
        assert nfs.rename(one, b"a", two, b"b") == NOENT
        assert nfs.rename(two, b"b", top, b"one") == EXIST
        assert nfs.rename(top, b"one", two, b"b") == EXIST
        assert nfs.rename(top, b"two", two, b"in") == INVAL
        assert nfs.rename(top, b"one", top, b"two") == NOTEMPTY
        assert nfs.lookup(two, b"..") == (OK, top)

    def test_worked_rmdir(self, nfs, top):
        one = nfs.mkdir(top, b"one")[1]
        nfs.create(one, b"a")
        assert nfs.rmdir(top, b"one") == NOTEMPTY
        assert nfs.rmdir(one, b"a") == NOTDIR
        assert nfs.remove(top, b"one") == ISDIR
        assert (nfs.rmdir(top, b"."), nfs.rmdir(top, b"..")) == (INVAL, EXIST)
        assert nfs.remove(one, b"a") == OK
        assert nfs.rmdir(top, b"one") == OK
        assert nfs.getattr(one)[0] == STALE

    def test_worked_numbers_of_the_file_system(self, nfs, top):
        file = nfs.create(top, b"a", size=10**12)[1]
        total, free, available, *files = nfs.numbers("fsstat", file, ">6QI")[1]
        assert (total, free, available) == (8 * 10**12, 7 * 10**12, 7 * 10**12)
        assert files == [40_000_000, 39_999_999, 39_999_999, 0]
        told = nfs.numbers("fsinfo", top, ">7IQ3I")[1]
        assert (told[0], told[3], told[7]) == (1 << 20, 1 << 20, 5 * 10**12)
        assert nfs.numbers("pathconf", top, ">6I")[1] == (32000, 255, 1, 1, 0, 1)

    def test_worked_special_files(self, nfs, top, stand):
        told = []
        for kind, more in ((3, u32(8, 1)), (4, u32(1, 3)), (6, b""), (7, b"")):
            status, reply = nfs.do("mknod", opaque(top) + opaque(b"%d" % kind) + u32(kind) + sattr() + more)
            assert (status, reply.u32()) == (OK, 1)
            made = nfs.getattr(reply.opaque())[1]
            told.append((made.type, made.rdev, made.size))
        assert told == [(3, 8 << 32 | 1, 0), (4, 1 << 32 | 3, 0), (6, 0, 0), (7, 0, 0)]
        assert nfs.do("mknod", opaque(top) + opaque(b"p") + u32(1) + sattr())[0] == BADTYPE
        assert {item.refusal for item in stand.share.objects("demo")} == {"special file"}


class TestListing:
    def names(self, nfs, directory, count, between=lambda: None):
        cookie, found, end = 0, [], False
        while not end:
            status, lines, end = nfs.readdir(directory, cookie, count)
            assert status == OK
            found += [name for _, name, _ in lines]
            cookie = lines[-1][2] if lines else cookie
            between()
        return found

    def test_law_every_name_once_whatever_else_changes(self, nfs, top):
        for number in range(300):
            nfs.create(top, b"%03d" % number)
        removed = iter(range(0, 300, 7))

        def disturb():
            number = next(removed)
            nfs.remove(top, b"%03d" % number)
            nfs.create(top, b"new-%d" % number)

        found = self.names(nfs, top, 700, disturb)
        stayed = [b"%03d" % number for number in range(300) if number % 7]
        assert [name for name in found if name in set(stayed)] == stayed
        assert found[:2] == [b".", b".."]
        assert len(set(found)) == len(found)

    def test_worked_a_page_keeps_to_its_bound(self, nfs, top):
        for number in range(100):
            nfs.create(top, b"file-%03d" % number)
        status, reply = nfs.do("readdir", opaque(top) + u64(0) + bytes(8) + u32(600))
        assert (status, reply.left <= 600) == (OK, True)
        status, lines, end = nfs.readdirplus(top, 0, 512, 4000)
        assert (status, end) == (OK, False)
        assert lines[2][3].type == 1
        assert nfs.lookup(top, lines[2][1])[1] == lines[2][4]

    def test_law_a_page_too_small_for_one_line_is_told(self, nfs, top):
        assert nfs.readdir(top, 0, 130)[0] == TOOSMALL

    def test_law_a_file_is_no_directory(self, nfs, top):
        assert nfs.readdir(nfs.create(top, b"a")[1])[0] == NOTDIR


class TestPermissions:
    @pytest.mark.parametrize(
        ("mode", "uid", "gid", "groups", "bits"),
        [
            (0o640, 1000, 100, (), 0x01 | 0x0C),
            (0o640, 1001, 100, (), 0x01),
            (0o640, 1001, 5, (3, 100), 0x01),
            (0o640, 1001, 5, (), 0),
            (0o711, 1001, 5, (), 0x20),
            (0o000, 0, 0, (), 0x01 | 0x0C),
        ],
    )
    def test_worked_access_bits(self, door, nfs, top, mode, uid, gid, groups, bits):
        file = nfs.create(top, b"a", mode=mode, uid=1000, gid=100)[1]
        with Nfs3(door.port, uid, gid, groups) as other:
            assert other.access(file, 0x3F) == (OK, bits)

    def test_worked_what_another_user_may_not(self, door, nfs, top):
        inside = nfs.mkdir(top, b"in", mode=0o755, uid=1000, gid=100)[1]
        file = nfs.create(inside, b"a", mode=0o600, uid=1000, gid=100)[1]
        with Nfs3(door.port, 1001, 100) as other:
            assert other.read(file, 0, 1)[0] == ACCES
            assert other.write(file, 0, b"x")[0] == ACCES
            assert other.create(inside, b"b")[0] == ACCES
            assert other.remove(inside, b"a") == ACCES
            assert other.setattr(file, mode=0o777)[0] == PERM
            assert other.setattr(file, uid=1001)[0] == PERM
            assert other.setattr(file, size=0)[0] == ACCES
            assert other.setattr(file, mtime=(1, 1))[0] == PERM
        with Nfs3(door.port, 1000, 100) as owner:
            assert owner.setattr(file, mode=0)[0] == OK
            assert owner.write(file, 0, b"x")[0] == OK  # its owner may always
            assert owner.setattr(file, uid=1001)[0] == PERM

    def test_worked_what_is_made_belongs_to_its_maker(self, door, nfs, top):
        with Nfs3(door.port, 1001, 55) as user:
            told = nfs.getattr(user.create(top, b"a", uid=0)[1])[1]
        assert (told.uid, told.gid) == (1001, 55)

    def test_worked_a_sticky_directory(self, door, nfs, top):
        shared = nfs.mkdir(top, b"tmp", mode=0o1777)[1]
        with Nfs3(door.port, 1000, 100) as one, Nfs3(door.port, 1001, 100) as other:
            one.create(shared, b"a")
            assert other.remove(shared, b"a") == PERM
            assert other.rename(shared, b"a", shared, b"b") == PERM
            assert one.remove(shared, b"a") == OK

    def test_worked_root_squashed(self, stand):
        with NfsDoor(stand, squash=True) as door, Nfs3(door.port) as root:
            file = root.create(root.mount("/buckets/demo")[1], b"a")[1]
            assert root.getattr(file)[1].uid == 65534


class TestLimits:
    def test_worked_the_last_byte(self):
        stand = Stand(Discard(), replace(LIMITS, capacity=1000, files=2))
        with NfsDoor(stand) as door, Nfs3(door.port) as nfs:
            top = nfs.mount("/buckets/demo")[1]
            file = nfs.create(top, b"a")[1]
            assert nfs.write(file, 0, bytes(1500))[:2] == (OK, 1000)
            assert nfs.write(file, 1000, b"x")[0] == NOSPC
            assert nfs.write(file, 0, bytes(1000))[:2] == (OK, 1000)
            assert nfs.create(top, b"b")[0] == OK
            assert nfs.create(top, b"c")[0] == DQUOT
            assert nfs.symlink(top, b"d", b"a")[0] == DQUOT

    def test_worked_the_largest_file(self):
        with NfsDoor(Stand(Discard())) as door, Nfs3(door.port) as nfs:
            file = nfs.create(nfs.mount("/buckets/demo")[1], b"a")[1]
            assert nfs.write(file, 5 * 10**12 - 1, b"xy")[:2] == (OK, 1)
            assert nfs.write(file, 5 * 10**12, b"x")[0] == FBIG
            assert nfs.setattr(file, size=5 * 10**12 + 1)[0] == FBIG
            assert nfs.write(file, 2**64 - 1, b"xy")[0] == FBIG

    @pytest.mark.parametrize(
        ("name", "status"),
        [
            (b"", ACCES),
            (b".", EXIST),
            (b"..", EXIST),
            (b"a/b", INVAL),
            (b"a\0b", INVAL),
            (b"\xff", INVAL),
            (b"x" * 255, OK),
            (b"x" * 256, NAMETOOLONG),
            (b"x" * 10_000, NAMETOOLONG),
            ("ö".encode() * 127, OK),
            ("ö".encode() * 128, NAMETOOLONG),
        ],
    )
    def test_law_names(self, nfs, top, name, status):
        assert nfs.create(top, name)[0] == status
        assert nfs.mkdir(top, name)[0] == (EXIST if status == OK else status)

    def test_law_a_key_has_1024_bytes(self, nfs, top):
        at = top
        for _ in range(4):
            at = nfs.mkdir(at, b"d" * 250)[1]
        assert nfs.create(at, b"f" * 20)[0] == OK
        assert nfs.create(at, b"f" * 21)[0] == NAMETOOLONG

    def test_law_buckets_are_the_devices_own(self, nfs, stand):
        buckets = stand.share.root
        handle = nfs.mount("/buckets/demo")[1][:4] + u64(buckets.fileid) + u32(0)
        assert nfs.mkdir(handle, b"new")[0] == ROFS
        assert nfs.setattr(handle, mode=0o777)[0] == ROFS


class TestRepeats:
    def test_worked_a_call_that_comes_twice_is_done_once(self, door, nfs, top):
        first = nfs.create(top, b"a", how=1, xid=77)
        assert first[0] == OK
        assert nfs.create(top, b"a", how=1, xid=77) == first
        assert nfs.create(top, b"a", how=1, xid=78)[0] == EXIST
        assert nfs.remove(top, b"a", xid=79) == OK
        nfs.close()
        with Nfs3(door.port) as again:
            assert again.remove(top, b"a", xid=79) == OK
            assert again.remove(top, b"a", xid=80) == NOENT

    def test_law_two_clients_that_count_alike_are_two(self, door, nfs, top):
        with Nfs3(door.port) as other:
            assert nfs.create(top, b"a", how=1, xid=77)[0] == OK
            assert other.create(top, b"a", how=1, xid=77)[0] == EXIST


class TestDevice:
    def test_worked_after_a_power_cut(self, nfs, top, stand):
        file = nfs.create(top, b"a")[1]
        before = nfs.write(file, 0, b"kept", FILE_SYNC)[3]
        assert nfs.write(file, 4, b"lost")[3] == before
        stand.share.power_cut(now=200.0)
        assert nfs.getattr(file)[0] == STALE
        again = nfs.lookup(nfs.mount("/buckets/demo")[1], b"a")[1]
        assert nfs.read(again, 0, 100) == (OK, b"kept", True)
        assert nfs.commit(again)[1] != before

    def test_worked_while_the_device_does_not_serve(self, nfs, top, stand):
        stand.serves = False
        assert nfs.getattr(top)[0] == JUKEBOX
        assert nfs.mount("/buckets/demo")[0] == SERVERFAULT
        assert nfs.exports() == []
        stand.serves = True
        assert nfs.getattr(top)[0] == OK

    def test_worked_the_device_is_told_whom_it_may_serve_while_it_runs(self, stand):
        with NfsDoor(stand) as door, Nfs3(door.port) as nfs:
            _, top = nfs.mount("/buckets/demo")
            before = nfs.getattr(top)[0]
            stand.allowed_hosts = ("10.0.0.0/8",)
            barred = nfs.getattr(top)[0]
            stand.allowed_hosts = ("10.0.0.0/8", "127.0.0.1/32")
            assert (before, barred, nfs.getattr(top)[0]) == (OK, ACCES, OK)

    def test_worked_nobody_is_allowed_unless_named(self, stand):
        with NfsDoor(stand, allow=()) as door, Nfs3(door.port) as nfs:
            handle = bytes(16)
            assert nfs.mount("/buckets/demo")[0] == ACCES
            assert nfs.exports() == []
            assert nfs.getattr(handle)[0] == ACCES
        with NfsDoor(stand, allow=("10.0.0.0/8",)) as door, Nfs3(door.port) as nfs:
            assert nfs.mount("/buckets/demo")[0] == ACCES

    @pytest.mark.parametrize(
        ("handle", "status"),
        [
            (b"", BADHANDLE),
            (bytes(15), BADHANDLE),
            (bytes(64), BADHANDLE),
            (bytes(16), STALE),
            (b"\xff" * 16, STALE),
        ],
    )
    def test_law_forged_handles(self, nfs, top, handle, status):
        assert nfs.getattr(handle)[0] == status
        assert nfs.write(handle, 0, b"x")[0] == status
        assert nfs.rename(handle, b"a", top, b"b") == status
