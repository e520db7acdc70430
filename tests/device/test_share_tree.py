"""Names and handles: what POSIX, RFC 1813 and the S3 key rules ask for, one by one."""

from __future__ import annotations

import errno
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.device.share import Directory, File, Limits, Share, ShareError, Symlink, walk
from devicesim.errors import BoundError, DevicesimError

LIMITS = Limits(10**12, 1_000_000, 10**11, 255, 1024, 1024)


@contextmanager
def refused(code: int) -> Iterator[None]:
    with pytest.raises(ShareError) as caught:
        yield
    assert errno.errorcode[caught.value.errno or 0] == errno.errorcode[code]


@pytest.fixture
def share() -> Share:
    share = Share(LIMITS)
    share.add_bucket("b", 0.0)
    return share


@pytest.fixture
def top(share: Share) -> Directory:
    return share.buckets["b"].directory


def names(share: Share, directory: Directory, step: int = 100) -> list[str]:
    found, cookie = [], 0
    while True:
        page = share.readdir(directory, cookie, step)
        found += [entry.name for entry in page.entries]
        if page.end:
            return found
        cookie = page.entries[-1].cookie


def test_a_share_error_is_both_an_os_error_and_one_of_devicesim() -> None:
    error = ShareError(errno.ENOSPC, "full")
    assert isinstance(error, OSError)
    assert isinstance(error, DevicesimError)
    assert (error.errno, error.strerror) == (errno.ENOSPC, "full")


def test_buckets_lie_under_the_root_and_only_the_device_makes_them(share: Share, top: Directory) -> None:
    assert share.resolve("/buckets/b") is top
    assert share.resolve("/buckets") is share.root
    assert share.lookup(top, "..") is share.root
    assert share.lookup(share.root, "..") is share.root
    assert share.lookup(top, ".") is top
    for change in (
        lambda: share.create(share.root, "f", 0.0),
        lambda: share.mkdir(share.root, "d", 0.0),
        lambda: share.rmdir(share.root, "b", 0.0),
        lambda: share.rename(share.root, "b", share.root, "c", 0.0),
    ):
        with refused(errno.EROFS):
            change()
    with refused(errno.EEXIST):
        share.add_bucket("b", 0.0)
    with refused(errno.ENOENT):
        share.resolve("/elsewhere/b")


def test_a_new_file_has_the_attributes_it_was_given(share: Share, top: Directory) -> None:
    file = share.create(top, "a", 1.5, mode=0o600, uid=1000, gid=100)
    assert (file.mode, file.uid, file.gid, file.nlink, file.size) == (0o600, 1000, 100, 1, 0)
    assert file.atime_ns == file.mtime_ns == file.ctime_ns == 1_500_000_000
    assert top.mtime_ns == 1_500_000_000
    share.write(file, 0, b"12", 2.0)
    assert (file.size, file.mtime_ns, file.atime_ns) == (2, 2_000_000_000, 1_500_000_000)
    share.setattr(file, 3.0, mode=0o644, uid=0, mtime_ns=7, atime_ns=8)
    assert (file.mode, file.uid, file.gid) == (0o644, 0, 100)
    assert (file.mtime_ns, file.atime_ns, file.ctime_ns) == (7, 8, 3_000_000_000)


def test_every_change_moves_the_change_attribute_though_the_clock_stands(
    share: Share, top: Directory
) -> None:
    file = share.create(top, "a", 1.0)
    seen = [file.change]
    share.write(file, 0, b"1", 1.0)
    seen.append(file.change)
    share.setattr(file, 1.0, mode=0o600)
    seen.append(file.change)
    share.link(file, top, "b", 1.0)
    seen.append(file.change)
    assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", errno.EINVAL),
        (".", errno.EINVAL),
        ("..", errno.EINVAL),
        ("a/b", errno.EINVAL),
        ("../etc", errno.EINVAL),
        ("a\0b", errno.EINVAL),
        (b"a\0b", errno.EINVAL),
        (b"\xff\xfe", errno.EILSEQ),
        ("\udcff", errno.EILSEQ),
        ("x" * 256, errno.ENAMETOOLONG),
        ("ö" * 128, errno.ENAMETOOLONG),  # 256 bytes of UTF-8
        ("x" * 10_000, errno.ENAMETOOLONG),
    ],
)
def test_bad_names_are_refused_everywhere(share: Share, top: Directory, name: str | bytes, code: int) -> None:
    file = share.create(top, "f", 0.0)
    for change in (
        lambda: share.create(top, name, 0.0),
        lambda: share.mkdir(top, name, 0.0),
        lambda: share.symlink(top, name, "t", 0.0),
        lambda: share.link(file, top, name, 0.0),
        lambda: share.remove(top, name, 0.0),
        lambda: share.rmdir(top, name, 0.0),
        lambda: share.rename(top, name, top, "g", 0.0),
        lambda: share.rename(top, "f", top, name, 0.0),
    ):
        with refused(code):
            change()
    assert names(share, top) == ["f"]


