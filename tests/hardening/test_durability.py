"""Durability told truthfully: what a power cut takes, by what the export promised, whichever way it came.

An ``async`` export answers from memory, and a cut takes what the disk does not have yet: counted in files and bytes,
and named. With ``commit`` and ``sync`` nothing that was acknowledged as stable is lost. The write verifier changes at
every start, which is how NFS clients learn that they have to send again what was not committed.
"""

import random

import numpy as np
import pytest
from device_stand import story_stand
from hypothesis import given, settings
from hypothesis import strategies as st
from nfs_client import Nfs3
from small_story import BYTES, small_story

from devicesim.device.share import Collection
from devicesim.endpoints.nfs import NfsDoor
from devicesim.progress import FaultBegan, ImportFailed, LegEnded, Lost, Refused
from devicesim.world import World

SLOW_LINK = 'client.laptop.rate = "100 Mbit/s"'
"""On which the 200 MB take some eighteen seconds."""
COPY_BEGINS = 364_350.0
DURABLE = ("commit", "sync")


def cut(durability: str, after: float, kind: str = "power-cut") -> World:
    """The small story with one power cut so long after the copy began, told to its end."""
    world = World(small_story(SLOW_LINK, f'client.laptop.nfs.durability = "{durability}"'))
    world.advance(COPY_BEGINS + after)
    world.inject(kind, duration="10 min")
    world.run()
    return world


def files_of(world: World) -> Collection:
    (collection,) = world.life().device.share.collections("small-story")
    return collection


class TestCopy:
    @pytest.mark.parametrize("kind", ["power-cut", "blackout"])
    def test_law_async_loses_what_memory_held_and_says_which(self, kind: str) -> None:
        world = cut("async", 10, kind)
        (lost,), (label,) = world.stream.of(Lost), world.stream.of(FaultBegan)
        assert (lost.fault, label.kind, lost.at) == (label.fault, kind, label.at)
        assert lost.bytes == 5_000_000 * lost.files > 0
        missing = np.flatnonzero(~files_of(world).are_complete(np.arange(40)))
        named = {f"/buckets/small-story/{files_of(world).path(int(number))}" for number in missing}
        assert set(lost.names) == named
        assert len(named) == lost.files

    @pytest.mark.parametrize("durability", DURABLE)
    @pytest.mark.parametrize("kind", ["power-cut", "blackout"])
    def test_law_nothing_acknowledged_is_lost(self, durability: str, kind: str) -> None:
        world = cut(durability, 10, kind)
        assert world.stream.of(Lost) == []
        assert files_of(world).files == 40

    @settings(max_examples=12, deadline=None)
    @given(st.sampled_from(["async", *DURABLE]), st.floats(0.5, 17.0))
    def test_law_every_byte_is_there_or_lost_by_name(self, durability: str, after: float) -> None:
        world = cut(durability, round(after, 3))
        lost = sum(event.bytes for event in world.stream.of(Lost))
        (ended,) = [event for event in world.stream.of(LegEnded) if event.leg == "ingest"]
        assert files_of(world).bytes + lost == ended.bytes == BYTES
        assert sum(len(event.names) for event in world.stream.of(Lost)) == 40 - files_of(world).files
        assert all(event.fault == "F1" for event in world.stream.of(Lost))
        assert durability == "async" or not lost
        assert world.stream.of(Refused) == world.stream.of(ImportFailed) == []


class TestDoor:
    @pytest.mark.parametrize(
        ("durability", "kept"),
        [("async", set()), ("commit", {b"committed", b"stable"}), ("sync", {b"committed", b"stable"})],
    )
    def test_law_what_came_by_nfs_and_was_promised_is_there_after_a_fault(
        self, durability: str, kept: set[bytes]
    ) -> None:
        """Three files of 1 MB a moment before: one only written, one committed, one written FILE_SYNC."""
        stand = story_stand(
            f'client.laptop.nfs.durability = "{durability}"',
            'client.laptop.start_after = "10 h"',
            clock="driven",
        )
        data = random.Random(3).randbytes(1_000_000)
        names = (b"written", b"committed", b"stable")
        with NfsDoor(stand) as door, Nfs3(door.port) as nfs:
            top = nfs.mount("/buckets/small-story")[1]
            files = {name: nfs.create(top, name)[1] for name in names}
            before = {nfs.write(files[name], 0, data, 2 if name == b"stable" else 0)[3] for name in names}
            assert {nfs.commit(files[b"committed"])[1]} == before
            with stand.lock:
                stand.world.inject("power-cut", duration="10 min")
                stand.world.until_serving()
            top = nfs.mount("/buckets/small-story")[1]
            read = {name: nfs.read(nfs.lookup(top, name)[1], 0, len(data))[1] for name in names}
            after = nfs.commit(nfs.lookup(top, b"written")[1])[1]
        assert {name for name, content in read.items() if content == data} == kept
        assert before.isdisjoint({after}), "the write verifier is another after the cut"
        (lost,) = stand.world.stream.of(Lost)
        gone = sorted(f"/buckets/small-story/{name.decode()}" for name in set(names) - kept)
        assert (lost.fault, sorted(lost.names), lost.bytes) == ("F1", gone, 1_000_000 * len(gone))

    def test_law_the_verifier_changes_at_every_start_and_only_then(self) -> None:
        stand = story_stand('client.laptop.start_after = "10 h"', clock="driven")
        share, world = stand.world.life().device.share, stand.world
        seen = [share.verifier]
        for _ in range(3):
            world.inject("power-cut", duration="1 min")
            world.until_serving()
            seen.append(share.verifier)
            world.offer("GETATTR", 0)  # somebody still comes: the customer does not give up
            world.advance("10 min")
            assert share.verifier == seen[-1]
        assert len(set(seen)) == 4
