"""What a power cut takes: nothing that is stable, and exactly the bytes that are not."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from devicesim.device.share import Cut, Directory, File, Hash, Keep, Limits, Share, ShareError
from devicesim.errors import BoundError


@pytest.fixture
def share() -> Share:
    share = Share(Limits(10_000, 100, 10_000, 255, 1024, 1024), Keep(10**7), name="snowcone-1")
    share.add_bucket("b", 0.0)
    return share


@pytest.fixture
def top(share: Share) -> Directory:
    return share.buckets["b"].directory


def new(share: Share, top: Directory, name: str) -> File:
    file = share.create(top, name, 0.0)
    assert isinstance(file, File)
    return file


def test_stable_writes_survive_and_unstable_ones_do_not(share: Share, top: Directory) -> None:
    synced, loose = new(share, top, "synced"), new(share, top, "loose")
    share.write(synced, 0, b"abc", 0.0, stable=True)
    share.write(loose, 0, b"defgh", 0.0, stable=False)
    assert (share.unstable_bytes, share.used) == (5, 8)
    before = share.verifier
    loss = share.power_cut(1.0)
    assert (loss.files, loss.bytes, list(loss.names())) == (1, 5, ["/buckets/b/loose"])
    assert (share.read(synced, 0, 9), loose.size, share.used, share.bytes) == (b"abc", 0, 3, 3)
    assert (share.unstable_bytes, share.files) == (0, 2)  # the name is in the journal
    assert share.verifier != before
    assert len(share.verifier) == 8
    again = share.power_cut(2.0)
    assert (again.files, again.bytes, list(again.names())) == (0, 0, [])


def test_the_verifier_changes_at_every_boot_and_is_the_same_in_every_run(share: Share) -> None:
    def boots(name: str) -> list[bytes]:
        one = Share(share.limits, name=name)
        found = [one.verifier]
        one.restart()
        found.append(one.verifier)
        one.power_cut(0.0)
        return [*found, one.verifier]

    assert boots("a") == boots("a")
    assert len(set(boots("a") + boots("b"))) == 6


def test_commit_makes_a_range_stable(share: Share, top: Directory) -> None:
    file = new(share, top, "f")
    share.write(file, 0, b"0123456789", 0.0, stable=False)
    assert share.mark_stable(file, 2, 4) == 4
    loss = share.power_cut(1.0)
    assert (loss.files, loss.bytes, file.size) == (1, 6, 6)
    assert share.read(file, 0, 9) == b"\0\0" + b"2345"  # what was lost before the end reads as zeros
    share.write(file, 6, b"6789", 2.0, stable=False)
    assert share.mark_stable(file) == 4  # to the end
    assert share.mark_stable(file) == 0
    assert share.mark_stable(top) == 0
    assert (share.power_cut(3.0).bytes, share.read(file, 2, 9)) == (0, b"23456789")


def test_an_overwrite_that_is_lost_leaves_the_size(share: Share, top: Directory) -> None:
    file = new(share, top, "f")
    share.write(file, 0, b"0123456789", 0.0)
    share.write(file, 4, b"xyz", 1.0, stable=False)
    loss = share.power_cut(2.0)
    assert (loss.bytes, share.read(file, 0, 99), share.used) == (3, b"0123\0\0\x00789", 10)


def test_the_oldest_bytes_reach_the_platters_first(share: Share, top: Directory) -> None:
    one, two = new(share, top, "1"), new(share, top, "2")
    share.write(one, 0, b"aaaa", 0.0, stable=False)
    share.write(two, 0, b"bbbb", 0.0, stable=False)
    share.write(one, 4, b"cccc", 0.0, stable=False)
    share.write(one, 0, b"AAAA", 0.0, stable=False)  # keeps its place in the queue
    assert (share.unstable_bytes, share.flush(6)) == (12, 6)
    loss = share.power_cut(1.0, keep_bytes=3)
    assert (loss.files, loss.bytes) == (1, 3)
    assert (share.read(one, 0, 9), share.read(two, 0, 9)) == (b"AAAAc", b"bbbb")
    assert share.flush(10**9) == 0
    with pytest.raises(BoundError, match="count must be >= 0"):
        share.flush(-1)


def test_a_byte_written_again_after_commit_joins_the_end_of_the_queue(share: Share, top: Directory) -> None:
    one, two = new(share, top, "1"), new(share, top, "2")
    share.write(one, 0, b"aaaa", 0.0, stable=False)
    share.mark_stable(one, 0, 2)
    share.write(two, 0, b"bbbb", 0.0, stable=False)
    share.write(one, 0, b"AA", 0.0, stable=False)
    loss = share.power_cut(1.0, keep_bytes=6)  # the old "aa", then "bbbb"
    assert (loss.files, loss.bytes, share.read(one, 0, 9)) == (1, 2, b"\0\0aa")


def test_a_stable_write_settles_what_lies_under_it(share: Share, top: Directory) -> None:
    file = new(share, top, "f")
    share.write(file, 0, b"0123", 0.0, stable=False)
    share.write(file, 2, b"xy89", 0.0, stable=True)
    assert share.unstable_bytes == 2
    assert (share.power_cut(1.0).bytes, share.read(file, 0, 9)) == (2, b"\0\0xy89")


def test_sizes_that_are_set_are_stable(share: Share, top: Directory) -> None:
    file = new(share, top, "f")
    share.write(file, 0, b"0123456789", 0.0, stable=False)
    share.setattr(file, 1.0, size=4)
    assert share.unstable_bytes == 4
    share.setattr(file, 1.0, size=6)
    loss = share.power_cut(2.0)
    assert (loss.bytes, file.size, share.read(file, 0, 9)) == (4, 6, bytes(6))


def test_what_is_removed_cannot_be_lost(share: Share, top: Directory) -> None:
    share.write(new(share, top, "f"), 0, b"abc", 0.0, stable=False)
    share.remove(top, "f", 1.0)
    assert share.unstable_bytes == 0
    share.write(new(share, top, "f"), 0, b"de", 2.0, stable=False)
    assert share.flush(2) == 2
    assert share.power_cut(3.0).bytes == 0


def test_an_orderly_restart_loses_nothing_and_changes_the_verifier(share: Share, top: Directory) -> None:
    file = new(share, top, "f")
    share.write(file, 0, b"abc", 0.0, stable=False)
    before = share.verifier
    share.restart()
    assert (share.unstable_bytes, share.read(file, 0, 9), share.verifier != before) == (0, b"abc", True)


def test_names_of_what_is_lost_are_those_of_now(share: Share, top: Directory) -> None:
    file = new(share, top, "a")
    share.link(file, top, "b", 0.0)
    share.write(file, 0, b"abc", 0.0, stable=False)
    loss = share.power_cut(1.0)
    share.rename(top, "a", share.mkdir(top, "d", 1.0), "c", 1.0)
    assert (loss.files, list(loss.names())) == (1, ["/buckets/b/b", "/buckets/b/d/c"])


def test_a_digest_does_not_outlive_what_was_lost(top: Directory) -> None:
    share = Share(Limits(1000, 10, 1000, 255, 1024, 1024), Hash(tail=0))
    file = new(share, share.add_bucket("b", 0.0).directory, "f")
    share.write(file, 0, b"0123", 0.0)
    share.write(file, 4, b"4567", 0.0, stable=False)
    share.power_cut(1.0)
    assert share.digest(file).value is None
    assert "cut to 4" in share.digest(file).reason


def test_the_caller_says_what_collections_lose(share: Share) -> None:
    photos = share.add_collection("b", "p", np.array([10, 20, 30, 40]), ["a", "b", "c", "d"])
    photos.complete_first(3)
    cuts = [Cut(photos, np.array([0, 3])), Cut(photos, np.array([1, 2]), np.array([20, 5]))]
    loss = share.power_cut(1.0, cuts=cuts)
    # file 0 is gone with 10 bytes, 3 was not complete, 1 kept all, 2 lost 25 of 30
    assert (loss.files, loss.bytes, list(loss.names())) == (2, 35, ["/buckets/b/a", "/buckets/b/c"])
    assert (share.files, share.used, share.bytes) == (2, 25, 25)
    assert share.resolve("/buckets/b/c").size == 5
    with pytest.raises(ShareError) as caught:
        share.node(photos.first_fileid, 0)
    assert caught.value.errno == errno.ESTALE
    photos.complete(np.array([0]))  # copied again
    assert (share.files, share.used) == (3, 35)


def test_commits_leave_nothing_behind_in_the_queue(share: Share, top: Directory) -> None:
    file, other = new(share, top, "f"), new(share, top, "g")
    share.write(other, 0, b"x", 0.0, stable=False)
    for i in range(5000):
        share.write(file, i, b"y", 0.0, stable=False)
        share.mark_stable(file)
    assert len(share.unstable._queue) <= 1024
    assert share.power_cut(1.0).bytes == 1
