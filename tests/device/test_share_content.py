"""Content policies: what is written comes back, or the policy says that it does not."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devicesim.device.share import (
    Content,
    Directory,
    Discard,
    File,
    Hash,
    Keep,
    Limits,
    Share,
    ShareError,
    Spill,
)
from devicesim.device.share.pieces import PIECE, Pieces
from devicesim.errors import BoundError

MIB = 1 << 20


def share_with(content: Content) -> tuple[Share, Directory]:
    share = Share(Limits(10**12, 2000, 10**12, 255, 1024, 1024), content)
    return share, share.add_bucket("b", 0.0).directory


def held_of(file: File) -> int:
    return (file.content if isinstance(file.content, Pieces) else Pieces(file.content)).held


def new(share: Share, top: Directory, name: str = "f") -> File:
    file = share.create(top, name, 0.0)
    assert isinstance(file, File)
    return file


@pytest.fixture(params=["keep", "spill", "keep over spill"])
def readable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Content]:
    spill = Spill(tmp_path / "spill")
    yield {"keep": Keep(10**9), "spill": spill, "keep over spill": Keep(1000, spill)}[request.param]
    spill.close()


def test_discard_keeps_sizes_and_reads_zeros() -> None:
    share, top = share_with(Discard())
    file = new(share, top)
    share.write(file, 5, b"abc", 0.0)
    assert (file.size, share.read(file, 0, 100)) == (8, bytes(8))
    assert share.digest(file).value is None
    assert "discarded" in share.digest(file).reason


def test_what_is_kept_comes_back_across_pieces_and_holes(readable: Content) -> None:
    share, top = share_with(readable)
    file = new(share, top)
    text = bytes(range(256)) * 10
    share.write(file, 3 * MIB - 1000, text, 0.0)
    assert share.read(file, 3 * MIB - 1000, 5000) == text
    assert share.read(file, 3 * MIB - 1010, 20) == bytes(10) + text[:10]
    assert share.read(file, 0, 10) == bytes(10)
    assert share.read(file, file.size, 10) == b""
    share.write(file, 3 * MIB - 1, memoryview(b"XY"), 0.0)
    assert share.read(file, 3 * MIB - 2, 4) == text[998:999] + b"XY" + text[1001:1002]
    share.setattr(file, 0.0, size=3 * MIB)
    share.setattr(file, 0.0, size=3 * MIB + 10)
    assert share.read(file, 3 * MIB - 1, 11) == b"X" + bytes(10)  # what was cut off does not come back
    share.write(file, 3 * MIB - 3, 2, 0.0)  # content unknown: zeros
    assert share.read(file, 3 * MIB - 4, 4) == text[996:997] + b"\0\0X"
    whole = hashlib.md5(share.read(file, 0, file.size)).hexdigest()
    assert (share.digest(file).value, share.digest(file).algorithm) == (whole, "md5")
    share.remove(top, "f", 0.0)


def test_a_hole_of_a_terabyte_takes_no_memory() -> None:
    keep = Keep(MIB)
    share, top = share_with(keep)
    file = new(share, top)
    share.write(file, 10**12 - 1, b"x", 0.0)
    assert file.size == 10**12
    assert keep.held <= MIB


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.integers(0, 60), st.binary(max_size=30)),
            st.tuples(st.just("zeros"), st.integers(0, 60), st.integers(1, 30)),
            st.tuples(st.just("size"), st.integers(0, 80), st.none()),
        ),
        max_size=20,
    )
)
def test_keep_equals_a_bytearray_and_counts_what_it_holds(
    script: list[tuple[str, int, bytes | int | None]],
) -> None:
    keep = Keep(2 * MIB)
    share, top = share_with(keep)
    file, model = new(share, top), bytearray()
    base = PIECE - 40  # across the border of two pieces
    for action, offset, data in script:
        if action == "size":
            share.setattr(file, 0.0, size=base + offset)
            model = (model + bytes(base + offset))[: base + offset]
        elif data:
            text = bytes(data) if isinstance(data, int) else data
            assert isinstance(data, int | bytes)
            share.write(file, base + offset, data, 0.0)
            model += bytes(max(0, base + offset + len(text) - len(model)))
            model[base + offset : base + offset + len(text)] = text
    assert share.read(file, 0, len(model) + 5) == model
    assert file.size == len(model)
    assert keep.held == held_of(file)
    share.remove(top, "f", 0.0)
    assert keep.held == 0


def test_keep_refuses_beyond_its_bound_and_changes_nothing() -> None:
    keep = Keep(10)
    share, top = share_with(keep)
    file = new(share, top)
    share.write(file, 0, b"12345678", 0.0)
    with pytest.raises(ShareError, match="bounded at 10 bytes") as caught:
        share.write(file, 8, b"abc", 0.0)
    assert caught.value.errno == errno.ENOSPC
    assert (file.size, share.used, keep.held) == (8, 8, 8)
    assert share.write(file, 8, b"ab", 0.0) == 2
    share.write(file, 0, b"XX", 0.0)  # over what is held, at no cost
    share.remove(top, "f", 0.0)
    assert share.write(new(share, top, "g"), 0, b"0123456789", 0.0) == 10
    with pytest.raises(BoundError, match="bound must be >= 0"):
        Keep(-1)


def test_keep_moves_a_file_to_the_overflow_as_a_whole(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    keep = Keep(10, spill)
    share, top = share_with(keep)
    small, large = new(share, top, "small"), new(share, top, "large")
    share.write(small, 0, b"12345", 0.0)
    share.write(large, 0, b"abc", 0.0)
    share.write(large, 3, b"defghijk", 0.0)
    assert (share.read(small, 0, 99), share.read(large, 0, 99)) == (b"12345", b"abcdefghijk")
    assert keep.held == 5
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"abcdefghijk"]
    share.remove(top, "large", 0.0)
    assert list(tmp_path.iterdir()) == []
    spill.close()


def test_keep_keeps_its_content_when_the_overflow_fails(tmp_path: Path) -> None:
    folder = tmp_path / "spill"
    spill = Spill(folder)
    share, top = share_with(Keep(4, spill))
    file = new(share, top)
    share.write(file, 0, b"abc", 0.0)
    folder.rmdir()
    with pytest.raises(ShareError, match="spill directory") as caught:
        share.write(file, 3, b"defg", 0.0)
    assert (caught.value.errno, file.size, share.read(file, 0, 9)) == (errno.EIO, 3, b"abc")


def test_spill_names_files_by_number_and_never_by_what_a_client_sends(tmp_path: Path) -> None:
    spill = Spill(tmp_path)
    share, top = share_with(spill)
    files = [new(share, top, f"f{i}") for i in range(100)]  # more than it keeps open
    for i, file in enumerate(files):
        share.write(file, 0, f"content {i}".encode(), 0.0)
    assert [share.read(file, 0, 99) for file in files] == [f"content {i}".encode() for i in range(100)]
    assert len(spill._open) <= 64
    assert {path.name for path in tmp_path.iterdir()} == {f"{file.fileid:x}-0" for file in files}
    assert share.read(new(share, top, "empty"), 0, 9) == b""
    spill.close()


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_hash_digests_what_is_written_in_order(algorithm: str) -> None:
    share, top = share_with(Hash(algorithm))
    file = new(share, top)
    assert share.digest(file).value == hashlib.new(algorithm).hexdigest()
    for at in range(0, 90, 30):
        share.write(file, at, bytes([at]) * 30, 0.0)
    expected = hashlib.new(algorithm, b"".join(bytes([at]) * 30 for at in range(0, 90, 30))).hexdigest()
    assert share.digest(file).value == expected
    assert share.read(file, 0, 3) == bytes(3)


@given(st.permutations(range(8)))
def test_hash_puts_writes_in_flight_in_order(order: list[int]) -> None:
    policy = Hash()
    share, top = share_with(policy)
    file = new(share, top)
    for piece in order:
        share.write(file, 10 * piece, bytes([piece]) * 10, 0.0)
    assert share.digest(file).value == hashlib.md5(b"".join(bytes([i]) * 10 for i in range(8))).hexdigest()


def test_hash_says_when_it_cannot_know() -> None:
    policy = Hash(window=10, tail=0)
    share, top = share_with(policy)

    def reason(*writes: tuple[int, bytes | int], size: int | None = None) -> str:
        file = new(share, top)
        for offset, data in writes:
            share.write(file, offset, data, 0.0)
        if size is not None:
            share.setattr(file, 0.0, size=size)
        digest = share.digest(file)
        share.remove(top, "f", 0.0)
        assert (digest.value is None) == bool(digest.reason)
        return digest.reason

    assert reason((0, b"abc")) == ""
    assert reason((0, b"abc"), (1, b"b")) == "written twice at 1"
    assert reason((5, b"abc"), (5, b"abc")) == "written twice at 5"
    assert reason((0, b"abc"), size=1 << 31) == f"nothing written at 3, and so on for {(1 << 31) - 3} bytes"
    assert reason((5, b"0123456789a")) == "written out of order at 5"
    assert reason((0, b"abc"), (3, 4)) == "written at 3 without content"
    assert reason((0, b"abc"), size=2) == "cut to 2 bytes"
    assert reason((0, b"abc"), (1, b"b"), size=0) == ""
    assert reason((2, b"cd"), (0, b"abc")) == "written twice at 2"  # pieces that overlap
    assert reason((4, b"cd"), (5, b"ef")) == "written twice at 5"
    assert (policy.waiting, reason((1, b"b")), reason((1, b"01234"), (7, b"01234"))) == (0, "", "")
    policy.most = 8
    assert reason((1, b"01234"), (7, b"01234")) == "written out of order at 7"
    assert policy.waiting == 0
    with pytest.raises(BoundError):
        Hash("md55")


def test_a_hash_goes_on_after_a_hole_is_filled() -> None:
    """Until it is, it reads as zeros, and is summed so."""
    share, top = share_with(Hash())
    file = new(share, top)
    share.setattr(file, 0.0, size=6)
    share.write(file, 0, b"abc", 0.0)
    assert share.digest(file).value == hashlib.md5(b"abc\0\0\0").hexdigest()
    share.write(file, 3, b"def", 0.0)
    assert share.digest(file).value == hashlib.md5(b"abcdef").hexdigest()


def test_a_hash_bears_a_last_piece_that_comes_again() -> None:
    """As of a client that had no answer, and of a kernel that appends to its last page; of so many files at a time."""
    share, top = share_with(Hash())
    file = new(share, top)
    for offset, data in ((0, b"abc"), (0, b"abc"), (0, b"abcde"), (3, b"defg"), (7, b"h")):
        share.write(file, offset, data, 0.0)
    assert share.digest(file).value == hashlib.md5(b"abcdefgh").hexdigest()
    share.setattr(file, 0.0, size=7)
    share.write(file, 7, b"i", 0.0)
    assert share.digest(file).value == hashlib.md5(b"abcdefgi").hexdigest()
    for number in range(1024):
        share.write(new(share, top, f"{number}"), 0, b"x", 0.0)
    share.write(file, 7, b"i", 0.0)
    assert share.digest(file).reason == "written twice at 7"


WRITES = st.tuples(st.just("write"), st.integers(0, 40), st.binary(min_size=1, max_size=20))
SIZES = st.tuples(st.just("size"), st.sampled_from([0, 0, 5, 30, 70]), st.none())


@given(st.lists(WRITES | SIZES, max_size=12), st.booleans(), st.sampled_from([0, 8, 100]))
def test_law_a_hash_is_that_of_what_another_policy_kept_or_says_that_it_is_not_known(
    changes: list[tuple[str, int, bytes | None]], cut: bool, tail: int
) -> None:
    """Whatever is done to a file, with a power cut at the end or without: never a checksum that is not true."""
    kept, summed = (share_with(policy) for policy in (Keep(1 << 20), Hash(window=60, tail=tail)))
    for share, top in (kept, summed):
        file = new(share, top)
        for what, at, data in changes:
            if what == "write":
                share.write(file, at, data or b"", 0.0, stable=not cut)
            else:
                share.setattr(file, 0.0, size=at)
        if cut:
            share.power_cut(0.0, keep_bytes=30)
    true, told = (share.digest(share.lookup(top, "f")) for share, top in (kept, summed))
    assert told.value == (None if told.reason else true.value)


def test_others_have_no_digest() -> None:
    share, top = share_with(Keep(100))
    assert share.digest(top).value is None
    assert share.digest(share.symlink(top, "l", "t", 0.0)).value is None


SIZES = st.sampled_from((1, 5000, PIECE * 3 // 4, PIECE - 4096, PIECE))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.booleans(), st.integers(0, 12), st.sampled_from((0, 0, 1, 4096)), SIZES, st.integers(0, 255)
        ),
        max_size=8,
    ),
    st.integers(0, 4 * PIECE),
)
def test_law_what_was_received_in_place_equals_what_was_copied(
    writes: list[tuple[bool, int, int, int, int]], size: int
) -> None:
    keep = Keep(10**9)
    share, top = share_with(keep)
    file, model = new(share, top), bytearray()
    rooms = set()
    for in_place, quarter, more, count, value in writes:
        offset, data = quarter * PIECE // 4 + more, bytes([value]) * count
        if in_place:
            room = keep.lend()
            rooms.add(id(room))
            room[:count] = data
            share.write(file, offset, memoryview(room)[:count], 0.0)
        else:
            share.write(file, offset, data, 0.0)
        model += bytes(max(0, offset + count - len(model)))
        model[offset : offset + count] = data
        assert keep.held == held_of(file)
    assert share.read(file, 0, len(model)) == model
    share.setattr(file, 0.0, size=size)
    share.setattr(file, 0.0, size=5 * PIECE)
    assert share.read(file, 0, 5 * PIECE) == (model[:size] + bytes(5 * PIECE))[: 5 * PIECE]
    assert keep.held == held_of(file)
    share.remove(top, "f", 0.0)
    assert keep.held == 0


def test_worked_writes_of_any_size_are_kept_where_they_were_received() -> None:
    keep = Keep(10**9)
    share, top = share_with(keep)
    file = new(share, top)
    size, rooms = PIECE - 4096, []
    for number in (1, 0, 2):  # as they come, with what is left of a batch behind them
        rooms.append(keep.lend())
        share.write(file, number * size, memoryview(rooms[-1])[:size], 0.0)
    share.write(file, 3 * size, bytes(9000), 0.0)
    rooms.append(keep.lend())
    share.write(file, 3 * size + 9000, memoryview(rooms[-1])[:size], 0.0)
    assert all(room.taken for room in rooms)
    assert keep.held == file.size == 4 * size + 9000
    spare = keep.lend()
    share.write(file, 10, memoryview(spare)[:size], 0.0)  # across two of them: copied
    assert (spare.taken, keep.held) == (False, file.size)