def test_names_at_the_limit_are_accepted(share: Share, top: Directory) -> None:
    for name in ("x" * 255, "ö" * 127, "日本語.txt", "with space", "back\\slash"):
        share.create(top, name.encode(), 0.0)
        assert isinstance(share.lookup(top, name), File)


def test_the_key_is_bounded_at_the_exact_byte(share: Share, top: Directory) -> None:
    at = top
    for _ in range(4):
        at = share.mkdir(at, "d" * 253, 0.0)  # 4 x 253 + 4 slashes = 1016
    share.create(at, "f" * 8, 0.0)  # 1024
    with refused(errno.ENAMETOOLONG):
        share.create(at, "f" * 9, 0.0)
    with refused(errno.ENAMETOOLONG):
        share.create(at, "ö" * 5, 0.0)  # 10 bytes in 5 characters
    share.create(top, "short", 0.0)
    with refused(errno.ENAMETOOLONG):
        share.rename(top, "short", at, "f" * 9, 0.0)
    assert names(share, top) == ["d" * 253, "short"]


def test_the_path_is_bounded_in_characters() -> None:
    share = Share(Limits(10, 10, 10, 255, 5, 1024))
    top = share.add_bucket("b", 0.0).directory
    share.create(top, "ööööö", 0.0)
    with refused(errno.ENAMETOOLONG):
        share.create(top, "öööööö", 0.0)
    with refused(errno.ENAMETOOLONG):
        share.symlink(top, "l", "123456", 0.0)


def test_create_unchecked_guarded_exclusive(share: Share, top: Directory) -> None:
    file = share.create(top, "a", 0.0)
    assert share.create(top, "a", 1.0) is file
    with refused(errno.EEXIST):
        share.create(top, "a", 1.0, guarded=True)
    with refused(errno.EEXIST):
        share.create(top, "a", 1.0, verifier=b"12345678")
    own = share.create(top, "x", 1.0, verifier=b"12345678")
    assert share.create(top, "x", 2.0, verifier=b"12345678") is own  # the client asks again
    with refused(errno.EEXIST):
        share.create(top, "x", 2.0, verifier=b"87654321")
    share.mkdir(top, "d", 0.0)
    with refused(errno.EEXIST):
        share.create(top, "d", 0.0)


def test_remove_and_rmdir_keep_to_their_kinds(share: Share, top: Directory) -> None:
    sub = share.mkdir(top, "d", 0.0)
    share.create(sub, "f", 0.0)
    with refused(errno.EISDIR):
        share.remove(top, "d", 0.0)
    with refused(errno.ENOTEMPTY):
        share.rmdir(top, "d", 0.0)
    with refused(errno.ENOTDIR):
        share.rmdir(sub, "f", 0.0)
    with refused(errno.ENOENT):
        share.remove(top, "none", 0.0)
    with refused(errno.ENOENT):
        share.rmdir(top, "none", 0.0)
    with refused(errno.ENOTDIR):
        share.lookup(share.lookup(sub, "f"), "x")
    with refused(errno.ENOENT):
        share.lookup(sub, "x")
    share.remove(sub, "f", 0.0)
    share.rmdir(top, "d", 0.0)
    with refused(errno.ESTALE):
        share.create(sub, "f", 0.0)


def test_directories_count_their_subdirectories(share: Share, top: Directory) -> None:
    one, two = share.mkdir(top, "one", 0.0), share.mkdir(top, "two", 0.0)
    share.mkdir(one, "sub", 0.0)
    assert (top.nlink, one.nlink, two.nlink) == (4, 3, 2)
    share.rename(one, "sub", two, "sub", 0.0)
    assert (one.nlink, two.nlink) == (2, 3)
    share.rename(top, "one", two, "sub", 0.0)  # over an empty directory
    assert (top.nlink, two.nlink) == (3, 3)
    share.rmdir(two, "sub", 0.0)
    assert two.nlink == 2


def test_links_share_one_file_and_its_room(share: Share, top: Directory) -> None:
    file = share.create(top, "a", 0.0)
    share.write(file, 0, b"abc", 0.0)
    share.link(file, top, "b", 1.0)
    share.write(share.lookup(top, "b"), 3, b"de", 2.0)
    assert (share.lookup(top, "a").size, file.nlink) == (5, 2)
    assert (share.used, share.usage.files) == (5, 1)
    assert (share.bytes, share.files) == (10, 2)  # two objects at import
    share.remove(top, "a", 3.0)
    assert (file.nlink, share.used, share.bytes, share.files) == (1, 5, 5, 1)
    share.remove(top, "b", 4.0)
    assert (share.used, share.bytes, share.files, share.usage.files) == (0, 0, 0, 0)
    with refused(errno.ESTALE):
        share.link(file, top, "c", 5.0)
    with refused(errno.EPERM):
        share.link(share.mkdir(top, "d", 0.0), top, "e", 0.0)


