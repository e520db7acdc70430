"""Room, file count and file size, each refused at the exact unit."""

from __future__ import annotations

import errno

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.device.share import Directory, File, Fit, Keep, Limits, Share, ShareError


def small(capacity: int = 100, files: int = 5, file_size: int = 60) -> tuple[Share, Directory]:
    share = Share(Limits(capacity, files, file_size, 255, 1024, 1024), Keep(10_000))
    return share, share.add_bucket("b", 0.0).directory


def new(share: Share, top: Directory, name: str) -> File:
    file = share.create(top, name, 0.0)
    assert isinstance(file, File)
    return file


def code(caught: pytest.ExceptionInfo[ShareError]) -> str:
    return errno.errorcode[caught.value.errno or 0]


def test_the_disk_is_full_at_the_true_byte() -> None:
    share, top = small(capacity=100, file_size=1000)
    one, two = new(share, top, "1"), new(share, top, "2")
    assert share.write(one, 0, b"x" * 70, 0.0) == 70
    assert share.write(two, 0, b"y" * 70, 0.0) == 30  # a short write, to the last byte
    assert (share.free, two.size, share.read(two, 0, 99)) == (0, 30, b"y" * 30)
    with pytest.raises(ShareError) as caught:
        share.write(two, 30, b"y", 0.0)
    assert code(caught) == "ENOSPC"
    assert share.write(two, 10, b"z" * 30, 0.0) == 20  # over what is there, it goes on
    share.remove(top, "1", 1.0)
    assert share.write(two, 30, b"y" * 71, 1.0) == 70
    assert (share.used, share.free) == (100, 0)


def test_a_hole_takes_room_like_data() -> None:
    share, top = small(capacity=100, file_size=1000)
    file = new(share, top, "1")
    assert share.write(file, 99, b"abc", 0.0) == 1
    assert (share.free, share.read(file, 97, 9)) == (0, b"\0\0a")
    with pytest.raises(ShareError) as caught:
        share.write(new(share, top, "2"), 0, b"a", 0.0)
    assert code(caught) == "ENOSPC"
    share.setattr(file, 1.0, size=98)
    with pytest.raises(ShareError) as caught:
        share.setattr(file, 1.0, size=101, mode=0o600)
    assert (code(caught), file.size, file.mode) == ("ENOSPC", 98, 0o644)
    share.setattr(file, 1.0, size=100)
    assert (file.size, share.free) == (100, 0)


def test_a_file_ends_at_its_largest_size() -> None:
    share, top = small(capacity=1000, file_size=60)
    file = new(share, top, "1")
    assert share.write(file, 50, b"x" * 20, 0.0) == 10
    with pytest.raises(ShareError) as caught:
        share.write(file, 60, b"x", 0.0)
    assert code(caught) == "EFBIG"
    with pytest.raises(ShareError) as caught:
        share.write(file, 2**63, b"x", 0.0)
    assert code(caught) == "EFBIG"
    with pytest.raises(ShareError) as caught:
        share.setattr(file, 0.0, size=61)
    assert code(caught) == "EFBIG"
    share.setattr(file, 0.0, size=60)
    assert share.write(file, 5_000, b"", 0.0) == 0  # nothing written, nothing refused
    assert file.size == 60


def test_figures_of_a_snowcone_at_the_byte() -> None:
    """8 TB and 5 TB a file, with one byte and nothing more left over."""
    share, top = small(capacity=8 * 10**12, file_size=5 * 10**12)
    one, two = new(share, top, "1"), new(share, top, "2")
    assert share.write(one, 0, 6 * 10**12, 0.0) == 5 * 10**12
    assert share.write(two, 0, 3 * 10**12 - 1, 0.0) == 3 * 10**12 - 1
    assert share.write(new(share, top, "3"), 0, b"ab", 0.0) == 1


