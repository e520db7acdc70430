"""What a client measures through the NFS door is what the core predicts."""

import time

import pytest
from copying import WRITE, copy_all, predicted
from nfs_client import NFS, Nfs3, opaque, u32, u64
from small_story import small_story

from devicesim.endpoints.nfs import NfsDoor
from devicesim.endpoints.nfs.pacing import TURN, Replies
from devicesim.endpoints.premises import Premises
from devicesim.snowball_api.snow import Snow

COPY_ENDS = 364_350.0 + 60
KIB, MIB = 1 << 10, 1 << 20
BLOCK, WINDOW = 128 * KIB, 8
PATH = "/buckets/small-story"


def snow(*changes, clock="driven", streams=1):
    """A device with its customer whose own copy is over."""
    story = small_story(
        'job.keep = "12 h"',
        "dataset.clips.files = 1",
        'client.laptop.nfs.version = "3"',
        'client.laptop.nfs.wsize = "128 KiB"',
        f"client.laptop.nfs.window = {WINDOW}",
        f"client.laptop.streams = {streams}",
        *changes,
    )
    snow = Snow(story, clock=clock)
    snow.advance(COPY_ENDS)
    return snow


LINKS = {
    "1 Gbit/s": (),
    "100 Mbit/s": ('client.laptop.rate = "100 Mbit/s"',),
    "1 Gbit/s, 10 ms": ('site.rtt = "10 ms"',),
}
SIZES = {"4 KiB": [4 * KIB] * 24, "1 MiB": [MIB] * 8, "16 MiB": [16 * MIB] * 2}


class TestDriven:
    @pytest.mark.parametrize("streams", [1, 4])
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("link", LINKS)
    def test_law_measured_is_predicted(self, link, size, streams):
        """Within 5 %, over link, size and streams.

        A machine that stops the client in the middle lets the clock run past it, and the copy takes longer; then
        it is done again.
        """
        sizes, took = SIZES[size], []
        for _ in range(3):
            told = snow(*LINKS[link], streams=streams)
            world = told.world
            expected = predicted(world, sizes)
            with NfsDoor(Premises(told)) as door:
                began = world.now
                copy_all(door.port, PATH, sizes, streams, BLOCK, WINDOW)
                took.append(world.now - began)
            assert world.life().device.share.bytes == 5_000_000 + sum(sizes)
            if took[-1] == pytest.approx(expected, rel=0.05):
                break
        assert min(took) == pytest.approx(expected, rel=0.05)

    def test_law_calls_that_come_one_by_one_are_still_under_way_together(self):
        """Each WRITE is sent when the one before was read, as by a slow wire; the clock waits for the next one.

        Done again where the machine stops the client in the middle.
        """
        took = []
        for _ in range(6):
            told = snow(*LINKS["1 Gbit/s, 10 ms"])
            world = told.world
            expected = predicted(world, [MIB])
            with NfsDoor(Premises(told)) as door, Nfs3(door.port) as nfs:
                top = nfs.mount(PATH)[1]
                began = world.now
                nfs.lookup(top, b"clip")
                file = nfs.create(top, b"clip")[1]
                for k in range(WINDOW):
                    body = opaque(file) + u64(k * BLOCK) + u32(BLOCK, 0) + opaque(bytes(BLOCK))
                    nfs.send(nfs.message(NFS, 3, WRITE, body))
                    deadline = time.monotonic() + 10
                    while world.life().device.share.bytes < 5_000_000 + (k + 1) * BLOCK:
                        assert time.monotonic() < deadline
                for _ in range(WINDOW):
                    nfs.receive()
                nfs.commit(file)
                nfs.setattr(file, atime=(1, 0), mtime=(1, 0))
                took.append(world.now - began)
            if took[-1] == pytest.approx(expected, rel=0.05):
                break
        assert min(took) == pytest.approx(expected, rel=0.05)

    def test_worked_one_getattr_by_hand(self):
        """As in test_door: the request on the link, half the round trip, 100 us, and half the round trip."""
        told = snow()
        world = told.world
        with NfsDoor(Premises(told)) as door, Nfs3(door.port) as nfs:
            top = nfs.mount(PATH)[1]
            began = world.now
            assert nfs.getattr(top)[0] == 0
            link = 0.9 * 125e6 * 1448 / 1538
            assert world.now - began == pytest.approx(132 / link + 0.0004 + 100e-6, abs=1e-6)