def test_symbolic_links_are_read_and_never_followed(share: Share, top: Directory) -> None:
    link = share.symlink(top, "l", "../öl", 0.0)
    assert isinstance(share.lookup(top, "l"), Symlink)
    assert (share.readlink(link), link.size) == ("../öl", 6)
    assert (share.usage.files, share.files, share.used) == (1, 0, 0)
    with refused(errno.EINVAL):
        share.readlink(share.create(top, "f", 0.0))
    with refused(errno.EINVAL):
        share.read(link, 0, 1)
    with refused(errno.EINVAL):
        share.write(link, 0, b"x", 0.0)
    with refused(errno.EINVAL):
        share.symlink(top, "m", "", 0.0)
    with refused(errno.EINVAL):
        share.symlink(top, "m", "a\0b", 0.0)
    with refused(errno.EEXIST):
        share.symlink(top, "l", "t", 0.0)
    with refused(errno.EEXIST):
        share.create(top, "l", 0.0)


def test_rename_replaces_its_own_kind_only(share: Share, top: Directory) -> None:
    file, other = share.create(top, "a", 0.0), share.create(top, "b", 0.0)
    share.write(other, 0, 7, 0.0)
    sub, full = share.mkdir(top, "d", 0.0), share.mkdir(top, "full", 0.0)
    share.create(full, "x", 0.0)
    with refused(errno.EISDIR):
        share.rename(top, "a", top, "d", 0.0)
    with refused(errno.ENOTDIR):
        share.rename(top, "d", top, "a", 0.0)
    with refused(errno.ENOTEMPTY):
        share.rename(top, "d", top, "full", 0.0)
    with refused(errno.ENOENT):
        share.rename(top, "none", top, "a", 0.0)
    share.rename(top, "a", top, "b", 1.0)
    assert share.lookup(top, "b") is file
    assert (other.nlink, share.used) == (0, 0)
    share.rename(top, "full", top, "d", 1.0)
    assert share.lookup(top, "d") is full
    assert (sub.nlink, full.key) == (0, "d")
    share.link(file, top, "c", 2.0)
    share.rename(top, "b", top, "c", 2.0)  # two names of one file: nothing happens
    assert names(share, top) == ["b", "d", "c"]


def test_a_directory_does_not_move_into_itself(share: Share, top: Directory) -> None:
    one = share.mkdir(top, "one", 0.0)
    two = share.mkdir(one, "two", 0.0)
    for target in (one, two):
        with refused(errno.EINVAL):
            share.rename(top, "one", target, "x", 0.0)
    share.rename(one, "two", top, "two", 0.0)
    assert (two.parent, two.key) == (top, "two")
    share.rename(top, "one", two, "one", 0.0)
    assert one.key == "two/one"


def test_nothing_moves_between_buckets(share: Share, top: Directory) -> None:
    other = share.add_bucket("c", 0.0).directory
    file = share.create(top, "a", 0.0)
    with refused(errno.EXDEV):
        share.rename(top, "a", other, "a", 0.0)
    with refused(errno.EXDEV):
        share.link(file, other, "a", 0.0)


def test_a_read_only_share_refuses_every_change_and_still_reads(share: Share, top: Directory) -> None:
    file = share.create(top, "a", 0.0)
    share.write(file, 0, b"abc", 0.0)
    share.read_only = True
    changes: list[Callable[[], Any]] = [
        lambda: share.create(top, "b", 1.0),
        lambda: share.mkdir(top, "b", 1.0),
        lambda: share.write(file, 0, b"x", 1.0),
        lambda: share.setattr(file, 1.0, mode=0),
        lambda: share.remove(top, "a", 1.0),
        lambda: share.rename(top, "a", top, "b", 1.0),
        lambda: share.link(file, top, "b", 1.0),
    ]
    for change in changes:
        with refused(errno.EROFS):
            change()
    assert (share.lookup(top, "a"), file.size) == (file, 3)


def test_a_handle_never_names_another_file(share: Share, top: Directory) -> None:
    first = share.create(top, "a", 0.0)
    handle = first.fileid, first.generation
    assert share.node(*handle) is first
    share.remove(top, "a", 1.0)
    with refused(errno.ESTALE):
        share.node(*handle)
    second = share.create(top, "a", 2.0)
    assert second.fileid == first.fileid  # numbers come back, generations do not
    assert share.node(second.fileid, second.generation) is second
    with refused(errno.ESTALE):
        share.node(*handle)
    for forged in ((0, 0), (999, 0), (1 << 40, 0), (1 << 63, 0), (-1, 0), (top.fileid, 99)):
        with refused(errno.ESTALE):
            share.node(*forged)
    with refused(errno.ESTALE):
        share.write(first, 0, b"x", 3.0)
    with refused(errno.ESTALE):
        share.read(first, 0, 1)