def test_the_file_after_the_last_is_over_quota() -> None:
    share, top = small(files=3)
    new(share, top, "1")
    share.symlink(top, "2", "t", 0.0)
    share.mkdir(top, "d", 0.0)  # directories do not count
    new(share, top, "3")
    for change in (lambda: share.create(top, "4", 0.0), lambda: share.symlink(top, "4", "t", 0.0)):
        with pytest.raises(ShareError) as caught:
            change()
        assert code(caught) == "EDQUOT"
    share.link(share.lookup(top, "1"), top, "4", 0.0)  # another name is no other file
    assert share.create(top, "1", 0.0) is share.lookup(top, "1")  # nor is one that is there
    assert (share.statfs().total_files, share.statfs().free_files) == (3, 0)
    share.remove(top, "2", 0.0)
    new(share, top, "5")


def test_writes_that_make_no_sense_are_refused() -> None:
    share, top = small()
    file = new(share, top, "1")
    for offset, data in ((-1, b"x"), (0, -1)):
        with pytest.raises(ShareError) as caught:
            share.write(file, offset, data, 0.0)
        assert code(caught) == "EINVAL"
    for offset, count in ((-1, 1), (0, -1)):
        with pytest.raises(ShareError) as caught:
            share.read(file, offset, count)
        assert code(caught) == "EINVAL"
    with pytest.raises(ShareError) as caught:
        share.setattr(file, 0.0, size=-1)
    assert code(caught) == "EINVAL"
    for act in (lambda: share.write(top, 0, b"x", 0.0), lambda: share.read(top, 0, 1)):
        with pytest.raises(ShareError) as caught:
            act()
        assert code(caught) == "EISDIR"


def test_a_disk_made_smaller_is_full_and_gives_back_nothing() -> None:
    share, top = small(capacity=100, file_size=1000)
    file = new(share, top, "1")
    share.write(file, 0, 80, 0.0)
    share.limits = Limits(50, 5, 1000, 255, 1024, 1024)
    assert (share.used, share.free, share.statfs().total_bytes) == (80, 0, 50)
    with pytest.raises(ShareError):
        share.write(file, 80, b"x", 0.0)
    assert share.write(file, 0, b"x" * 80, 0.0) == 80


def test_what_a_copy_under_way_has_brought_takes_room() -> None:
    share, top = small(capacity=100, file_size=1000, files=5)
    share.write(new(share, top, "1"), 0, 30, 0.0)
    assert share.contents == (1, 30)
    share.usage.arriving = lambda: (2, 25)
    space = share.statfs()
    assert share.contents == (3, 55)
    assert (space.free_bytes, space.free_files) == (45, 2)
    share.usage.arriving = lambda: (9, 71)  # a client has taken what the copy was to have
    assert (share.statfs().free_bytes, share.statfs().free_files) == (0, 0)


def test_fit_says_where_a_batch_stops() -> None:
    share, _ = small(capacity=100, files=4, file_size=60)
    sizes = np.array([30, 30, 30, 30])
    assert share.fit(sizes[:3]) == Fit(3, 0, 0)
    assert share.fit(sizes) == Fit(3, 10, errno.ENOSPC)
    assert share.fit(np.array([10, 70, 10])) == Fit(1, 60, errno.EFBIG)
    assert share.fit(np.array([60, 70])) == Fit(1, 40, errno.ENOSPC)  # the disk ends before the file may
    assert share.fit(np.ones(6, np.int64)) == Fit(4, 0, errno.EDQUOT)
    assert share.fit(np.array([60, 40, 0])) == Fit(3, 0, 0)  # an empty file fits on a full disk
    assert share.fit(np.empty(0, np.int64)) == Fit(0, 0, 0)


@given(
    sizes=st.lists(st.integers(0, 40), max_size=12),
    capacity=st.integers(0, 150),
    files=st.integers(0, 10),
    file_size=st.integers(0, 35),
)
def test_fit_is_what_writing_one_by_one_does(
    sizes: list[int], capacity: int, files: int, file_size: int
) -> None:
    share, top = small(capacity, files, file_size)
    told = share.fit(np.array(sizes, np.int64))
    whole, partial, why = 0, 0, 0
    for i, size in enumerate(sizes):
        try:
            file = new(share, top, str(i))
            while file.size < size:
                share.write(file, file.size, size - file.size, 0.0)
        except ShareError as error:
            why = error.errno or 0
            partial = 0 if why == errno.EDQUOT else file.size
            break
        whole += 1
    assert told == Fit(whole, partial, why)
