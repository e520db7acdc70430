"""The store of contents gives back the room of what nobody can ask for, and never of what somebody can."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_story import bucket, killed, serving

from devicesim.device.share import File
from devicesim.journal import Journal, contents
from devicesim.journal import journal as journal_module
from devicesim.journal.holes import SMALLEST, between
from devicesim.snowball_api.kept import back, kept
from devicesim.snowball_api.snow import Snow

BIG = 1 << 20
"""Bytes of a file; far above what file systems add of their own."""
SPARE = BIG // 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    probe = tmp_path / "probe"
    probe.write_bytes(bytes([1]) * BIG)
    descriptor = os.open(probe, os.O_RDWR)
    try:
        if not contents.punch(descriptor, (0, BIG)):
            pytest.skip("this file system makes no holes")
    finally:
        os.close(descriptor)
    return tmp_path / "camp.state"


def room(path: Path) -> int:
    """Bytes of the store on the disk."""
    store = Path(f"{path}-content")
    os.sync()
    return 512 * store.stat().st_blocks


def put(snow: Snow, name: str, letter: bytes) -> File:
    share, there = bucket(snow)
    file = share.create(there.directory, name, snow.world.now)
    assert isinstance(file, File)
    share.write(file, 0, letter * BIG, snow.world.now)
    return file


def content(snow: Snow, name: str) -> bytes:
    share, there = bucket(snow)
    return share.read(share.lookup(there.directory, name), 0, BIG)


def test_law_removing_and_writing_over_give_room_back_and_touch_nothing_else(path: Path) -> None:
    """Three files of 1 MiB; one is removed, one written anew: two are left of four."""
    with Journal(path) as journal:
        snow = serving(journal)
        put(snow, "gone", b"g"), put(snow, "stays", b"s")
        file = put(snow, "anew", b"o")
        journal.commit(snow.world)
        assert room(path) >= 3 * BIG
        share, there = bucket(snow)
        share.remove(there.directory, "gone", snow.world.now)
        share.write(file, 0, b"n" * BIG, snow.world.now)
        journal.commit(snow.world)
    assert Path(f"{path}-content").stat().st_size == 4 * BIG
    with Journal(path) as journal:
        snow = kept(journal)
    assert room(path) <= 2 * BIG + SPARE
    with Journal(path) as journal:
        snow = kept(journal)
        assert (content(snow, "stays"), content(snow, "anew")) == (b"s" * BIG, b"n" * BIG)


def test_law_it_is_given_back_while_the_server_runs_once_the_log_is_on_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the log and the hole, or before the log: the state that comes back has its bytes."""
    monkeypatch.setattr(journal_module, "FREED", BIG)
    with Journal(path) as journal:
        snow = serving(journal)
        put(snow, "gone", b"g"), put(snow, "stays", b"s")
        journal.commit(snow.world)
        share, there = bucket(snow)
        share.remove(there.directory, "gone", snow.world.now)
        ticket = journal.note(snow.world)
        with Journal(killed(path, "before")) as other:
            assert content(kept(other), "gone") == b"g" * BIG, "the removal is not on disk: nor is the hole"
        release, holes = journal.contents.release, []
        monkeypatch.setattr(journal.contents, "release", holes.append)
        journal.settle(ticket)
        with Journal(killed(path, "between")) as other:
            assert content(kept(other), "stays") == b"s" * BIG
        for each in holes:
            release(each)
        assert room(path) <= BIG + SPARE
        assert content(snow, "stays") == b"s" * BIG


def test_law_what_a_snapshot_has_stays(path: Path) -> None:
    with Journal(path) as journal:
        snow = serving(journal)
        put(snow, "old", b"o")
        journal.snapshot("loaded", snow.world)
        put(snow, "new", b"n")
        share, there = bucket(snow)
        for name in ("old", "new"):
            share.remove(there.directory, name, snow.world.now)
        journal.commit(snow.world)
    with Journal(path) as journal:
        kept(journal)
    assert BIG <= room(path) <= BIG + SPARE
    with Journal(path) as journal:
        snow = kept(journal)
        back(snow, journal, "loaded")
        journal.commit(snow.world)
        assert content(snow, "old") == b"o" * BIG


def test_law_a_device_that_aws_has_erased_and_a_world_that_began_again_leave_nothing(path: Path) -> None:
    with Journal(path) as journal:
        snow = serving(journal)
        put(snow, "imported", b"i")
        journal.commit(snow.world)
        snow.world.give_back()
        snow.world.until("Complete")
    with Journal(path) as journal:
        kept(journal)
    assert room(path) <= SPARE
    with Journal(path) as journal:
        snow = kept(journal)
        snow.world.create_job()
        snow.world.until_serving(list(snow.world.jobs)[-1])
        back(snow, journal)
        journal.commit(snow.world)
    assert room(path) <= SPARE


def test_law_where_no_holes_can_be_made_it_only_grows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "punch", lambda *_: False)
    with Journal(path) as journal:
        snow = serving(journal)
        put(snow, "gone", b"g"), put(snow, "stays", b"s")
        share, there = bucket(snow)
        share.remove(there.directory, "gone", snow.world.now)
        journal.commit(snow.world)
    with Journal(path) as journal:
        assert content(kept(journal), "stays") == b"s" * BIG
    assert room(path) >= 2 * BIG


PARTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted), max_size=6)


@given(PARTS, st.integers(0, 40), st.integers(0, 40))
def test_law_a_hole_is_where_no_part_is(parts: list[list[int]], start: int, end: int) -> None:
    """By units of the smallest hole: the same as on a set of units."""
    units = set(range(start, end)) - {at for low, high in parts for at in range(low, high)}
    given_parts = [(low * SMALLEST, high * SMALLEST) for low, high in parts]
    found = between(given_parts, start * SMALLEST, end * SMALLEST)
    assert {at for low, high in found for at in range(low // SMALLEST, high // SMALLEST)} == units