class TestOtherClocks:
    def test_worked_manual_answers_at_once_and_stands_still(self):
        told = snow(clock="manual")
        with NfsDoor(Premises(told)) as door:
            began = told.world.now
            copy_all(door.port, PATH, [MIB] * 3, 2, BLOCK, WINDOW)
            assert told.world.now == began

    def test_worked_unpaced_asks_the_core_for_nothing(self):
        told = snow()
        with NfsDoor(Premises(told, paced=False)) as door:
            began = told.world.now
            copy_all(door.port, PATH, [MIB] * 3, 2, BLOCK, WINDOW)
            assert told.world.now == began
        assert not [verb for verb in told.world.log if verb.name == "offer"]

    def test_law_a_device_that_does_not_serve_is_waited_for(self):
        told = Snow(small_story('job.keep = "12 h"'), clock="manual")
        with NfsDoor(Premises(told)) as door, Nfs3(door.port) as nfs:
            assert nfs.mount(PATH)[0] == 10006
            assert nfs.getattr(bytes(16))[0] == 10008
            told.advance(COPY_ENDS)
            assert nfs.mount(PATH)[0] == 0

    @pytest.mark.slow
    @pytest.mark.parametrize("clock", ["real", "real:10"])
    @pytest.mark.parametrize("streams", [1, 4])
    @pytest.mark.parametrize("rate", ["10 Mbit/s", "50 Mbit/s"])
    def test_law_measured_on_the_wall_is_predicted(self, clock, streams, rate):
        """Within 5 % where the rate is at most half of what the server does unpaced on this machine now."""
        change = f'client.laptop.rate = "{rate}"'
        sizes = [2 * MIB] * (4 if clock == "real" else 16)
        told = snow(change, clock="manual", streams=streams)
        with NfsDoor(Premises(told, paced=False)) as door:
            began = time.perf_counter()
            copy_all(door.port, PATH, sizes, streams, BLOCK, WINDOW)
            unpaced = time.perf_counter() - began
        took = []
        for _ in range(3):
            told = snow(change, clock=clock, streams=streams)
            expected = predicted(told.world, sizes) / float(clock.partition(":")[2] or 1)
            if expected < 2 * unpaced:
                pytest.skip("this machine is too busy for that rate")
            with NfsDoor(Premises(told)) as door:
                began = time.perf_counter()
                copy_all(door.port, PATH, sizes, streams, BLOCK, WINDOW)
                took.append(time.perf_counter() - began)
            if took[-1] == pytest.approx(expected, rel=0.05):
                break
        assert min(took) == pytest.approx(expected, rel=0.05)


def test_worked_which_reply_a_call_has_waited_for():
    """Three replies that were due 1 ms apart left together, of a client that keeps three calls or more under way."""
    replies, now = Replies(), 100.0
    three = [(0.001 * number, 0.0, now) for number in range(3)]
    for left in three:
        replies.add(left)
    assert replies.before(2, now) == three[0]
    assert replies.before(3, now) == three[1]
    assert replies.before(0, now) == three[2], "none under way: it has waited for all"
    assert replies.before(1, now) == three[2], "nothing is left that no call has followed"
    replies.add(three[0])
    replies.add((0.005, 0.0, now + 2 * TURN))
    assert replies.before(1, now + 2 * TURN) == (0.005, 0.0, now + 2 * TURN), "the other one is too long ago"
