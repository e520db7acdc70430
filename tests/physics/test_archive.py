"""Tar archives: their sizes against those that tarfile writes, and how files are packed."""

import io
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devicesim.errors import BoundError
from devicesim.physics import archive

SIZES = st.lists(st.integers(0, 20_000), min_size=1, max_size=40)


@given(sizes=SIZES)
def test_published_as_large_as_what_tarfile_writes(sizes: list[int]) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for number, size in enumerate(sizes):
            member = tarfile.TarInfo(f"{number:08d}")
            member.size = size
            tar.addfile(member, io.BytesIO(bytes(size)))
    data = int(archive.padded(np.array(sizes)).sum())
    assert archive.tar_size(data, len(sizes)) == len(out.getvalue())


@given(sizes=SIZES, most_files=st.integers(1, 10), most_bytes=st.integers(1, 60_000))
def test_law_every_file_is_packed_once_in_order_and_within_bounds(
    sizes: list[int], most_files: int, most_bytes: int
) -> None:
    files = np.array(sizes, dtype=np.int64)
    edges = archive.pack(files, most_files, float(most_bytes))
    assert (edges[0], edges[-1]) == (0, files.size)
    assert (np.diff(edges) >= 1).all()
    assert (np.diff(edges) <= most_files).all()
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        held = int(archive.padded(files[first:last]).sum())
        assert held <= most_bytes or last - first == 1
        # The next file had not gone in as well.
        more = held + int(archive.padded(files[last])) if last < files.size else np.inf
        assert more > most_bytes or last - first == most_files


def test_worked_two_hundred_archives_of_ten_thousand() -> None:
    # 100,000 files of 4 kB, 4096 B in blocks, in 10 of 10,000: 10,000 x (4096 + 512) + 1024 -> 4501 records
    edges = archive.pack(np.full(100_000, 4000), 10_000, 1e9)
    assert np.diff(edges).tolist() == [10_000] * 10
    assert archive.tar_size(10_000 * 4096, 10_000) == 4501 * 10_240


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: archive.padded(-1), "size must be >= 0, got -1"),
        (lambda: archive.pack(np.array([1]), 0, 1.0), "most_files must be >= 1, got 0"),
        (lambda: archive.pack(np.array([1]), 1, 0.0), "most_bytes must be > 0, got 0.0"),
    ],
)
def test_misuse_is_refused(call: object, words: str) -> None:
    with pytest.raises(BoundError, match=words):
        call()  # type: ignore[operator]