def test_a_time_that_is_no_number_is_misuse(share: Share, top: Directory) -> None:
    for now in (float("nan"), float("inf")):
        with pytest.raises(BoundError, match="now must be finite"):
            share.create(top, "a", now)
    with pytest.raises(BoundError, match="capacity must be a whole number >= 0"):
        Limits(-1, 1, 1, 1, 1, 1)


def test_cookies_start_above_those_of_dot_and_dot_dot(share: Share, top: Directory) -> None:
    share.create(top, "a", 0.0)
    page = share.readdir(top, 0, 10)
    assert ([(entry.cookie, entry.name) for entry in page.entries], page.end) == ([(3, "a")], True)
    assert share.readdir(top, 2, 10) == page
    with pytest.raises(BoundError):
        share.readdir(top, 0, 0)
    with refused(errno.ENOTDIR):
        share.readdir(share.lookup(top, "a"), 0, 10)


def test_removing_page_by_page_empties_a_directory(share: Share, top: Directory) -> None:
    for i in range(1000):
        share.create(top, f"f{i}", 0.0)
    cookie, seen = 0, 0
    while True:
        page = share.readdir(top, cookie, 7)
        for entry in page.entries:
            share.remove(top, entry.name, 1.0)
        seen += len(page.entries)
        if page.end:
            break
        cookie = page.entries[-1].cookie
    assert seen == 1000
    assert names(share, top) == []


@given(
    start=st.integers(0, 40),
    step=st.integers(1, 5),
    script=st.lists(st.tuples(st.sampled_from("+-r"), st.integers(0, 59)), max_size=300),
    pace=st.integers(1, 40),
)
def test_what_stays_throughout_a_listing_is_seen_exactly_once(
    start: int, step: int, script: list[tuple[str, int]], pace: int
) -> None:
    share = Share(LIMITS)
    top = share.add_bucket("b", 0.0).directory
    for i in range(start):
        share.create(top, f"f{i}", 0.0)
    throughout = set(names(share, top))
    seen, cookie, end = [], 0, False
    while not end:
        page = share.readdir(top, cookie, step)
        seen += [entry.name for entry in page.entries]
        cookie, end = (page.entries[-1].cookie if page.entries else cookie), page.end
        for action, i in script[:pace]:
            there = f"f{i}" in top.entries.nodes
            if action == "+":
                share.create(top, f"f{i}", 1.0)
            elif there and action == "-":
                share.remove(top, f"f{i}", 1.0)
            elif there:
                share.rename(top, f"f{i}", top, f"f{(i + 7) % 60}", 1.0)
            if there and action != "+":
                throughout.discard(f"f{i}")
        del script[:pace]
    assert [seen.count(name) for name in sorted(throughout)] == [1] * len(throughout)
    assert sorted(names(share, top)) == sorted(top.entries.nodes)


def test_a_walk_survives_changes_under_its_feet(share: Share, top: Directory) -> None:
    for d in range(3):
        sub = share.mkdir(top, f"d{d}", 0.0)
        for i in range(200):
            share.create(sub, f"f{i}", 0.0)
    seen = []
    for path, node in walk(top):
        seen.append(path)
        if isinstance(node, File) and path.startswith("d1/"):
            share.remove(share.lookup(top, "d1"), path[3:], 1.0)
            share.create(top, "late", 1.0)
    assert [path for path in seen if "/" in path] == [f"d{d}/f{i}" for d in range(3) for i in range(200)]
    assert seen[-1] == "late"


def test_a_file_takes_less_than_500_bytes_of_memory(share: Share, top: Directory) -> None:
    count = 40_000
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for i in range(count):
            now = i * 1e-3
            file = share.create(
                top, f"IMG_{i:08d}.JPG".encode(), now, mode=int("420"), uid=int("1000"), gid=int("1000")
            )
            share.write(file, 0, 100_000 + i, now + 5e-4)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken / count < 500


def test_lookups_and_listings_do_not_grow_with_the_directory() -> None:
    """Counted in log places looked at, not in seconds."""
    share = Share(LIMITS)
    top = share.add_bucket("b", 0.0).directory
    for i in range(20_000):
        share.create(top, f"f{i}", 0.0)
    for i in range(15_000):
        share.remove(top, f"f{i}", 1.0)
    log = top.entries._log
    assert len(log) <= 2 * len(top.entries) + 64
    page = share.readdir(top, 0, 1)
    assert page.entries[0].name == "f15000"
    assert share.readdir(top, page.entries[0].cookie, 1).entries[0].name == "f15001"
