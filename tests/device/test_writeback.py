"""What a power cut takes of what came through a door: by what the export promised, and by how long ago it came."""

from typing import Any

import pytest
from small_story import small_story

from devicesim.device.share import File
from devicesim.device.writeback import BREATH
from devicesim.progress import Lost
from devicesim.world import World

MB = 1_000_000
BACKGROUND, LIMIT, AGE, OUTER = 70 * MB, 140 * MB, 30.0, "SNC1_HDD.disk.outer_rate"


def opened(durability: str) -> World:
    """The device of a story whose own copy comes much later, serving real clients."""
    changes = (f'client.laptop.nfs.durability = "{durability}"', 'client.laptop.start_after = "10 h"')
    world = World(small_story(*changes), content="keep")
    world.open_doors()
    world.until_serving()
    return world


def write(world: World, name: str, size: int, *, stable: bool = False, commit: bool = True) -> File:
    share = world.life().device.share
    file = share.create(share.buckets["small-story"].directory, name, world.now)
    assert isinstance(file, File)
    share.write(file, 0, bytes(size), world.now, stable=stable)
    world.offer("WRITE", size)
    if commit:
        share.mark_stable(file)
        world.offer("COMMIT", 0)
    return file


def lost(world: World) -> list[Any]:
    return [(event.files, event.bytes) for event in world.stream.of(Lost, world.job().id)]


class TestLooks:
    def test_operations_look_at_the_disk_now_and_then(self) -> None:
        """Beyond the background limit the disk writes; whoever comes within a tenth of a second does not ask it."""
        world = opened("commit")
        work, share = world.life().device.writeback, world.life().device.share
        write(world, "a.raw", BACKGROUND + 20 * MB, commit=False)
        work.look()
        before = share.unstable_bytes
        world.advance(0.9 * BREATH)
        work.heed()
        assert share.unstable_bytes == before
        world.advance(0.2 * BREATH)
        work.heed()
        assert share.unstable_bytes < before

    def test_more_than_the_limit_never_lies_there(self) -> None:
        world = opened("commit")
        work, share = world.life().device.writeback, world.life().device.share
        work.look()
        write(world, "a.raw", LIMIT + 20 * MB, commit=False)
        assert share.unstable_bytes == LIMIT


class TestPromises:
    def test_async_loses_what_the_cache_held(self) -> None:
        """Answered from memory: the commit meant nothing, and the client was told it was safe."""
        world = opened("async")
        file = write(world, "a.raw", 5 * MB)
        before = world.life().device.share.verifier
        world.cut_power()
        assert lost(world) == [(1, 5 * MB)]
        assert file.size == 0
        assert world.life().device.share.verifier != before

    @pytest.mark.parametrize("durability", ["commit", "sync"])
    def test_nothing_that_was_committed_is_lost(self, durability: str) -> None:
        world = opened(durability)
        kept = write(world, "a.raw", 5 * MB)
        also = write(world, "b.raw", 1 * MB, stable=True, commit=False)
        loose = write(world, "c.raw", 2 * MB, commit=False)
        world.cut_power()
        assert (kept.size, also.size, loose.size) == (5 * MB, MB, 0)
        assert lost(world) == [(1, 2 * MB)]

    @pytest.mark.parametrize("durability", ["async", "commit", "sync"])
    def test_an_orderly_stop_loses_nothing(self, durability: str) -> None:
        world = opened(durability)
        file = write(world, "a.raw", 5 * MB, commit=False)
        before = world.life().device.share.verifier
        world.power_off()
        world.advance(60)
        assert world.life().device.share.unstable_bytes == 0
        world.power_on()
        world.until_serving()
        assert (file.size, lost(world)) == (5 * MB, [])
        assert world.life().device.share.verifier != before


class TestWriteback:
    def test_what_is_old_is_on_the_disk(self) -> None:
        """The flusher begins when it is thirty seconds old, and needs some hundredths of a second."""
        world = opened("async")
        old = write(world, "a.raw", 5 * MB)
        world.advance(AGE + 1)
        new = write(world, "b.raw", 3 * MB)
        world.cut_power()
        assert (old.size, new.size) == (5 * MB, 0)

    def test_above_the_background_limit_the_disk_writes_at_its_rate(self) -> None:
        """100 MB at once; half a quarter of a second later the oldest of them, at the outer tracks' rate."""
        world = opened("async")
        rate = world.figures.si(OUTER)
        write(world, "a.raw", 100 * MB)
        share = world.life().device.share
        world.advance(0.125)
        world.life().device.writeback.look()
        assert 100 * MB - share.unstable_bytes == pytest.approx(min(0.125 * rate, 30 * MB), rel=1e-3)
        world.advance(5)
        world.life().device.writeback.look()
        assert share.unstable_bytes == BACKGROUND

    def test_no_more_lies_there_than_the_limit(self) -> None:
        """Whoever is not paced writes 500 MB in no time; the page cache has never had more than its limit."""
        world = opened("async")
        write(world, "a.raw", 500 * MB)
        world.cut_power()
        assert lost(world) == [(1, LIMIT)]

    def test_law_nothing_is_lost_twice_or_made(self) -> None:
        world = opened("async")
        for number in range(20):
            write(world, f"{number}.raw", 7 * MB)
            world.advance(1.5 * number)
        share = world.life().device.share
        world.life().device.writeback.look()
        before, waiting = share.bytes, share.unstable_bytes
        world.cut_power()
        assert before - share.bytes == waiting == sum(size for _, size in lost(world))
        world.power_on()
        world.until_serving()
        world.cut_power()
        assert len(lost(world)) == 1
